package testkit

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// A Page is an answer.
type Page struct {
	Status int
	Body   string
	Header http.Header
	To     string // Location, without our own host
	Err    error  // of the connection: then there is nothing else
}

// Expect fails the test if the answer has another status or leads elsewhere, and says what came back. The page is
// returned, for what follows:
//
//	note := ann.Post("/notes", "title", "Garden").Expect(t, 303).To
func (p Page) Expect(t testing.TB, status int, to ...string) Page {
	t.Helper()
	if p.Err != nil || p.Status != status || len(to) > 0 && p.To != to[0] {
		t.Errorf("want %s\ngot %s", strings.Join(append([]string{fmt.Sprint(status)}, to...), " to "), p)
	}
	return p
}

// ExpectText fails the test if the answer has another status or does not say each text, as [Page.Says] has it, and says
// what came back. A text that begins with "!" must not be there: "!Garden".
func (p Page) ExpectText(t testing.TB, status int, texts ...string) Page {
	t.Helper()
	p.Expect(t, status)
	for _, text := range texts {
		text, not := strings.CutPrefix(text, "!")
		if p.Err != nil || p.Says(text) != not {
			continue
		}
		if not {
			t.Errorf("want no text %q\ngot %s", text, p)
		} else {
			t.Errorf("want the text %q\ngot %s", text, p)
		}
	}
	return p
}

// Says reports whether the page holds the text, as a person reads it or in what is typed into a field.
func (p Page) Says(text string) bool { return strings.Contains(html.UnescapeString(p.Body), text) }

// Hidden returns the value of the page's first hidden field of that name, "" if there is none.
func (p Page) Hidden(name string) string {
	m := regexp.MustCompile(`<input type="hidden" name="` + regexp.QuoteMeta(name) + `" value="([^"]*)"`).FindStringSubmatch(p.Body)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// SetCookie returns the cookie of that name which the answer sets, nil if it sets none.
func (p Page) SetCookie(name string) *http.Cookie {
	for _, c := range (&http.Response{Header: p.Header}).Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// String returns what a failed test shows of the answer: its status, where it leads, and its text.
func (p Page) String() string {
	if p.Err != nil {
		return "no answer: " + p.Err.Error()
	}
	s := fmt.Sprint(p.Status)
	if p.To != "" {
		s += " to " + p.To
	}
	if text := p.Text(); text != "" {
		s += "\n\t" + strings.ReplaceAll(text, "\n", "\n\t")
	}
	return s
}

var (
	unseen = regexp.MustCompile(`(?s)<head\b.*?</head>|<(script|style|svg)\b.*?</(script|style|svg)>|<!--.*?-->`)
	blocks = regexp.MustCompile(`</?(h[1-6]|p|div|li|ul|ol|tr|td|th|label|dt|dd|form|main|header|nav|footer|section|button|br|input|textarea|pre)\b[^>]*>`)
	tags   = regexp.MustCompile(`<[^>]*>`)
	mainly = regexp.MustCompile(`(?s)<main\b.*</main>`)
)

// Text returns the text of the page's main part, a line for each block; of anything but HTML the body as it is. It is
// for people: to look for a text, see [Page.Says].
func (p Page) Text() string {
	text := p.Body
	if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
		if m := mainly.FindString(text); m != "" {
			text = m
		}
		text = unseen.ReplaceAllString(text, "")
		text = html.UnescapeString(tags.ReplaceAllString(blocks.ReplaceAllString(text, "\n"), ""))
	}
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
