package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	testDeclared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	testNamed    = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+)`")
	linkTo       = regexp.MustCompile(`\]\(([\w./-]+)\)`)
)

// checkDocs returns an error that names each test in the docs which does not exist, and each link to a file that is not
// there: the docs claim no proof that is gone.
func checkDocs(root string, files []string) error {
	tests := map[string]bool{}
	docs := map[string]string{}
	for _, name := range files {
		test, doc := strings.HasSuffix(name, "_test.go"), strings.HasSuffix(name, ".md")
		if !test && !doc {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return err
		}
		if doc {
			docs[name] = string(text)
		}
		for _, found := range testDeclared.FindAllStringSubmatch(string(text), -1) {
			tests[found[1]] = tests[found[1]] || test
		}
	}
	var wrong []error
	for name, text := range docs {
		for _, found := range testNamed.FindAllStringSubmatch(text, -1) {
			if !tests[found[1]] {
				wrong = append(wrong, fmt.Errorf("%s names %s, which is no test", name, found[1]))
			}
		}
		for _, found := range linkTo.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(name), found[1])); err != nil {
				wrong = append(wrong, fmt.Errorf("%s links to %s: %w", name, found[1], err))
			}
		}
	}
	return errors.Join(wrong...)
}
