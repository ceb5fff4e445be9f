package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var (
	testDeclared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	testNamed    = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+)`")
	linkTo       = regexp.MustCompile(`\]\(([\w./-]+)\)`)
	fileNamed    = regexp.MustCompile("`((?:cmd|internal|migrations|static|views)/[\\w./-]+)`")
	fileWritten  = regexp.MustCompile("(?m)^```\\w+ ([\\w./-]+)$")
	nameNamed    = regexp.MustCompile("`([a-z]+)\\.([A-Z]\\w+)[`(]")
)

// checkDocs returns an error that names each test, file and exported name in the docs which does not exist, and each link to
// a file that is not there: the docs speak of nothing that is gone.
func checkDocs(root string, files []string) error {
	tests := map[string]bool{}
	docs := map[string]string{}
	code := map[string]string{} // of each package, by its name
	for _, name := range files {
		test, doc := strings.HasSuffix(name, "_test.go"), strings.HasSuffix(name, ".md")
		if !doc && !strings.HasSuffix(name, ".go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return err
		}
		if doc {
			docs[name] = string(text)
		} else {
			code[path.Base(path.Dir(name))] += string(text)
		}
		for _, found := range testDeclared.FindAllStringSubmatch(string(text), -1) {
			tests[found[1]] = tests[found[1]] || test
		}
	}
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(docs)) {
		text := docs[name]
		for _, found := range testNamed.FindAllStringSubmatch(text, -1) {
			if !tests[found[1]] {
				wrong = append(wrong, fmt.Errorf("%s names %s, which is no test", name, found[1]))
			}
		}
		written := map[string]bool{} // by whoever follows the guide
		for _, found := range fileWritten.FindAllStringSubmatch(text, -1) {
			written[found[1]] = true
		}
		for _, found := range fileNamed.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, found[1])); err != nil && !written[found[1]] && !readers(root, found[1]) {
				wrong = append(wrong, fmt.Errorf("%s names a file that is not there: %w", name, err))
			}
		}
		for _, found := range nameNamed.FindAllStringSubmatch(text, -1) {
			if own := code[found[1]]; own != "" && !regexp.MustCompile(`\b`+found[2]+`\b`).MatchString(own) {
				wrong = append(wrong, fmt.Errorf("%s names %s.%s, which is not there", name, found[1], found[2]))
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

// readers reports whether a file is in a section that is not there: guides let their reader write one.
func readers(root, name string) bool {
	rest, ok := strings.CutPrefix(name, "internal/sections/")
	if !ok {
		return false
	}
	section, _, _ := strings.Cut(rest, "/")
	_, err := os.Stat(filepath.Join(root, "internal", "sections", section))
	return err != nil
}

var pathFile = regexp.MustCompile("(?m)^[0-9]+\\. `([^`]+)`")

// printPaths prints how many files and lines one reads on each of the paths that docs/architecture.md lists. Its error names
// files that are not there.
func printPaths(root string, out io.Writer) error {
	text, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		return err
	}
	var wrong []error
	files, lines := 0, 0
	for _, path := range strings.Split(string(text), "<!-- path: ")[1:] {
		name, _, _ := strings.Cut(path, " -->")
		for _, found := range pathFile.FindAllStringSubmatch(path, -1) {
			content, err := os.ReadFile(filepath.Join(root, found[1]))
			wrong = append(wrong, err)
			files, lines = files+1, lines+strings.Count(string(content), "\n")
		}
		fmt.Fprintf(out, "%5d lines in %d files to read for %s\n", lines, files, name)
	}
	return errors.Join(wrong...)
}
