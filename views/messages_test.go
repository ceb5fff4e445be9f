package views_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"example.com/latchkey/views"
)

func TestFlashIsTakenOnce(t *testing.T) {
	taken := 0
	p := &views.Page{Flash: func() []string { taken++; return []string{"It is <saved>."} }}
	html := render(t, p, with(views.Layout("Hello", "")))
	check(t, html, `<p class="notice" role="status">It is &lt;saved&gt;.</p><p>The content.</p>`)
	if taken != 1 {
		t.Errorf("taken %d times", taken)
	}
}

// TestMessagesStandBelowTheHeading holds that a message stands where the page asks for it, in an area and in a tag below the
// heading; and above the content of a page that does not ask, in an area beside its menu.
func TestMessagesStandBelowTheHeading(t *testing.T) {
	const said = `<p class="notice" role="status">It is saved.</p>`
	asks := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if _, err := io.WriteString(w, "<h1>Heading</h1>"); err != nil {
			return err
		}
		return views.Messages().Render(ctx, w)
	})
	within := func(outer, inner templ.Component) templ.Component {
		return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			return outer.Render(templ.WithChildren(ctx, inner), w)
		})
	}
	menu := []views.Link{{Href: "/notes", Label: "Notes"}}
	for name, tt := range map[string]struct {
		page templ.Component
		want string
	}{
		"a page that asks":         {within(views.Layout("Hello", ""), asks), "<h1>Heading</h1>" + said},
		"a page that does not":     {with(views.Layout("Hello", "")), said + "<p>The content.</p>"},
		"an area that asks":        {within(views.Layout("Hello", ""), within(views.Area("Area", menu), asks)), "<h1>Heading</h1>" + said},
		"an area that does not":    {within(views.Layout("Hello", ""), with(views.Area("Area", menu))), `<div class="flow">` + said + "<p>The content.</p>"},
		"a tag, which always asks": {within(views.Layout("Hello", "narrow"), with(views.Tag("Heading"))), "<h1>Heading</h1>" + said + "<p>The content.</p>"},
	} {
		p := &views.Page{Flash: func() []string { return []string{"It is saved."} }}
		html := render(t, p, tt.page)
		if !strings.Contains(html, tt.want) || strings.Count(html, said) != 1 {
			t.Errorf("%s: want %s once in\n%s", name, tt.want, html)
		}
	}
}
