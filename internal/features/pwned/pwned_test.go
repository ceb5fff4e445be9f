package pwned

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/password"
)

// leaked is a password whose SHA-1 is 56C71 FB7693DA21C13604CDDF8FF0D8072728283.
const (
	leaked       = "quiet otter paints seven lamps"
	leakedPrefix = "56C71"
	leakedRest   = "FB7693DA21C13604CDDF8FF0D8072728283"
	other        = "0123456789ABCDEF0123456789ABCDEF012"
)

// asking returns a feature that asks the handler, and its log.
func asking(t *testing.T, answer http.HandlerFunc) (*Pwned, *bytes.Buffer) {
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	log := &bytes.Buffer{}
	core := &feature.Core{Log: slog.New(slog.NewTextHandler(log, nil))}
	return &Pwned{core: core, Server: server.URL + "/", timeout: time.Minute}, log
}

func TestLeakedPasswords(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		found  bool
	}{
		"found":          {other + ":7\r\n" + leakedRest + ":1", true},
		"in small":       {strings.ToLower(leakedRest) + ":42\r\n", true},
		"not found":      {other + ":7\r\n", false},
		"padding":        {leakedRest + ":0\r\n" + other + ":7\r\n", false},
		"longer padding": {leakedRest + ":000\r\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []*http.Request
			p, log := asking(t, func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r)
				w.Write([]byte(c.answer)) //nolint:errcheck // the other side would notice
			})
			problem := p.check(t.Context(), leaked)
			if strings.Contains(problem, "breach") != c.found || (problem == "") == c.found {
				t.Errorf("%q", problem)
			}
			if log.Len() != 0 {
				t.Errorf("logged: %s", log)
			}
			// What leaves the machine: five digits, and nothing of the site or the person.
			if len(asked) != 1 {
				t.Fatalf("asked %d times", len(asked))
			}
			r := asked[0]
			if r.Method != http.MethodGet || r.RequestURI != "/range/"+leakedPrefix || r.ContentLength > 0 || r.Header.Get("Add-Padding") != "true" {
				t.Errorf("%s %s %v", r.Method, r.RequestURI, r.Header)
			}
			for header := range r.Header {
				switch header {
				case "Add-Padding", "User-Agent", "Accept-Encoding":
				default:
					t.Errorf("sent %s: %v", header, r.Header[header])
				}
			}
		})
	}
}

func TestAServerThatIsAwayRefusesNobodysPassword(t *testing.T) {
	const line = leakedRest + ":1\r\n"
	for name, answer := range map[string]http.HandlerFunc{
		"500": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, leakedRest+":1", http.StatusInternalServerError)
		},
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/x" {
				w.Write([]byte(line))
				return
			}
			http.Redirect(w, r, "/x", http.StatusFound)
		},
		"garbage": func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<h1>" + leakedRest + ":1</h1>")) },
		"half":    func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(line + "Sorry.")) },
		"empty":   func(http.ResponseWriter, *http.Request) {},
		"too long": func(w http.ResponseWriter, _ *http.Request) {
			// What is read of it is whole lines.
			w.Write([]byte(strings.Repeat("\r", (maxAnswer+1)%len(line)) + strings.Repeat(line, 2*maxAnswer/len(line))))
		},
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.Write([]byte(line))
		},
		"slow": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"down": nil,
	} {
		t.Run(name, func(t *testing.T) {
			p, log := asking(t, answer)
			switch name {
			case "slow":
				p.timeout = 20 * time.Millisecond
			case "down":
				p.Server = "http://127.0.0.1:1"
			}
			if problem := p.check(t.Context(), leaked); problem != "" {
				t.Error(problem)
			}
			text := log.String()
			if strings.Count(text, "event=password.pwned_unavailable") != 1 {
				t.Errorf("log: %s", text)
			}
			for _, secret := range []string{leaked, leakedPrefix, leakedRest} {
				if strings.Contains(strings.ToUpper(text), strings.ToUpper(secret)) {
					t.Errorf("the log holds %s: %s", secret, text)
				}
			}
		})
	}
}

func TestOnlyAGoodPasswordIsAskedFor(t *testing.T) {
	p, log := asking(t, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	policy := password.Policy{MinLength: 12, More: []func(context.Context, string) string{p.check}}
	policy.Check(t.Context(), "password12345", password.Personal{})
	for _, off := range []string{"", "off"} {
		p.Server = off
		policy.Check(t.Context(), leaked, password.Personal{})
	}
	if log.Len() != 0 {
		t.Errorf("tried to: %s", log)
	}
}

func TestTheSettingIsChecked(t *testing.T) {
	for text, right := range map[string]bool{
		"off": true, "on": true, "https://range.example.org": true, "http://127.0.0.1:8123/": true,
		"yes": false, "range.example.org": false, "ftp://range.example.org": false, "https://": false,
	} {
		_, err := config.Load(func(name string) string {
			return map[string]string{"PWNED_PASSWORDS": text}[name]
		}, config.Extra{Into: New(&feature.Core{}).Settings})
		if (err == nil) != right {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestNobodyIsAskedInsideATransaction(t *testing.T) {
	p, _ := asking(t, func(http.ResponseWriter, *http.Request) {})
	db, err := database.Open(t.Context(), "sqlite:"+t.TempDir()+"/test.db")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // the end of the test
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	t.Error(db.InTx(t.Context(), func(ctx context.Context) error { p.check(ctx, leaked); return nil }))
}
