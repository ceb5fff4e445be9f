package ops

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/sqlitefile"
)

const (
	// tightBytes is what must at least be free on the disk; below it writes are about to fail.
	tightBytes = 100 << 20
	// fewBytes is what should be free.
	fewBytes = 1 << 30
	// fewFiles is how many files and connections a server should be able to have open.
	fewFiles = 1024
)

// files looks at who can read what holds secrets.
func (d *Doctor) files(context.Context) (list []Finding) {
	paths := []string{".env"}
	if path, err := sqlitefile.Path(d.Config.DatabaseURL); err == nil {
		paths = append(paths, filepath.Dir(path), path, path+"-wal", path+"-shm")
	}
	if d.Config.BackupDir != "" {
		paths = append(paths, d.Config.BackupDir)
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			continue // what is not there can be read by nobody
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			right := "600"
			if info.IsDir() {
				right = "700"
			}
			list = append(list, Finding{Look, "files", fmt.Sprintf("others on this machine can get at %s (%s)", path, mode), "chmod " + right + " " + path})
		}
	}
	if list == nil {
		list = []Finding{well("files", "can be read by their owner alone")}
	}
	return list
}

// backups looks whether the backups that the server makes by itself are made.
func (d *Doctor) backups(ctx context.Context) []Finding {
	c := d.Config
	switch {
	case d.folder() == "":
		return []Finding{well("backups", "are PostgreSQL's: pg_dump, or its provider's")}
	case c.BackupDir == "" && c.Production():
		return []Finding{{Look, "backups", "BACKUP_DIR is not set: the server makes none", "set BACKUP_DIR to a folder on another disk, or run `latchkey backup` on a schedule of yours"}}
	case c.BackupDir == "":
		return []Finding{well("backups", "none, in development")}
	}
	db, err := database.OpenWith(ctx, c.DatabaseURL, database.Options{Existing: true})
	if err != nil {
		return nil // said above
	}
	defer db.Close() //nolint:errcheck // nothing was written
	b := &Backups{DB: db, Dir: c.BackupDir, Every: c.BackupEvery, Keep: c.BackupKeep, Now: d.Now}
	made, err := b.list()
	if err != nil {
		return []Finding{{Broken, "backups", err.Error(), "give the server's user rights to BACKUP_DIR"}}
	}
	if len(made) == 0 {
		return []Finding{{Look, "backups", "there are none yet in " + c.BackupDir, "a running server makes the first at once: see its log for backup.failed"}}
	}
	newest := made[len(made)-1]
	if at, _ := b.made(newest); d.Now().Sub(at) > 2*c.BackupEvery {
		return []Finding{{Broken, "backups", fmt.Sprintf("the newest is %s old", d.Now().Sub(at).Round(time.Minute)), "see the server's log for backup.failed"}}
	}
	if err := sqlitefile.Verify(ctx, filepath.Join(c.BackupDir, newest)); err != nil {
		return []Finding{{Broken, "backups", err.Error(), "make another: `latchkey backup FILE`"}}
	}
	return []Finding{well("backups", "%d, the newest is whole: %s", len(made), newest)}
}

// disk looks at the room for what is still to come.
func (d *Doctor) disk(context.Context) (list []Finding) {
	temp, ok := TempFolder("")
	if folder := d.folder(); !ok && folder != "" && writable(folder) {
		temp, ok = folder, true
	}
	if !ok {
		list = append(list, Finding{Broken, "disk", "there is no place for temporary files", "set TMPDIR to a folder that the server's user can write"})
	}
	for _, dir := range []string{d.folder(), temp, d.Config.BackupDir} {
		bytes, ok := free(dir)
		if dir == "" || !ok {
			continue
		}
		f := well("disk", "%s free in %s", size(bytes), dir)
		switch {
		case bytes < tightBytes:
			f.Level, f.Do = Broken, "make room: writes are about to fail"
		case bytes < fewBytes:
			f.Level, f.Do = Look, "make room before it is full"
		}
		list = append(list, f)
	}
	if n, ok := maxFiles(); ok && n < fewFiles {
		list = append(list, Finding{Look, "disk", fmt.Sprintf("only %d files and connections can be open at once", n), "raise the limit: ulimit -n, LimitNOFILE= in systemd"})
	}
	return list
}

// size is a number of bytes for a person.
func size(n uint64) string {
	if n < 10<<30 {
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d GB", n>>30)
}
