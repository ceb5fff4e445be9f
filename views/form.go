package views

import (
	"fmt"
	"strings"
)

// An Input is a field of a form: what it asks for, what was typed, and what is wrong with it.
// Its zero values ask for a line of text that must be given.
type Input struct {
	Name, Label, Hint, Value string
	Type                     string // of the input element; "text" by default. "password" has a button that shows it, "checkbox" is ticked by any Value
	Rows                     int    // of a field for text of several lines; 0 for one line
	Autocomplete, InputMode  string // left out by default
	Optional, ReadOnly       bool
	Unmarked                 bool     // optional, without the word: what cannot be left out by mistake
	MaxLength, MinLength     int      // in UTF-16 units, as browsers count; 0 for no limit
	Suggestions              []string // values to choose from; any other can be typed
	Choices                  []Choice // the only values: the field is a list to choose from
	Problem                  string   // the message beside the field; "" if it is well
	ID                       string   // Name by default; error summaries link to it

	focus  bool // the cursor is here when the page opens
	byForm bool // a message about the whole form is about this field, too
}

// NewPassword asks for a password that is to be chosen.
func NewPassword(label string, atLeast int) Input {
	return Input{
		Name: "password", Label: label, Type: "password", Autocomplete: "new-password", MinLength: atLeast,
		Hint: fmt.Sprintf("At least %d characters. A few ordinary words make a good one.", atLeast),
	}
}

// Checked returns the inputs with the problems that belong to them: by the name of the input, or of the whole form
// by "". One problem is said at its field, which gets the cursor; from two on, ErrorSummary says where they are.
func Checked(problems map[string]string, inputs ...Input) []Input {
	wrong := 0
	for i := range inputs {
		if inputs[i].Problem = problems[inputs[i].Name]; inputs[i].Problem != "" {
			wrong++
		}
		inputs[i].byForm = problems[""] != ""
	}
	for i, in := range inputs {
		// What is wrong with the whole form is told where something must be typed again.
		if wrong == 1 && in.Problem != "" || wrong == 0 && in.byForm && in.Type == "password" {
			inputs[i].focus = true
		}
	}
	return inputs
}

// wrong returns the inputs that have a problem.
func wrong(inputs []Input) (list []Input) {
	for _, in := range inputs {
		if in.Problem != "" {
			list = append(list, in)
		}
	}
	return list
}

// count says a small number in words, as a sentence begins with it.
func count(n int) string {
	words := [...]string{"No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"}
	if n < len(words) {
		return words[n]
	}
	return "Many"
}

func (in *Input) id() string {
	if in.ID != "" {
		return in.ID
	}
	return in.Name
}

func (in *Input) required() bool { return !in.Optional && !in.Unmarked && !in.ReadOnly }

// kind is the type of the input element.
func (in *Input) kind() string {
	if in.Type == "" {
		return "text"
	}
	return in.Type
}

func (in *Input) inputMode() string {
	if in.Type == "email" && in.InputMode == "" {
		return "email"
	}
	return in.InputMode
}

// verbatim reports whether the value is no prose: nothing corrects it.
func (in *Input) verbatim() bool { return in.Type == "email" || in.Type == "password" }

// isNewPassword reports whether a password is chosen here, not just asked for.
func (in *Input) isNewPassword() bool {
	return in.Type == "password" && in.Autocomplete == "new-password"
}

func (in *Input) invalid() bool { return in.Problem != "" || in.byForm }

// describedBy names what stands beside the field: its hint, its message, and how hard a new password is to guess.
func (in *Input) describedBy() string {
	parts := make([]string, 0, 4)
	if in.Hint != "" {
		parts = append(parts, in.id()+"-hint")
	}
	if in.Problem != "" {
		parts = append(parts, in.id()+"-error")
	}
	if in.byForm {
		parts = append(parts, "form-error")
	}
	if in.isNewPassword() {
		parts = append(parts, in.id()+"-says")
	}
	return strings.Join(parts, " ")
}

// Title is the title of a page with a form: one that comes back with mistakes starts with "Error: ".
func Title(title string, problems map[string]string) string {
	if len(problems) > 0 {
		return "Error: " + title
	}
	return title
}
