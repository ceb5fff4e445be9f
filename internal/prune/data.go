package main

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/parts"
)

// A place is a database that may hold something: a file in the data folder, or what DATABASE_URL names, in the environment or
// in .env.
type place struct {
	name string
	open func() (*sql.DB, error)
	free func() error // returns an error if another program has it open
}

// alone returns an error if another process has the file open.
func alone(source string) error {
	db, err := sql.Open("sqlite", source+"&_pragma=locking_mode(exclusive)")
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was read
	var n int
	return db.QueryRow(`SELECT count(*) FROM sqlite_master`).Scan(&n)
}

// places are the databases that this project is known to use.
func places(root string) ([]place, error) {
	entries, err := os.ReadDir(filepath.Join(root, "data"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".db" && !e.IsDir() {
			files = append(files, filepath.Join(root, "data", e.Name()))
		}
	}
	env, err := config.Environ(filepath.Join(root, ".env"))
	if err != nil {
		return nil, err
	}
	dsn := env.Get("DATABASE_URL")
	file, ofFile := strings.CutPrefix(dsn, "sqlite:")
	if ofFile && !filepath.IsAbs(file) {
		file = filepath.Join(root, file)
	}
	if _, err := os.Stat(file); ofFile && err == nil && !slices.Contains(files, file) {
		files = append(files, file)
	}
	var all []place
	for _, file := range files {
		source := "file:" + (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath() + "?mode=rw&_pragma=busy_timeout(2000)"
		all = append(all, place{file, func() (*sql.DB, error) { return sql.Open("sqlite", source) }, func() error { return alone(source) }})
	}
	if dsn != "" && !ofFile {
		all = append(all, onServer(dsn))
	}
	return all, nil
}

// stored looks for what the databases hold of the migrations that go. It refuses where there are rows, or where it cannot look,
// unless they may go; and returns what undoes the migrations there, so that the program starts with these databases as before.
func stored(root string, before, after parts.Tree, force bool) (undo []func() error, err error) {
	all, err := places(root)
	if err != nil {
		return nil, err
	}
	var full []string
	for _, name := range before.Names("migrations/*.sql") {
		if _, stays := after[name]; stays {
			continue
		}
		for _, p := range all {
			applied, rows, err := p.look(name, before[name])
			switch {
			case err != nil && force:
				continue
			case err != nil:
				return nil, fmt.Errorf("cannot look what %s holds of it: %w\nFORCE_DATA=1 leaves that database as it is", p.name, err)
			case rows > 0:
				full = append(full, fmt.Sprintf("%s has %d rows of %s", p.name, rows, path.Base(name)))
			}
			if applied && p.free() != nil {
				return nil, fmt.Errorf("a program has %s open, from which tables would go: end it first", p.name)
			}
			if applied {
				undo = append(undo, func() error { return p.revert(name, before[name]) })
			}
		}
	}
	if len(full) > 0 && !force {
		return nil, fmt.Errorf("there is data of it:\n  %s\nFORCE_DATA=1 deletes it", strings.Join(full, "\n  "))
	}
	return undo, nil
}

// revert undoes migrations, the last one first: one may build on an earlier one.
func revert(undo []func() error) error {
	for _, u := range slices.Backward(undo) {
		if err := u(); err != nil {
			return fmt.Errorf("a database could not be changed, so nothing was taken out of the project:\n%w", err)
		}
	}
	return nil
}

// used refuses to take out what the settings say is in use: those of this environment, and of .env.
func used(root string, chosen []parts.Part) error {
	env, err := config.Environ(filepath.Join(root, ".env"))
	if err != nil {
		return err
	}
	for _, p := range chosen {
		for _, use := range p.Uses {
			if regexp.MustCompile(use.Match).MatchString(env.Get(use.Setting)) { // All has tried to compile it
				return fmt.Errorf("%s, in the environment or .env, is of %s: what is stored there could not be read any more\n"+
					"change the setting first; or FORCE_DATA=1 takes %s out, and leaves the setting and what is stored there as they are", use.Setting, p.Name, p.Name)
			}
		}
	}
	return nil
}

// number is that of a migration, by its file's name.
func number(name string) (int64, error) {
	digits, _, _ := strings.Cut(path.Base(name), "_")
	return strconv.ParseInt(digits, 10, 64)
}

// look says whether a database has the migration, and how many rows are in its tables.
func (p place) look(name, text string) (applied bool, rows int, err error) {
	db, err := p.open()
	if err != nil {
		return false, 0, err
	}
	defer db.Close() //nolint:errcheck // it was read
	v, err := number(name)
	if err != nil {
		return false, 0, err
	}
	var n int
	err = db.QueryRow(`SELECT count(*) FROM goose_db_version WHERE version_id = $1 AND is_applied`, v).Scan(&n)
	if err != nil || n == 0 {
		return false, 0, nothing(err)
	}
	for _, table := range parts.Tables(text) {
		n = 0
		if err := db.QueryRow(`SELECT count(*) FROM "` + table + `"`).Scan(&n); nothing(err) != nil {
			return false, 0, err
		}
		rows += n
	}
	return true, rows, nil
}

// nothing is nil for the error that a table is not there.
func nothing(err error) error {
	if err != nil && (strings.Contains(err.Error(), "no such table") || strings.Contains(err.Error(), "does not exist")) {
		return nil
	}
	return err
}

// revert runs what the migration says for the way back, and forgets that it was there.
func (p place) revert(name, text string) (err error) {
	_, down, found := strings.Cut(text, "-- +goose Down")
	if !found {
		return fmt.Errorf("%s has no way back (-- +goose Down): %s keeps it", name, p.name)
	}
	v, err := number(name)
	if err != nil {
		return err
	}
	db, err := p.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	forget := []string{"DELETE FROM goose_db_version WHERE version_id = " + strconv.FormatInt(v, 10), "DELETE FROM migrations WHERE version = " + strconv.FormatInt(v, 10)}
	for _, statement := range slices.Concat([]string{down}, forget) {
		if _, err := tx.Exec(statement); nothing(err) != nil {
			return errors.Join(fmt.Errorf("%s: %w", p.name, err), tx.Rollback())
		}
	}
	return tx.Commit()
}
