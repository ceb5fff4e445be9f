package app_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEveryNamedTestExists holds that the docs claim no proof that is not there.
func TestEveryNamedTestExists(t *testing.T) {
	root := filepath.Join("..", "..")
	tests := map[string]bool{}
	var docs []string
	err := filepath.WalkDir(root, func(file string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && slices.Contains([]string{".git", "bin", "data", "node_modules", "vendor"}, d.Name()) {
			return filepath.SkipDir // not the project's
		}
		if err != nil || d.IsDir() {
			return err
		}
		switch {
		case strings.HasSuffix(file, "_test.go"):
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			for _, found := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllSubmatch(text, -1) {
				tests[string(found[1])] = true
			}
		case strings.HasSuffix(file, ".md"):
			docs = append(docs, file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range docs {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+)`").FindAllSubmatch(text, -1) {
			if !tests[string(found[1])] {
				t.Errorf("%s names %s, which is no test", file, found[1])
			}
		}
		for _, found := range regexp.MustCompile(`\]\(([\w./-]+)\)`).FindAllSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), string(found[1]))); err != nil {
				t.Errorf("%s links to %s: %v", file, found[1], err)
			}
		}
	}
}
