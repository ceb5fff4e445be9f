package testkit_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// A recorder keeps what a test would say.
type recorder struct {
	testing.TB
	text string
}

func (r *recorder) Helper()                           {}
func (r *recorder) Errorf(format string, args ...any) { r.text += fmt.Sprintf(format, args...) }

func TestExpectSaysWhatCameBack(t *testing.T) {
	html := http.Header{"Content-Type": {"text/html; charset=utf-8"}}
	form := testkit.Page{Status: 422, Header: html, Body: `<!doctype html><head><title>Error</title><style>p{}</style></head>
		<header>Menu</header><main><h1>Log in</h1><p>Write   an <b>e-mail</b> address &amp; more.</p><label>E-mail</label><input value="ann"><script>x()</script></main>`}
	away := testkit.Page{Status: 303, To: "/login?next=%2Fnotes", Header: html}
	for _, c := range []struct {
		name   string
		expect func(t testing.TB)
		says   string // "" where nothing is wrong
	}{
		{"status", func(t testing.TB) { form.Expect(t, 422) }, ""},
		{"text", func(t testing.TB) { form.ExpectText(t, 422, "address & more", "ann") }, ""},
		{"redirect", func(t testing.TB) { away.Expect(t, 303, "/login?next=%2Fnotes") }, ""},
		{"other status", func(t testing.TB) { form.Expect(t, 303, "/account") }, "want 303 to /account\ngot 422\n\tLog in\n\tWrite an e-mail address & more.\n\tE-mail"},
		{"other place", func(t testing.TB) { away.Expect(t, 303, "/account") }, "want 303 to /account\ngot 303 to /login?next=%2Fnotes"},
		{"nowhere", func(t testing.TB) { form.Expect(t, 422, "/account") }, "want 422 to /account\ngot 422\n\tLog in"},
		{"other text", func(t testing.TB) { form.ExpectText(t, 422, "ann", "Welcome.") }, "want the text \"Welcome.\"\ngot 422\n\tLog in"},
		{"no text", func(t testing.TB) { form.ExpectText(t, 422, "!Welcome.") }, ""},
		{"a text too many", func(t testing.TB) { form.ExpectText(t, 422, "!more") }, "want no text \"more\"\ngot 422\n\tLog in"},
		{"JSON", func(t testing.TB) { testkit.Page{Status: 401, Body: `{"a": "<b>"}`}.Expect(t, 200) }, "got 401\n\t{\"a\": \"<b>\"}"},
		{"no answer", func(t testing.TB) { testkit.Page{Err: errors.New("refused")}.ExpectText(t, 0, "a") }, "want 0\ngot no answer: refused"},
	} {
		said := &recorder{TB: t}
		c.expect(said)
		if c.says == "" && said.text != "" || !strings.HasPrefix(said.text, c.says) && !strings.HasSuffix(said.text, c.says) {
			t.Errorf("%s: the test says %q, want %q", c.name, said.text, c.says)
		}
	}
}
