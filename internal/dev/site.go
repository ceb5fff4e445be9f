package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

//go:embed reload.js
var reloadScript string

const (
	scriptPath = "/_dev/reload.js"
	eventsPath = "/_dev/events"
)

// A site is what the browser sees at the reload address.
type site struct {
	mu       sync.Mutex
	building chan struct{} // is closed when there is something to show
	target   *url.URL      // the running program
	broken   error         // or why there is none
	open     map[chan change]bool

	proxy *httputil.ReverseProxy
}

type targetKey struct{}

func newSite() *site {
	s := &site{building: make(chan struct{}), open: map[chan change]bool{}}
	s.proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(r.In.Context().Value(targetKey{}).(*url.URL))
			r.Out.Host = r.In.Host // of which links, and the check of Origin, are made
			for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
				if v := r.In.Header[name]; v != nil { // of a proxy before us; we add none
					r.Out.Header[name] = v
				}
			}
			r.Out.Header.Del("Accept-Encoding") // pages are read here
		},
		Transport:      &http.Transport{DisableCompression: true},
		ModifyResponse: insert,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if !errors.Is(err, context.Canceled) {
				s.fail(w, r, &failure{"It does not answer", err.Error()})
			}
		},
	}
	return s
}

// wait makes requests wait for the next show.
func (s *site) wait() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.building = make(chan struct{})
}

// show ends the waiting: from now on the program at this address answers, or a page that says what is wrong.
// Open pages are loaded anew.
func (s *site) show(address string, err error) {
	s.mu.Lock()
	s.target, s.broken = &url.URL{Scheme: "http", Host: address}, err
	select {
	case <-s.building:
	default:
		close(s.building)
	}
	s.mu.Unlock()
	s.tell(source)
}

// tell passes a change on to open pages.
func (s *site) tell(what change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for page := range s.open {
		select {
		case page <- what:
		default: // it has not read the one before: it reloads anyway
		}
	}
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case scriptPath:
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		io.WriteString(w, reloadScript) //nolint:errcheck // the browser went away
		return
	case eventsPath:
		s.events(w, r)
		return
	}
	if serveStatic(w, r) {
		return
	}
	s.mu.Lock()
	building := s.building
	s.mu.Unlock()
	select {
	case <-building:
	case <-r.Context().Done():
		return
	}
	s.mu.Lock()
	target, broken := s.target, s.broken
	s.mu.Unlock()
	if broken != nil {
		s.fail(w, r, broken)
		return
	}
	s.proxy.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), targetKey{}, target)))
}

// events tells an open page of each change, as server-sent events.
func (s *site) events(w http.ResponseWriter, r *http.Request) {
	page := make(chan change, 1)
	s.mu.Lock()
	s.open[page] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.open, page)
		s.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	control := http.NewResponseController(w)
	for what := change("hello"); ; {
		if _, err := fmt.Fprintf(w, "data: %s\n\n", what); err != nil || control.Flush() != nil {
			return
		}
		select {
		case what = <-page:
		case <-r.Context().Done():
			return
		}
	}
}

// hashed is the address of a file in static, with the hash of its content as the program knew it, or without.
var hashed = regexp.MustCompile(`^/static/(.+?)(?:\.[0-9a-f]{12})?(\.[a-z0-9]+)$`)

// serveStatic answers for a file in the folder static as it is now, whatever its hash was when the program was built.
func serveStatic(w http.ResponseWriter, r *http.Request) bool {
	found := hashed.FindStringSubmatch(path.Clean(r.URL.Path))
	if found == nil || found[2] == ".go" || r.Method != http.MethodGet {
		return false
	}
	file, err := os.OpenRoot("static")
	if err != nil {
		return false
	}
	defer file.Close() //nolint:errcheck // it was read
	text, err := file.ReadFile(filepath.FromSlash(found[1] + found[2]))
	if err != nil {
		return false
	}
	if kind := map[string]string{".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}[found[2]]; kind != "" {
		w.Header().Set("Content-Type", kind+"; charset=utf-8")
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Write(text) //nolint:errcheck // the browser went away
	return true
}

// insert puts the script that waits for changes into a page.
func insert(r *http.Response) error {
	kind := r.Header.Get("Content-Type")
	if !strings.HasPrefix(kind, "text/html") || r.Header.Get("Content-Encoding") != "" || r.Request.Method == http.MethodHead {
		return nil
	}
	page, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if err := r.Body.Close(); err != nil {
		return err
	}
	end := bytes.LastIndex(page, []byte("</body>"))
	if end >= 0 {
		page = bytes.Join([][]byte{page[:end], page[end:]}, []byte(`<script src="`+scriptPath+`"></script>`))
	}
	r.Body = io.NopCloser(bytes.NewReader(page))
	r.ContentLength = int64(len(page))
	r.Header.Set("Content-Length", strconv.Itoa(len(page)))
	return nil
}

var failPage = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>{{.Title}}</title>
<style>body { font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: 3rem auto; padding: 0 1rem } pre { overflow: auto; padding: 1rem; border: 1px solid; border-radius: 6px }</style>
</head>
<body><h1>{{.Title}}</h1><pre>{{.Text}}</pre><p>This page reloads as soon as a file is saved.</p><script src="` + scriptPath + `"></script></body>
</html>
`))

// fail shows what went wrong, as a page or, to scripts, as text.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	what := &failure{"It does not work", err.Error()}
	errors.As(err, &what)
	w.Header().Set("Cache-Control", "no-store")
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Error(w, what.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	failPage.Execute(w, map[string]string{"Title": what.title, "Text": what.text}) //nolint:errcheck // the browser went away
}
