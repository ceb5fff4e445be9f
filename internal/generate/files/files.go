// Package files reads and writes the files of a project: what shall be written is collected first, and then all of it is
// written, or nothing. It knows places in files, and nothing of what goes there.
package files

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// A Project is the folder that is written to, and what shall be written: nothing is, before all of it is known.
type Project struct {
	root    string
	changes map[string]string // text by file, with slashes, relative to root
	crlf    map[string]bool   // files whose lines end as those of Windows do: here they have \n, and get \r\n when they are written
	err     error             // of the first file that could not be read

	// Unfinished says that what is written does not build before somebody adds to it: the routes, which stay as they are, are not
	// printed.
	Unfinished bool
}

// Open returns the project in the folder.
func Open(root string) *Project {
	return &Project{root: root, changes: map[string]string{}, crlf: map[string]bool{}}
}

func (p *Project) file(name string) string { return filepath.Join(p.root, filepath.FromSlash(name)) }

// Exists reports whether there is a file or a folder of this name.
func (p *Project) Exists(name string) bool {
	_, err := os.Lstat(p.file(name))
	return err == nil
}

// Read returns a file as it will be; "" if there is none.
func (p *Project) Read(name string) string {
	if text, ok := p.changes[name]; ok {
		return text
	}
	text, err := os.ReadFile(p.file(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) && p.err == nil {
		p.err = err
	}
	if strings.Contains(string(text), "\r\n") {
		p.crlf[name] = true
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

// List returns the names in a folder.
func (p *Project) List(folder string) (names []string) {
	entries, err := os.ReadDir(p.file(folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) && p.err == nil {
		p.err = err
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// Change gives a file another text.
func (p *Project) Change(name, text string) { p.changes[name] = text }

// Add writes a file that must not be there yet.
func (p *Project) Add(name, text string) error {
	if p.Exists(name) {
		return fmt.Errorf("%s is there already", name)
	}
	p.changes[name] = text
	return nil
}

var moduleLine = regexp.MustCompile(`(?m)^module[ \t]+"?([^\s"]+)"?`)

// Module is the module's path.
func (p *Project) Module() (string, error) {
	m := moduleLine.FindStringSubmatch(p.Read("go.mod"))
	if m == nil {
		return "", errors.New("go.mod has no line `module …`")
	}
	return m[1], nil
}

// firstOwn is the first number of the migrations that do not come with the starter.
const firstOwn = 10001

// NextMigration returns the next free number of the person's.
func (p *Project) NextMigration() string {
	next := firstOwn
	for _, file := range p.List("migrations") {
		number, _, _ := strings.Cut(file, "_")
		if n, err := strconv.Atoi(number); err == nil && n >= next {
			next = n + 1
		}
	}
	return fmt.Sprintf("%05d", next)
}

// Write writes all changes, and what is generated of them. If anything fails, or the program is told to end, the project is
// as it was.
func (p *Project) Write() (err error) {
	if p.err != nil {
		return p.err
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(ended)
	before := map[string]*string{} // nil: the file was not there
	remember := func(name string) error {
		text, err := os.ReadFile(p.file(name))
		if errors.Is(err, fs.ErrNotExist) {
			before[name] = nil
			return nil
		}
		old := string(text)
		before[name] = &old
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.restore(before))
		}
	}()
	const routes = "internal/app/routes.txt"
	names := append(slices.Sorted(maps.Keys(p.changes)), routes)
	for _, name := range names {
		if strings.HasSuffix(name, ".templ") {
			names = append(names, strings.TrimSuffix(name, ".templ")+"_templ.go")
		}
	}
	for _, name := range names {
		if err := remember(name); err != nil {
			return err
		}
	}
	for name, text := range p.changes {
		if p.crlf[name] {
			text = strings.ReplaceAll(text, "\n", "\r\n")
		}
		if err := p.put(name, text); err != nil {
			return err
		}
	}
	if out, err := p.make("generate"); err != nil {
		return fmt.Errorf("make generate: %w\n%s", err, out)
	}
	out := ""
	if !p.Unfinished {
		if out, err = p.make("routes"); err != nil {
			return fmt.Errorf("make routes: %w\n%s", err, out)
		}
	}
	select {
	case s := <-ended:
		return fmt.Errorf("%s: everything is as it was", s)
	default:
	}
	if p.Unfinished {
		return nil
	}
	return p.put(routes, out)
}

func (p *Project) put(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(p.file(name)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(p.file(name), []byte(text), 0o644)
}

// restore undoes what write did.
func (p *Project) restore(before map[string]*string) (err error) {
	for name, text := range before {
		if text != nil {
			err = errors.Join(err, p.put(name, *text))
			continue
		}
		if gone := os.Remove(p.file(name)); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		// The folder too, if nothing else is in it. One that has something stays, and says so by an error.
		os.Remove(filepath.Dir(p.file(name))) //nolint:errcheck // see above
	}
	return err
}

// make runs a target in the project, and returns what it prints; its error has what it complains of.
func (p *Project) make(target string) (string, error) {
	cmd := exec.Command("make", "-s", "--no-print-directory", target)
	cmd.Dir = p.root
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, complaints.String())
	}
	return string(out), err
}
