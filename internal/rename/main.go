// Command rename turns a clone of the starter into a project of one's own: module path, program, product name,
// cookie and file names. `make rename MODULE=github.com/you/app NAME="Your App"` runs it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"
)

// What stands in the starter for each part. They are put together here so that renaming does not rename them.
var (
	oldModule = "example.com/" + oldSlug
	oldName   = "Latch" + "key"
	oldSlug   = "latch" + "key"
	oldUpper  = "LATCH" + "KEY"
)

var (
	moduleForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*\.)+[a-z]{2,}(/[A-Za-z0-9][A-Za-z0-9._~-]*)+$`)
	nameForm   = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N} .,&'!+-]{0,60}$`)
	version    = regexp.MustCompile(`^v[0-9]+$`)
)

func main() {
	module := flag.String("module", "", "the new module path, as github.com/you/app")
	name := flag.String("name", "", "the product's name, as pages show it")
	flag.Parse()
	if err := rename(".", *module, *name); err != nil {
		fmt.Fprintln(os.Stderr, "rename:", err)
		os.Exit(1)
	}
	fmt.Printf("This is %s now: module %s, program cmd/%s. Next: make test\n", *name, *module, slug(*module))
}

// slug is the program's name: the module's last element that is no version, in lower case.
func slug(module string) string {
	base := path.Base(module)
	if version.MatchString(base) {
		base = path.Base(path.Dir(module))
	}
	return strings.ToLower(strings.Map(func(c rune) rune {
		if c == '.' || c == '~' {
			return '-'
		}
		return c
	}, base))
}

// rename does it to the tree at root.
func rename(root, module, name string) error {
	if !moduleForm.MatchString(module) {
		return fmt.Errorf("MODULE=%q is no module path; it must be like github.com/you/app", module)
	}
	if !nameForm.MatchString(name) {
		return fmt.Errorf("NAME=%q must begin with a letter or digit and hold only letters, digits, blanks and . , & ' ! + -, 61 at most", name)
	}
	text := strings.NewReplacer(oldModule, module, oldName, name, oldUpper, strings.ToUpper(slug(module)), oldSlug, slug(module))
	// In templates and pages the name is markup.
	markup := strings.NewReplacer(oldModule, module, oldName, strings.NewReplacer("&", "&amp;").Replace(name),
		oldUpper, strings.ToUpper(slug(module)), oldSlug, slug(module))
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if file != root && (d.Name() == ".git" || d.Name() == "data" || d.Name() == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if d.Name() == "LICENSE" || strings.HasSuffix(d.Name(), ".sum") || !d.Type().IsRegular() {
			return nil
		}
		replace := text
		if strings.HasSuffix(file, ".svg") {
			replace = markup
		}
		return rewrite(file, replace)
	})
	if err != nil {
		return err
	}
	if slug(module) == oldSlug {
		return nil
	}
	err = os.Rename(filepath.Join(root, "cmd", oldSlug), filepath.Join(root, "cmd", slug(module)))
	if errors.Is(err, fs.ErrNotExist) { // renamed before
		return nil
	}
	return err
}

// rewrite replaces the names in one file of text. Go files are formatted anew: their imports sort differently now.
func rewrite(file string, replace *strings.Replacer) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if !utf8.Valid(old) || strings.Contains(string(old), "\x00") {
		return nil
	}
	changed := replace.Replace(string(old))
	if changed == string(old) {
		return nil
	}
	if strings.HasSuffix(file, ".go") {
		formatted, err := format.Source([]byte(changed))
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		changed = string(formatted)
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(changed), info.Mode().Perm())
}
