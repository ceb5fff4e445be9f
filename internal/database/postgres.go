package database

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"example.com/latchkey/internal/fault"
)

const (
	// poolSize is how many connections one program has to the server.
	poolSize = 16
	// connectTimeout is how long one try to connect may take, unless the URL has a connect_timeout.
	connectTimeout = 10 * time.Second
	// waitSays is how often a start that waits for its server says so.
	waitSays = 3 * time.Second
	// waitPause is the pause between two tries.
	waitPause = 500 * time.Millisecond
)

func (db *DB) openPostgres(ctx context.Context, dsn string, o Options) error {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return err
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	db.write = stdlib.OpenDB(*cfg)
	db.write.SetMaxOpenConns(poolSize)
	db.write.SetMaxIdleConns(poolSize)
	db.write.SetConnMaxLifetime(time.Hour)
	db.read = db.write
	return db.await(ctx, o.Wait)
}

// await returns when the server answers. One that is away, or still starting, is asked again until the wait is over;
// a server that says no, to the password or the database's name, is not asked twice.
func (db *DB) await(ctx context.Context, wait time.Duration) error {
	began, said := time.Now(), time.Now()
	for {
		err := db.write.PingContext(ctx)
		waited := time.Since(began)
		var says *pgconn.PgError
		final := errors.As(err, &says) && !errors.As(wrapUnavailable(says), new(*fault.Unavailable))
		if err == nil || final || waited >= wait || ctx.Err() != nil {
			return err
		}
		if time.Since(said) >= waitSays || waited < waitPause {
			said = time.Now()
			db.log.Warn("waiting for the database", "for_at_most", (wait - waited).Round(time.Second).String(), "err", oneLine(err))
		}
		select {
		case <-time.After(waitPause):
		case <-ctx.Done():
		}
	}
}
