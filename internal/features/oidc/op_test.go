package oidc_test

import (
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// keys are made once: it takes a while.
var (
	rightKey = sync.OnceValue(newKey)
	wrongKey = sync.OnceValue(newKey)
	base64s  = base64.RawURLEncoding
)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// An op is an OpenID provider, with one user who is logged in there, and does as it should unless a test says otherwise.
type op struct {
	URL   string
	git   string // where it is GitHub
	clock *testkit.Clock

	mu     sync.Mutex
	subs   string         // the user's subject
	claims map[string]any // about the user; nil values are left out
	more   map[string]any // more about the provider
	// Info are the claims of the user info endpoint; nil for a provider that has none.
	info map[string]any
	// What is wrong with the next ID token.
	wrong func(header, claims map[string]any)
	key   *rsa.PrivateKey
	sign  func(input string) string // nil: as it should be

	down  bool // it answers 500
	codes map[string]url.Values
	asked []url.Values // what browsers came with
}

// newOP starts a provider at a name of its own, so that it is another site to browsers than ours at 127.0.0.1.
func newOP(t testing.TB) *op {
	t.Helper()
	o := &op{
		clock: &testkit.Clock{}, subs: "ada-1", key: rightKey(), codes: map[string]url.Values{},
		claims: map[string]any{"email": testkit.Ada, "email_verified": true, "name": "Ada"},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", o.discovery)
	mux.HandleFunc("GET /keys", o.keys)
	mux.HandleFunc("GET /authorize", o.consent)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("POST /token", o.token)
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, _ *http.Request) { o.json(w, o.info) })
	mux.HandleFunc("POST /moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/token", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("POST /login/oauth/access_token", o.token) // as GitHub has it
	mux.HandleFunc("GET /login/oauth/authorize", o.consent)
	mux.HandleFunc("GET /api/user", func(w http.ResponseWriter, _ *http.Request) {
		o.json(w, map[string]any{"id": 4711, "login": "ada", "name": "Ada"})
	})
	mux.HandleFunc("GET /api/user/emails", func(w http.ResponseWriter, _ *http.Request) {
		o.json(w, []map[string]any{
			{"email": "other@example.org", "primary": false, "verified": true},
			{"email": o.claims["email"], "primary": true, "verified": o.claims["email_verified"]},
		})
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		down := o.down
		o.mu.Unlock()
		if down {
			http.Error(w, "down", http.StatusInternalServerError)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	o.git = server.URL
	o.URL = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	return o
}

// settings are those of a site that knows the provider as "test".
func (o *op) settings(more ...string) []string {
	return append([]string{
		"OIDC_PROVIDERS=test", "OIDC_TEST_ISSUER=" + o.URL, "OIDC_TEST_CLIENT_ID=us", "OIDC_TEST_CLIENT_SECRET=quiet", "OIDC_TEST_LABEL=Example",
		"GITHUB_CLIENT_ID=us", "GITHUB_CLIENT_SECRET=quiet", "GITHUB_URL=" + o.git, "GITHUB_API_URL=" + o.git + "/api",
	}, more...)
}

func (o *op) json(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v) //nolint:errcheck // a test
}

func (o *op) discovery(w http.ResponseWriter, _ *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	about := map[string]any{
		"issuer": o.URL, "authorization_endpoint": o.URL + "/authorize", "token_endpoint": o.URL + "/token", "jwks_uri": o.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256", "none", "HS256"},
	}
	if o.info != nil {
		about["userinfo_endpoint"] = o.URL + "/userinfo"
	}
	maps.Copy(about, o.more)
	o.json(w, about)
}

func (o *op) keys(w http.ResponseWriter, _ *http.Request) {
	k := rightKey().PublicKey
	o.json(w, map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256",
		"n": base64s.EncodeToString(k.N.Bytes()), "e": base64s.EncodeToString(big.NewInt(int64(k.E)).Bytes()),
	}}})
}

// consent is the page where the user decides.
func (o *op) consent(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	fmt.Fprintf(w, `<!doctype html><title>Provider</title><style>:focus { outline: 2px solid }</style><h1>Log in as Ada?</h1><p><a href="%s">Allow</a> <a href="%s">Deny</a>`,
		html.EscapeString(o.allow(q)), html.EscapeString(back(q, "error", "access_denied")))
}

func back(q url.Values, more ...string) string {
	answer := url.Values{"state": {q.Get("state")}}
	for i := 0; i < len(more); i += 2 {
		answer.Set(more[i], more[i+1])
	}
	return q.Get("redirect_uri") + "?" + answer.Encode()
}

// allow is where the user is sent who allows it.
func (o *op) allow(q url.Values) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	code := rand.Text()
	o.codes[code] = q
	o.asked = append(o.asked, q)
	return back(q, "code", code)
}

func (o *op) token(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	q, known := o.codes[r.PostFormValue("code")]
	delete(o.codes, r.PostFormValue("code"))
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	refuse := ""
	switch {
	case id != "us" || secret != "quiet":
		refuse = "invalid_client"
	case !known, q.Get("code_challenge_method") != "S256", q.Get("code_challenge") != base64s.EncodeToString(sum[:]),
		q.Get("redirect_uri") != r.PostFormValue("redirect_uri"), q.Get("response_type") != "code", q.Get("client_id") != "us":
		refuse = "invalid_grant"
	}
	if refuse != "" {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":%q}`, refuse)
		return
	}
	o.json(w, map[string]any{"access_token": rand.Text(), "token_type": "Bearer", "id_token": o.idToken(q.Get("nonce"))})
}

func (o *op) idToken(nonce string) string {
	now := o.clock.Now().Unix()
	header := map[string]any{"alg": "RS256", "kid": "one"}
	claims := map[string]any{"iss": o.URL, "sub": o.subs, "aud": "us", "nonce": nonce, "iat": now, "exp": now + 300, "auth_time": now}
	maps.Copy(claims, o.claims)
	if o.wrong != nil {
		o.wrong(header, claims)
	}
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return base64s.EncodeToString(text)
	}
	input := part(header) + "." + part(claims)
	if o.sign != nil {
		return input + "." + o.sign(input)
	}
	sum := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(nil, o.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return input + "." + base64s.EncodeToString(signature)
}

// started runs a site that knows the provider, with its clock.
func started(t *testing.T, more ...string) (*testkit.Kit, *op) {
	t.Helper()
	o := newOP(t)
	k := testkit.Start(t, o.settings(more...)...)
	o.clock = k.Clock
	return k, o
}

// both runs a story on each database.
func both(t *testing.T, story func(t *testing.T, k *testkit.Kit, o *op), more ...string) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, dsn string) {
		k, o := started(t, append([]string{"DATABASE_URL=" + dsn}, more...)...)
		story(t, k, o)
	})
}

// opened returns a new browser that has opened the log-in page.
func opened(k *testkit.Kit) *testkit.Browser {
	b := k.Browser()
	b.Get("/login")
	return b
}

// send presses a button that leads to the provider, and returns what it is asked.
func send(t *testing.T, b *testkit.Browser, path string, fields ...string) url.Values {
	t.Helper()
	p := b.Post(path, fields...).ExpectText(t, http.StatusOK, "You log in there")
	to, err := url.Parse(strings.TrimPrefix(p.Header.Get("Refresh"), "0; url="))
	if err != nil || to.Host == "" {
		t.Fatalf("it leads to %q", p.Header.Get("Refresh"))
	}
	return to.Query()
}

// comeBack opens an address of ours as a browser does that is sent there by another site.
func comeBack(t *testing.T, k *testkit.Kit, b *testkit.Browser, address string) testkit.Page {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, k.URL+strings.TrimPrefix(address, k.URL), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	return b.Do(r)
}

// through goes to the provider, allows what is asked, and comes back.
func through(t *testing.T, k *testkit.Kit, o *op, b *testkit.Browser, path string, fields ...string) testkit.Page {
	t.Helper()
	return comeBack(t, k, b, o.allow(send(t, b, cmp.Or(path, "/login/with/test"), fields...)))
}

// linked makes ada, whose account at the provider is linked.
func linked(t *testing.T, k *testkit.Kit, o *op) *testkit.Browser {
	t.Helper()
	b := testkit.Verified(t, k, testkit.Ada)
	through(t, k, o, b, listPath+"/with/test").Expect(t, http.StatusSeeOther, listPath+"/link")
	b.Post(listPath+"/link").Expect(t, http.StatusSeeOther, listPath)
	return b
}

const listPath = "/account/security/sites"

// since is a time in seconds as claims have it.
func since(k *testkit.Kit, d time.Duration) int64 { return k.Clock.Now().Add(d).Unix() }
