// Package static serves the files that do not change while the program runs: style sheet, script, font, icon.
// It knows their names and contents, and nothing of pages.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A file that is put into this folder is served, if its kind is named here and in types.
//
//go:embed *.css *.js *.svg *.txt *.woff2
var embedded embed.FS

var types = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml; charset=utf-8",
	".txt":   "text/plain; charset=utf-8",
	".woff2": "font/woff2",
}

const prefix = "/static/"

// Files answers for everything under /static/. A name that holds the hash of the content may be kept for ever;
// the plain name is asked for anew each time.
type Files struct {
	// NotFound answers for addresses that are no file; http.NotFound by default.
	NotFound func(http.ResponseWriter, *http.Request)

	hashed map[string]*file // by address
	plain  map[string]*file // by address
}

type file struct {
	url        string // with the hash
	kind       string
	etag       string
	body       []byte
	compressed func() []byte // nil where it saves nothing; made when it is first asked for, so that the start is short
}

// New reads and hashes the files.
func New() (*Files, error) {
	f := &Files{
		NotFound: http.NotFound,
		hashed:   map[string]*file{},
		plain:    map[string]*file{},
	}
	entries, err := fs.ReadDir(embedded, ".")
	if err != nil {
		return nil, fmt.Errorf("static files: %w", err)
	}
	// Style sheets come last: they name the other files, by addresses that hold their hashes.
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int { return rank(a.Name()) - rank(b.Name()) })
	for _, entry := range entries {
		body, err := embedded.ReadFile(entry.Name())
		if err != nil {
			return nil, fmt.Errorf("static file: %w", err)
		}
		if rank(entry.Name()) > 0 {
			body = f.resolve(body)
		}
		one, err := newFile(entry.Name(), body)
		if err != nil {
			return nil, fmt.Errorf("static file %s: %w", entry.Name(), err)
		}
		f.plain[prefix+entry.Name()] = one
		f.hashed[one.url] = one
	}
	return f, nil
}

func rank(name string) int {
	if path.Ext(name) == ".css" {
		return 1
	}
	return 0
}

var cssURL = regexp.MustCompile(`url\(([\w.-]+)\)`)

// resolve puts the address of a file in place of its name in url(…), so that a browser never asks again for a font
// that has not changed.
func (f *Files) resolve(css []byte) []byte {
	return cssURL.ReplaceAllFunc(css, func(match []byte) []byte {
		name := cssURL.FindSubmatch(match)[1]
		return []byte("url(" + f.URL(string(name)) + ")")
	})
}

func newFile(name string, body []byte) (*file, error) {
	ext := path.Ext(name)
	kind, ok := types[ext]
	if !ok {
		return nil, fmt.Errorf("no content type for %q", ext)
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])[:12]
	return &file{
		url:        prefix + strings.TrimSuffix(name, ext) + "." + hash + ext,
		kind:       kind,
		etag:       `"` + hash + `"`,
		body:       body,
		compressed: sync.OnceValue(func() []byte { return compress(body) }),
	}, nil
}

// compress returns nil if that saves nothing.
func compress(body []byte) []byte {
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // fails for a level that there is not
	_, err := w.Write(body)
	if errors.Join(err, w.Close()) != nil || buf.Len() >= len(body) {
		return nil
	}
	return buf.Bytes()
}

// URL returns the address of the file with the hash of its content; for an unknown name an address that is not found.
func (f *Files) URL(name string) string {
	if one, ok := f.plain[prefix+name]; ok {
		return one.url
	}
	return prefix + name
}

// ServeHTTP answers GET and HEAD.
func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	one, forever := f.hashed[r.URL.Path]
	if !forever {
		one = f.plain[r.URL.Path]
	}
	if one == nil {
		f.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD.", http.StatusMethodNotAllowed)
		return
	}
	one.serve(w, r, forever)
}

func (one *file) serve(w http.ResponseWriter, r *http.Request, forever bool) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	if forever {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("ETag", "W/"+one.etag) // weak: the same for the compressed form, which is other bytes
	h.Set("Content-Type", one.kind)
	body := one.body
	if compressed := one.compressed(); compressed != nil {
		h.Set("Vary", "Accept-Encoding")
		if takesGzip(r.Header.Get("Accept-Encoding")) && r.Header.Get("Range") == "" {
			body = compressed
			h.Set("Content-Encoding", "gzip")
			h.Set("Content-Length", strconv.Itoa(len(body)))
		}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// takesGzip reports whether an Accept-Encoding header names gzip and does not refuse it with a weight of zero.
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		weight, found := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(params, " ", "")), "q=")
		q, err := strconv.ParseFloat(weight, 64)
		return !found || err == nil && q > 0
	}
	return false
}
