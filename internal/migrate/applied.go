package migrate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/pressly/goose/v3"

	"example.com/latchkey/internal/database"
)

// A migration is one numbered file.
type migration struct {
	version   int64
	name, sum string // the SHA-256 of its content, in hex
}

// readMigrations returns the numbered files by their versions. Line ends do not count: a checkout may have changed them.
func readMigrations(files fs.FS) (map[int64]migration, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	known := make(map[int64]migration, len(names))
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", name, err)
		}
		if other, ok := known[version]; ok {
			return nil, fmt.Errorf("migrations %s and %s have the same number", other.name, name)
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")))
		known[version] = migration{version, name, hex.EncodeToString(sum[:])}
	}
	return known, nil
}

// A ForeignError says that the database was migrated by another program than this one: a newer one, or one with other
// content under the same number.
type ForeignError struct{ line string }

func (e *ForeignError) Error() string { return e.line }

// compare returns the migrations that the database lacks, and those that it has and whose content nobody noted, because
// they are older than our table. It returns a ForeignError if the database has one that is not known, or that had other
// content.
func compare(ctx context.Context, db *database.DB, known map[int64]migration) (missing, unnoted []migration, err error) {
	applied, err := listApplied(ctx, db)
	if err != nil {
		return nil, nil, err
	}
	for _, version := range slices.Sorted(maps.Keys(applied)) {
		was, now := applied[version], known[version]
		switch {
		case now.name == "":
			newest := slices.Max(append(slices.Collect(maps.Keys(known)), 0))
			return nil, nil, &ForeignError{fmt.Sprintf("the database has migration %s, which this program lacks (its newest is %s): start the program that applied it, or a newer one; or `latchkey restore` a backup from before",
				was.name, known[newest].name)}
		case was.sum != "" && was.sum != now.sum:
			return nil, nil, &ForeignError{fmt.Sprintf("the database has migration %s (SHA-256 %.12s…), and this program has other content under that number, %s (SHA-256 %.12s…): put the old content back and write a new migration under a new number; in development, removing the database will do",
				was.name, was.sum, now.name, now.sum)}
		case was.sum == "":
			unnoted = append(unnoted, now)
		}
	}
	for version, m := range known {
		if _, ok := applied[version]; !ok {
			missing = append(missing, m)
		}
	}
	return missing, unnoted, nil
}

// listApplied returns the migrations that the database has. Those that were applied before there was our table have no sum,
// and their number for a name.
func listApplied(ctx context.Context, db *database.DB) (map[int64]migration, error) {
	list := map[int64]migration{}
	if has, err := db.HasTable(ctx, goose.DefaultTablename); err != nil || !has {
		return list, err
	}
	read := func(query string) error {
		rows, err := db.QueryContext(ctx, query)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var m migration
			if err := rows.Scan(&m.version, &m.name, &m.sum); err != nil {
				return err
			}
			if _, ok := list[m.version]; ok || m.name == "" {
				if m.name == "" {
					m.name = fmt.Sprintf("%05d", m.version)
				}
				list[m.version] = m
			}
		}
		return rows.Err()
	}
	err := read(`SELECT version_id, '', '' FROM ` + goose.DefaultTablename + ` WHERE version_id > 0 AND is_applied`)
	if err != nil {
		return nil, fmt.Errorf("list applied migrations: %w", err)
	}
	if has, err := db.HasTable(ctx, "migrations"); err != nil || !has {
		return list, err
	}
	if err := read(`SELECT version, name, sha256 FROM migrations`); err != nil {
		return nil, fmt.Errorf("list applied migrations: %w", err)
	}
	return list, nil
}

// record notes that a migration is applied.
func record(ctx context.Context, db interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}, m migration,
) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO migrations (version, name, sha256, applied_at) VALUES ($1, $2, $3, $4)
		    ON CONFLICT (version) DO UPDATE SET name = $2, sha256 = $3, applied_at = $4`,
		m.version, m.name, m.sum, database.Millis(time.Now()))
	return err
}

// Last returns when the newest migration was applied; the zero time if that is not known.
func Last(ctx context.Context, db *database.DB) (time.Time, error) {
	if has, err := db.HasTable(ctx, "migrations"); err != nil || !has {
		return time.Time{}, err
	}
	var at sql.NullInt64
	err := db.QueryRowContext(ctx, `SELECT max(applied_at) FROM migrations`).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return database.Time(at.Int64), err
}
