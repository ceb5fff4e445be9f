//go:build starter

package parts_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/parts"
	"example.com/latchkey/internal/testkit/clone"
)

// project returns the starter's files and parts. In a project that was made from it, where people write what they like, it
// skips the test.
func project(t *testing.T) (parts.Tree, []parts.Part) {
	t.Helper()
	tree, err := parts.Read(clone.At(t, t.TempDir()).Init())
	if err != nil {
		t.Fatal(err)
	}
	if _, made := tree[origin.File]; made {
		t.Skip("about the starter; this is a project that was made from it")
	}
	all, err := parts.All(tree)
	if err != nil {
		t.Fatal(err)
	}
	return tree, all
}

// TestEachFolderSaysWhatBelongsToIt holds that none of the starter's capabilities is unknown, and that what a description says
// stands there.
func TestEachFolderSaysWhatBelongsToIt(t *testing.T) {
	tree, all := project(t)
	for _, p := range all {
		if p.About == "" || len(p.Words) == 0 {
			t.Errorf("%s: prune.txt must say what it is about, and the words that nothing says without it", p.Name)
		}
		for _, glob := range p.Files {
			if len(tree.Names(glob)) == 0 {
				t.Errorf("%s: %s is not there", p.Name, glob)
			}
		}
		for _, e := range p.Edits {
			if len(tree.Names(e.File)) == 0 {
				t.Errorf("%s: %s is not there", p.Name, e.File)
			}
		}
	}
}

// TestNothingSaysWhatIsGone takes out each part alone, all, and in make prunes each two: everything that describes a place finds it, what
// is left is Go, and no file says a word about it. Two at once leave what one after the other leaves.
func TestNothingSaysWhatIsGone(t *testing.T) {
	tree, all := project(t)
	alone := make([]parts.Tree, len(all))
	for i, p := range all {
		alone[i] = take(t, tree, all, tree, p.Name)
		if os.Getenv("SLOW") != "true" {
			continue // each two takes minutes: make prunes
		}
		for j, q := range all[:i] {
			both := take(t, tree, all, alone[i], p.Name, q.Name)
			left, err := parts.All(alone[j])
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(left, func(other parts.Part) bool { return other.Name == p.Name }) {
				continue // it went with the other
			}
			if once := take(t, alone[j], left, both, p.Name); !maps.Equal(once, both) {
				t.Errorf("without %s and then %s there is something else: %s", q.Name, p.Name, differences(once, both))
			}
		}
	}
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
	}
	take(t, tree, all, tree, names...)
}

// take takes parts out of a tree and looks for what is left of them.
// Files that are in seen already are not looked at again.
func take(t *testing.T, tree parts.Tree, all []parts.Part, seen parts.Tree, names ...string) parts.Tree {
	t.Helper()
	chosen, err := parts.Of(all, names)
	if err != nil {
		t.Fatal(err)
	}
	after, remarks, err := parts.Remove(tree, chosen)
	if err != nil {
		t.Fatalf("%q: %v", names, err)
	}
	for _, r := range remarks {
		t.Errorf("%q: %s", names, r)
	}
	for name, text := range after {
		if text != seen[name] && strings.HasSuffix(name, ".go") {
			if _, err := parser.ParseFile(token.NewFileSet(), name, text, 0); err != nil {
				t.Errorf("%q: %v", names, err)
			}
		}
	}
	look := maps.Clone(after)
	for _, p := range chosen {
		words := slices.Clone(p.Words)
		folders := []string{p.Dir + "/"}
		for _, glob := range p.Files {
			if folder, is := strings.CutSuffix(glob, "/"); is {
				words, folders = append(words, regexp.QuoteMeta(folder)+`\b`), append(folders, glob)
			}
		}
		for _, name := range p.Holds(tree) {
			within := func(folder string) bool { return strings.HasPrefix(name, folder) }
			if !slices.ContainsFunc(folders, within) && path.Ext(name) != ".go" {
				words = append(words, `\b`+regexp.QuoteMeta(path.Base(name)))
			}
		}
		if p.Dir != "" {
			words = append(words, p.Dir+`\b`)
		}
		for _, name := range p.Holds(tree) {
			if path.Ext(name) == ".sql" {
				for _, table := range parts.Tables(tree[name]) {
					words = append(words, `\b(FROM|INTO|UPDATE|JOIN|TABLE|REFERENCES)\s+"?`+table+`\b`)
				}
			}
		}
		if len(names) > 1 {
			maps.DeleteFunc(look, func(name, text string) bool { return text == seen[name] })
		}
		for _, found := range says(look, regexp.MustCompile(strings.Join(words, "|"))) {
			t.Errorf("without %q: %s", names, found)
		}
	}
	return after
}

// made are files that tools write, after what is tested here; the seam, which may give an example in a
// comment; and tests of make section, which ask whether the example is there.
var made = regexp.MustCompile(`^internal/feature/|^internal/generate/\w+_test\.go$|_templ\.go$|^go\.(mod|sum)$|^docs/performance\.svg$|routes\.txt$|\.png$|\.woff2$`)

// broken is where a sentence goes on in the next line, of a comment too.
var broken = regexp.MustCompile(`\n[ \t]*(?:(?://|--|#|>)[ \t]*)?`)

// row is one of a table.
var row = regexp.MustCompile(`(?m)^\|.*$`)

func says(tree parts.Tree, word *regexp.Regexp) (found []string) {
	for name, text := range tree {
		if made.MatchString(name) {
			continue
		}
		if name == parts.Decisions { // its rows go with go.mod
			text = row.ReplaceAllString(text, "")
		}
		text = broken.ReplaceAllString(text, " ")
		for _, at := range word.FindAllStringIndex(text, 3) {
			found = append(found, fmt.Sprintf("%s says …%s…", name, text[max(0, at[0]-60):min(len(text), at[1]+60)]))
		}
	}
	slices.Sort(found)
	return found
}

func differences(a, b parts.Tree) (names []string) {
	for name := range a {
		if a[name] != b[name] {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// TestCodeInSentencesIsNotBroken holds that the lines of a paragraph that was cut end between words, and not within code.
func TestCodeInSentencesIsNotBroken(t *testing.T) {
	long := "Whoever reads this page to its end knows how it is done, and nobody who does it that way has to say"
	tree := parts.Tree{
		"docs/a.md":                        "- Loud or low. " + long + " `it aloud,\n  and twice`, or ` to nobody.\n",
		"internal/features/loud/loud.go":   "package loud\n",
		"internal/features/loud/prune.txt": "about how it is said\ncut docs/a.md \"Loud or\"\n",
	}
	all, err := parts.All(tree)
	if err != nil {
		t.Fatal(err)
	}
	after, _, err := parts.Remove(tree, all)
	if want := "- low. " + long + "\n  `it aloud, and twice`, or ` to nobody.\n"; err != nil || after["docs/a.md"] != want {
		t.Errorf("%q (%v), not %q", after["docs/a.md"], err, want)
	}
}
