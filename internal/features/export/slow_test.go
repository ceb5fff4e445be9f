package export_test

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// A reader is a client of the download that reads when it is told to.
type reader struct {
	net.Conn
	in *bufio.Reader
}

// ask asks for the download and reads one byte of the answer.
func ask(t *testing.T, k *testkit.Kit, who *testkit.Browser) reader {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(k.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.(*net.TCPConn).SetReadBuffer(64 << 10); err != nil { // the network holds little for this reader
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "POST /account/export HTTP/1.1\r\nHost: %s\r\nCookie: latchkey=%s\r\nContent-Length: 0\r\n\r\n",
		strings.TrimPrefix(k.URL, "http://"), who.Cookie("latchkey")); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	if _, err := in.Peek(1); err != nil {
		t.Fatal(err)
	}
	return reader{conn, in}
}

// many is how many texts fill makes: more than one query takes.
const many = 250

// fill gives somebody texts. 160 of them do not compress, and are together more than the network holds for a reader who
// does not read, which is about 3 MB. Each is longer than deflate looks back (32 KiB), so that one text does for all.
func fill(t *testing.T, k *testkit.Kit, email string) {
	t.Helper()
	raw := make([]byte, 27_000)
	rand.Read(raw) //nolint:errcheck // never fails (crypto/rand)
	k.Exec(`
		WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < $3)
		INSERT INTO testkit_texts (id, owner_id, title, body, version)
		SELECT 'text-' || (1000 + n), u.id, 'Text', CASE WHEN n <= 160 THEN $2 ELSE '' END, 1 FROM number, users u WHERE u.email = $1`,
		email, base64.StdEncoding.EncodeToString(raw), many)
}

// leftovers are the files of downloads that are still there.
func leftovers(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*data-*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// answered reports whether the log has the record of a download's request: it is over.
func answered(k *testkit.Kit) bool {
	return strings.Contains(k.Log.String(), `route="POST /account/export"`)
}

// holdsNothing waits for a moment in which the database has no open statement and no transaction: what the application does
// besides is short, and what a download would hold it would hold until its reader reads. Then the test fails after a minute.
func holdsNothing(t *testing.T, dsn string) {
	t.Helper()
	// The first column is 1 if somebody writes, or reads what the log held a while ago (SQLite, PRAGMA wal_checkpoint).
	query := `PRAGMA wal_checkpoint(TRUNCATE)`
	if testkit.Postgres(dsn) {
		query = `
		SELECT count(*), 0, 0 FROM pg_stat_activity
		 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'`
	}
	db := testkit.Another(t, dsn)
	for start := time.Now(); time.Since(start) < time.Minute; time.Sleep(10 * time.Millisecond) {
		held, rest := 0, new(any)
		if err := db.QueryRowContext(t.Context(), query).Scan(&held, rest, rest); err != nil {
			t.Fatal(err)
		}
		if held == 0 {
			return
		}
	}
	t.Error("a statement or a transaction stays open in the database")
}

func TestASlowReaderHoldsNobodyUp(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		dir := t.TempDir()
		t.Setenv("TMPDIR", dir)
		k := testkit.Start(t, "DATABASE_URL="+dsn)
		ann := k.Browser().LogInAs("ann@example.org")
		k.Browser().LogInAs("ben@example.org")
		fill(t, k, "ann@example.org")

		slow := ask(t, k, ann)
		holdsNothing(t, dsn)
		ben := k.Browser().LogIn("ben@example.org")
		ben.Post(testkit.Private, "title", "Meanwhile").Expect(t, 303)
		ann.Post(testkit.Private, "title", "Too late").Expect(t, 303)
		if answered(k) {
			t.Fatal("the download was not slow: nothing was tested")
		}

		resp, err := http.ReadResponse(slow.in, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.ContentLength != int64(len(body)) {
			t.Fatalf("%d of %d bytes, %v", len(body), resp.ContentLength, err)
		}
		if rows := read(t, unzip(t, string(body)), "testkit_texts"); len(rows) != many {
			t.Errorf("%d texts of %d", len(rows), many)
		}
		if left := leftovers(t, dir); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

func TestAReaderWhoGoesAwayLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	k := testkit.Start(t)
	ann := k.Browser().LogInAs("ann@example.org")
	fill(t, k, "ann@example.org")
	ask(t, k, ann).Close()
	for deadline := time.Now().Add(time.Minute); !answered(k); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the handler waits for somebody who is gone")
		}
	}
	if left := leftovers(t, dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if log := k.Log.String(); !strings.Contains(log, "download cut short") || strings.Contains(log, "level=ERROR") {
		t.Errorf("the log: %.2000s", log)
	}
	ann.Get(testkit.Private).Expect(t, 200)
}

// A wire is the far end of an answer. It notes until when it may be written, and when the first byte came.
type wire struct {
	*httptest.ResponseRecorder
	deadline, first time.Time
}

func (w *wire) SetWriteDeadline(t time.Time) error {
	w.deadline = t
	return nil
}

func (w *wire) Write(b []byte) (int, error) {
	if w.first.IsZero() {
		w.first = w.deadline
	}
	return w.ResponseRecorder.Write(b)
}

// TestASlowReaderHasTime holds that the deadline of ordinary answers is put off before the first byte.
func TestASlowReaderHasTime(t *testing.T) {
	k := testkit.Start(t)
	ann := k.Browser().LogInAs("ann@example.org")
	r := httptest.NewRequest(http.MethodPost, k.URL+"/account/export", nil)
	r.AddCookie(&http.Cookie{Name: "latchkey", Value: ann.Cookie("latchkey")})
	w := &wire{ResponseRecorder: httptest.NewRecorder()}
	k.App.ServeHTTP(w, r)
	if w.Code != 200 || time.Until(w.first) < 30*time.Minute {
		t.Errorf("%d, and %s to read it", w.Code, time.Until(w.first))
	}
}
