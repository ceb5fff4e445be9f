package templfast_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/a-h/templ"
	templruntime "github.com/a-h/templ/runtime"

	"example.com/latchkey/internal/templfast"
)

type named string

// What stands in for templ's function says the same, whatever it is given.
func TestJoinStringErrs(t *testing.T) {
	same(t, "<b> & \"more\"")
	same(t, "")
	same(t, named("a name"))
	same(t, -7)
	same(t, uint8(200))
	same(t, 2.5)
	same(t, true)
	broken := errors.New("broken")
	if s, err := templfast.JoinStringErrs("x", nil, broken); s != "x" || !errors.Is(err, broken) {
		t.Errorf("got %q, %v", s, err)
	}
}

func same[T interface {
	~string | ~int | ~uint8 | ~float64 | ~bool
}](t *testing.T, value T) {
	t.Helper()
	want, wantErr := templ.JoinStringErrs(value)
	if got, err := templfast.JoinStringErrs(value); got != want || !errors.Is(err, wantErr) {
		t.Errorf("%v: got %q, %v, want %q, %v", value, got, err, want, wantErr)
	}
}

// Each byte alone, and among others, is escaped as templ does it.
func TestEscapeString(t *testing.T) {
	for b := range 256 {
		for _, text := range []string{string([]byte{byte(b)}), "a" + string([]byte{byte(b)}) + "ü", "<" + string([]byte{byte(b)})} {
			if got, want := templfast.EscapeString(named(text)), templ.EscapeString(text); got != want {
				t.Errorf("%q: got %q, want %q", text, got, want)
			}
		}
	}
}

func TestGeneratedTemplate(t *testing.T) {
	var out bytes.Buffer
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "who")
	err := templfast.GeneratedTemplate(func(in templruntime.GeneratedComponentInput) error {
		_, err := io.WriteString(in.Writer, in.Context.Value(key{}).(string))
		return err
	}).Render(ctx, &out)
	if err != nil || out.String() != "who" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}

func TestTextCostsNoAllocation(t *testing.T) {
	value := string([]byte("not a constant"))
	if n := testing.AllocsPerRun(100, func() { templfast.JoinStringErrs(value) }); n != 0 { //nolint:errcheck // counted
		t.Errorf("%v allocations", n)
	}
}
