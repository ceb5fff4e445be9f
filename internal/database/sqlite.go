package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"modernc.org/sqlite"

	"example.com/latchkey/internal/groupcommit"
	"example.com/latchkey/internal/sqlitefile"
)

// startTimeout is how long a SQLite file may take to answer for the first time.
const startTimeout = 1500 * time.Millisecond

// registerAlphabetical gives SQLite, once in a program, the collation Alphabetical, which
// PostgreSQL has.
var registerAlphabetical = sync.OnceValue(func() error {
	idle := sync.Pool{New: func() any { return collate.New(language.Und) }} // one goroutine at a time can use a Collator
	return sqlite.RegisterCollationUtf8(alphabetical, func(a, b string) int {
		c := idle.Get().(*collate.Collator)
		defer idle.Put(c)
		return c.CompareString(a, b)
	})
})

// open opens the file that the URL names.
func (db *DB) open(ctx context.Context, dsn string, o Options) error {
	if isPostgres(dsn) {
		return db.openPostgres(ctx, dsn, o)
	}
	if err := registerAlphabetical(); err != nil {
		return err
	}
	absolute, err := sqlitefile.Path(dsn)
	if err != nil {
		return err
	}
	if db.file, err = sqlitefile.Find(absolute, o.Existing, o.Log); err != nil {
		return err
	}
	if db.write, err = sql.Open("sqlite", sqlitefile.Source(absolute)+"&_txlock=immediate"); err != nil {
		return err
	}
	db.write.SetMaxOpenConns(1)
	db.write.SetMaxIdleConns(1)
	db.writer = groupcommit.New(db.write, db.file.Check)
	// The file must be there, in WAL mode, before somebody who cannot write opens it.
	if err := db.write.PingContext(ctx); err != nil {
		return fmt.Errorf("%s: %w", absolute, err)
	}
	// Each commit of another connection empties the cache of pages of this one: half a megabyte is as good as the usual 2.
	if db.read, err = sql.Open("sqlite", sqlitefile.Source(absolute)+"&_pragma=query_only(1)&_pragma=cache_size(-512)"); err != nil {
		return err
	}
	readers := max(4, runtime.GOMAXPROCS(0)*2)
	db.read.SetMaxOpenConns(readers + 1) // one is openIndex's
	db.read.SetMaxIdleConns(readers)
	if err := db.tryToWrite(ctx); err != nil {
		return err
	}
	if err := db.file.Watch(); err != nil {
		return err
	}
	return db.openIndex(ctx)
}

// tryToWrite finds out at the start what would else be found out by the first visitor: a file that cannot be written.
func (db *DB) tryToWrite(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := db.read.PingContext(ctx); err != nil {
		return err
	}
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	// Not BEGIN IMMEDIATE alone: of a file that can only be read, SQLite makes a transaction that reads.
	_, err = tx.ExecContext(ctx, `CREATE TABLE try_to_write (id TEXT)`)
	return errors.Join(err, tx.Rollback())
}

// Backup is sqlitefile.Backup of this database.
func (db *DB) Backup(ctx context.Context, to string) error {
	if db.Postgres() {
		return sqlitefile.ErrNotSQLite
	}
	return sqlitefile.Backup(ctx, db.file.Path, to)
}

// QuickCheck is sqlitefile.QuickCheck of this database.
// On PostgreSQL it returns nil.
func (db *DB) QuickCheck(ctx context.Context) error {
	if db.Postgres() {
		return nil
	}
	return sqlitefile.QuickCheck(ctx, db.file.Path)
}

// Tidy is sqlitefile.Tidy of this database.
// On PostgreSQL, where autovacuum does all this, it returns nil.
func (db *DB) Tidy(ctx context.Context) error {
	if db.Postgres() {
		return nil
	}
	return sqlitefile.Tidy(ctx, db.file.Path)
}

// OfBackup is the database in a SQLite file that nobody writes to, over this connection.
func OfBackup(conn *sql.DB, path string) *DB {
	file := &sqlitefile.File{Path: path}
	return &DB{write: conn, read: conn, file: file, writer: groupcommit.New(conn, file.Check), prepared: map[statement]*sql.Stmt{}}
}
