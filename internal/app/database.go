package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/migrate"
	"example.com/latchkey/migrations"
)

// databaseWait is how long a start waits for a PostgreSQL that is not there yet.
const databaseWait = 30 * time.Second

// openDatabase opens the database that the settings name, and brings it to the newest version. With AUTO_MIGRATE=off it
// makes and changes nothing, and fails if there is something to be made.
func openDatabase(ctx context.Context, cfg config.Config, log *slog.Logger) (*database.DB, error) {
	if cfg.AutoMigrate {
		db, _, err := Migrate(ctx, cfg, log)
		return db, err
	}
	db, err := open(ctx, cfg, database.Options{Log: log, Existing: true, Wait: databaseWait})
	if err != nil {
		return nil, err
	}
	pending, err := migrate.Pending(ctx, db, migrations.Files)
	if err == nil && pending {
		err = errors.New("the database lacks migrations: run `latchkey migrate`, or start the server with AUTO_MIGRATE=on")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("DATABASE_URL=%q: %w", cfg.DatabaseName(), err), db.Close())
	}
	return db, nil
}

// Migrate opens the database that the settings name, makes it if there is none, and brings it to the newest version.
// It returns how many migrations were applied.
func Migrate(ctx context.Context, cfg config.Config, log *slog.Logger) (db *database.DB, applied int, err error) {
	db, err = open(ctx, cfg, database.Options{Log: log, Wait: databaseWait})
	if err != nil {
		return nil, 0, err
	}
	applied, err = migrate.Up(ctx, db, migrations.Files)
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("DATABASE_URL=%q: %w", cfg.DatabaseName(), err), db.Close())
	}
	log.Info("database ready", "migrations", applied)
	return db, applied, nil
}

func open(ctx context.Context, cfg config.Config, o database.Options) (*database.DB, error) {
	db, err := database.OpenWith(ctx, cfg.DatabaseURL, o)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL=%q cannot be opened: %s", cfg.DatabaseName(), strings.ReplaceAll(err.Error(), "\n", " "))
	}
	return db, nil
}
