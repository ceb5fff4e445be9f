// Package sqlitefile knows the file of a SQLite database: its name, its rights, whether it is still the one that was
// opened, its space, and its copies. It knows no table.
package sqlitefile

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"example.com/latchkey/internal/fault"
)

// pragmas of every connection. synchronous(full): a log out that was answered survives a power cut. secure_delete: what
// was deleted leaves no bytes in the file. journal_size_limit: after a long reader the -wal goes back to 64 MB.
// temp_store(memory): there need be no /tmp, and nothing is left in it.
const pragmas = "?_busy_timeout=5000&_pragma=foreign_keys(1)&_pragma=journal_mode(wal)" +
	"&_pragma=synchronous(full)&_pragma=secure_delete(1)&_pragma=journal_size_limit(67108864)&_pragma=temp_store(memory)"

// Source is what the driver is told of a file that is served.
func Source(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() + pragmas }

// wrongFile says what is wrong with the part of a URL after "sqlite:"; nil if it is the name of a file.
// What SQLite or a shell would read otherwise, and what would make a file of a surprising name, is refused.
func wrongFile(path string) error {
	const name = "; name a file, as sqlite:data/latchkey.db or sqlite:/srv/site.db"
	switch {
	case path == "" || strings.TrimSpace(path) != path || strings.HasSuffix(path, "/"):
		return errors.New("sqlite: is followed by no file" + name)
	case strings.HasPrefix(path, "//"):
		return errors.New("it is sqlite:FILE, without //" + name)
	case strings.HasPrefix(path, "file:"):
		return errors.New("it is sqlite:FILE, without file:" + name)
	case strings.Contains(path, ":memory:"):
		return errors.New("what is in memory is lost when the program ends" + name)
	case strings.HasPrefix(path, "~"):
		return errors.New("~ is not expanded here" + name)
	case strings.Contains(path, "?"):
		return errors.New("a file takes no options after ?" + name)
	}
	return nil
}

// Path returns the absolute path of the file that the URL of a SQLite database names, ErrNotSQLite for another one.
func Path(dsn string) (string, error) {
	path, ok := strings.CutPrefix(dsn, "sqlite:")
	if !ok {
		return "", ErrNotSQLite
	}
	if err := wrongFile(path); err != nil {
		return "", err
	}
	return filepath.Abs(path)
}

// A File is the SQLite file with its companions, as they were when they were opened. Programs keep writing into a file
// that was removed, or that another has taken the place of, and all of that is lost.
type File struct {
	Path   string // absolute
	log    *slog.Logger
	opened map[string]os.FileInfo // by path: the file, its -wal and -shm
	gone   atomic.Bool            // what was logged last
}

// Find returns the file at the path, and makes it where there is none: for its owner alone, in a folder for its
// owner alone. With existing it fails instead.
func Find(path string, existing bool, log *slog.Logger) (*File, error) {
	f := &File{Path: path, log: log, opened: map[string]os.FileInfo{}}
	found, err := os.Stat(path)
	switch {
	case err == nil && found.IsDir():
		return nil, fmt.Errorf("%s is a folder, not a file", path)
	case err == nil:
		if found.Mode().Perm()&0o077 != 0 && isDatabase(path) {
			log.Warn("others on this machine can read the database", "file", path, "mode", found.Mode().Perm().String(),
				"to_mend", "chmod 600 "+path+"*")
		}
	case !errors.Is(err, os.ErrNotExist):
		return nil, err
	case existing:
		return nil, fmt.Errorf("there is no database at %s; give DATABASE_URL the file of the site, or make one with `latchkey migrate`", path)
	default:
		if err := makeFile(path); err != nil {
			return nil, err
		}
		if found, err = os.Stat(path); err != nil {
			return nil, err
		}
	}
	f.opened[path] = found
	return f, nil
}

// makeFile makes an empty file and the folders above it. What root makes gets the owner of the folder above, so that a service
// whose first start was as root is not locked out.
func makeFile(path string) error {
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
			return err
		}
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
		if err := ownAs(dir, filepath.Dir(dir)); err != nil {
			return err
		}
	}
	return makeEmpty(path, dir)
}

// makeEmpty makes an empty database, which appears at the path as a whole: of several starts at the same time, SQLite
// refuses all but one that make it a file of WAL. If another start was first, its file stays.
func makeEmpty(path, dir string) error {
	err := appear(path, linkOrRename, func(part string) error {
		// auto_vacuum counts for new files alone. Nobody sees the file yet: it waits for the disk at the end.
		db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: part}).EscapedPath()+
			"?_auto_vacuum=incremental&_pragma=synchronous(off)&_pragma=journal_mode(wal)")
		if err != nil {
			return err
		}
		return errors.Join(db.Ping(), db.Close(), ownAs(part, dir))
	})
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	return err
}

// linkOrRename gives a file another name. It fails with os.ErrExist if there is a file of that name, where the file system has
// links.
func linkOrRename(part, path string) error {
	err := os.Link(part, path)
	if err == nil || errors.Is(err, os.ErrExist) {
		return err
	}
	return os.Rename(part, path)
}

// Watch remembers which file, -wal and -shm were opened, for Check.
func (f *File) Watch() error {
	before := f.opened[f.Path]
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(f.Path + suffix)
		if err != nil {
			return err
		}
		f.opened[f.Path+suffix] = info
	}
	if !os.SameFile(before, f.opened[f.Path]) {
		return fmt.Errorf("%s was replaced while it was opened", f.Path)
	}
	return nil
}

// Check returns fault.Unavailable if the file or a companion is not there any more, or is another. It is logged once.
func (f *File) Check() error {
	for path, opened := range f.opened {
		now, err := os.Stat(path)
		if err == nil && os.SameFile(now, opened) {
			continue
		}
		what := "was replaced"
		if err != nil {
			what = "is gone"
		}
		err = fmt.Errorf("%s %s while the program runs", path, what)
		if !f.gone.Swap(true) {
			f.log.Error("the database's file "+what+": nothing is written any more; put it back, or restart the program", "event", "database.file", "file", path)
		}
		return &fault.Unavailable{What: "database", Err: err}
	}
	if f.gone.Load() && f.gone.Swap(false) {
		f.log.Warn("the database's file is back", "event", "database.file", "file", f.Path)
	}
	return nil
}

// Gone reports whether the file was last found removed or replaced.
func (f *File) Gone() bool { return f.gone.Load() }

// isDatabase reports whether a file is a SQLite database, or empty, as a new one is. What was named by mistake is to be left
// alone, and its rights with it. Database File Format, 1.3.
func isDatabase(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	const magic = "SQLite format 3\x00"
	head := make([]byte, len(magic))
	n, err := io.ReadFull(f, head)
	return string(head[:n]) == magic || errors.Is(err, io.EOF)
}
