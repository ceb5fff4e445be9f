package export_test

import (
	"archive/zip"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// notExported are the tables that name a user or a session and are not in the user's download, each with the reason.
var notExported = map[string]string{
	"unlogged_events": "events that wait for a moment to be written into the log as well: they are in events",
	"revoked_tokens":  "hashes of tokens that were ended or replaced, for a minute: nothing about the user",
}

// keptBack are the columns of exported tables that are not in the download, each with the reason.
// Columns that name the owner are not asked for: it is always the user.
var keptBack = map[string]string{
	"users.password_hash":       "logs the user in",
	"users.registered_by":       "the hash of a cookie's token",
	"sessions.token_hash":       "the hash of a cookie's token",
	"known_browsers.token_hash": "the hash of a cookie's token",
	"tokens.hash":               "the hash of a link's token",
	"tokens.payload":            "what the link will do, as a new password's hash",
	"outbox.text":               "may hold a link's token",
	"outbox.html":               "may hold a link's token",
	"outbox.lease":              "says which process sends it: nothing about the user",
	"outbox.leased_until":       "says for how long that process does",
}

// columns reads the catalog: each table of the database with its columns.
func columns(t *testing.T, k *testkit.Kit) map[string][]string {
	t.Helper()
	query := `
		SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c
		 WHERE t.type = 'table' ORDER BY c.cid`
	if k.App.DB.Postgres() {
		query = `
		SELECT table_name, column_name FROM information_schema.columns
		 WHERE table_schema = current_schema() ORDER BY ordinal_position`
	}
	rows, err := k.App.DB.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	tables := map[string][]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		tables[table] = append(tables[table], column)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return tables
}

// ofUsers are the tables that hold something of a user, by their columns.
func ofUsers(tables map[string][]string) []string {
	var found []string
	for table, columns := range tables {
		if table == "users" || slices.ContainsFunc(columns, namesOwner) {
			found = append(found, table)
		}
	}
	slices.Sort(found)
	return found
}

func namesOwner(column string) bool {
	return column == "user_id" || column == "owner_id" || column == "session_id"
}

// download returns the rows of each table in the user's download.
func download(t *testing.T, b *testkit.Browser) map[string][]map[string]any {
	t.Helper()
	p := b.Post("/account/export")
	z, err := zip.NewReader(strings.NewReader(p.Body), int64(len(p.Body)))
	if err != nil {
		t.Fatalf("%s: %v", p, err)
	}
	tables := map[string][]map[string]any{}
	for _, f := range z.File {
		table, ok := strings.CutSuffix(f.Name, ".json")
		if !ok {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var rows []map[string]any
		if err := json.NewDecoder(r).Decode(&rows); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		tables[table] = rows
	}
	return tables
}

// TestEveryTableOfAUserIsInTheDownload reads the catalog of the migrated database: a table that holds something of a
// user and a column that does are exported, or stand above with the reason why not.
func TestEveryTableOfAUserIsInTheDownload(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		k := testkit.Start(t, "DATABASE_URL="+dsn)
		ann := k.Browser().LogInAs("ann@example.org")
		ann.Post(testkit.Private, "title", "Garden")
		id := k.Text(`SELECT id FROM users`)
		k.Exec(`INSERT INTO tokens (hash, purpose, subject, user_id, payload, created_at, expires_at) VALUES ('h', 'reset', $1, $1, '{}', 1, 2)`, id)
		k.Exec(`INSERT INTO events (id, user_id, at, name, detail, ip, user_agent) VALUES ('e', $1, 1, 'login.failed', '', '', '')`, id)
		catalog := columns(t, k)
		if catalog["kept_forms"] != nil {
			late := k.Text(`SELECT session_id FROM logins`)
			k.Exec(`INSERT INTO kept_forms (session_id, user_id, path, form, created_at, expires_at) VALUES ($1, $2, '/testkit/page', '{}', 1, 2)`, late, id)
			k.Exec(`INSERT INTO expired_logins (session_id, user_id, at) VALUES ($1, $2, 1)`, late, id)
		}

		exported := download(t, ann)
		tables := ofUsers(catalog)
		if len(tables) < 7 {
			t.Fatalf("only %v: the catalog was not read", tables)
		}
		for _, table := range tables {
			if _, ok := exported[table]; !ok && notExported[table] == "" {
				t.Errorf("%s holds something of a user and is not in the download: put it into Exports of its feature", table)
			}
		}
		for table, rows := range exported {
			if catalog[table] == nil {
				t.Errorf("%s.json is of no table", table)
			}
			for _, column := range catalog[table] {
				if len(rows) == 0 || namesOwner(column) || keptBack[table+"."+column] != "" {
					continue
				}
				if _, ok := rows[0][column]; !ok {
					t.Errorf("the column %s.%s is not in the download, which has %v", table, column, slices.Sorted(maps.Keys(rows[0])))
				}
			}
			for column := range rowOf(rows) {
				if keptBack[table+"."+column] != "" {
					t.Errorf("%s.%s is in the download: %s", table, column, keptBack[table+"."+column])
				}
			}
		}

		for _, column := range []string{"user_id", "owner_id", "session_id"} { // and a new table would be found
			k.Exec(`CREATE TABLE forgotten_` + column + ` (id TEXT NOT NULL PRIMARY KEY, ` + column + ` TEXT NOT NULL)`)
			if !slices.Contains(ofUsers(columns(t, k)), "forgotten_"+column) {
				t.Errorf("a new table with a column %s is not found", column)
			}
		}
	})
}

// rowOf returns the first row, nil if there is none.
func rowOf(rows []map[string]any) map[string]any {
	if len(rows) == 0 {
		return nil
	}
	return rows[0]
}
