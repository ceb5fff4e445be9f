package dev_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/features/dev"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/web"
)

// ask sends a bare request with one header, "Name: value", and returns the answer, whose body was not read.
func ask(t *testing.T, k *testkit.Kit, method, path, header string) *http.Response {
	t.Helper()
	r, err := http.NewRequest(method, k.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	name, value, _ := strings.Cut(header, ": ")
	if r.Header.Set(name, value); name == "Host" {
		r.Host = value
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp
}

// TestDevelopmentPagesAreForThisMachine holds that whoever comes through a proxy finds nothing under /dev/, by no method.
func TestDevelopmentPagesAreForThisMachine(t *testing.T) {
	k := testkit.Start(t, "EXTRA_HOSTS=dev.example.org")
	for _, header := range []string{"Accept: */*", "Host: app.localhost", "Host: 127.0.0.1:1", "Host: [::1]"} {
		if p := ask(t, k, "GET", "/dev/routes", header); p.StatusCode != 200 {
			t.Errorf("%s: %s", header, p.Status)
		}
	}
	proxied := []string{"Host: dev.example.org"}
	for _, name := range []string{
		"Forwarded", "Via", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP",
		"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded", "x-forwarded-for",
	} {
		proxied = append(proxied, name+": 127.0.0.1", name+": ")
	}
	for _, path := range []string{"/dev", "/dev/routes", "/dev/session", "/dev/settings", "/dev/bar.css", "/dev/mail", "/dev/mail.json", "/dev/mail/x", "/dev/nothing", "/dev/"} {
		for _, header := range proxied {
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"} {
				if p := ask(t, k, method, path, header); p.StatusCode != 404 || p.Header.Get("Allow") != "" {
					t.Errorf("%s %s with %q: %s", method, path, header, p.Status)
				}
			}
		}
	}
}

// TestProductionHasNoneOfIt holds that the feature adds nothing there: not a route, not a step for each request.
func TestProductionHasNoneOfIt(t *testing.T) {
	hasNoneOfIt(t, testkit.Start(t, "APP_ENV=production", "BASE_URL=http://127.0.0.1", "BCRYPT_COST=10"))
}

// TestASiteForOthersHasNoneOfIt holds the same of a site whose address is not this machine's, though somebody forgot to say
// that it is production: a proxy that passes neither Host nor a forwarding header looks like somebody at this machine.
func TestASiteForOthersHasNoneOfIt(t *testing.T) {
	for _, base := range []string{"https://app.example.org", "http://app.example.org", "https://localhost"} {
		k := testkit.Start(t, "BASE_URL="+base)
		hasNoneOfIt(t, k)
		if !strings.Contains(k.Log.String(), "set APP_ENV=production") {
			t.Errorf("%s: no word about it at the start: %s", base, k.Log)
		}
	}
	for _, base := range []string{"http://localhost:8080", "http://127.0.0.1"} {
		if p := ask(t, testkit.Start(t, "BASE_URL="+base), "GET", "/dev", "Host: 127.0.0.1"); p.StatusCode != 200 {
			t.Errorf("%s: %s", base, p.Status)
		}
	}
}

func hasNoneOfIt(t *testing.T, k *testkit.Kit) {
	t.Helper()
	if f := dev.New(k.App.Core); len(f.Routes) != 0 || f.Guard != nil || f.Commands != nil {
		t.Errorf("it has %+v", f)
	}
	development := dev.New(&feature.Core{}).Routes
	if len(development) < 10 {
		t.Errorf("development has %d routes", len(development))
	}
	for _, rt := range development {
		if slices.ContainsFunc(k.App.Map(), func(other web.Route) bool { return other.Pattern == rt.Pattern }) {
			t.Errorf("it has %s", rt.Pattern)
		}
		if p := ask(t, k, rt.Method(), rt.Path(), "Host: 127.0.0.1"); p.StatusCode != 404 {
			t.Errorf("%s: %s", rt.Pattern, p.Status)
		}
	}
}
