package trail_test

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/features/trail"
	"example.com/latchkey/internal/testkit"
)

const ada = "ada@example.org"

func TestTrail(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser()
		for range 60 {
			b.Get("/?secret=1")
		}
		b.Header.Set("Sec-GPC", "1")
		b.Get("/privacy")
		b.Header.Del("Sec-GPC")
		k.Flush()
		b.Get("/?secret=2")
		k.Flush()
		if got := k.Count(`SELECT count(*) FROM trail`); got != 50 {
			t.Errorf("%d entries, want 50", got)
		}
		if got := k.Count(`SELECT count(*) FROM trail WHERE pattern <> '/{$}' OR method <> 'GET' OR status <> 200`); got != 0 {
			t.Errorf("%d entries say more than the line of the map, or came in spite of GPC", got)
		}
		k.Clock.Advance(29 * 24 * time.Hour)
		b.Get("/") // the visitor lives on
		k.Clock.Advance(2 * 24 * time.Hour)
		testkit.Sweep(t, k)
		if got := k.Count(`SELECT count(*) FROM trail`); got != 1 {
			t.Errorf("%d entries, and all but one are older than 30 days", got)
		}
	})
}

// TestShowingTheTrailWritesNothing holds that whoever looks at it sees what is written and what waits.
func TestShowingTheTrailWritesNothing(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser()
		b.Get("/")
		b.Get("/privacy")
		k.Flush()
		b.Get("/")
		err := k.App.DB.InTx(t.Context(), func(ctx context.Context) error { // whoever wants to write would wait
			_, err := k.App.DB.ExecContext(ctx, `UPDATE sessions SET hits = hits`)
			_, list, _ := strings.Cut(b.Get("/privacy").ExpectText(t, http.StatusOK, "The last pages you opened").Body, `id="visits"`)
			last, privacy, first := strings.Index(list, ">Home<"), strings.Index(list, ">What this site keeps"), strings.LastIndex(list, ">Home<")
			if last < 0 || privacy < last || first < privacy || strings.Count(list, "<tr>") != 4 { // one is the head
				t.Errorf("it says %s", list)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestTheTrailIsInWords holds that it names the last ten pages by their titles, and keeps the rest behind a link.
func TestTheTrailIsInWords(t *testing.T) {
	k := testkit.Start(t)
	ann := k.Browser().Register(ada)
	for range 6 {
		ann.Get("/")
		ann.Get("/account/devices")
	}
	ann.Get("/nowhere")
	ann.Post(testkit.Private, "title", "Garden")
	ann.Get("/login/status") // what is no visit is not listed
	rows := regexp.MustCompile(`<tr><th scope="row">([^<]*)</th>`)
	p := ann.Get("/privacy")
	shown := rows.FindAllStringSubmatch(p.Body, -1)
	if len(shown) != 10 || shown[0][1] != "Login &amp; security" || shown[1][1] != "Home" {
		t.Errorf("%q", shown)
	}
	_, table, _ := strings.Cut(p.Body, "<table")
	table, _, _ = strings.Cut(table, "</table>")
	for _, never := range []string{"/account/devices", "/{", "GET", "200", "303", "404"} {
		if strings.Contains(table, never) {
			t.Errorf("it says %s: %s", never, table)
		}
	}
	if !strings.Contains(p.Body, `href="/privacy?all=1#visits">Show all 14<`) {
		t.Errorf("%s", p)
	}
	all := ann.Get("/privacy?all=1")
	if n := len(rows.FindAllString(all.Body, -1)); n != 15 || !all.Says("A button or form on “Texts”") || !all.Says("A button or form on “Register”") {
		t.Errorf("%d rows: %s", n, all)
	}
	ann.Header.Set("Sec-GPC", "1")
	ann.Get("/privacy").ExpectText(t, http.StatusOK, "Your browser asks not to be followed")
}

func TestTheTrailHoldsNoSecretOfALink(t *testing.T) {
	k := testkit.Start(t)
	k.Browser().Register(ada)
	k.Browser().Post("/password/forgot", "email", ada)
	link := testkit.Link(k.Mail(ada))
	_, token, _ := strings.Cut(link, "?token=")
	b := k.Browser()
	b.Follow(b.Get(link))
	k.Flush()
	if k.Count(`SELECT count(*) FROM trail WHERE pattern = '/password/reset'`) == 0 || k.Count(`SELECT count(*) FROM trail WHERE pattern LIKE $1`, "%"+token+"%") != 0 {
		t.Error("it holds the token, or nothing")
	}
}

// TestTheTrailGoesWithItsVisitor erases the browser, and deletes the account that is logged in on another.
func TestTheTrailGoesWithItsVisitor(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		for name, leave := range map[string]func(b *testkit.Browser) testkit.Page{
			"erase":  func(b *testkit.Browser) testkit.Page { return b.Post("/privacy/erase") },
			"delete": func(b *testkit.Browser) testkit.Page { return b.Post("/account/delete", "confirm", "1") },
		} {
			b := k.Browser().Register(ada)
			b.Get(testkit.Private)
			k.Flush()
			if n := k.Count(`SELECT count(*) FROM trail WHERE pattern LIKE '/testkit%'`); n != 1 {
				t.Fatalf("%s: %d page views", name, n)
			}
			leave(b).Expect(t, http.StatusSeeOther)
			if n := k.Count(`SELECT count(*) FROM trail WHERE pattern LIKE '/testkit%'`); n != 0 {
				t.Errorf("%s: %d page views left", name, n)
			}
			k.Exec(`DELETE FROM users`)
		}
	})
}

func TestTheTrailIsExported(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		ann, other := k.Browser().Register(ada), k.Browser().Register("ben@example.org")
		ann.Get("/account/profile")
		other.Get("/account/password")
		export := trail.New(&feature.Core{}).Exports[0]
		owner := k.Text(`SELECT id FROM users WHERE email = $1`, ada)
		var patterns []string
		for end := time.Now().Add(30 * time.Second); !slices.Contains(patterns, "/account/profile") && time.Now().Before(end); {
			k.Flush() // a page is noted when it has been answered, so perhaps not yet
			var err error
			if patterns, err = k.App.DB.Strings(t.Context(), `SELECT pattern FROM `+export.From+` WHERE `+export.Owner+` = $1`, owner); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Contains(patterns, "/account/profile") || slices.Contains(patterns, "/account/password") {
			t.Errorf("%v", patterns)
		}
	})
}
