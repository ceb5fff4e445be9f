// Package parts knows what of the project can be taken out, and what belongs to each of it. Most of that shows: a folder in
// internal/features or internal/sections, its line in internal/app/features.go, the migration whose tables nothing else
// uses, the settings, events and tests that are declared in the folder, with the lines of the documentation that name them.
// What does not show, the folder's file prune.txt says; parts that have no folder of their own have theirs in this one.
package parts

import (
	"bufio"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Part is something that the project can do without.
type Part struct {
	Name  string   // as WITHOUT says it
	Dir   string   // its folder, or "" if it has none
	About string   // what it brings
	Words []string // regular expressions: what no file says any more when it is gone
	Needs []string // parts that are no use without it, and go with it
	Files []string // what goes with it, besides its folder: as Tree.Names reads them
	Uses  []Use    // settings by which a project uses it
	Edits []Edit   // what else says something about it

	migrations []string // whose tables it alone uses
}

// A Use is a setting by which a project uses a part, if its value matches an expression.
type Use struct{ Setting, Match string }

// An Edit takes something about a part out of a file that stays.
type Edit struct {
	// Do is "cut", a text, in which each blank stands for any blanks and line ends; "swap", one text for another;
	// "lines", all lines that match an expression; "entry", the list entries or paragraphs whose first line matches one;
	// "decl", the declarations of Go whose names match one, with their comments; "func", the functions in which one matches;
	// "field", the fields of structs; "stmt", the statements whose first line matches one; or "put", the whole file for
	// another, whose name is New.
	Do       string
	File     string // as Tree.Names reads it
	Old, New string
	where    string // the line of the file that says so
}

// edits are what an Edit can do.
var edits = []string{"cut", "swap", "lines", "entry", "decl", "func", "field", "stmt", "put"}

// list is the file with the line of each feature.
const list = "internal/app/features.go"

// own is where parts without a folder are described.
const own = "internal/parts/"

// All returns the parts of a project by name: what is in internal/features and internal/sections, the person's own sections
// too, and what has a description in this package.
func All(t Tree) ([]Part, error) {
	found := map[string]*Part{}
	for name := range t {
		if m := folder.FindStringSubmatch(name); m != nil {
			found[m[2]] = &Part{Name: m[2], Dir: m[1]}
		}
	}
	for name := range t {
		text, base := t[name], path.Base(name)
		var p *Part
		switch {
		case base == "prune.txt":
			if p = found[path.Base(path.Dir(name))]; p == nil || p.Dir != path.Dir(name) {
				continue
			}
		case path.Dir(name)+"/" == own && strings.HasSuffix(name, ".txt"):
			p = &Part{Name: strings.TrimSuffix(base, ".txt"), Files: []string{name}}
			found[p.Name] = p
		default:
			continue
		}
		if err := p.parse(name, text); err != nil {
			return nil, err
		}
	}
	all, tables := make([]Part, 0, len(found)), migrations(t)
	for _, p := range found {
		p.migrations = tables[p.Dir]
		all = append(all, *p)
	}
	slices.SortFunc(all, func(a, b Part) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

var folder = regexp.MustCompile(`^(internal/(?:features|sections)/([a-z0-9_]+))/[^/]+\.go$`)

// parse reads a description: lines of a word and what it says; # begins a comment.
func (p *Part) parse(file, text string) error {
	scan := bufio.NewScanner(strings.NewReader(text))
	for n := 1; scan.Scan(); n++ {
		line := strings.TrimSpace(scan.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		where := fmt.Sprintf("%s:%d", file, n)
		word, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		switch word {
		case "about":
			p.About = rest
		case "words":
			if _, err := regexp.Compile(rest); err != nil {
				return fmt.Errorf("%s: %w", where, err)
			}
			p.Words = append(p.Words, rest)
		case "with":
			p.Needs = append(p.Needs, strings.Fields(rest)...)
		case "file":
			p.Files = append(p.Files, strings.Fields(rest)...)
		case "uses":
			name, match, _ := strings.Cut(rest, " ")
			if _, err := regexp.Compile(match); err != nil {
				return fmt.Errorf("%s: %w", where, err)
			}
			p.Uses = append(p.Uses, Use{name, strings.TrimSpace(match)})
		default:
			if !slices.Contains(edits, word) {
				return fmt.Errorf("%s: %q is none of about, words, with, file, uses, %s", where, word, strings.Join(edits, ", "))
			}
			e, err := parseEdit(word, rest)
			if err != nil {
				return fmt.Errorf("%s: %w", where, err)
			}
			e.where = where
			p.Edits = append(p.Edits, e)
		}
	}
	return scan.Err()
}

// parseEdit reads FILE "text", of a swap FILE "text" "other", of a put FILE other, or FILE expression; texts are quoted as in Go.
func parseEdit(do, rest string) (Edit, error) {
	file, rest, _ := strings.Cut(rest, " ")
	e := Edit{Do: do, File: file, Old: strings.TrimSpace(rest)}
	if do == "put" {
		e.Old, e.New = "", e.Old
		return e, nil
	}
	if do != "cut" && do != "swap" {
		_, err := regexp.Compile(e.Old)
		return e, err
	}
	var err error
	if e.Old, rest, err = quoted(rest); err != nil {
		return e, err
	}
	if do == "swap" {
		e.New, rest, err = quoted(rest)
	}
	if err == nil && strings.TrimSpace(rest) != "" {
		err = fmt.Errorf("too much: %q", rest)
	}
	return e, err
}

// quoted returns the text that begins with a quote, and what is after it.
func quoted(s string) (text, rest string, err error) {
	s = strings.TrimSpace(s)
	prefix, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", "", fmt.Errorf("a text in quotes must stand here: %q", s)
	}
	text, err = strconv.Unquote(prefix)
	return text, s[len(prefix):], err
}

// Of returns the parts of these names, with those that are no use without them. Its error names what is not there, and what
// is.
func Of(all []Part, names []string) ([]Part, error) {
	var chosen []Part
	var add func(name string)
	add = func(name string) {
		at := slices.IndexFunc(all, func(p Part) bool { return p.Name == name })
		if at < 0 || slices.ContainsFunc(chosen, func(p Part) bool { return p.Name == name }) {
			return
		}
		chosen = append(chosen, all[at])
		for _, other := range all[at].Needs {
			add(other)
		}
	}
	there, unknown := namesOf(all), []string{}
	for _, name := range names {
		if !slices.Contains(there, name) {
			unknown = append(unknown, strconv.Quote(name))
		}
		add(name)
	}
	switch {
	case len(unknown) > 0 && len(all) == 0:
		return nil, fmt.Errorf("there is no %s to take out: nothing is left that could be", strings.Join(unknown, ", no "))
	case len(unknown) > 0:
		return nil, fmt.Errorf("there is no %s to take out; there is %s", strings.Join(unknown, ", no "), strings.Join(there, ", "))
	}
	slices.SortFunc(chosen, func(a, b Part) int { return strings.Compare(a.Name, b.Name) })
	return chosen, nil
}

func namesOf(all []Part) (names []string) {
	for _, p := range all {
		names = append(names, p.Name)
	}
	return names
}

// Holds returns the files of the part that are the part's alone, in order.
func (p Part) Holds(t Tree) []string {
	var names []string
	for _, glob := range p.Files {
		names = append(names, t.Names(glob)...)
	}
	if p.Dir != "" {
		names = append(names, t.Names(p.Dir+"/")...)
		for _, name := range p.migrations {
			names = append(names, t.Names(name)...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

var (
	created = regexp.MustCompile(`(?i)CREATE TABLE (?:IF NOT EXISTS )?"?(\w+)`)
	altered = regexp.MustCompile(`(?i)ALTER TABLE (?:IF EXISTS )?"?(\w+)`)
)

// migrations returns by its folder those whose tables nobody else uses, or nobody else writes.
func migrations(t Tree) map[string][]string {
	byFolder := map[string][]string{}
	for _, name := range t.Names("migrations/*.sql") {
		tables := Tables(t[name])
		if tables == nil { // a column that came later goes with its table
			tables = tablesOf(altered, t[name])
		}
		var users, writers []string
		for _, table := range tables {
			for file, text := range t {
				if code(file) && uses(text, table, query, true) {
					users = append(users, path.Dir(file))
				}
				if code(file) && uses(text, table, insert, false) {
					writers = append(writers, path.Dir(file))
				}
			}
		}
		for _, folders := range [][]string{users, writers} {
			if slices.Sort(folders); len(folders) > 0 && folders[0] == folders[len(folders)-1] {
				byFolder[folders[0]] = append(byFolder[folders[0]], name)
				break
			}
		}
	}
	return byFolder
}

// uses reports whether code has the table's name in a query, after a word that matches; or in quotes, if these count.
func uses(text, table string, after *regexp.Regexp, quotes bool) bool {
	for at := 0; ; {
		n := strings.Index(text[at:], table)
		if n < 0 {
			return false
		}
		from, to := at+n, at+n+len(table)
		at = to
		if from == 0 || to == len(text) || wordly(text[to]) || wordly(text[from-1]) {
			continue
		}
		before := strings.TrimRight(text[max(0, from-20):from], " \t\n")
		line := strings.TrimSpace(text[strings.LastIndexByte(text[:from], '\n')+1 : from])
		if !strings.HasPrefix(line, "//") && (quotes && text[from-1] == '"' && text[to] == '"' || after.MatchString(before)) {
			return true
		}
	}
}

var (
	query  = regexp.MustCompile(`(?i)\b(FROM|INTO|UPDATE|JOIN)$`)
	insert = regexp.MustCompile(`(?i)\bINSERT INTO$`)
)

func wordly(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// Tables returns the tables of a migration, in the order in which it makes them.
func Tables(migration string) []string { return tablesOf(created, migration) }

func tablesOf(statement *regexp.Regexp, migration string) (names []string) {
	for _, m := range statement.FindAllStringSubmatch(migration, -1) {
		names = append(names, m[1])
	}
	return names
}
