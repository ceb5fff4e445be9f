package views_test

import (
	"fmt"
	"html"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/views"
)

func TestErrorPages(t *testing.T) {
	for _, status := range []int{401, 403, 404, 405, 408, 409, 413, 418, 421, 422, 429, 500, 502, 503} {
		for _, known := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d known %t", status, known), func(t *testing.T) {
				html := render(t, &views.Page{Path: "/x", Known: known, Now: now}, views.ErrorPage(views.ErrorView{Status: status, RequestID: "3f9c2d", RetryAfter: 4 * time.Minute}))
				check(t, html, fmt.Sprintf(`aria-hidden="true">%d</p><h1>`, status), `class="button primary" href="/`, `<main id="main" tabindex="-1" class="narrow">`)
				if shown := strings.Contains(html, "3f9c2d"); shown != (status >= 500) {
					t.Errorf("request id shown: %t", shown)
				}
				if n := strings.Count(html, "<p>") + strings.Count(html, `<p class="muted">`); n < 2 {
					t.Errorf("it does not say what happened and what to do next: %s", html)
				}
				if m := forbidden.FindString(html); m != "" {
					t.Errorf("holds %q", m)
				}
			})
		}
	}
}

func TestErrorPageWords(t *testing.T) {
	guest, unknown := views.Page{Known: true, Now: now}, views.Page{Now: now}
	notes := views.Page{Known: true, Menu: []views.Link{{Href: "/notes", Label: "Notes"}}}
	for name, tt := range map[string]struct {
		page  views.Page
		view  views.ErrorView
		wants []string
	}{
		"wait":               {guest, views.ErrorView{Status: 429, RetryAfter: 3*time.Minute + time.Second}, []string{"<strong>4 minutes</strong>", `<time datetime="2026-11-24T08:20:00Z">09:20</time>`}},
		"wait briefly":       {guest, views.ErrorView{Status: 429}, []string{"<strong>1 minute</strong>"}},
		"wait long":          {guest, views.ErrorView{Status: 429, RetryAfter: 100 * time.Minute}, []string{"<strong>2 hours</strong>"}},
		"wait in UTC":        {views.Page{Now: now.UTC()}, views.ErrorView{Status: 429, RetryAfter: time.Minute}, []string{"08:17\u00a0UTC"}},
		"wait, no clock":     {views.Page{}, views.ErrorView{Status: 429, RetryAfter: time.Minute}, []string{"1 minute", "!until"}},
		"from elsewhere":     {unknown, views.ErrorView{Status: 403}, []string{"another site", `primary" href="/">Go to the home page`, `!href="/login"`}},
		"back to a form":     {notes, views.ErrorView{Status: 413, Again: "/notes/new"}, []string{`primary" href="/notes/new">Go back`, `href="/">Go to the home page`}},
		"nothing":            {notes, views.ErrorView{Status: 404, Again: "/none"}, []string{`primary" href="/notes">Go to Notes`, `href="/">Go to the home page`, "!Go back"}},
		"no number":          {guest, views.ErrorView{Status: 500}, []string{"!number", "our fault"}},
		"broken":             {notes, views.ErrorView{Status: 500, Again: "/notes"}, []string{`primary" href="/notes">Try again`}},
		"broken at home":     {guest, views.ErrorView{Status: 503, Again: "/"}, []string{`primary" href="/">Try again`, "!home page"}},
		"another name":       {unknown, views.ErrorView{Status: 421, Again: "https://example.org/"}, []string{`primary" href="https://example.org/">Open ` + html.EscapeString(views.Site), "!home page"}},
		"a script's address": {unknown, views.ErrorView{Status: 421, Again: "javascript:x()"}, []string{"!javascript"}},
	} {
		t.Run(name, func(t *testing.T) { check(t, render(t, &tt.page, views.ErrorPage(tt.view)), tt.wants...) })
	}
}
