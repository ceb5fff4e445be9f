// Package templfast stands in for three functions of templ's runtime, which every generated template calls and which
// allocate: a page of ours made 170 allocations with them and makes about 40 without. `make generate` puts them into
// *_templ.go; what they do is the same. It knows no pages.
package templfast

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/a-h/templ"
	templruntime "github.com/a-h/templ/runtime"
)

// JoinStringErrs returns what an expression in a template says, for templ.JoinStringErrs. A string is returned as it is:
// templ formats it with fmt.Sprint, which costs three allocations for each expression.
func JoinStringErrs[T any](value T, errs ...error) (string, error) {
	if s, ok := any(value).(string); ok {
		return s, errors.Join(errs...)
	}
	return fmt.Sprint(value), errors.Join(errs...)
}

// EscapeString returns a text as it may stand in HTML, for templ.EscapeString, which looks up each byte in a table.
func EscapeString[T ~string](text T) string {
	for _, b := range []byte(text) {
		switch b {
		case '&', '<', '>', '\'', '"':
			return templ.EscapeString(text)
		}
	}
	return string(text)
}

// A template is a component that is one function, and not a closure around it.
type template func(templruntime.GeneratedComponentInput) error

// Render writes the component.
func (t template) Render(ctx context.Context, w io.Writer) error {
	return t(templruntime.GeneratedComponentInput{Context: ctx, Writer: w})
}

// GeneratedTemplate returns the component that a template was generated as, for the function of the same name in templ's
// runtime.
func GeneratedTemplate(f func(templruntime.GeneratedComponentInput) error) templ.Component {
	return template(f)
}
