//go:build starter

package howto_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit/clone"
)

// guides are the guides whose blocks are run. One that only tells has none of them.
var guides = []string{
	"tutorial", "add-a-section", "use-sessions-without-login", "test-your-section", "send-a-mail", "run-a-job", "take-an-upload", "answer-json",
	"change-the-look", "add-a-field-to-users", "change-what-users-log-in-with", "log-in-with-another-site",
}

// fileOf is the file of a guide. The tutorial, which everybody begins with, stands above the others.
func fileOf(guide string) string {
	if guide == "tutorial" {
		return "docs/tutorial.md"
	}
	return "docs/how-to/" + guide + ".md"
}

// firstSteps are what everybody does: all tests are green afterwards.
var firstSteps = map[string]bool{"add-a-section": true}

// TestGuides follows each guide on a copy of the project, block by block, as a person would who types nothing else:
// what stands in a block of shell is run, a block that names a file becomes that file, a diff is applied. Each guide ends
// with commands that try what came of it.
func TestGuides(t *testing.T) {
	for _, name := range guides {
		t.Run(name, func(t *testing.T) {
			c := clone.New(t)
			text, err := os.ReadFile(filepath.Join(clone.Root(t), fileOf(name)))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "make prune") {
				c.Init() // which is refused where nothing is committed
			}
			done := 0
			for _, b := range blocks(string(text)) {
				if err := b.follow(c); err != nil {
					t.Fatalf("%s:%d: %v", fileOf(name), b.line, err)
				}
				done++
			}
			if done == 0 {
				t.Error("the guide has nothing to follow")
			}
			if firstSteps[name] && os.Getenv("SLOW") == "true" {
				c.Run("make", "lint")
				c.Run("go", "test", "-short", "./...")
			}
		})
	}
}

// TestGuidesFit applies what the guides change, without running anything: quick, so that whoever changes a line that a guide
// names is told at once.
func TestGuidesFit(t *testing.T) {
	if clone.Within() {
		t.Skip("not in a copy, which a guide may have changed")
	}
	for _, name := range guides {
		t.Run(name, func(t *testing.T) {
			c := clone.At(t, t.TempDir())
			for _, b := range blocks(c.Read(fileOf(name))) {
				if b.info == "sh" {
					continue
				}
				if err := b.follow(c); err != nil {
					t.Errorf("%s:%d: %v", fileOf(name), b.line, err)
				}
			}
		})
	}
}

// TestGuidesNameTheirFiles holds that the paragraph above a block names the file that the block becomes: what stands after the
// fence is not shown where the guide is read as a page.
func TestGuidesNameTheirFiles(t *testing.T) {
	for _, name := range guides {
		text, err := os.ReadFile(filepath.Join(clone.Root(t), fileOf(name)))
		if errors.Is(err, fs.ErrNotExist) {
			continue // it went with what it is about
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range blocks(string(text)) {
			if _, file, is := strings.Cut(b.info, " "); is && !strings.Contains(b.above, "`"+file+"`") {
				t.Errorf("%s:%d: nothing above the block says that it is %s", fileOf(name), b.line, file)
			}
		}
	}
}

// TestGuidesAreListed holds that README leads to each guide.
func TestGuidesAreListed(t *testing.T) {
	root := clone.Root(t)
	readme, prefix := filepath.Join(root, "docs", "starter.md"), ""
	if _, err := os.Stat(readme); err != nil {
		readme, prefix = filepath.Join(root, "README.md"), "docs/"
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(root, "docs", "how-to", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	if link := "(" + prefix + "tutorial.md)"; !strings.Contains(string(text), link) {
		t.Errorf("README does not link to %s", link)
	}
	for _, file := range found {
		if link := "(" + prefix + "how-to/" + filepath.Base(file) + ")"; !strings.Contains(string(text), link) {
			t.Errorf("README does not link to %s", link)
		}
	}
}

// A block is a fenced part of a guide.
type block struct {
	line  int    // where it begins
	info  string // after the fence: a language and, perhaps, a file
	above string // the paragraph above it
	text  string
}

// blocks returns the parts of a guide that are followed: sh, diff, and those that name a file.
func blocks(guide string) []block {
	var all []block
	var b *block
	above, ended := "", false
	for n, line := range strings.SplitAfter(guide, "\n") {
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && b == nil:
			b = &block{line: n + 1, info: strings.TrimSpace(info), above: above}
		case fence:
			if b.info == "sh" || b.info == "diff" || strings.Contains(b.info, " ") {
				all = append(all, *b)
			}
			b, above = nil, ""
		case b != nil:
			b.text += line
		case strings.TrimSpace(line) == "":
			ended = true
		case ended:
			above, ended = line, false
		default:
			above += line
		}
	}
	return all
}

// follow does what the block says.
func (b block) follow(c *clone.Copy) error {
	_, file, isFile := strings.Cut(b.info, " ")
	switch {
	case isFile:
		c.Write(file, b.text)
		return nil
	case b.info == "diff":
		return patch(c, b.text)
	}
	out, err := c.Try("sh", "-exc", b.text)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

var hunk = regexp.MustCompile(`(?m)^@@.*\n`)

// patch applies a diff to one or more files: of each hunk, what was must be there exactly once.
func patch(c *clone.Copy, diff string) error {
	for _, part := range regexp.MustCompile(`(?m)^--- .*\n`).Split(diff, -1)[1:] {
		head, body, _ := strings.Cut(part, "\n")
		file, ok := strings.CutPrefix(head, "+++ b/")
		if !ok {
			return fmt.Errorf("the diff names no file: %q", head)
		}
		text := c.Read(file)
		for _, h := range hunk.Split(body, -1)[1:] {
			var before, after strings.Builder
			for line := range strings.Lines(h) {
				switch line[0] {
				case '-':
					before.WriteString(line[1:])
				case '+':
					after.WriteString(line[1:])
				case '\n':
					before.WriteString(line)
					after.WriteString(line)
				default:
					before.WriteString(line[1:])
					after.WriteString(line[1:])
				}
			}
			if n := strings.Count(text, before.String()); n != 1 {
				return fmt.Errorf("%s has %d places like this:\n%s", file, n, before.String())
			}
			text = strings.Replace(text, before.String(), after.String(), 1)
		}
		c.Write(file, text)
	}
	return nil
}
