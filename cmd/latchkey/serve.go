package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"example.com/latchkey/internal/app"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/migrate"
	"example.com/latchkey/internal/ops"
	"example.com/latchkey/migrations"
	"example.com/latchkey/views"
)

type serve struct{}

func (serve) Run(ctx context.Context, out io.Writer) error {
	cfg, err := settings()
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is in use, perhaps by another copy of this program; take another port: PORT=8081 make run", cfg.Addr)
	}
	if err != nil {
		return fmt.Errorf("ADDR=%q: %w", cfg.Addr, err)
	}
	defer l.Close() //nolint:errcheck // Serve has closed it
	log := cfg.Logger(os.Stderr)
	for _, line := range cfg.Warnings() {
		log.Warn(line)
	}
	a, err := app.New(ctx, cfg, log, time.Now)
	if err != nil {
		return err
	}
	if dir, ok := ops.TempFolder(a.DB.File()); !ok {
		log.Warn("no place for temporary files: downloads and uploads will fail", "dir", dir, "to_mend", "set TMPDIR to a folder that can be written")
	}
	a.ListensAt(l.Addr())
	fmt.Fprintf(out, "%s serves %s\n", views.Site, a.BaseURL())
	return errors.Join(a.Serve(ctx, l), a.Close())
}

type migrateCommand struct{}

func (migrateCommand) Run(ctx context.Context, out io.Writer) error {
	cfg, err := settings()
	if err != nil {
		return err
	}
	db, n, err := app.Migrate(ctx, cfg, cfg.Logger(os.Stderr))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s applied\n", views.Plural(n, "migration"))
	return db.Close()
}

type backup struct {
	File string `arg:"" help:"The new file. It must not be there yet."`
}

func (b backup) Run(ctx context.Context, out io.Writer) error {
	cfg, err := settings()
	if err != nil {
		return err
	}
	db, err := database.OpenWith(ctx, cfg.DatabaseURL, database.Options{Log: cfg.Logger(os.Stderr), Existing: true})
	if err != nil {
		return err
	}
	if err := errors.Join(db.Backup(ctx, b.File), db.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s holds %s as it was, and is whole\n", b.File, cfg.DatabaseName())
	return err
}

type restore struct {
	File string `arg:"" help:"The backup."`
}

func (r restore) Run(ctx context.Context, out io.Writer) error {
	cfg, err := settings()
	if err != nil {
		return err
	}
	aside, err := migrate.Restore(ctx, cfg.DatabaseURL, r.File, migrations.Files)
	if err != nil {
		return err
	}
	if aside != "" {
		fmt.Fprintf(out, "the old database is kept as %s\n", aside)
	}
	_, err = fmt.Fprintf(out, "%s holds what %s held\n", cfg.DatabaseName(), r.File)
	return err
}

type health struct {
	Ready bool `help:"Ask whether it can serve pages: /readyz and not /healthz."`
}

func (h health) Run(ctx context.Context, out io.Writer) error {
	cfg, err := settings()
	if err != nil {
		return err
	}
	if err := ops.Health(ctx, cfg.Addr, h.Ready); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "ok")
	return err
}
