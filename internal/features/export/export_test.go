package export_test

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// unzip returns the files of a download.
func unzip(t *testing.T, body string) map[string]string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		files[f.Name] = string(text)
	}
	return files
}

// read returns the rows of one file.
func read(t *testing.T, files map[string]string, table string) []map[string]any {
	t.Helper()
	var rows []map[string]any
	if err := json.NewDecoder(strings.NewReader(files[table+".json"])).Decode(&rows); err != nil {
		t.Fatalf("%s.json: %v\n%.300s", table, err, files[table+".json"])
	}
	return rows
}

func TestDownloadOfMyData(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		k := testkit.Start(t, "DATABASE_URL="+dsn, "LIMIT_EXPORT_ACCOUNT=2")
		ann, ben := k.Browser().LogInAs("ann@example.org"), k.Browser().LogInAs("ben@example.org")
		ann.Post(testkit.Private, "title", "Garden", "body", "thyme & <sage>")
		ben.Post(testkit.Private, "title", "Boat", "body", "oars")
		annID, benID := k.Text(`SELECT id FROM users WHERE email = 'ann@example.org'`), k.Text(`SELECT id FROM users WHERE email = 'ben@example.org'`)
		for id, letter := range map[string]string{annID: "a", benID: "b"} {
			hash := strings.Repeat(letter, 64)
			k.Exec(`INSERT INTO tokens (hash, purpose, subject, user_id, payload, created_at, expires_at) VALUES ($1, 'reset', $2, $2, '{"hash":"of-a-password-'||$3||'"}', 1, 2)`, hash, id, letter)
			k.Exec(`INSERT INTO events (id, user_id, at, name, detail, ip, user_agent) VALUES ($1, $2, 1700000000000, 'login.failed', '', '192.0.2.0/24', '')`, "event-"+letter, id)
		}

		if p := k.Browser().Get("/account/export"); p.To != "/login?next=%2Faccount%2Fexport" {
			t.Errorf("a guest: %s", p)
		}
		k.Clock.Advance(16 * time.Minute)
		ann.Get("/account/export").Expect(t, 303, "/confirm?next=%2Faccount%2Fexport")
		ann.Post("/account/export").Expect(t, 303, "/confirm")
		if p := ann.Follow(ann.Post("/confirm", "password", testkit.Password, "next", "/account/export")); p.Status != 200 ||
			!p.Says("Your texts") || !p.Says("1 entry") || !p.Says("for you alone") || !p.Says("Download your data") {
			t.Errorf("the page: %s", p)
		}

		p := ann.Post("/account/export")
		h, name := p.Header, "latchkey-data-"+k.Clock.Now().UTC().Format(time.DateOnly)+".zip"
		if p.Status != 200 || h.Get("Content-Type") != "application/zip" || h.Get("Cache-Control") != "no-store" ||
			h.Get("Content-Disposition") != `attachment; filename="`+name+`"` || h.Get("Content-Length") != strconv.Itoa(len(p.Body)) {
			t.Fatalf("%s %v", p, h)
		}
		files := unzip(t, p.Body)
		for _, table := range []string{"users", "logins", "sessions", "known_browsers", "tokens", "outbox", "events", "testkit_texts"} {
			if rows := read(t, files, table); len(rows) == 0 {
				t.Errorf("%s.json is empty", table)
			}
		}
		if texts := read(t, files, "testkit_texts"); len(texts) != 1 || texts[0]["body"] != "thyme & <sage>" {
			t.Errorf("texts: %v", texts)
		}
		if u := read(t, files, "users"); len(u) != 1 || u[0]["email"] != "ann@example.org" || !strings.HasSuffix(u[0]["created_at"].(string), "Z") || u[0]["disabled_at"] != nil {
			t.Errorf("user: %v", u)
		}
		if e := read(t, files, "events"); e[len(e)-1]["id"] != "event-a" || e[len(e)-1]["at"] != "2023-11-14T22:13:20Z" {
			t.Errorf("events: %v", e)
		}
		if s := read(t, files, "sessions"); s[0]["data"].(map[string]any) == nil {
			t.Errorf("session: %v", s[0])
		}
		before := read(t, files, "sessions")[0]
		k.Flush()
		if hits := k.Count(`SELECT hits FROM sessions WHERE id = $1`, before["id"]); before["hits"] != float64(hits-1) {
			t.Errorf("%v hits and not %d: those that waited to be written are missing", before["hits"], hits-1)
		}
		if text := files["README.txt"]; !strings.Contains(text, "ann@example.org") || !strings.Contains(text, "Your texts: 1 entry") {
			t.Errorf("README.txt: %s", text)
		}

		secrets := secretsOf(k)
		if secrets["the link of mail 0"] == "" {
			t.Fatal("no mail holds a link to look for")
		}
		secrets["ann's cookie"], secrets["ann's known browser"] = ann.Cookie("latchkey"), ann.Cookie("latchkey_known")
		secrets["ann's password"], secrets["what a link does"] = testkit.Password, "of-a-password"
		secrets["ben's id"], secrets["ben's address"], secrets["ben's note"], secrets["ben's event"] = benID, "ben@example.org", "Boat", "event-b"
		secrets["ben's session"] = k.Text(`SELECT session_id FROM logins WHERE user_id = $1`, benID)
		for what, secret := range secrets {
			if secret == "" {
				t.Fatalf("%s is not there to look for", what)
			}
			for name, text := range files {
				if strings.Contains(text, secret) || bytes.Contains([]byte(p.Body), []byte(secret)) {
					t.Errorf("%s holds %s", name, what)
				}
			}
		}
		if !strings.Contains(k.Log.String(), "event=account.exported") ||
			k.Count(`SELECT count(*) FROM events WHERE name = 'account.exported' AND user_id = $1`, annID) != 1 {
			t.Error("no record of the download")
		}
		if m := k.Mail("ann@example.org"); m.Subject != "Your data was downloaded" {
			t.Errorf("the last mail to ann is %q", m.Subject)
		}

		ann.Post("/account/export").Expect(t, 200)
		if p := ann.Post("/account/export"); p.Status != 429 || p.Header.Get("Retry-After") == "" || !p.Says("Please wait") {
			t.Errorf("third: %s %v", p, p.Header)
		}
		k.Exec(`DELETE FROM tokens WHERE user_id = $1`, benID)
		ben.Post("/confirm", "password", testkit.Password)
		if p := ben.Post("/account/export"); p.Status != 200 || unzip(t, p.Body)["tokens.json"] != "[]\n" {
			t.Errorf("the limit is each account's own, and nothing is []: %s", p)
		}
	})
}

// secretsOf returns everything in the database that gives rights, as "table.column row" to value.
func secretsOf(k *testkit.Kit) map[string]string {
	secrets := map[string]string{}
	for column, query := range map[string]string{
		"users.password_hash":       `SELECT password_hash FROM users ORDER BY id LIMIT 1 OFFSET $1`,
		"users.registered_by":       `SELECT registered_by FROM users WHERE registered_by <> '' ORDER BY id LIMIT 1 OFFSET $1`,
		"sessions.token_hash":       `SELECT token_hash FROM sessions ORDER BY id LIMIT 1 OFFSET $1`,
		"revoked_tokens.token_hash": `SELECT token_hash FROM revoked_tokens ORDER BY token_hash LIMIT 1 OFFSET $1`,
		"known_browsers.token_hash": `SELECT token_hash FROM known_browsers ORDER BY token_hash LIMIT 1 OFFSET $1`,
		"tokens.hash":               `SELECT hash FROM tokens ORDER BY hash LIMIT 1 OFFSET $1`,
	} {
		table, _, _ := strings.Cut(column, ".")
		count := `SELECT count(*) FROM ` + table
		if column == "users.registered_by" {
			count += ` WHERE registered_by <> ''`
		}
		for i := range k.Count(count) {
			secrets[column+" "+strconv.Itoa(i)] = k.Text(query, i)
		}
	}
	for i, m := range k.Mails() {
		if _, secret, ok := strings.Cut(testkit.Link(m), "?token="); ok {
			secrets["the link of mail "+strconv.Itoa(i)] = secret
		}
	}
	return secrets
}

func TestADownloadThatFailsIsAnErrorPage(t *testing.T) {
	k := testkit.Start(t)
	ann := k.Browser().LogInAs("ann@example.org")
	detail := make([]byte, 30_000) // does not compress, and so is more than any buffer on the way
	rand.Read(detail)              //nolint:errcheck // never fails (crypto/rand)
	k.Exec(`INSERT INTO events (id, user_id, at, name, detail, ip, user_agent) SELECT 'big', id, 1, 'login.failed', $1, '', '' FROM users`, base64.StdEncoding.EncodeToString(detail))
	k.Exec(`ALTER TABLE testkit_texts RENAME TO texts_elsewhere`)
	p := ann.Post("/account/export")
	if p.Status != 500 || p.Header.Get("Content-Disposition") != "" || !strings.Contains(p.Body, "<h1>") {
		t.Errorf("%s %v %.100s", p, p.Header, p.Body)
	}
	k.Exec(`ALTER TABLE texts_elsewhere RENAME TO testkit_texts`)
	if files := unzip(t, ann.Post("/account/export").Body); !slices.Contains(slices.Collect(maps.Keys(files)), "testkit_texts.json") {
		t.Error("and then it is not whole")
	}
}

func TestTheMenuMarksTheDownload(t *testing.T) {
	testkit.Start(t).Browser().LogInAs("ann@example.org").Get("/account/export").
		ExpectText(t, 200, `<a href="/account/export" aria-current="page">`)
}

func TestWhatIsKeptOfTheAskerTellsNothing(t *testing.T) {
	k := testkit.Start(t)
	k.Browser().Register(testkit.Ben)
	held := func(ask string) string {
		email := "asks-" + ask
		b := testkit.Verified(t, k, email)
		b.Post("/account/email", "email", ask)
		k.Flush() // the page views that are listed
		text := b.Get("/account/export").ExpectText(t, 200, "What is in it").Text()
		return strings.ReplaceAll(text[strings.Index(text, "What is in it"):], email, "")
	}
	if taken, free := held(testkit.Ben), held("free@example.org"); taken != free {
		t.Errorf("the download tells whether the address is taken:\n%s\n%s", taken, free)
	}
}

// Where there is no /tmp, as in an empty container, the program makes downloads in the folder of the database.
func TestADownloadWithoutATemporaryFolder(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program: not with -short")
	}
	program := filepath.Join(t.TempDir(), "program")
	if out, err := exec.Command("go", "build", "-o", program, "../../../cmd/latchkey").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	dir := t.TempDir()
	p := testkit.Begin(t, exec.Command(program), dir, "TMPDIR="+filepath.Join(dir, "none")).Serves()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	resp, err := client.PostForm(p.Address+"/register", url.Values{"email": {testkit.Ada}, "password": {testkit.Password}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp, err = client.PostForm(p.Address+"/account/export", nil); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || !strings.Contains(resp.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d %v; it says %s", resp.StatusCode, resp.Header, p.Log)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "data", "*")); err != nil || len(left) != 3 {
		t.Errorf("it left %v, %v; want the three files of the database", left, err)
	}
}
