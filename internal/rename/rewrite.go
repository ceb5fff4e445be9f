package main

import (
	"bytes"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// tracked lists the files that are the project's, relative to root, with slashes.
func tracked(root string) ([]string, error) {
	git := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	git.Dir = root
	if out, err := git.Output(); err == nil {
		list := strings.Split(string(out), "\x00")
		if slices.Contains(list, "go.mod") { // or else root lies in a repository that is not about it
			return slices.DeleteFunc(list, func(f string) bool { return f == "" || strings.HasPrefix(f, "vendor/") }), nil
		}
	}
	var list []string
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		switch name = filepath.ToSlash(name); {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", "data", "bin", "vendor", "node_modules"}, d.Name()) && !strings.Contains(name, "internal/"):
			return filepath.SkipDir
		case d.Type().IsRegular() && d.Name() != ".git": // a file in a worktree
			list = append(list, name)
		}
		return nil
	})
	return list, err
}

// rewriteAll returns the files that change, with their new text.
func rewriteAll(root string, files []string, now, next Names) (map[string]string, error) {
	changes := map[string]string{}
	folders := topFolders(files)
	for _, name := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() || strings.HasSuffix(name, ".sum") {
			continue // deleted, a link, or checksums of others
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if !utf8.Valid(text) || bytes.ContainsRune(text, 0) {
			continue
		}
		changed := rewrite(name, string(text), folders, now, next)
		if changed == string(text) {
			continue
		}
		if strings.HasSuffix(name, ".go") { // imports sort differently now
			formatted, err := format.Source([]byte(changed))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			changed = string(formatted)
		}
		changes[name] = changed
	}
	return changes, nil
}

// topFolders are what can follow the module's path.
func topFolders(files []string) []string {
	var list []string
	for _, f := range files {
		if first, _, ok := strings.Cut(f, "/"); ok && !slices.Contains(list, first) {
			list = append(list, first)
		}
	}
	return append(list, "tools") // tools.mod
}

// programPlaces are where the program's name stands, as patterns with NAME for it: what is before and after is kept.
// A name may be an ordinary word ("app", "notes"), so it is not replaced wherever it stands. When a new place is
// needed, TestNothingKeepsTheOldName says so.
var programPlaces = []string{
	`\b(?:cmd|bin)/NAME\b`,                    // folder and binary
	"(?:sqlite:/?|[\\s`]|^)data/NAME\\.db\\b", // database file
	`"data", "NAME\.db\b`,                     // the same
	`(?:/system/)NAME\.service\b`,             // unit
	`(?:^|[^\w./-])NAME@`,                     // the sender
	`"NAME(?:="|_known"|=\\|-data-)`,          // cookies, the file of a download
	`; NAME="`,
	`__Host-NAME_known\b`,
	"\\| `NAME`, `[\\w-]+ serve`",    // the table of commands
	"\\| `COOKIE_[N]AME` \\| `NAME`", // the table of settings
	`(?:__Host-|__Secure-|COOKIE_[N]AME=|Cookie: |[cC]ookie :?= ")NAME\b`, // cookies in tests
	`; NAME=`, // the second of a Cookie header
	`(?:Cookie\(\\?"|Cookie", "|Cookie\{Name: "|\bc\.Name[=, ]*")NAME\b`, // the same
	`(?:envDefault:|CookieName:? =? ?|default |FullCookieName\(\) != |kong\.Name\(|"User-Agent", |program += )"NAME\b`,
	`(?:os\.Stderr, |\(out, |\{0, \[\]string\{)"NAME\b`,
	`(?:^APP = |^// Command |/etc/|/var/lib/|/opt/|User=|Group=|Directory=|-o |--system |--now |systemctl start |systemctl stop )NAME\b`,
	"(?:^|\\s)(?:\\./|PORT=8081 )NAME(?:$|`)",
	"(?:^|[\\s`\"(/|>])NAME (?:backup|doctor|health|help|invite|mail|migrate|restore|routes|secrets|seed|serve|user|version)\\b",
}

// rewrite puts the new names into a file's text.
func rewrite(file, text string, folders []string, now, next Names) string {
	quoted := make([]string, len(folders))
	for i, folder := range folders {
		quoted[i] = regexp.QuoteMeta(folder)
	}
	inside := regexp.MustCompile(`(^|[^\w./-])` + regexp.QuoteMeta(now.Module) + `(/(?:` + strings.Join(quoted, "|") + `)\b)`)
	text = inside.ReplaceAllString(text, "${1}"+escape(next.Module)+"${2}")
	if strings.HasSuffix(file, ".mod") {
		line := regexp.MustCompile(`(?m)^(module[ \t]+)` + regexp.QuoteMeta(now.Module) + `\b`)
		text = line.ReplaceAllString(text, "${1}"+escape(next.Module))
	}
	if now.Program != next.Program {
		for _, place := range programPlaces {
			before, after, _ := strings.Cut(place, "NAME")
			// The end of a name is not the end of a word: app is no part of app-store.
			p := regexp.MustCompile(`(?m)(` + before + `)` + regexp.QuoteMeta(now.Program) + `(` + strings.ReplaceAll(after, `\b`, `(?:[^\w-]|$)`) + `)`)
			text = p.ReplaceAllString(text, "${1}"+escape(next.Program)+"${2}")
		}
	}
	switch {
	case file == "views/page.go":
		text = siteLine.ReplaceAllLiteralString(text, "const Site = "+strconv.Quote(next.Name))
	case strings.HasSuffix(file, ".md") && !strings.Contains(file, "/"): // headings of README and the like
		heading := regexp.MustCompile(`(?m)^# ` + regexp.QuoteMeta(now.Name) + `$`)
		text = heading.ReplaceAllLiteralString(text, "# "+next.Name)
	}
	return text
}

// escape makes text that regexp's templates leave alone.
func escape(text string) string { return strings.ReplaceAll(text, "$", "$$") }
