// Package pgtest gives tests an empty PostgreSQL database of their own.
//
// The databases live on the server of TEST_POSTGRES_URL, if that is set, else
// on a temporary cluster that the first call of [URL] in a test process starts
// with Debian's server programs. Where neither exists the test is skipped.
//
// A temporary cluster ends with the test process, however that ends; the
// tests need no TestMain for it.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the database/sql driver "pgx"
)

// serverEnv names the server to use instead of a temporary cluster: a
// postgres:// URL whose user may create databases.
const serverEnv = "TEST_POSTGRES_URL"

// adminTimeout bounds the creation or the removal of one database.
const adminTimeout = 30 * time.Second

// sharedCluster is the one temporary cluster of this test process.
var sharedCluster = sync.OnceValues(func() (*cluster, error) {
	programs, err := findPrograms(debianPrograms)
	if err != nil {
		return nil, err
	}
	return startCluster(programs)
})

// Available reports whether tests can use PostgreSQL here, and if not, why.
func Available() (reason string, ok bool) {
	if os.Getenv(serverEnv) != "" {
		return "", true
	}
	if _, err := findPrograms(debianPrograms); err != nil {
		return err.Error(), false
	}
	return "", true
}

// URL returns the postgres:// URL of a new, empty database, which is dropped
// at the end of the test. It skips the test where there is no PostgreSQL, and
// with -short; a server that exists and does not work fails the test.
func URL(t testing.TB) string {
	t.Helper()
	notShort(t)
	if reason, ok := Available(); !ok {
		t.Skip(reason)
	}
	server := os.Getenv(serverEnv)
	if server == "" {
		c, err := sharedCluster()
		if err != nil {
			t.Fatal(err)
		}
		server = c.url("postgres")
	}
	name, database := createDatabase(t, server)
	t.Cleanup(func() {
		if err := execOn(server, fmt.Sprintf(`DROP DATABASE IF EXISTS %q WITH (FORCE)`, name)); err != nil {
			t.Errorf("PostgreSQL: drop the test database: %v", err)
		}
	})
	return database
}

// notShort skips the test with -short: a cluster takes seconds to start.
func notShort(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("PostgreSQL: not with -short")
	}
}

// createDatabase creates a database on the server and returns its name and URL.
func createDatabase(t testing.TB, server string) (name, database string) {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("PostgreSQL server URL: %v", err)
	}
	// Random, since other processes may use the same server.
	name = strings.ToLower("test_" + rand.Text())
	// template0 is always empty, and never in use by somebody else.
	if err := execOn(server, fmt.Sprintf(`CREATE DATABASE %q TEMPLATE template0`, name)); err != nil {
		t.Fatalf("PostgreSQL: create a test database: %v", err)
	}
	u.Path = "/" + name
	return name, u.String()
}

// execOn runs one statement over a connection of its own.
func execOn(server, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	db, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statement)
	return err
}
