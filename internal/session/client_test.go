package session_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"sync"

	"example.com/latchkey/internal/testkit"
)

// An answer of the test site.
type answer struct {
	status int
	body   string
	header http.Header
	cookie *http.Cookie // the session's, if the answer sets it
}

// send asks with a token ("" for none). Headers are "Name: value".
func (s *site) send(method, path, token string, headers ...string) answer {
	s.t.Helper()
	r, err := http.NewRequest(method, s.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	if token != "" {
		r.AddCookie(&http.Cookie{Name: "visitor", Value: token})
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
		if name == "Host" {
			r.Host = value
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return answer{body: err.Error()}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	a := answer{status: resp.StatusCode, body: string(body), header: resp.Header}
	if err != nil {
		a.status, a.body = 0, err.Error()
	}
	for _, c := range resp.Cookies() {
		if c.Name == "visitor" {
			a.cookie = c
		}
	}
	return a
}

func (s *site) get(path, token string) answer  { s.t.Helper(); return s.send("GET", path, token) }
func (s *site) post(path, token string) answer { s.t.Helper(); return s.send("POST", path, token) }

// visitor makes a session and returns its token.
func (s *site) visitor() string {
	s.t.Helper()
	a := s.get("/write?note=first", "")
	if a.cookie == nil {
		s.t.Fatalf("no cookie: %d %s", a.status, a.body)
	}
	return a.cookie.Value
}

// slowly starts a request that has loaded its session, and returns a function that lets it go on.
func (s *site) slowly(method, path, token string) (finish func() answer) {
	s.t.Helper()
	done := make(chan answer, 1)
	go func() { done <- s.send(method, path, token) }()
	<-s.loaded
	return func() answer {
		s.goOn <- struct{}{}
		return <-done
	}
}

// block takes the lock that every write waits for, as another process does, and returns a function that lets it go.
func (s *site) block() (release func()) {
	s.t.Helper()
	lock := `BEGIN IMMEDIATE`
	if testkit.Postgres(s.dsn) {
		lock = `BEGIN; LOCK TABLE sessions IN EXCLUSIVE MODE`
	}
	conn, err := testkit.Another(s.t, s.dsn).Conn(context.Background())
	if err == nil {
		_, err = conn.ExecContext(context.Background(), lock)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	release = sync.OnceFunc(func() {
		if _, err := conn.ExecContext(context.Background(), `ROLLBACK`); err != nil {
			s.t.Error(err)
		}
		conn.Close()
	})
	s.t.Cleanup(release)
	return release
}

func (s *site) count(query string, args ...any) (n int) {
	s.t.Helper()
	if err := s.DB.QueryRowContext(context.Background(), query, args...).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *site) exec(query string, args ...any) {
	s.t.Helper()
	if _, err := s.DB.ExecContext(context.Background(), query, args...); err != nil {
		s.t.Fatal(err)
	}
}

// await returns as soon as somebody waits for a lock of the database.
func (s *site) await() {
	s.t.Helper()
	testkit.Await(s.t, s.DB, 1)
}

func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
