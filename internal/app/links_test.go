package app_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"example.com/latchkey/internal/app"
	"example.com/latchkey/internal/testkit"
)

var (
	linkIn = regexp.MustCompile(`(?:href|src)="([^"]*)"`)
	formIn = regexp.MustCompile(`<form\b[^>]*>`)
	postTo = regexp.MustCompile(`\baction="([^"]*)"`)
)

// TestNoPageHasADeadLink opens every page that pages lead to, as a guest and as a user who has just logged in, and asks
// the map about every form. What a feature has taken with it must not be linked any more.
func TestNoPageHasADeadLink(t *testing.T) {
	known := http.NewServeMux()
	for line := range strings.Lines(app.PrintRoutes()) {
		if fields := strings.Fields(line); len(fields) >= 3 {
			known.Handle(fields[1]+" "+fields[0], http.NotFoundHandler())
		}
	}
	for _, path := range []string{testkit.Private, testkit.Private + "/{id}"} { // which is in no program
		known.Handle("POST "+path, http.NotFoundHandler())
	}
	hasForm := func(method, path string) bool {
		_, pattern := known.Handler(httptest.NewRequest(method, path, nil))
		return pattern != ""
	}
	k := testkit.Start(t)
	for who, b := range map[string]*testkit.Browser{"guest": k.Browser(), "user": k.Browser().LogInAs("ada@example.org")} {
		t.Run(who, func(t *testing.T) {
			from := map[string]string{"/": "the start"} // each page that was found, and where
			for queue := []string{"/"}; len(queue) > 0; queue = queue[1:] {
				path := queue[0]
				p := b.Get(path)
				if p.Err != nil || p.Status >= 400 {
					t.Errorf("%s, which %s leads to: %s", path, from[path], p)
				}
				if strings.HasPrefix(path, "/dev/") { // samples, and addresses that are not for everybody
					continue
				}
				find := func(link string) {
					link, _, _ = strings.Cut(strings.TrimPrefix(strings.ReplaceAll(link, "&amp;", "&"), k.URL), "#")
					if _, found := from[link]; !found && strings.HasPrefix(link, "/") {
						from[link] = path
						queue = append(queue, link)
					}
				}
				find(p.To)
				for _, m := range linkIn.FindAllStringSubmatch(p.Body, -1) {
					find(m[1])
				}
				for _, form := range formIn.FindAllString(p.Body, -1) {
					action := path
					if m := postTo.FindStringSubmatch(form); m != nil {
						action = m[1]
					}
					method := http.MethodGet
					if strings.Contains(form, `method="post"`) {
						method = http.MethodPost
					}
					if !hasForm(method, action) {
						t.Errorf("%s sends a form to %s %s, which is not on the map", path, method, action)
					}
				}
			}
			if len(from) < 5 {
				t.Errorf("only %d pages were found: %v", len(from), from)
			}
			t.Logf("%d pages and files", len(from))
		})
	}
}
