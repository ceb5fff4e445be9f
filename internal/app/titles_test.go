package app

import (
	"testing"

	"example.com/latchkey/internal/feature"
)

// TestEveryPageHasATitle holds that people are never shown a pattern where a page is named: on /privacy, when they are
// asked to log in, and when they are asked for their password.
func TestEveryPageHasATitle(t *testing.T) {
	core := &feature.Core{}
	for _, rt := range (&App{Core: core, features: features(core)}).routes() {
		page := rt.Method() == "GET" && !rt.NoSession && !rt.Unseen
		if page && rt.Title == "" {
			t.Errorf("%s has no title", rt.Pattern)
		}
	}
}
