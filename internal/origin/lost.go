package origin

import (
	"path"
	"slices"
	"strings"
)

// A Lost package is one that the starter has moved or deleted.
type Lost struct {
	Dir string // where it was
	Now string // the folder that it was moved to, or ""
}

// Lost returns the packages that were in the starter and are not, in order.
func (s Sides) Lost() (gone []Lost, err error) {
	was, _, err := s.Files(s.Base)
	if err != nil {
		return nil, err
	}
	is, _, err := s.Files(s.New)
	if err != nil {
		return nil, err
	}
	there := packages(is)
	for dir := range packages(was) {
		if !there[dir] {
			gone = append(gone, Lost{Dir: dir})
		}
	}
	slices.SortFunc(gone, func(a, b Lost) int { return strings.Compare(a.Dir, b.Dir) })
	moved, err := s.moved(s.New)
	for _, m := range moved {
		from, to := path.Dir(m.from), path.Dir(m.to)
		at := slices.IndexFunc(gone, func(p Lost) bool { return p.Dir == from })
		if at >= 0 && there[to] && source(m.from) && source(m.to) {
			gone[at].Now = to
		}
	}
	return gone, err
}

// packages are the folders with files of Go, or of pages, which become Go.
func packages(files map[string]bool) map[string]bool {
	dirs := map[string]bool{}
	for name := range files {
		if source(name) {
			dirs[path.Dir(name)] = true
		}
	}
	return dirs
}

func source(name string) bool {
	return path.Ext(name) == ".templ" || path.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go")
}
