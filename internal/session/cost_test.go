package session_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/testkit"
)

func TestTheTableKnowsNoToken(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		if len(token) != 43 {
			t.Errorf("token %q does not have 256 bits in base64url", token)
		}
		if s.count(`SELECT count(*) FROM sessions WHERE token_hash = $1 AND id <> $2`, hash(token), token) != 1 {
			t.Error("no row with the token's SHA-256")
		}
	})
}

func TestReadingWritesNothing(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		row := func() (got string) {
			if err := s.DB.QueryRowContext(t.Context(), `SELECT seen_at || ' ' || hits || ' ' || expires_at FROM sessions`).Scan(&got); err != nil {
				t.Fatal(err)
			}
			return got
		}
		before := row()
		s.clock.Advance(time.Minute)
		// Somebody holds the write lock, of SQLite or of the row: whoever wants to write would wait.
		err := s.DB.InTx(t.Context(), func(ctx context.Context) error {
			if _, err := s.DB.ExecContext(ctx, `UPDATE sessions SET hits = hits`); err != nil {
				return err
			}
			a := s.get("/read", token)
			if a.status != http.StatusOK || a.cookie != nil || len(a.header.Values("Set-Cookie")) > 0 {
				t.Errorf("%d %v", a.status, a.header)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := row(); got != before {
			t.Errorf("the row changed: %s, was %s", got, before)
		}
		if err := s.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := row(); got == before {
			t.Error("the activity was not written by the batch")
		}
	})
}

func TestThreeLifetimes(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		live := func(token string) bool { return strings.Contains(s.get("/read", token).body, "note=first") }

		once := s.visitor()
		s.clock.Advance(31 * time.Minute)
		if live(once) {
			t.Error("a visitor who never came back lives for more than 30 minutes")
		}
		again := s.visitor()
		s.get("/read", again)
		s.clock.Advance(31 * time.Minute) // nothing was written yet: the batch knows
		if !live(again) {
			t.Error("a visitor who came back is forgotten while the activity waits")
		}
		for range 3 { // sliding
			if err := s.Flush(context.Background()); err != nil {
				t.Fatal(err)
			}
			s.clock.Advance(29 * 24 * time.Hour)
			if !live(again) {
				t.Fatal("a returning visitor is forgotten within 30 days")
			}
		}
		if err := s.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		s.clock.Advance(31 * 24 * time.Hour)
		if live(again) {
			t.Error("a visitor lives for more than 30 days")
		}
	})
}

func TestLifetimeSettings(t *testing.T) {
	closed := newSite(t, testkit.SQLite(t), func(o *session.Options) { o.Lifetime = 0 })
	if a := closed.get("/read", ""); a.cookie == nil || a.cookie.MaxAge != 0 {
		t.Errorf("until the browser closes: %v", a.cookie)
	}
	fixed := newSite(t, testkit.SQLite(t), func(o *session.Options) { o.Lifetime, o.Fixed = time.Hour, true })
	token := fixed.visitor()
	for range 3 {
		fixed.get("/read", token)
		if err := fixed.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		fixed.clock.Advance(25 * time.Minute)
	}
	if got := fixed.get("/read", token).body; strings.Contains(got, "note=first") {
		t.Error("a lifetime that does not slide slid")
	}
	named := newSite(t, testkit.SQLite(t), func(o *session.Options) { o.CookieName, o.CookieDomain, o.Secure = "__Secure-own", "example.org", true })
	got := named.get("/read", "").header.Get("Set-Cookie")
	for _, part := range []string{"__Secure-own=", "Path=/", "Domain=example.org", "Max-Age=34560000", "HttpOnly", "Secure", "SameSite=Lax"} {
		if !strings.Contains(got, part) {
			t.Errorf("%s lacks %s", got, part)
		}
	}
}

func TestTheJanitorSweepsInBites(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		stays := s.visitor()
		for i := range 450 {
			s.exec(`INSERT INTO sessions (id, token_hash, data, created_at, seen_at, expires_at, hits, ip, user_agent) VALUES ($1, $1, '{}', 1, 1, 1, 1, '', '')`, fmt.Sprint("old", i))
		}
		for _, want := range []int64{200, 200, 50, 0} {
			n, err := s.Sweep(t.Context())
			if err != nil || n != want {
				t.Errorf("swept %d (%v), want %d", n, err, want)
			}
		}
		if got := s.get("/read", stays).body; !strings.Contains(got, "note=first") {
			t.Error("the janitor took a living session")
		}
	})
}

// TestActivityIsWhatAVisitorDid tells of page views by the line of the map, and of none to whom asks not to be followed.
func TestActivityIsWhatAVisitorDid(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		s.get("/read?secret=1", token)
		s.send("GET", "/fail", token, "Sec-GPC: 1")
		s.get("/missing", token)
		if err := s.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := s.count(`SELECT count(*) FROM views WHERE pattern IN ('GET /write 200', 'GET /read 200', 'GET /missing 404')`); got != 3 || s.count(`SELECT count(*) FROM views`) != 3 {
			t.Errorf("%d page views of 3", got)
		}
		if got := s.count(`SELECT count(*) FROM sessions WHERE ip = '127.0.0.0/24' AND hits = 4`); got != 1 {
			t.Error("address or hits are wrong")
		}
	})
}

func TestEraseForgetsTheBrowser(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		token := s.visitor()
		s.get("/read", token)
		a := s.post("/erase", token)
		if a.cookie == nil || a.cookie.MaxAge != -1 {
			t.Errorf("the cookie stays: %v", a.cookie)
		}
		if err := s.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		if s.count(`SELECT count(*) FROM sessions`)+s.count(`SELECT count(*) FROM views`) != 0 {
			t.Error("rows stay")
		}
	})
}
