package pgtest

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// open returns a connection pool for a URL, closed at the end of the test.
func open(t *testing.T, database string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func mustExec(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func TestDatabasesAreEmptyAndSeparate(t *testing.T) {
	began := time.Now()
	one := open(t, URL(t))
	t.Logf("first URL: %v", time.Since(began))
	began = time.Now()
	two := open(t, URL(t))
	t.Logf("second URL: %v", time.Since(began))

	mustExec(t, one, `CREATE TABLE places (id int)`)
	mustExec(t, two, `CREATE TABLE places (id text)`)
	mustExec(t, one, `INSERT INTO places VALUES (1)`)
	var n int
	if err := two.QueryRow(`SELECT count(*) FROM places`).Scan(&n); err != nil || n != 0 {
		t.Errorf("the second database has %d rows of the first, error %v", n, err)
	}
	var encoding, collation string
	if err := one.QueryRow(`SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = current_database()`).Scan(&encoding, &collation); err != nil {
		t.Fatal(err)
	}
	if os.Getenv(serverEnv) == "" && (encoding != "UTF8" || collation != "C") {
		t.Errorf("encoding %s, collation %s; want UTF8, C", encoding, collation)
	}
}

func TestDatabaseIsDroppedWhileInUse(t *testing.T) {
	var db *sql.DB
	t.Run("user", func(t *testing.T) {
		database := URL(t)
		var err error
		if db, err = sql.Open("pgx", database); err != nil {
			t.Fatal(err)
		}
		if err := db.Ping(); err != nil {
			t.Fatal(err)
		}
	})
	if db == nil {
		t.Skip("no PostgreSQL")
	}
	defer db.Close()
	if err := db.Ping(); err == nil {
		t.Error("the database outlived its test")
	}
}

func TestServerURLFromEnvironment(t *testing.T) {
	s := StartServer(t)
	t.Setenv(serverEnv, s.cluster.url("postgres"))
	database := URL(t)
	if !strings.Contains(database, s.cluster.dir) {
		t.Errorf("URL %s is not on the server of the environment", database)
	}
	mustExec(t, open(t, database), `CREATE TABLE places (id int)`)
}

func TestFindPrograms(t *testing.T) {
	t.Setenv("PATH", "")
	versions := t.TempDir()
	if _, err := findPrograms(versions); err == nil || !strings.Contains(err.Error(), "PostgreSQL") {
		t.Errorf("without programs: %v; want a reason with the word PostgreSQL", err)
	}
	for _, version := range []string{"9", "15", "17"} {
		bin := filepath.Join(versions, version, "bin")
		if err := os.MkdirAll(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, program := range []string{"initdb", "pg_ctl", "postgres"} {
			if version == "17" && program == "postgres" {
				continue // an incomplete installation, such as of the client alone
			}
			if err := os.WriteFile(filepath.Join(bin, program), nil, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, err := findPrograms(versions); err != nil || got != filepath.Join(versions, "15", "bin") {
		t.Errorf("found %q, %v; want the highest complete version, 15", got, err)
	}
}

func TestStopAndStartKeepsData(t *testing.T) {
	began := time.Now()
	s := StartServer(t)
	t.Logf("StartServer: %v", time.Since(began))
	db := open(t, s.URL(t))
	mustExec(t, db, `CREATE TABLE places (body text)`)
	mustExec(t, db, `INSERT INTO places VALUES ('kept')`)

	began = time.Now()
	s.Stop()
	t.Logf("Stop: %v", time.Since(began))
	if err := db.Ping(); err == nil {
		t.Error("a stopped server answers")
	}
	began = time.Now()
	s.Start()
	t.Logf("Start: %v", time.Since(began))

	var body string
	if err := db.QueryRow(`SELECT body FROM places`).Scan(&body); err != nil || body != "kept" {
		t.Errorf("after the restart: %q, %v", body, err)
	}
}

func TestServerIsGoneAfterItsTest(t *testing.T) {
	var dir string
	var pid int
	t.Run("owner", func(t *testing.T) {
		s := StartServer(t)
		dir, pid = s.cluster.dir, serverPID(t, s.cluster.dir)
	})
	if dir == "" {
		t.Skip("no PostgreSQL")
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("directory %s is still there: %v", dir, err)
	}
	if alive(pid) {
		t.Errorf("process %d still runs", pid)
	}
}

// helperEnv makes the test binary play the process that gets killed.
const helperEnv = "PGTEST_HELPER"

func TestKilledProcessLeavesNothing(t *testing.T) {
	notShort(t)
	if _, err := findPrograms(debianPrograms); err != nil {
		t.Skip(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"kill", "exit", "panic"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			helper := exec.Command(self, "-test.run=^TestHelperProcess$", "-test.v")
			helper.Env = append(os.Environ(), helperEnv+"="+end, serverEnv+"=")
			out, err := helper.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			in, err := helper.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := helper.Start(); err != nil {
				t.Fatal(err)
			}
			defer helper.Process.Kill()

			database := ""
			for lines := bufio.NewScanner(out); lines.Scan(); {
				if rest, found := strings.CutPrefix(lines.Text(), "URL "); found {
					database = rest
					break
				}
			}
			u, err := url.Parse(database)
			if err != nil || database == "" {
				t.Fatalf("the helper has no database: %q, %v", database, err)
			}
			dir := u.Query().Get("host")
			pid := serverPID(t, dir)
			if !alive(pid) {
				t.Fatalf("the helper's server %d does not run", pid)
			}

			if end == "kill" {
				err = helper.Process.Kill()
			} else {
				err = in.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			helper.Wait()
			ended := time.Now()
			for alive(pid) || exists(dir) {
				if time.Since(ended) > 20*time.Second {
					t.Fatalf("20 s after the end: process %d alive %v, directory %s exists %v", pid, alive(pid), dir, exists(dir))
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Logf("gone after %v", time.Since(ended))
		})
	}
}

// TestHelperProcess is no test: it holds a database until its standard input
// ends, and then ends in the way that its parent asked for.
func TestHelperProcess(t *testing.T) {
	end := os.Getenv(helperEnv)
	if end == "" {
		return // only for TestKilledProcessLeavesNothing
	}
	fmt.Printf("\nURL %s\n", URL(t))
	bufio.NewReader(os.Stdin).ReadByte()
	if end == "exit" {
		os.Exit(3)
	}
	panic("as asked")
}

// serverPID reads the process id of the server in a cluster's directory.
func serverPID(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// alive reports whether a process runs. One that ended and that nobody has
// waited for counts as ended.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
