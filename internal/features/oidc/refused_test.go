package oidc_test

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// TestSignedAnswersThatAreRefused comes back with ID tokens of which one thing is wrong. The right one is tried first and last.
func TestSignedAnswersThatAreRefused(t *testing.T) {
	both(t, func(t *testing.T, k *testkit.Kit, o *op) {
		linked(t, k, o)
		through(t, k, o, opened(k), "").Expect(t, http.StatusSeeOther, "/account")
		logins := k.Count(`SELECT count(*) FROM logins`)
		set := func(name string, value any) func(_, claims map[string]any) {
			return func(_, claims map[string]any) { claims[name] = value }
		}
		none := func(string) string { return "" }
		for name, c := range map[string]struct {
			wrong func(header, claims map[string]any)
			sign  func(string) string
		}{
			"another nonce":          {wrong: set("nonce", "another")},
			"no nonce":               {wrong: set("nonce", nil)},
			"another audience":       {wrong: set("aud", "them")},
			"no audience":            {wrong: set("aud", nil)},
			"two audiences, no azp":  {wrong: set("aud", []string{"us", "them"})},
			"another azp":            {wrong: set("azp", "them")},
			"another issuer":         {wrong: set("iss", "https://evil.example")},
			"issuer with a slash":    {wrong: set("iss", o.URL+"/")},
			"no issuer":              {wrong: set("iss", nil)},
			"expired":                {wrong: set("exp", since(k, -time.Minute))},
			"no expiry":              {wrong: set("exp", nil)},
			"not yet valid":          {wrong: set("nbf", since(k, time.Hour))},
			"no subject":             {wrong: set("sub", nil)},
			"an empty subject":       {wrong: set("sub", "")},
			"a subject of a number":  {wrong: set("sub", 1)},
			"a subject too long":     {wrong: set("sub", strings.Repeat("x", 256))},
			"algorithm none":         {wrong: func(header, _ map[string]any) { header["alg"] = "none" }, sign: none},
			"no signature":           {sign: none},
			"signed with the secret": {wrong: func(header, _ map[string]any) { header["alg"] = "HS256" }, sign: hs256},
			"another key":            {wrong: func(map[string]any, map[string]any) { o.key = wrongKey() }},
			"another key's id":       {wrong: func(header, _ map[string]any) { header["kid"] = "two"; o.key = wrongKey() }},
		} {
			o.wrong, o.sign = c.wrong, c.sign
			b := opened(k)
			p := through(t, k, o, b, "")
			if !p.Says("The answer of Example could not be verified") || p.Status != 422 || testkit.LoggedIn(b) {
				t.Errorf("%s: %s", name, p)
			}
			o.wrong, o.sign, o.key = nil, nil, rightKey()
		}
		if n := k.Count(`SELECT count(*) FROM logins`); n != logins || k.Count(`SELECT count(*) FROM users`) != 1 {
			t.Errorf("%d logins more", n-logins)
		}
		o.wrong = set("aud", []string{"us"})
		through(t, k, o, opened(k), "").Expect(t, http.StatusSeeOther, "/account")
	})
}

func hs256(input string) string {
	mac := hmac.New(sha256.New, []byte("quiet"))
	mac.Write([]byte(input))
	return base64s.EncodeToString(mac.Sum(nil))
}

// TestStatesThatAreRefused comes back with a right code, and a state that is not of this browser's request, or with a right
// state twice.
func TestStatesThatAreRefused(t *testing.T) {
	both(t, func(t *testing.T, k *testkit.Kit, o *op) {
		linked(t, k, o)
		lost := func(b *testkit.Browser, address string) {
			t.Helper()
			comeBack(t, k, b, address).ExpectText(t, 422, "This log in got lost", "Try Example again")
			if testkit.LoggedIn(b) {
				t.Error("logged in")
			}
		}
		b, other := opened(k), opened(k)
		q := send(t, b, "/login/with/test")
		right := o.allow(q)
		lost(other, right)       // another session's state
		lost(k.Browser(), right) // no session
		lost(b, strings.Replace(right, "state=", "state=x", 1))
		comeBack(t, k, b, strings.Replace(right, "/with/test/", "/with/github/", 1)).ExpectText(t, 422, "got lost") // another provider's
		code, err := url.Parse(right)
		if err != nil {
			t.Fatal(err)
		}
		lost(b, "/login/with/test/callback?code="+code.Query().Get("code"))
		lost(b, "/login/with/test/callback")
		if r, err := http.NewRequest(http.MethodHead, k.URL+strings.TrimPrefix(right, k.URL), nil); err != nil || b.Do(r).Status != http.StatusMethodNotAllowed {
			t.Error("HEAD is answered", err)
		}
		comeBack(t, k, b, right).Expect(t, http.StatusSeeOther, "/account")
		comeBack(t, k, b, right).ExpectText(t, 422, "finished already", "Go to your account") // replayed
		if k.Count(`SELECT count(*) FROM logins`) != 2 {
			t.Error("replayed, and logged in twice")
		}

		b = opened(k) // a replayed code with a fresh state
		stolen := send(t, b, "/login/with/test").Get("state")
		comeBack(t, k, b, "/login/with/test/callback?"+url.Values{"state": {stolen}, "code": code.Query()["code"]}.Encode()).ExpectText(t, 422, "could not be verified")

		b = opened(k) // a code that was made for another browser: PKCE and nonce bind it
		theirs, err := url.Parse(o.allow(send(t, other, "/login/with/test")))
		if err != nil {
			t.Fatal(err)
		}
		mine := send(t, b, "/login/with/test").Get("state")
		comeBack(t, k, b, "/login/with/test/callback?"+url.Values{"state": {mine}, "code": theirs.Query()["code"]}.Encode()).ExpectText(t, 422, "could not be verified")

		b = opened(k) // too late
		address := o.allow(send(t, b, "/login/with/test"))
		k.Clock.Advance(11 * time.Minute)
		lost(b, address)
		if err := k.App.Sweep(context.Background()); err != nil || k.Count(`SELECT count(*) FROM oidc_requests WHERE expires_at <= $1`, k.Clock.Now().UnixMilli()) != 0 {
			t.Errorf("some are left, %v", err)
		}
	})
}

// TestAnswersOfAnotherProvider says of whom an answer is (RFC 9207).
func TestAnswersOfAnotherProvider(t *testing.T) {
	k, o := started(t)
	linked(t, k, o)
	o.more = map[string]any{"authorization_response_iss_parameter_supported": true}
	k.Clock.Advance(2 * time.Hour) // it is asked again what it says about itself
	for iss, status := range map[string]int{"": 422, "&iss=https%3A%2F%2Fevil.example": 422, "&iss=" + url.QueryEscape(o.URL): 303} {
		b := opened(k)
		comeBack(t, k, b, o.allow(send(t, b, "/login/with/test"))+iss).Expect(t, status)
	}
}

// TestOnlyAVerifiedAddressLeadsToAnAccount holds that email_verified must be true, and nothing that looks like it.
func TestOnlyAVerifiedAddressLeadsToAnAccount(t *testing.T) {
	for name, value := range map[string]any{"missing": nil, "false": false, "a text": "true", "a number": 1, "a list": []bool{true}} {
		for _, registered := range []bool{false, true} {
			k, o := started(t)
			if registered {
				testkit.Verified(t, k, testkit.Ada)
			}
			before := k.Count(`SELECT count(*) FROM users`)
			o.claims["email_verified"] = value
			o.claims["Email_Verified"] = true // another claim
			p := through(t, k, o, opened(k), "").ExpectText(t, 422, "Example does not say that your address is yours", "Take another account at Example")
			if k.Count(`SELECT count(*) FROM users`) != before || p.Says("You have an account here") {
				t.Errorf("%s: registered, or told whether there is an account", name)
			}
		}
	}
	k, o := started(t)
	for _, email := range []any{nil, "", "nobody", 1, "ada@example.org\nbcc: x"} {
		o.claims["email"] = email
		through(t, k, o, opened(k), "").ExpectText(t, 422, "does not say that your address is yours")
	}
}

// TestUserInfo reads the address from where the specification has it, and believes it of the same subject alone.
func TestUserInfo(t *testing.T) {
	k, o := started(t)
	info := o.claims
	o.claims = map[string]any{}
	o.info = map[string]any{"sub": "ben-1", "email": testkit.Ada, "email_verified": true}
	through(t, k, o, opened(k), "").ExpectText(t, 422, "could not be verified")
	o.info["sub"], o.info["email_verified"] = "ada-1", "true"
	through(t, k, o, opened(k), "").ExpectText(t, 422, "does not say that your address is yours")
	o.info["email_verified"] = info["email_verified"]
	through(t, k, o, opened(k), "").Expect(t, 303, "/account")
}

// TestConsentThatIsNotGiven says what to do.
func TestConsentThatIsNotGiven(t *testing.T) {
	k, _ := started(t)
	for code, says := range map[string]string{
		"access_denied": "You turned back at Example", "login_required": "Example wants to ask you something first", "consent_required": "wants to ask you something",
		"interaction_required": "Take another account at Example", "server_error": "Example does not answer", "invalid_scope": "Example does not answer", "<b>\n": "Example does not answer",
	} {
		b := opened(k)
		p := comeBack(t, k, b, back(send(t, b, "/login/with/test", "next", testkit.Private), "error", code))
		if !p.Says(says) || !strings.Contains(p.Body, testkit.Private) || p.Status != 422 && p.Status != 503 {
			t.Errorf("%s: %s", code, p)
		}
	}
	b := opened(k)
	if q := send(t, b, "/login/with/test", "choose", "1"); q.Get("prompt") != "select_account" {
		t.Errorf("asked %v", q)
	}
}

// TestAProviderThatIsAway answers with a page within the time that a person waits, and asks it again a moment later.
func TestAProviderThatIsAway(t *testing.T) {
	k, o := started(t)
	const says = "Example does not answer at the moment"
	o.down = true
	p := opened(k).Post("/login/with/test", "next", testkit.Private).ExpectText(t, 503, says, "Try Example again")
	if p.Header.Get("Retry-After") == "" || !strings.Contains(k.Log.String(), "site.unavailable") || strings.Contains(k.Log.String(), "quiet") {
		t.Error("no Retry-After, or not in the log")
	}
	opened(k).Get("/login").ExpectText(t, 200, "Log in with Example") // which waits for nobody
	o.down = false
	opened(k).Post("/login/with/test").Expect(t, 503) // it is not asked again at once
	k.Clock.Advance(6 * time.Second)
	b := opened(k)
	address := o.allow(send(t, b, "/login/with/test"))
	o.down = true
	comeBack(t, k, b, address).ExpectText(t, 503, says)
	k.Clock.Advance(2 * time.Hour) // what it said about itself is old by now, and it cannot be asked
	send(t, opened(k), "/login/with/test")

	for _, at := range []string{"http://127.0.0.1:1", ""} { // nobody is there; or it leads elsewhere, with what we sent
		dead, o := started(t)
		o.more = map[string]any{"token_endpoint": cmp.Or(at, o.URL) + "/moved"}
		b = opened(dead)
		comeBack(t, dead, b, o.allow(send(t, b, "/login/with/test"))).ExpectText(t, 503, says)
	}
}

// TestAProviderThatIsSetUpWrongly is refused for what it says of itself.
func TestAProviderThatIsSetUpWrongly(t *testing.T) {
	for name, more := range map[string]map[string]any{
		"another issuer":         {"issuer": "https://evil.example"},
		"no address of the web":  {"authorization_endpoint": "javascript:alert(1)"},
		"no address for secrets": {"token_endpoint": "/token"},
		"no keys":                {"jwks_uri": ""},
		"secrets in the clear":   {"token_endpoint": "http://id.example/token"},
		"too much":               {"x": strings.Repeat("x", 2<<20)},
	} {
		k, o := started(t)
		o.more = more
		if p := opened(k).Post("/login/with/test"); p.Status != 503 || !p.Says("does not answer") {
			t.Errorf("%s: %s", name, p)
		}
	}
	for _, setting := range []string{"OIDC_TEST_ISSUER=http://id.example", "GITHUB_URL=http://git.example", "GITHUB_API_URL=http://git.example"} {
		k, _ := started(t, setting)
		way := map[bool]string{true: "github", false: "test"}[strings.HasPrefix(setting, "GITHUB")]
		if opened(k).Post("/login/with/"+way).Expect(t, 503); !strings.Contains(k.Log.String(), "is no address with https://") {
			t.Errorf("%s: the log does not say why", setting)
		}
	}
	k, o := started(t, "OIDC_TEST_CLIENT_SECRET=wrong")
	through(t, k, o, opened(k), "").ExpectText(t, 503, "does not answer")
	if !strings.Contains(k.Log.String(), "invalid_client") {
		t.Error("the log does not say why")
	}
}

// TestRegistrationIsAsSetUp registers only where everybody may.
func TestRegistrationIsAsSetUp(t *testing.T) {
	for registration, status := range map[string]int{"open": 303, "verify": 303, "invite": 422, "closed": 422} {
		k, o := started(t, "REGISTRATION="+registration)
		p := through(t, k, o, opened(k), "")
		if n := k.Count(`SELECT count(*) FROM users`); p.Status != status || n != map[int]int{303: 1, 422: 0}[status] {
			t.Errorf("%s: %d accounts, %s", registration, n, p)
		}
		if b := k.Browser(); b.Get("/register").Says("Register with Example") != (status == 303) {
			t.Errorf("%s: the page has the button %v", registration, status != 303)
		}
	}
}

// TestAReservedAddressIsNotRegistered holds an address for whoever had it until just now.
func TestAReservedAddressIsNotRegistered(t *testing.T) {
	k, o := started(t)
	b := testkit.Verified(t, k, testkit.Ada)
	b.Post("/account/email", "email", testkit.Ben)
	testkit.Press(t, b, k.Mail(testkit.Ben))
	through(t, k, o, opened(k), "").ExpectText(t, 422, "Your address is reserved")
	if k.Count(`SELECT count(*) FROM users`) != 1 {
		t.Error("registered")
	}
}

func TestADisabledAccountStaysOut(t *testing.T) {
	k, o := started(t)
	linked(t, k, o)
	k.Exec(`UPDATE users SET disabled_at = 1`)
	through(t, k, o, opened(k), "").ExpectText(t, 422, "Example did not log you in")
}

// TestABrowserWithoutCookies is told.
func TestABrowserWithoutCookies(t *testing.T) {
	k, _ := started(t)
	k.Browser().Post("/login/with/test").ExpectText(t, 422, "Your browser keeps no cookie")
}

func TestLimits(t *testing.T) {
	k, _ := started(t, "LIMIT_OIDC_BEGIN=2", "LIMIT_OIDC_CALLBACK=2")
	b := opened(k)
	send(t, b, "/login/with/test")
	send(t, b, "/login/with/test")
	if p := b.Post("/login/with/test"); !testkit.Limited(p) {
		t.Errorf("the third: %s", p)
	}
	for range 2 {
		b.Get("/login/with/test/callback?state=x").Expect(t, 422)
	}
	if p := b.Get("/login/with/test/callback?state=x"); !testkit.Limited(p) {
		t.Errorf("the third: %s", p)
	}
}

// FuzzCallback comes back with anything.
func FuzzCallback(f *testing.F) {
	o := newOP(f)
	k := testkit.Start(f, o.settings("LIMIT_OIDC_CALLBACK=1000000", "LIMIT_OIDC_BEGIN=1000000")...)
	o.clock = k.Clock
	jar, err := cookiejar.New(nil)
	if err != nil {
		f.Fatal(err)
	}
	b := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, seed := range []string{"", "state=x&code=y", "error=access_denied", "state=%00&code=%ff", "state=a&state=b;c", "%zz", "state=" + strings.Repeat("x", 5000)} {
		f.Add(seed, seed, "", true)
		f.Add(seed, "", "", false)
	}
	f.Fuzz(func(t *testing.T, query, code, iss string, right bool) {
		do := func(method, address string) *http.Response {
			r, err := http.NewRequest(method, k.URL+address, nil)
			if err != nil {
				t.Skip()
			}
			r.Header.Set("Accept", "text/html")
			resp, err := b.Do(r)
			if err != nil {
				t.Skip(err) // no address of HTTP
			}
			defer resp.Body.Close()
			return resp
		}
		do(http.MethodGet, "/login")
		if right { // a state of this browser's, with anything else
			to, err := url.Parse(strings.TrimPrefix(do(http.MethodPost, "/login/with/test").Header.Get("Refresh"), "0; url="))
			if err != nil || to.Host == "" {
				t.Fatal(to, err)
			}
			query = url.Values{"state": to.Query()["state"], "code": {code}, "iss": {iss}, "error": {query}}.Encode()
		}
		if resp := do(http.MethodGet, "/login/with/test/callback?"+query); resp.StatusCode < 400 || resp.StatusCode == 500 {
			t.Errorf("%q: %s", query, resp.Status)
		}
		if resp := do(http.MethodGet, "/account"); resp.StatusCode != http.StatusSeeOther {
			t.Errorf("%q: logged in", query)
		}
	})
}
