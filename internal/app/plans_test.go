package app_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/app"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/migrate"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/migrations"
)

// scans are the queries that may read a whole table, by how they begin, with the reason.
var scans = map[string]string{
	"SELECT max(applied_at) FROM migrations":                                      "one row for each file of this program",
	"SELECT version, name, sha256 FROM migrations":                                "the same",
	"SELECT version_id, '', '' FROM goose_db_version":                             "the same, once, of a database from before that",
	"SELECT id FROM sessions WHERE seen_at > $1":                                  "asked at the start, and when the clock was put back",
	"SELECT CAST(coalesce(max(cost), '0') AS BIGINT)":                             "asked at the start",
	"SELECT count(*) FROM unlogged_events":                                        "holds what the log has not taken yet",
	"DELETE FROM unlogged_events RETURNING":                                       "the same",
	"DELETE FROM revoked_tokens WHERE (token_hash) IN":                            "holds what was ended within a minute",
	"SELECT id, kind, recipient, subject, text, html, state, created_at, due_at,": "an operator's list, from its end: it stops at its limit",
}

// unrun are queries that are put together and run by no page of this test, by how they begin, with the reason.
var unrun = map[string]string{
	"UPDATE outbox SET due_at = $2 WHERE": "its condition is that of a SELECT EXISTS, asked before",
}

// TestEveryQueryHasItsIndex asks the database how it does each query of the program, and fails on one that reads a whole table: all tables grow. The queries are those that ran while people used every page, and those that stand in the source
// as one text.
func TestEveryQueryHasItsIndex(t *testing.T) {
	texts := map[string]bool{}
	whole, parts := inSource(t)
	var ran strings.Builder
	for _, k := range []*testkit.Kit{everything(t), undelivered(t)} {
		for _, text := range k.App.DB.Statements() {
			texts[text] = true
			ran.WriteString(words(text) + "\n")
		}
	}
	for _, text := range whole {
		texts[text] = true
	}
	for _, part := range parts {
		if _, known := unrun[words(part)]; !known && !strings.Contains(ran.String(), words(part)) {
			t.Errorf("no page of this test runs the query that begins with\n%s", part)
		}
	}
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db, err := database.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := migrate.Up(t.Context(), db, migrations.Files); err != nil {
			t.Fatal(err)
		}
		n := 0
		for text := range texts {
			if reads(text) {
				n++
				explain(t, db, text)
			}
		}
		t.Logf("%d queries", n)
	})
}

func words(text string) string { return strings.Join(strings.Fields(text), " ") }

// Of an INSERT only what it selects could be read whole, and that begins with SELECT here.
var (
	statement = regexp.MustCompile(`^\s*(SELECT|UPDATE|DELETE FROM|WITH RECURSIVE)\s`)
	elsewhere = regexp.MustCompile(`testkit_|sqlite_schema|to_regclass|extract\(|%s`) // not of our tables, or no whole text
)

// reads reports whether a text is a query of our tables.
func reads(text string) bool { return statement.MatchString(text) && !elsewhere.MatchString(text) }

// inSource returns the queries in the program's source: those that stand there as one text, and what those that are put
// together begin with.
func inSource(t *testing.T) (whole, parts []string) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{"vendor", "testkit", "ops", "bench", "prune"}, d.Name()):
			return filepath.SkipDir
		case !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, "_templ.go"):
			return nil
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		joined := map[ast.Node]bool{}
		ast.Inspect(tree, func(n ast.Node) bool {
			if b, ok := n.(*ast.BinaryExpr); ok {
				joined[b.X], joined[b.Y] = true, true
			}
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil || !reads(text) {
				return true
			}
			if joined[literal] {
				parts = append(parts, text)
			} else {
				whole = append(whole, text)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return whole, parts
}

var parameter = regexp.MustCompile(`\$(\d+)`)

// explain fails if the database reads a whole table for the query.
func explain(t *testing.T, db *database.DB, text string) {
	t.Helper()
	most := 0
	for _, found := range parameter.FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(found[1])
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, n)
	}
	plan, err := planOf(t.Context(), db, text, most)
	if err != nil {
		t.Errorf("%s\n%v", text, err)
		return
	}
	for _, line := range plan {
		if !readsAll(db, line) {
			continue
		}
		for begins := range scans {
			if strings.HasPrefix(words(text), begins) {
				return
			}
		}
		t.Errorf("%s\nreads a whole table: %s", text, line)
	}
}

// planOf returns the lines of the plan.
func planOf(ctx context.Context, db *database.DB, text string, parameters int) (lines []string, err error) {
	if db.Postgres() {
		return planOnPostgres(ctx, db, text, parameters)
	}
	args := make([]any, parameters)
	rows, err := db.QueryContext(ctx, "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var line string
		if err := rows.Scan(&id, &parent, &unused, &line); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, rows.Err()
}

// readsAll reports whether a line of a plan reads a whole table, or a whole index.
func readsAll(db *database.DB, line string) bool {
	if db.Postgres() {
		return strings.Contains(line, "Seq Scan on ")
	}
	return strings.HasPrefix(line, "SCAN ") && !strings.HasPrefix(line, "SCAN CONSTANT ROW") && !strings.HasPrefix(line, "SCAN (") &&
		!strings.HasPrefix(line, "SCAN json_each")
}

// everything uses every page and runs every job once.
func everything(t *testing.T) *testkit.Kit {
	t.Helper()
	k := testkit.Start(t)
	ann, ben := k.Browser().Register("ann@example.org"), k.Browser()
	testkit.Press(t, ann, k.Mail("ann@example.org"))
	ann.Post(testkit.Private, "title", "A text", "body", "Words")
	ann.Post("/account/profile", "name", "Ann", "timezone", "Europe/Berlin")
	k.Browser().LogIn("ann@example.org", "remember", "1")
	for _, b := range []*testkit.Browser{ann, ben} {
		for _, path := range strings.Fields(addresses.ReplaceAllString(app.PrintRoutes(), "x")) {
			if strings.HasPrefix(path, "/") {
				b.Get(path)
			}
		}
	}
	ben.Post("/register", "email", "ann@example.org", "password", testkit.Password)
	ben.Post("/login", "email", "ann@example.org", "password", "wrong")
	ben.Post("/password/forgot", "email", "ann@example.org")
	testkit.Press(t, ben, k.Mail("ann@example.org"))
	ann.Post("/account/email", "email", "anna@example.org")
	ann.Post("/account/devices/end-others")
	ann.Post("/account/export")
	ann.Post("/theme", "theme", "dark")
	k.Flush()
	k.Clock.Advance(100 * 24 * time.Hour)
	ann.Get("/account")
	testkit.Sweep(t, k)
	ann.Post("/privacy/erase")
	return k
}

// undelivered tries to send a mail to a server that is not there.
func undelivered(t *testing.T) *testkit.Kit {
	t.Helper()
	k := testkit.Start(t, "SMTP_URL=smtp://127.0.0.1:1", "MAIL_FROM=site@example.org")
	k.Browser().Register("ann@example.org")
	for k.Count(`SELECT count(*) FROM outbox WHERE attempts > 0 AND lease = '' -- testkit_`) == 0 { // not the program's
		runtime.Gosched()
	}
	return k
}

var addresses = regexp.MustCompile(`\{[^$}]*\}`)
