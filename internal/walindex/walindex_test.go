package walindex

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	_ "modernc.org/sqlite"
)

// TestMain runs the tests or, for another process that they start, what it is told by lines of SQL.
func TestMain(m *testing.M) {
	file := os.Getenv("WALINDEX_OTHER")
	if file == "" {
		os.Exit(m.Run())
	}
	db, err := sql.Open("sqlite", source(file))
	if err != nil {
		panic(err)
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		_, err := db.Exec(lines.Text())
		fmt.Println(err)
	}
}

func source(file string) string { return "file:" + file + "?_pragma=journal_mode(wal)&_busy_timeout=0" }

// begin makes a database, and returns a connection, its WAL-index and its file.
func begin(t *testing.T) (*sql.Conn, *Index, string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("it is mapped on Linux alone")
	}
	file := filepath.Join(t.TempDir(), "a.db")
	db, err := sql.Open("sqlite", source(file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	do(t, conn, `CREATE TABLE t (n INTEGER)`)
	x, err := Map(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return conn, x, file
}

func do(t *testing.T, conn *sql.Conn, query string) {
	t.Helper()
	if _, err := conn.ExecContext(context.WithoutCancel(t.Context()), query); err != nil {
		t.Fatal(err)
	}
}

func version(t *testing.T, x *Index) Version {
	t.Helper()
	v, ok := x.Version()
	if !ok {
		t.Fatal("no version, and nobody writes")
	}
	return v
}

// other starts another process on the file, and returns what runs a statement there and says its error.
func other(t *testing.T, file string) func(query string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "WALINDEX_OTHER="+file)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() }) //nolint:errcheck // it ends with its input
	lines := bufio.NewReader(out)
	return func(query string) string {
		t.Helper()
		if _, err := io.WriteString(in, query+"\n"); err != nil {
			t.Fatal(err)
		}
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(line)
	}
}

// Every commit changes the version before it is acknowledged, whoever commits, and no version ever comes back: not after
// a checkpoint that empties the -wal, either.
func TestEveryCommitChangesTheVersion(t *testing.T) {
	conn, x, file := begin(t)
	there := other(t, file)
	seen := map[Version]int{version(t, x): 0}
	for round := 1; round <= 200; round++ {
		switch round % 4 {
		case 0:
			do(t, conn, `INSERT INTO t VALUES (1)`)
		case 1:
			do(t, conn, `PRAGMA wal_checkpoint(TRUNCATE)`)
			do(t, conn, `UPDATE t SET n = 1`)
			fallthrough // of no row: nothing to commit, so the other process follows
		default:
			if says := there(`INSERT INTO t VALUES (2)`); says != "<nil>" {
				t.Fatal(says)
			}
		}
		v := version(t, x)
		if before, again := seen[v]; again {
			t.Fatalf("round %d: the version of round %d", round, before)
		}
		seen[v] = round
	}
}

func TestWhatCommitsNothingKeepsTheVersion(t *testing.T) {
	conn, x, _ := begin(t)
	do(t, conn, `INSERT INTO t VALUES (1)`)
	before := version(t, x)
	for _, query := range []string{
		`SELECT * FROM t`, `BEGIN IMMEDIATE`, `INSERT INTO t VALUES (3)`, `ROLLBACK`, `UPDATE t SET n = 2 WHERE n = 7`, `PRAGMA wal_checkpoint(PASSIVE)`,
	} {
		do(t, conn, query)
		if after := version(t, x); after != before {
			t.Errorf("%s changed the version", query)
		}
	}
}

// A header that is being written has no version: where the two copies differ in any byte, and where both are the same and
// not whole.
func TestTornHeader(t *testing.T) {
	conn, x, _ := begin(t)
	old := version(t, x)
	do(t, conn, `INSERT INTO t VALUES (1)`)
	now := version(t, x)

	var m [2 * len(Version{})]uint64
	torn := &Index{mapped: &m, unmap: func() {}}
	set := func(first, second Version) {
		copy(m[:], first[:])
		copy(m[len(first):], second[:])
	}
	for n := range len(old) + 1 { // words written so far
		mixed := now
		copy(mixed[n:], old[n:])
		whole := mixed == old || mixed == now
		set(old, mixed) // the second copy comes first
		if v, ok := torn.Version(); ok && (v != old || mixed != old) {
			t.Errorf("%d words of the second copy: got a version", n)
		}
		set(mixed, now)
		if v, ok := torn.Version(); ok && (v != now || mixed != now) {
			t.Errorf("%d words of the first copy: got a version", n)
		}
		set(mixed, mixed)
		if _, ok := torn.Version(); ok != whole {
			t.Errorf("%d words of both copies: got %v", n, ok)
		}
	}
	for i := range headerSize {
		changed := now
		changed[i/8] ^= 1 << (8 * (i % 8))
		set(changed, changed)
		if _, ok := torn.Version(); ok {
			t.Errorf("byte %d changed in both copies: got a version", i)
		}
	}
	set(Version{}, Version{})
	if _, ok := torn.Version(); ok {
		t.Error("of a header that nobody has written yet: got a version")
	}
}

// The locks by which SQLite keeps writers apart are those of the process, and go with any descriptor of the file that it
// closes. Another process must not come in while we write.
func TestMappingKeepsTheLocks(t *testing.T) {
	conn, _, file := begin(t)
	there := other(t, file)
	do(t, conn, `BEGIN IMMEDIATE`)
	x, err := Map(file)
	if err != nil {
		t.Fatal(err)
	}
	x.Close()
	if says := there(`INSERT INTO t VALUES (1)`); !strings.Contains(says, "locked") {
		t.Errorf("another process wrote during our transaction: %s", says)
	}
	do(t, conn, `ROLLBACK`)
	if says := there(`INSERT INTO t VALUES (1)`); says != "<nil>" {
		t.Error(says)
	}
}

func TestClosed(t *testing.T) {
	_, x, _ := begin(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 1000 {
				x.Version()
			}
		})
	}
	x.Close()
	x.Close()
	wg.Wait()
	if _, ok := x.Version(); ok {
		t.Error("got a version of what is closed")
	}
	var none *Index
	none.Close()
	if _, ok := none.Version(); ok {
		t.Error("got a version of nothing")
	}
}

func TestNotMapped(t *testing.T) {
	if _, err := Map(filepath.Join(t.TempDir(), "none.db")); err == nil {
		t.Error("mapped what is not there")
	}
	file := filepath.Join(t.TempDir(), "a.db")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Map(file); err == nil {
		t.Error("mapped what no connection has opened")
	}
}
