package app_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryNamedTestExists holds that the docs claim no proof that is not there.
func TestEveryNamedTestExists(t *testing.T) {
	root := filepath.Join("..", "..")
	tests := map[string]bool{}
	var docs []string
	err := filepath.WalkDir(root, func(file string, d os.DirEntry, err error) error {
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

// TestReadingPaths holds that the files which docs/architecture.md lists to be read are there, and says how long they are.
func TestReadingPaths(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	files, lines := 0, 0
	for _, path := range strings.Split(string(text), "<!-- path: ")[1:] {
		name, _, _ := strings.Cut(path, " -->")
		found := regexp.MustCompile("(?m)^[0-9]+\\. `([^`]+)`").FindAllStringSubmatch(path, -1)
		for _, file := range found {
			content, err := os.ReadFile(filepath.Join(root, file[1]))
			if err != nil {
				t.Error(err)
			}
			files, lines = files+1, lines+strings.Count(string(content), "\n")
		}
		if len(found) < 8 {
			t.Errorf("%s: only %d files", name, len(found))
		}
		t.Logf("%s: %d files, %d lines", name, files, lines)
	}
}
