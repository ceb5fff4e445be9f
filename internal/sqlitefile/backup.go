package sqlitefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// ErrNotSQLite is returned for a URL that names no SQLite file.
// PostgreSQL has programs of its own for what is asked for here.
var ErrNotSQLite = errors.New("this is for SQLite; with PostgreSQL use pg_dump and pg_restore")

// Backup writes a copy of the SQLite database, as it is at this moment, into a new file that only its owner can read.
// It may run while the database is in use, and holds nobody up. When it returns nil, the copy is whole: it was checked,
// and has reached the disk. It fails if the file exists.
func Backup(ctx context.Context, from, path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%s exists, and is not overwritten", path))
	}
	conn, err := openAlone(from, "rw")
	if err != nil {
		return err
	}
	defer conn.Close()
	return appear(path, os.Rename, func(part string) error {
		// Not the online backup of sqlite3's .backup: that starts again at each write of another connection.
		if _, err := conn.ExecContext(ctx, `VACUUM INTO $1`, part); err != nil {
			return err
		}
		return Verify(ctx, part)
	})
}

// Verify reads a SQLite file that nobody uses from end to end, and returns an error if it is no database of ours, or
// damaged.
func Verify(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > 0 {
		return fmt.Errorf("%s has a -wal beside it, so it was copied while it was in use: it is no backup", path)
	}
	conn, err := openAlone(path, "ro")
	if err != nil {
		return err
	}
	defer conn.Close()
	var says string
	if err := conn.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&says); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if says != "ok" {
		return fmt.Errorf("%s is damaged: %s", path, says)
	}
	var table string
	err = conn.QueryRowContext(ctx, `PRAGMA foreign_key_check`).Scan(&table, new(any), new(any), new(any))
	switch {
	case err == nil:
		return fmt.Errorf("%s is damaged: a row of %s refers to one that is not there", path, table)
	case !errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%s: %w", path, err)
	}
	var n int
	if err := conn.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'`).Scan(&n); err != nil || n == 0 {
		return errors.Join(err, fmt.Errorf("%s is no database of this program", path))
	}
	return nil
}

// QuickCheck looks for damage in a SQLite file that may be in use, without comparing indexes. It takes at most a minute,
// and takes what it has not looked at by then to be sound.
func QuickCheck(ctx context.Context, path string) error {
	limited, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	conn, err := openAlone(path, "rw")
	if err != nil {
		return err
	}
	defer conn.Close()
	var says string
	err = conn.QueryRowContext(limited, `PRAGMA quick_check(1)`).Scan(&says)
	switch {
	case limited.Err() != nil && ctx.Err() == nil:
		return nil
	case err != nil:
		return err
	case says != "ok":
		return fmt.Errorf("%s is damaged: %s", path, says)
	}
	return nil
}

// Restore puts a copy of the backup in the place of the file at the path, and returns where it has put the one that was there,
// "" if there was none. It fails, and changes nothing, if the backup is damaged or does not fit, or while any program has the
// database open.
func Restore(ctx context.Context, path, backup string, fits func(conn *sql.DB) error) (aside string, err error) {
	if err := Verify(ctx, backup); err != nil {
		return "", err
	}
	conn, err := openAlone(backup, "ro")
	if err != nil {
		return "", err
	}
	if err := fits(conn); err != nil { // which closes it
		return "", err
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if err := makeFile(path); err != nil { // for the folders, and the rights
			return "", err
		}
		return "", replace(path, backup)
	}
	unlock, err := lockUnused(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	aside = path + ".before-" + time.Now().UTC().Format("20060102T150405Z")
	if _, err := os.Lstat(aside); err == nil {
		return "", fmt.Errorf("%s exists, and is not overwritten: try again in a second", aside)
	}
	// The -wal first: as long as it stands beside the old file, they are one. Without it the old file alone would be
	// taken for the whole.
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	return aside, replace(path, backup)
}

// replace copies the backup to the path, with the rights of a database.
func replace(path, backup string) error {
	from, err := os.Open(backup)
	if err != nil {
		return err
	}
	defer from.Close()
	return appear(path, os.Rename, func(part string) error {
		to, err := os.OpenFile(part, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = io.Copy(to, from)
		return errors.Join(err, to.Close(), ownAs(part, filepath.Dir(path)))
	})
}

// appear makes a file at the path in one step, as seen from outside and over a power cut: write fills another one, for its
// owner alone, which put then gives the name. If something fails, nothing is left.
func appear(path string, put func(part, path string) error, write func(part string) error) (err error) {
	dir := filepath.Dir(path)
	made, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*.part") // mode 0600
	if err != nil {
		return err
	}
	part := made.Name()
	defer func() {
		if left := os.Remove(part); !errors.Is(left, os.ErrNotExist) {
			err = errors.Join(err, left)
		}
	}()
	if err := errors.Join(made.Close(), write(part)); err != nil {
		return err
	}
	if err := syncFile(part); err != nil {
		return err
	}
	if err := put(part, path); err != nil {
		return err
	}
	return syncFile(dir)
}

// openAlone opens a SQLite file with a connection of its own, which does not make it, nor change how it is kept.
// mode is rw or ro.
func openAlone(path, mode string) (*sql.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	conn, err := sql.Open("sqlite", "file:"+(&url.URL{Path: absolute}).EscapedPath()+"?mode="+mode+"&_busy_timeout=100&_pragma=temp_store(memory)")
	if err == nil {
		conn.SetMaxOpenConns(1)
	}
	return conn, err
}

// syncFile waits until a file, or the names in a folder, have reached the disk.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
