package main

import (
	"context"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A change says what has to be done after it.
type change string

const (
	none   change = ""
	styles change = "styles" // put the style sheets of open pages anew
	assets change = "assets" // reload open pages
	source change = "source" // build, start, reload
	ended  change = "ended"  // the program ended by itself
)

// files are the times and sizes of what is watched, by name.
type files map[string]state

type state struct {
	at   time.Time
	size int64
}

// every is how often the files are looked at. Looking takes a few milliseconds, and works on every system and volume.
const every = 250 * time.Millisecond

// look returns the files below root as they are now.
func look(root string) files {
	seen := files{}
	filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error { //nolint:errcheck // what cannot be read is not watched
		if err != nil {
			return nil
		}
		if d.IsDir() {
			if skipped(file) {
				return filepath.SkipDir
			}
			return nil
		}
		file = filepath.ToSlash(file)
		if !watched(file) {
			return nil
		}
		if info, err := d.Info(); err == nil {
			seen[file] = state{info.ModTime(), info.Size()}
		}
		return nil
	})
	return seen
}

// skipped reports whether a folder is none of the program's: git's, other tools', data, what was built.
func skipped(folder string) bool {
	name := filepath.Base(folder)
	return name != "." && strings.HasPrefix(name, ".") || slices.Contains([]string{"data", "bin", "vendor", "node_modules"}, filepath.ToSlash(folder))
}

// watched reports whether the running program depends on a file.
func watched(file string) bool {
	switch filepath.Ext(file) {
	case ".go":
		return !strings.HasSuffix(file, "_test.go") && !strings.HasSuffix(file, "_templ.go") // made from *.templ
	case ".templ", ".sql":
		return true
	}
	return strings.HasPrefix(file, "static/") || file == ".env" || file == "go.mod" || file == "go.sum"
}

// next waits for a change, and takes it into account. It returns ended when that channel is closed, and none at the end
// of the context.
func (seen *files) next(ctx context.Context, over <-chan struct{}) change {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return none
		case <-over:
			return ended
		case <-tick.C:
		}
		now := look(".")
		what := difference(*seen, now)
		*seen = now
		if what != none {
			return what
		}
	}
}

// difference says what the change from one look to the next needs, at most.
func difference(before, now files) change {
	what := none
	for name, s := range now {
		old, known := before[name]
		switch {
		case known && old == s:
		case known && strings.HasPrefix(name, "static/") && strings.HasSuffix(name, ".css"):
			if what == none {
				what = styles
			}
		case known && strings.HasPrefix(name, "static/") && !strings.HasSuffix(name, ".go"):
			what = assets
		default:
			return source
		}
	}
	for name := range before {
		if _, ok := now[name]; !ok {
			return source
		}
	}
	return what
}
