package main

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/database"
)

// closing is how long a server may take to notice that a connection was closed.
const closing = 2 * time.Second

// onServer is a database of PostgreSQL.
func onServer(dsn string) place {
	open := func() (*sql.DB, error) {
		db, err := database.Open(context.Background(), dsn)
		if err != nil {
			return nil, err
		}
		return db.Writer(), nil
	}
	return place{config.Config{DatabaseURL: dsn}.DatabaseName(), open, func() error { return unconnected(open) }}
}

// unconnected returns an error if somebody else is connected to the database: a program here or elsewhere, or a pooler for one.
func unconnected(open func() (*sql.DB, error)) error {
	db, err := open()
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was read
	db.SetMaxOpenConns(1)
	for began := time.Now(); ; time.Sleep(closing / 40) {
		var others int
		err := db.QueryRow(`
			SELECT count(*)
			  FROM pg_stat_activity
			 WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`).Scan(&others)
		if err != nil || others == 0 {
			return err
		}
		if time.Since(began) > closing {
			return fmt.Errorf("%d connections", others)
		}
	}
}
