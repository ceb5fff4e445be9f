package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// starterFile is where the starter's README lives in a project that was made from it.
const starterFile = "docs/starter.md"

var (
	mdLink  = regexp.MustCompile(`\]\(([^)#:\s]+[)#])`)
	release = regexp.MustCompile(`(?m)^## ([0-9][^\s]*)`)
)

// takeOver makes README and changelog the project's own, the first time: the starter's README moves into docs, where the other pages
// find it.
func takeOver(root string, changes map[string]string, now, next Names) error {
	if exists(filepath.Join(root, filepath.FromSlash(starterFile))) {
		return nil
	}
	current := func(name string) (string, error) {
		if text, ok := changes[name]; ok {
			return text, nil
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, fs.ErrNotExist) {
			return "", nil
		}
		return string(text), err
	}
	readme, err := current("README.md")
	if err != nil || readme == "" {
		return err
	}
	_, rest, _ := strings.Cut(readme, "\n")
	changes[starterFile] = fmt.Sprintf("# %s, the starter\n\n%s was made from it. What follows is the starter's own README.\n%s",
		now.Name, next.Name, relocate(rest))
	changes["README.md"] = stub(next)
	for glob, to := range map[string][2]string{"docs/*.md": {"](../README.md", "](starter.md"}, "docs/*/*.md": {"](../../README.md", "](../starter.md"}} {
		pages, err := fs.Glob(os.DirFS(root), glob)
		if err != nil {
			return err
		}
		for _, page := range pages {
			text, err := current(page)
			if err != nil {
				return err
			}
			if now := strings.ReplaceAll(text, to[0], to[1]); now != text {
				changes[page] = now
			}
		}
	}

	log, err := current("CHANGELOG.md")
	if err != nil || log == "" {
		return err
	}
	from := ""
	if found := release.FindStringSubmatch(log); found != nil {
		from = "\n## " + found[1] + "\n\n- Made from the starter " + now.Name + " " + found[1] + " ([what it is](" + starterFile + ")).\n"
	}
	changes["CHANGELOG.md"] = "# Changelog\n\nThe newest first. `" + next.Program + " version` prints the number at the top.\n" + from
	return nil
}

// relocate makes the links of a text at the top right for docs.
func relocate(text string) string {
	return mdLink.ReplaceAllStringFunc(text, func(link string) string {
		target := link[len("]("):]
		if inDocs, ok := strings.CutPrefix(target, "docs/"); ok {
			return "](" + inDocs
		}
		return "](../" + target
	})
}

// stub is the README of a new project.
func stub(n Names) string {
	return "# " + n.Name + `

Say here what it is, and for whom.

` + "```" + `
make run     # builds, migrates, prints the address and serves
make dev     # the same, and shows each change in the browser
make test    # every test that can run here
` + "```" + `

You need Go and make; ` + "`make help`" + ` lists the rest. The program is ` + "`cmd/" + n.Program + "`" + `, private pages live in ` + "`internal/sections`" + `.
How it is built, its settings and its guides: [docs/starter.md](` + starterFile + `).
`
}
