package app

import (
	"strings"
	"testing"

	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/web"
)

// TestEveryPageHasATitle holds that people are never shown a pattern where a page is named: on /privacy, when they are
// asked to log in, and when they are asked for their password.
func TestEveryPageHasATitle(t *testing.T) {
	core := &feature.Core{}
	fields := map[string]bool{}
	for _, rt := range (&App{Core: core, features: features(core)}).routes() {
		page := rt.Method() == "GET" && !rt.NoSession && !rt.Unseen
		if page && rt.Title == "" {
			t.Errorf("%s has no title", rt.Pattern)
		}
		fields[rt.Path()] = len(rt.Fields) > 0
		if rt.Method() == "POST" && rt.Access == web.Private && rt.Section != "" && strings.Count(rt.Path(), "/") == 1 && !fields[rt.Path()] {
			t.Errorf("%s does not say what its form takes", rt.Pattern)
		}
	}
}
