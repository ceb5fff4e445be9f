package views

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// An Input is a field of a form: what it asks for, what was typed, and what is wrong with it.
// Its zero values ask for a line of text that must be given.
type Input struct {
	Name, Label, Hint, Value string
	Type                     string // of the input element; "text" by default
	Autocomplete, InputMode  string // left out by default
	Optional, ReadOnly       bool
	MaxLength, MinLength     int      // in UTF-16 units, as browsers count; 0 for no limit
	Suggestions              []string // values to choose from; any other can be typed
	Problem                  string   // the message beside the field; "" if it is well
	ID                       string   // Name by default; error summaries link to it
}

func (in Input) id() string {
	if in.ID != "" {
		return in.ID
	}
	return in.Name
}

// isNewPassword reports whether a password is chosen here, not just asked for.
func (in Input) isNewPassword() bool {
	return in.Type == "password" && in.Autocomplete == "new-password"
}

// attributes returns what input and textarea have in common.
func (in Input) attributes() templ.Attributes {
	a := templ.Attributes{
		"id":       in.id(),
		"required": !in.Optional && !in.ReadOnly,
		"readonly": in.ReadOnly,
	}
	put := func(name, value string) {
		if value != "" {
			a[name] = value
		}
	}
	put("name", in.Name)
	put("autocomplete", in.Autocomplete)
	put("inputmode", in.InputMode)
	if in.MaxLength > 0 {
		a["maxlength"] = strconv.Itoa(in.MaxLength)
	}
	if in.MinLength > 0 {
		a["minlength"] = strconv.Itoa(in.MinLength)
	}
	if in.Problem != "" {
		a["aria-invalid"] = "true"
	}
	described := describedBy(in.id(), in.Hint, in.Problem)
	if in.isNewPassword() {
		described = strings.TrimSpace(described + " " + in.id() + "-says")
	}
	put("aria-describedby", described)
	return a
}

// describedBy names what stands beside a field: its hint and its message, where there are any.
func describedBy(id, hint, problem string) string {
	var parts []string
	if hint != "" {
		parts = append(parts, id+"-hint")
	}
	if problem != "" {
		parts = append(parts, id+"-error")
	}
	return strings.Join(parts, " ")
}

// inputAttributes adds what only input elements have.
func (in Input) inputAttributes() templ.Attributes {
	if in.Type == "email" && in.InputMode == "" {
		in.InputMode = "email"
	}
	a := in.attributes()
	a["type"] = "text"
	if in.Type != "" {
		a["type"] = in.Type
	}
	if in.Value != "" {
		a["value"] = in.Value
	}
	if len(in.Suggestions) > 0 {
		a["list"] = in.id() + "-list"
	}
	if in.Type == "email" || in.Type == "password" {
		a["spellcheck"] = "false"
		a["autocapitalize"] = "none"
	}
	return a
}

// Title is the title of a page with a form: one that comes back with mistakes starts with "Error: ".
func Title(title string, problems map[string]string) string {
	if len(problems) > 0 {
		return "Error: " + title
	}
	return title
}

// inOrder returns the fields that have a problem: those named first, then any others, so that no message is lost.
// The whole form's "" is not among them.
func inOrder(problems map[string]string, fields []string) []string {
	rest := slices.Sorted(maps.Keys(problems))
	var listed []string
	for _, field := range append(slices.Clone(fields), rest...) {
		if problems[field] != "" && field != "" && !slices.Contains(listed, field) {
			listed = append(listed, field)
		}
	}
	return listed
}
