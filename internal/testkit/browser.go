package testkit

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// A Browser asks as a browser does: with a cookie jar, and the headers that browsers send. It follows no redirect
// by itself.
type Browser struct {
	Header http.Header // sent with each request, over the usual ones

	t      testing.TB
	kit    *Kit
	client *http.Client
	jar    *cookiejar.Jar
}

// Browser returns a new one, which the application has never seen.
func (k *Kit) Browser() *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		k.t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	k.t.Cleanup(transport.CloseIdleConnections)
	return &Browser{
		t: k.t, kit: k, jar: jar, Header: http.Header{},
		client: &http.Client{Jar: jar, Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// At returns the same browser, cookies and all, turned to another instance. Cookies know hosts, and no ports.
func (b *Browser) At(k *Kit) *Browser {
	other := *b
	other.kit = k
	return &other
}

// Get opens an address.
func (b *Browser) Get(path string) Page {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.kit.URL+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.Do(r)
}

// Post sends a form: names and values in turn.
func (b *Browser) Post(path string, fields ...string) Page {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	r, err := http.NewRequest(http.MethodPost, b.kit.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.Do(r)
}

// Do sends a request with the headers of a browser. Headers that the request has stay.
func (b *Browser) Do(r *http.Request) Page {
	b.t.Helper()
	usual := map[string]string{
		"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate",
		"Sec-Fetch-Dest": "document", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	}
	if r.Method == http.MethodPost {
		usual["Origin"] = b.kit.URL
	}
	for name, values := range b.Header {
		usual[name] = values[0]
	}
	for name, value := range usual {
		if _, set := r.Header[name]; !set && value != "" {
			r.Header.Set(name, value)
		}
	}
	resp, err := b.client.Do(r)
	if err != nil {
		return Page{Err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return Page{
		Status: resp.StatusCode, Body: string(body), Header: resp.Header, Err: err,
		To: strings.TrimPrefix(resp.Header.Get("Location"), b.kit.URL),
	}
}

// Follow opens where a redirect leads; any other answer is returned as it is.
func (b *Browser) Follow(p Page) Page {
	b.t.Helper()
	if p.To == "" {
		return p
	}
	return b.Get(p.To)
}

// Cookie returns the value of a cookie in the jar, "" if there is none.
func (b *Browser) Cookie(name string) string {
	for _, c := range b.jar.Cookies(b.site()) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// SetCookie puts a cookie into the jar; with value "" it takes it out.
func (b *Browser) SetCookie(name, value string) {
	c := &http.Cookie{Name: name, Value: value, Path: "/"}
	if value == "" {
		c.MaxAge = -1
	}
	b.jar.SetCookies(b.site(), []*http.Cookie{c})
}

func (b *Browser) site() *url.URL {
	u, err := url.Parse(b.kit.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

// Copy returns a browser with the same cookies, as they are now: a thief's, or the same browser's slow tab.
func (b *Browser) Copy() *Browser {
	c := b.kit.Browser()
	c.jar.SetCookies(b.site(), b.jar.Cookies(b.site()))
	return c
}
