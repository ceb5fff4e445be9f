package dev_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
	"example.com/latchkey/views"
)

// TestEveryPartIsShown holds that a part which is added to package views is added to /dev/views, too.
func TestEveryPartIsShown(t *testing.T) {
	source, err := os.ReadFile("views.templ")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../../views/*_templ.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	// Not shown as parts: whole pages, what cannot be seen, and the other words of Time.
	elsewhere := map[string]bool{"Layout": true, "AccountPage": true, "ErrorPage": true, "Tag": true, "Hidden": true, "Script": true, "Time": true, "TimeThen": true, "TimeOn": true, "Field": true}
	shown := 0
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !f.Name.IsExported() || elsewhere[f.Name.Name] {
				continue
			}
			shown++
			if !strings.Contains(string(source), "@views."+f.Name.Name+"(") {
				t.Errorf("/dev/views does not show views.%s", f.Name.Name)
			}
		}
	}
	if shown < 10 {
		t.Errorf("only %d parts were found", shown)
	}
}

func TestViewsInBothThemes(t *testing.T) {
	b := testkit.Start(t).Browser()
	for _, theme := range []string{"light", "dark"} {
		p := b.Get("/dev/views?theme=" + theme)
		if p.Status != 200 || !strings.Contains(p.Body, `data-theme="`+theme+`"`) || !p.Says("Four fields need another look") || p.Says("@views") {
			t.Errorf("%s: %s", theme, p)
		}
		for _, icon := range views.Icons {
			if !p.Says("</svg>"+icon) && !p.Says("</svg> "+icon) {
				t.Errorf("the icon %s is not drawn", icon)
			}
		}
	}
	for _, status := range []int{403, 404, 421, 429, 503} {
		for _, as := range []string{"", "?as=guest", "?as=nobody"} {
			if p := b.Get(fmt.Sprintf("/dev/views/error/%d%s", status, as)); p.Status != 200 || !p.Says(fmt.Sprintf(">%d<", status)) {
				t.Errorf("%d%s: %s", status, as, p)
			}
		}
	}
	b.Get("/dev/views/error/200").Expect(t, 404)
}

// TestPagesOfErrorsAreForEverybody looks at each of them: as a user, as a guest, and as nobody.
func TestPagesOfErrorsAreForEverybody(t *testing.T) {
	chrome.NeedsAxe(t)
	k := testkit.Start(t)
	ada := k.Browser().Register("ada@example.org")
	for _, as := range []string{"", "?as=guest", "?as=nobody"} {
		t.Run(as, func(t *testing.T) {
			b := chrome.New(t)
			b.Open(k.URL + "/robots.txt")
			b.Eval(`document.cookie = "latchkey=` + ada.Cookie("latchkey") + `; path=/"`)
			b.Open(k.URL + "/dev/views")
			pages := b.Eval(`[...document.links].map((a) => a.getAttribute("href")).filter((a) => /error\/\d+` + strings.ReplaceAll(as, "?", `\?`) + `$/.test(a))`).([]any)
			if len(pages) < 12 {
				t.Errorf("%d pages", len(pages))
			}
			for _, address := range pages {
				b.Open(k.URL + address.(string))
				b.ForEverybody(address.(string))
			}
		})
	}
}
