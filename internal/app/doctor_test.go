package app_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A doorman is an SMTP server that lets one password in, and counts the mails that somebody begins.
type doorman struct {
	address string
	mails   atomic.Int64
}

func newDoorman(t *testing.T) *doorman {
	t.Helper()
	l, _ := listen(t)
	d := &doorman{address: l.Addr().String()}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return doorSession{d}, nil }))
	server.AllowInsecureAuth = true
	go server.Serve(l) //nolint:errcheck // it ends with the test
	t.Cleanup(func() { server.Close() })
	return d
}

type doorSession struct{ *doorman }

func (s doorSession) Mail(string, *smtp.MailOptions) error {
	s.mails.Add(1)
	return errors.New("no")
}
func (doorSession) Reset()                               {}
func (doorSession) Logout() error                        { return nil }
func (doorSession) Rcpt(string, *smtp.RcptOptions) error { return errors.New("no") }
func (doorSession) AuthMechanisms() []string             { return []string{sasl.Plain} }
func (doorSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "user" || password != "right" {
			return errors.New("no")
		}
		return nil
	}), nil
}
func (doorSession) Data(io.Reader) error { return errors.New("no") }

// finding returns what the doctor says about one thing.
func finding(t *testing.T, says, about string) (level string) {
	t.Helper()
	var list []struct{ Level, About, Says, Do string }
	if err := json.Unmarshal([]byte(says), &list); err != nil {
		t.Fatalf("%v: %s", err, says)
	}
	for _, f := range list {
		if f.About == about && (level == "" || f.Level == "broken" || f.Level == "look" && level == "ok") {
			level = f.Level
		}
		if (f.Level == "ok") != (f.Do == "") {
			t.Errorf("%+v: what to do?", f)
		}
	}
	return level
}

func TestDoctor(t *testing.T) {
	dir := t.TempDir()
	p := begin(t, dir).Serves()
	address := strings.TrimPrefix(p.Address, "http://")
	well := []string{"ADDR=" + address}
	production := append(well[:1:1], "APP_ENV=production", "BASE_URL=http://"+address, "BCRYPT_COST=10")
	smtp := newDoorman(t)
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	for name, c := range map[string]struct {
		env    []string
		about  string
		level  string
		before func()
		after  func()
	}{
		"well":                {env: well, about: "server", level: "ok"},
		"the site's address":  {env: append(well, "BASE_URL=http://"+address), about: "address", level: "ok"},
		"another's address":   {env: append(well, "BASE_URL="+other.URL), about: "address", level: "broken"},
		"no server":           {env: []string{"ADDR=127.0.0.1:1"}, about: "server", level: "look"},
		"http in production":  {env: production, about: "cookie", level: "broken"},
		"a shared cookie":     {env: append(well, "BASE_URL=https://app.example.org", "COOKIE_DOMAIN=example.org"), about: "cookie", level: "look"},
		"no proxy":            {env: []string{"ADDR=127.0.0.1:1", "APP_ENV=production", "BASE_URL=https://app.example.org", "BCRYPT_COST=10"}, about: "proxies", level: "look"},
		"everybody a proxy":   {env: append(well, "TRUSTED_PROXIES=10.0.0.0/8,0.0.0.0/0"), about: "proxies", level: "broken"},
		"no mail":             {env: production, about: "mail", level: "look"},
		"mail":                {env: append(well, "SMTP_URL=smtp://user:right@"+smtp.address), about: "mail", level: "ok"},
		"mail, wrong":         {env: append(well, "SMTP_URL=smtp://user:wrong@"+smtp.address), about: "mail", level: "broken"},
		"mail, nobody":        {env: append(well, "SMTP_URL=smtp://127.0.0.1:1"), about: "mail", level: "broken"},
		"files":               {env: well, about: "files", level: "ok"},
		"a readable file":     {env: well, about: "files", level: "look", before: func() { chmod(t, filepath.Join(dir, "data", "latchkey.db"), 0o644) }, after: func() { chmod(t, filepath.Join(dir, "data", "latchkey.db"), 0o600) }},
		"an open folder":      {env: well, about: "files", level: "look", before: func() { chmod(t, filepath.Join(dir, "data"), 0o755) }, after: func() { chmod(t, filepath.Join(dir, "data"), 0o700) }},
		"database":            {env: well, about: "database", level: "ok"},
		"no database":         {env: append(well, "DATABASE_URL=sqlite:data/none.db"), about: "database", level: "broken"},
		"migrations":          {env: well, about: "migrations", level: "ok"},
		"clock":               {env: well, about: "clock", level: "ok"},
		"no backups":          {env: production, about: "backups", level: "look"},
		"none yet":            {env: append(well, "BACKUP_DIR=backups"), about: "backups", level: "look"},
		"disk":                {env: well, about: "disk", level: ""},
		"no temporary folder": {env: append(well, "TMPDIR=/none", "DATABASE_URL=postgres://127.0.0.1:1/x?connect_timeout=1"), about: "disk", level: "broken"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.before != nil {
				c.before()
				defer c.after()
			}
			says, code := in(t, dir, c.env, "doctor", "--json")
			if got := finding(t, says, c.about); got != c.level && c.level != "" {
				t.Errorf("%s is %q, want %q: %s", c.about, got, c.level, says)
			}
			worst := 0
			for n, level := range []string{"ok", "look", "broken"} {
				if strings.Contains(says, `"level": "`+level+`"`) {
					worst = n
				}
			}
			if code != worst {
				t.Errorf("it ends with %d, the worst is %d", code, worst)
			}
		})
	}
	if n := smtp.mails.Load(); n != 0 {
		t.Errorf("it sent %d mails", n)
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "data", "none*")); len(found) > 0 {
		t.Errorf("it made %v", found)
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}
