// Package ops is what whoever runs the program needs beyond serving: backups on a schedule, the doctor, the question
// whether a server is well, and a place for temporary files. It knows the settings and the database, and no pages.
package ops

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/database"
)

// stamp is how the name of a backup says when it was made, in UTC. Names sort as times do.
const stamp = "20060102T150405Z"

// backupAgain is how long after one that failed the next backup is tried, at most.
const backupAgain = 10 * time.Minute

// Backups are the backups that a server makes by itself, as BACKUP_DIR, BACKUP_EVERY and BACKUP_KEEP say.
type Backups struct {
	DB    *database.DB
	Dir   string        // "": none are made
	Every time.Duration // from one to the next, also over restarts
	Keep  int           // how many stay; the oldest go
	Log   *slog.Logger
	Now   func() time.Time
}

// NewBackups returns what the settings ask for.
func NewBackups(cfg config.Config, db *database.DB, log *slog.Logger, now func() time.Time) *Backups {
	return &Backups{DB: db, Dir: cfg.BackupDir, Every: cfg.BackupEvery, Keep: cfg.BackupKeep, Log: log, Now: now}
}

// Run makes backups until the context ends. One that is under way then is given up, and leaves nothing.
func (b *Backups) Run(ctx context.Context) {
	for b.Dir != "" && ctx.Err() == nil {
		wait, err := b.Due()
		if err == nil && wait <= 0 {
			err = b.Make(ctx)
			wait = b.Every
		}
		if err != nil && ctx.Err() == nil {
			wait = min(b.Every, backupAgain)
			b.Log.Error("backup failed", "event", "backup.failed", "dir", b.Dir, "again_in", wait.String(), "err", err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// Due returns how long it is until the next backup, 0 or less if it is time. Backups that are dated into the future, by a clock
// that was wrong, do not count.
func (b *Backups) Due() (time.Duration, error) {
	made, err := b.list()
	if err != nil {
		return 0, err
	}
	for _, name := range slices.Backward(made) {
		if at, ok := b.made(name); ok && !at.After(b.Now()) {
			return at.Add(b.Every).Sub(b.Now()), nil
		}
	}
	return 0, nil
}

// Make makes a backup, and then removes the oldest of those that are too many.
func (b *Backups) Make(ctx context.Context) error {
	if err := os.MkdirAll(b.Dir, 0o700); err != nil {
		return err
	}
	began := time.Now()
	file := filepath.Join(b.Dir, b.prefix()+b.Now().UTC().Format(stamp)+".db")
	if err := b.DB.Backup(ctx, file); err != nil {
		return err
	}
	b.Log.Info("backup made", "event", "backup.made", "file", file, "took", time.Since(began).Round(time.Millisecond).String())
	made, err := b.list()
	for i := 0; err == nil && i < len(made)-b.Keep; i++ {
		err = os.Remove(filepath.Join(b.Dir, made[i]))
	}
	return err
}

// prefix is how the names of the backups of this database begin.
func (b *Backups) prefix() string {
	name := filepath.Base(b.DB.File())
	return strings.TrimSuffix(name, filepath.Ext(name)) + "-"
}

// list returns the names of the backups that the program has made, the oldest first. Other files are not ours to count,
// nor to remove.
func (b *Backups) list() ([]string, error) {
	entries, err := os.ReadDir(b.Dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("BACKUP_DIR: %w", err)
	}
	var names []string
	for _, e := range entries { // sorted by name
		if _, ok := b.made(e.Name()); ok && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// made returns when the backup of this name was made, and whether it is one.
func (b *Backups) made(name string) (time.Time, bool) {
	middle, ours := strings.CutPrefix(name, b.prefix())
	middle, db := strings.CutSuffix(middle, ".db")
	at, err := time.Parse(stamp, middle)
	return at, ours && db && err == nil
}
