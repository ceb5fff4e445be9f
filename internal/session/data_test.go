package session_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
)

func TestParallelChangesAreAllKept(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				// A machine under load may answer 503: then nothing was kept, and the browser tries again.
				a := answer{status: http.StatusServiceUnavailable}
				for range 5 {
					if a.status == http.StatusServiceUnavailable {
						a = s.post(fmt.Sprintf("/write?count=1&cart=item%02d", i), token)
					}
				}
				if a.status != http.StatusOK {
					t.Errorf("%d %s", a.status, a.body)
				}
			})
		}
		wg.Wait()
		got := s.get("/read", token).body
		if !strings.Contains(got, "count=50") || strings.Count(got, "item") != 50 {
			t.Errorf("lost changes: %s", got)
		}
	})
}

func TestSlowWriterAppliesItsChangesToTheLatestData(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		finish := s.slowly("POST", "/slow?lasting=slow&count=1", token)
		s.post("/write?note=quick&count=1", token)
		finish()
		if got := s.get("/read", token).body; !strings.Contains(got, "note=quick lasting=slow guest=- number=-1 count=2") {
			t.Error(got)
		}
	})
}

func TestPoolIsClearedAsOne(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		s.post("/write?cart=milk", token)
		s.post("/write?cart=bread", token)
		if got := s.get("/read", token).body; !strings.Contains(got, "cart=[bread milk]") {
			t.Error(got)
		}
		finish := s.slowly("POST", "/slow?clear=1", token)
		s.post("/write?cart=eggs", token) // clearing takes what is there at the commit
		finish()
		if got := s.get("/read", token).body; !strings.Contains(got, "cart=[]") || !strings.Contains(got, "note=first") {
			t.Error(got)
		}
	})
}

func TestAFailedRequestCommitsNothing(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		for _, path := range []string{"/panic", "/fail"} {
			if a := s.post(path, token); a.status < 500 || a.cookie != nil || strings.Contains(a.body, "secret") {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
		if got := s.get("/read", token).body; !strings.Contains(got, "note=first") {
			t.Error(got)
		}
		if !strings.Contains(s.log.String(), "secret of the handler") {
			t.Error("the panic is not in the log")
		}
	})
}

func TestAChangeAfterTheFirstByteIsRefusedLoudly(t *testing.T) {
	s := newSite(t, testkit.SQLite(t))
	token := s.visitor()
	if a := s.get("/late", token); a.status != 0 {
		t.Errorf("the client took half an answer for a whole one: %d %s", a.status, a.body)
	}
	if !strings.Contains(s.log.String(), "changed after the first byte") {
		t.Error("the log says nothing")
	}
}

func TestUnreadableDataLocksNobodyOut(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		for _, data := range []string{"", "null", "[]", "{", "7", `"x"`, "{}x"} {
			token := s.visitor()
			s.exec(`UPDATE sessions SET data = $1 WHERE token_hash = $2`, data, hash(token))
			a := s.get("/write?note=again", token)
			if a.status != http.StatusOK || a.cookie == nil || a.cookie.Value == token {
				t.Errorf("data %q: %d, cookie %v", data, a.status, a.cookie)
				continue
			}
			if got := s.get("/read", a.cookie.Value).body; !strings.Contains(got, "note=again") {
				t.Errorf("data %q: %s", data, got)
			}
			if s.count(`SELECT count(*) FROM sessions WHERE token_hash = $1`, hash(token)) != 0 {
				t.Errorf("data %q: the row stayed", data)
			}
		}
		if !strings.Contains(s.log.String(), "session dropped") {
			t.Error("the log says nothing")
		}
	})
}

func TestAValueThatDoesNotFitReadsAsUnset(t *testing.T) {
	s := newSite(t, testkit.SQLite(t))
	token := s.visitor()
	s.exec(`UPDATE sessions SET data = $1 WHERE token_hash = $2`, `{"test.number":"seven","test.count":"x","test.note":"ok"}`, hash(token))
	if got := s.post("/write?count=1", token); got.status != http.StatusOK {
		t.Error(got.status)
	}
	if got := s.get("/read", token).body; !strings.Contains(got, "note=ok lasting=- guest=- number=-1 count=1") {
		t.Error(got)
	}
	if !strings.Contains(s.log.String(), "does not fit its key") {
		t.Error("the log says nothing")
	}
}

func TestEveryKeySaysWhatItSurvives(t *testing.T) {
	want := []string{
		"flash: until log out", "test.cart: until log out", "test.count: until log out",
		"test.guest: dropped at log in", "test.lasting: kept at log out", "test.note: until log out", "test.number: until log out",
	}
	var got []string
	for _, d := range session.Declared() { // the testkit brings the application with its own
		if strings.HasPrefix(d.Name, "test.") || d.Name == "flash" {
			got = append(got, d.String())
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("declared keys:\n%s", strings.Join(got, "\n"))
	}
}

func TestDatabaseDownIsSaidAndPasses(t *testing.T) {
	server := pgtest.StartServer(t)
	s := newSite(t, server.URL(t))
	token := s.visitor()
	server.Stop()
	if a := s.get("/read", token); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("with a cookie: %d %v", a.status, a.header)
	}
	if a := s.get("/read", ""); a.status != http.StatusOK || a.cookie != nil {
		t.Errorf("without one the page is served without a session: %d %v", a.status, a.cookie)
	}
	server.Start()
	if a := s.get("/read", token); !strings.Contains(a.body, "note=first") {
		t.Errorf("after it: %d %s", a.status, a.body)
	}
}

func TestActivityWaitsWhileTheDatabaseIsDown(t *testing.T) {
	server := pgtest.StartServer(t)
	s := newSite(t, server.URL(t))
	token := s.visitor()
	s.get("/read", token)
	server.Stop()
	if s.Flush(context.Background()) == nil {
		t.Error("flushed into nothing")
	}
	server.Start()
	if err := s.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := s.count(`SELECT hits FROM sessions WHERE token_hash = $1`, hash(token)); got != 2 {
		t.Errorf("%d hits, want 2", got)
	}
}
