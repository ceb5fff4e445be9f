package static_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"example.com/latchkey/static"
)

func files(t *testing.T) *static.Files {
	t.Helper()
	f, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// content is what a file is served as: as it is, but for the address of the font in the style sheet.
func content(t *testing.T, f *static.Files, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if name == "app.css" {
		body = bytes.ReplaceAll(body, []byte("url(inter.woff2)"), []byte("url("+f.URL("inter.woff2")+")"))
	}
	return body
}

func ask(f *static.Files, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

func TestURL(t *testing.T) {
	f := files(t)
	if got := f.URL("app.css"); !regexp.MustCompile(`^/static/app\.[0-9a-f]{12}\.css$`).MatchString(got) {
		t.Errorf("URL(app.css) = %q", got)
	}
	if got := f.URL("none.css"); got != "/static/none.css" {
		t.Errorf("URL(none.css) = %q", got)
	}
}

func TestEveryFileIsServed(t *testing.T) {
	f := files(t)
	for name, kind := range map[string]string{
		"app.css":           "text/css; charset=utf-8",
		"app.js":            "text/javascript; charset=utf-8",
		"icon.svg":          "image/svg+xml; charset=utf-8",
		"inter.LICENSE.txt": "text/plain; charset=utf-8",
		"inter.woff2":       "font/woff2",
	} {
		want := content(t, f, name)
		for path, cache := range map[string]string{
			f.URL(name):       "public, max-age=31536000, immutable",
			"/static/" + name: "no-cache",
		} {
			w := ask(f, "GET", path)
			h := w.Header()
			if w.Code != 200 || w.Body.String() != string(want) {
				t.Errorf("GET %s: %d, %d bytes", path, w.Code, w.Body.Len())
			}
			if h.Get("Content-Type") != kind || h.Get("Cache-Control") != cache || h.Get("Content-Length") != strconv.Itoa(len(want)) {
				t.Errorf("GET %s: headers %v", path, h)
			}
			head := ask(f, "HEAD", path)
			if head.Code != 200 || head.Body.Len() != 0 || head.Header().Get("Content-Length") != h.Get("Content-Length") {
				t.Errorf("HEAD %s: %d %v", path, head.Code, head.Header())
			}
		}
	}
}

func TestCompression(t *testing.T) {
	f := files(t)
	for accept, want := range map[string]string{
		"":                    "",
		"gzip, deflate, br":   "gzip",
		"br;q=1, GZIP ;q=0.5": "gzip",
		"br, gzip; q=0":       "",
		"gzip;q=0.000":        "",
		"x-gzip":              "",
	} {
		w := ask(f, "GET", f.URL("app.css"), "Accept-Encoding", accept)
		if got := w.Header().Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: got %q, want %q", accept, got, want)
		}
		if w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: no Vary", accept)
		}
		if w.Header().Get("Content-Length") != strconv.Itoa(w.Body.Len()) {
			t.Errorf("Accept-Encoding %q: wrong Content-Length", accept)
		}
		if want == "" {
			continue
		}
		zr, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(zr)
		if err != nil || string(body) != string(content(t, f, "app.css")) {
			t.Errorf("Accept-Encoding %q: not the file: %v", accept, err)
		}
	}
}

func TestNotModified(t *testing.T) {
	f := files(t)
	etag := ask(f, "GET", "/static/app.css").Header().Get("ETag")
	for known, want := range map[string]int{
		etag:                            304,
		strings.TrimPrefix(etag, "W/"):  304,
		`"other", ` + etag:              304,
		"*":                             304,
		`"other"`:                       200,
		strings.Trim(etag[2:], `"`)[:6]: 200,
	} {
		w := ask(f, "GET", "/static/app.css", "If-None-Match", known)
		if w.Code != want {
			t.Errorf("If-None-Match %s: %d, want %d", known, w.Code, want)
		}
		if want == 304 && (w.Body.Len() > 0 || w.Header().Get("ETag") != etag || w.Header().Get("Vary") == "") {
			t.Errorf("If-None-Match %s: %v", known, w.Header())
		}
	}
}

func TestUnknownAddresses(t *testing.T) {
	f := files(t)
	f.NotFound = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }
	for _, path := range []string{"/static/", "/static/none.css", "/static/static.go", "/static/app.000000000000.css", "/static/../app.css", "/app.css"} {
		if w := ask(f, "GET", path); w.Code != http.StatusTeapot {
			t.Errorf("GET %s: %d", path, w.Code)
		}
	}
	if w := ask(files(t), "GET", "/static/none.css"); w.Code != 404 {
		t.Errorf("without NotFound: %d", w.Code)
	}
	if w := ask(f, "POST", "/static/app.css"); w.Code != 405 || w.Header().Get("Allow") == "" {
		t.Errorf("POST: %d", w.Code)
	}
}

// The style sheet may not fetch anything: the content security policy admits this site alone.
func TestNothingComesFromElsewhere(t *testing.T) {
	for _, name := range []string{"app.css", "app.js"} {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.ReplaceAll(body, []byte("url(inter.woff2)"), nil) // resolved: TestTheStyleSheetNamesTheFontByItsHash
		if m := regexp.MustCompile(`@import|url\(|https?://|//[a-z]+\.`).Find(body); m != nil {
			t.Errorf("%s holds %q", name, m)
		}
	}
}

// The font is fetched once: the layout preloads it by the address that the style sheet names.
func TestTheStyleSheetNamesTheFontByItsHash(t *testing.T) {
	f := files(t)
	css := ask(f, "GET", f.URL("app.css")).Body.String()
	if font := f.URL("inter.woff2"); !strings.Contains(css, "url("+font+")") || !strings.HasPrefix(font, "/static/inter.") {
		t.Errorf("the style sheet does not name %s", font)
	}
	if w := ask(f, "GET", f.URL("inter.woff2"), "Accept-Encoding", "gzip"); w.Header().Get("Content-Encoding") != "" {
		t.Error("the font is compressed twice")
	}
}

// A first page is quick on a slow line: without the font, which may come later, it takes less than 30 kB.
func TestTheFirstPageIsSmall(t *testing.T) {
	f, sum := files(t), 0
	for _, name := range []string{"app.css", "app.js", "icon.svg"} {
		sum += ask(f, "GET", f.URL(name), "Accept-Encoding", "gzip").Body.Len()
	}
	if sum > 15_000 {
		t.Errorf("%d bytes stand beside a page", sum)
	}
	if font := ask(f, "GET", f.URL("inter.woff2")).Body.Len(); font > 50_000 {
		t.Errorf("the font has %d bytes", font)
	}
}
