//go:build faults

package faults

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
	"example.com/latchkey/internal/testkit/private"
)

func TestKillInMixedWrites(t *testing.T) {
	proves(t, "what was acknowledged before kill -9 is there afterwards, and logins that were ended stay ended",
		"that a power cut loses nothing: the machine goes on, and what the kernel holds is not lost")
	testkit.Databases(t, func(t *testing.T, dsn string) {
		var address atomic.Value
		start := func() *testkit.Process {
			p := begin(t, "", "DATABASE_URL="+dsn).Serves()
			address.Store(p.Address)
			return p
		}
		p := start()
		c := come(t, 16, func(int) string { return address.Load().(string) }) // so many that they share commits
		for range 4 {
			c.busy(100)
			p.Signal(syscall.SIGKILL)
			p.Wait()
			p = start()
		}
		c.busy(10)
		c.leave()
		c.check(p.Address)
	})
}

func TestKillsInMigrations(t *testing.T) {
	proves(t, "a start that was killed while it migrated, at any moment, is finished by the next one",
		"anything about migrations that are run outside of a transaction (goose's NO TRANSACTION)")
	testkit.Databases(t, func(t *testing.T, dsn string) {
		for n := range 12 {
			cmd := begin(t, "", "DATABASE_URL="+dsn)
			time.Sleep(time.Duration(5+n*7) * time.Millisecond) // spread over the start, which takes about 80 ms
			cmd.Signal(syscall.SIGKILL)
			cmd.Wait()
		}
		p := begin(t, "", "DATABASE_URL="+dsn).Serves()
		c := come(t, 2, at(p.Address))
		c.busy(5)
		c.leave()
		c.check(p.Address)
		if says, code := run(t, "", []string{"DATABASE_URL=" + dsn}, "migrate"); code != 0 || says != "0 migrations applied\n" {
			t.Errorf("afterwards: %d %s", code, says)
		}
	})
}

func TestSigtermUnderLoad(t *testing.T) {
	proves(t, "an end in the middle of everybody's work loses nothing that was acknowledged, brings no ended login back, and is over in seconds with exit code 0",
		"that nobody is refused while nothing listens: that is the work of a proxy and a second instance (TestRollingRestart)")
	testkit.Databases(t, func(t *testing.T, dsn string) {
		var address atomic.Value
		p := begin(t, "", "DATABASE_URL="+dsn, "DRAIN=500ms").Serves()
		address.Store(p.Address)
		c := come(t, 6, func(int) string { return address.Load().(string) })
		for range 3 {
			c.busy(20)
			p.Signal(syscall.SIGTERM)
			if code := p.Wait(); code != 0 {
				t.Errorf("it ends with %d: %s", code, p.Log)
			}
			p = begin(t, "", "DATABASE_URL="+dsn, "DRAIN=500ms").Serves()
			address.Store(p.Address)
		}
		c.busy(10)
		c.leave()
		c.check(p.Address)
	})
}

func TestCorruptData(t *testing.T) {
	proves(t, "a damaged file is told from a whole one by backup, doctor and restore, a backup mends it, and rows that no program of ours wrote lock nobody out",
		"that every damage is found while the site is served: only pages that are read can be seen")
	dir := t.TempDir()
	p := begin(t, dir).Serves()
	c := come(t, 4, at(p.Address))
	c.busy(60)
	c.leave()
	backup := filepath.Join(dir, "backup.db")
	if says, code := run(t, dir, nil, "backup", backup); code != 0 {
		t.Fatal(says)
	}
	c.check(p.Address)

	db, err := database.Open(t.Context(), "sqlite:"+filepath.Join(dir, "data", "latchkey.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `UPDATE sessions SET data = '[broken'`); err != nil {
		t.Error(err)
	}
	for _, someone := range c.people {
		if status, _ := someone.get(p.Address + "/"); status != 200 {
			t.Errorf("a session that cannot be read: %d", status)
		}
	}
	c.check(p.Address)
	p.Signal(syscall.SIGTERM)
	p.Wait()
	db.Close()

	file := filepath.Join(dir, "data", "latchkey.db")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 8192; i < len(content)-4096; i += 3 * 4096 { // a third of the pages
		copy(content[i:], strings.Repeat("damage! ", 512))
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if says, code := run(t, dir, nil, "backup", backup+"2"); code != 1 {
		t.Errorf("a backup of a damaged file: %d %s", code, says)
	}
	if says, code := run(t, dir, nil, "doctor"); code != 2 {
		t.Errorf("the doctor: %d %s", code, says)
	}
	if says, code := run(t, dir, nil, "restore", backup); code != 0 {
		t.Fatalf("restore: %s", says)
	}
	p = begin(t, dir).Serves()
	c.check(p.Address)
}

func TestPostgresIsRestarted(t *testing.T) {
	proves(t, "while PostgreSQL is away and comes back, answers are right or 503, nothing acknowledged is lost, and the program needs no restart",
		"anything about a failover to a replica that lacks what the primary had acknowledged")
	server := pgtest.StartServer(t)
	p := begin(t, "", "DATABASE_URL="+server.URL(t)).Serves()
	c := come(t, 6, at(p.Address))
	for range 3 {
		c.busy(20)
		server.Stop()
		time.Sleep(300 * time.Millisecond) // an outage takes a while
		server.Start()
	}
	c.busy(20)
	c.leave()
	c.check(p.Address)
}

func TestBackupWhileWriting(t *testing.T) {
	proves(t, "a backup of a busy site ends, is whole, and holds everything that was acknowledged before it began",
		"how long it takes with your data on your disk")
	dir := t.TempDir()
	p := begin(t, dir).Serves()
	c := come(t, 6, at(p.Address))
	c.busy(50)
	before := c.saved()
	began := time.Now()
	if says, code := run(t, dir, nil, "backup", "copy.db"); code != 0 {
		t.Fatal(says)
	}
	t.Logf("the backup took %s", time.Since(began).Round(time.Millisecond))
	c.busy(20)
	c.leave()
	c.check(p.Address)
	p.Signal(syscall.SIGTERM)
	p.Wait()
	if says, code := run(t, dir, nil, "restore", "copy.db"); code != 0 {
		t.Fatal(says)
	}
	p = begin(t, dir).Serves()
	c.notes, c.ended = c.notes[:before], nil
	c.check(p.Address)
}

func TestHeldLock(t *testing.T) {
	proves(t, "while another process holds the write lock of the SQLite file, pages are read, forms are 503 within seconds, and afterwards all goes on",
		"that nobody notices")
	dir := t.TempDir()
	p := begin(t, dir).Serves()
	ann := newPerson("ann@example.org")
	if status, _ := ann.post(p.Address+"/register", "email", ann.email, "password", testkit.Password); status != 303 {
		t.Fatal(status)
	}
	ann.get(p.Address + "/account") // with its message, which is taken
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "data", "latchkey.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	other, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.ExecContext(t.Context(), `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for _, path := range []string{"/", private.Path, "/account", "/privacy"} {
		if status, _ := ann.get(p.Address + path); status != 200 {
			t.Errorf("%s: %d", path, status)
		}
	}
	t.Logf("four pages took %s", time.Since(began).Round(time.Millisecond))
	began = time.Now()
	if status, _ := ann.post(p.Address+private.Path, "title", "Held"); status != 503 {
		t.Errorf("a form: %d", status)
	}
	t.Logf("a form was refused after %s", time.Since(began).Round(time.Millisecond))
	if _, err := other.ExecContext(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if status, _ := ann.post(p.Address+private.Path, "title", "Afterwards"); status != 303 {
		t.Errorf("afterwards: %d", status)
	}
}
