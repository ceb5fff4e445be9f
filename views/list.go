package views

import (
	"net/url"
	"slices"
	"strconv"
)

// A Choice is a value that a form sends, and what pages call it.
type Choice struct{ Value, Label string }

// Chosen returns what pages call the value, "" if it is not among the choices.
func Chosen(choices []Choice, value string) string {
	for _, c := range choices {
		if c.Value == value {
			return c.Label
		}
	}
	return ""
}

// ChoiceProblem says what is wrong with a value that is neither "" nor among the choices, "" if nothing.
func ChoiceProblem(choices []Choice, value string) string {
	if value == "" || slices.ContainsFunc(choices, func(c Choice) bool { return c.Value == value }) {
		return ""
	}
	return "Choose one of the list."
}

// Saved is the field as it was saved by somebody else, beside the one that is being filled in: to read only.
func (in Input) Saved() Input {
	saved := Input{ID: "saved-" + in.id(), Label: "Saved: " + in.Label, Value: in.Value, Rows: in.Rows, ReadOnly: true}
	switch {
	case in.Type == "checkbox" && in.Value != "":
		saved.Value = "Yes"
	case in.Type == "checkbox":
		saved.Value = "No"
	case in.Choices != nil:
		saved.Value = Chosen(in.Choices, in.Value)
	}
	return saved
}

// A List is what an address asks of a list: which rows, in which order, which page.
type List struct {
	Path        string // of the list
	Search      string // what rows must hold; "" for all rows
	Sort        string // the column, with "-" before it from the largest down
	Usual       string // Sort where the address names none
	Page, Pages int    // Page counts from 1 to Pages
}

// at is the address of another page of the list, or of the list in another order.
func (l List) at(page int, sort string) string {
	query := url.Values{}
	if l.Search != "" {
		query.Set("q", l.Search)
	}
	if sort != l.Usual {
		query.Set("sort", sort)
	}
	if page > 1 {
		query.Set("page", strconv.Itoa(page))
	}
	if len(query) == 0 {
		return l.Path
	}
	return l.Path + "?" + query.Encode()
}

// order is what aria-sort says of a column: "" if the list is not sorted by it.
func (l List) order(column string) string {
	switch l.Sort {
	case column:
		return "ascending"
	case "-" + column:
		return "descending"
	}
	return ""
}

// by is how the list is sorted after a click on the column's head.
func (l List) by(column string) string {
	if l.Sort == column {
		return "-" + column
	}
	return column
}
