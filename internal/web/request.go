package web

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"example.com/latchkey/views"
)

// A Request is what the middleware has found out about one request.
type Request struct {
	ID        string     // shown to the visitor on an error page, and in the log record
	Client    netip.Addr // the client's address, given which proxies are trusted
	Route     *Route     // the line of the map that answers, nil for 404 and 405
	Secure    bool       // the site is served by https
	UserAgent string     // cleaned and cut
	Status    int        // of the page that is being rendered; 0 until Render
	UserID    string     // who is logged in, for the log record; "" for nobody
	Reason    string     // why the request was refused, for the log record; if it is "", Fail takes the error's text
	Refused   error      // why the edge refused it, nil if it did not: such a request is no visit, and changes nothing
	Body      []byte     // what was posted, as it came
	Log       *slog.Logger

	mu         sync.Mutex
	statements []string // see NoteStatement

	site string                     // BASE_URL, "" in development without one
	find func(*http.Request) *Route // finds the line of the map that answers a request

	plain func(*http.Request) *views.Page // what an error page shows before we know who asks
}

type requestKey struct{}

// WithRequest puts info into the context of a request.
func WithRequest(ctx context.Context, info *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, info)
}

// RequestOf returns what is known of the request. Outside a request it returns an empty one.
func RequestOf(ctx context.Context) *Request {
	if info, ok := ctx.Value(requestKey{}).(*Request); ok {
		return info
	}
	return &Request{Log: slog.Default()}
}

// NoteStatement notes that the database runs a statement for this request. Only development does.
func (q *Request) NoteStatement(text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.statements = append(q.statements, text)
}

// Statements returns those that were noted so far.
func (q *Request) Statements() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.statements)
}

// TitleOf returns the title of the page at an address of this site, or at a pattern of the map; "" if it has none.
func (q *Request) TitleOf(address string) string {
	path, _, _ := strings.Cut(address, "?")
	path = strings.TrimSuffix(path, "{$}")
	if q.find == nil || path == "" {
		return ""
	}
	rt := q.find(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}})
	if rt == nil {
		return ""
	}
	return rt.Title
}

// Network returns the client's address as the unit that limits count by: an IPv4 address or an IPv6 /64.
func (q *Request) Network() string {
	addr := q.Client.Unmap()
	if !addr.IsValid() {
		return "unknown"
	}
	if addr.Is4() {
		return addr.String()
	}
	prefix, _ := addr.WithZone("").Prefix(64)
	return prefix.String()
}

// Truncated returns the client's address cut to /24 or /48: the only form that is ever stored.
func (q *Request) Truncated() string {
	addr := q.Client.Unmap()
	if !addr.IsValid() {
		return ""
	}
	bits := 48
	if addr.Is4() {
		bits = 24
	}
	prefix, _ := addr.WithZone("").Prefix(bits)
	return prefix.String()
}

// maxStoredHeader is the number of characters of a request header that may be stored.
const maxStoredHeader = 255

// CleanHeader returns a header's value as it may be stored: valid UTF-8 without control characters,
// cut to 255 characters.
func CleanHeader(v string) string {
	if len(v) <= maxStoredHeader && !strings.ContainsFunc(v, unclean) { // what browsers send
		return v
	}
	var b strings.Builder
	n := 0
	for _, c := range v {
		if n == maxStoredHeader {
			break
		}
		if unclean(c) {
			continue
		}
		b.WriteRune(c)
		n++
	}
	return b.String()
}

func unclean(c rune) bool { return c == utf8.RuneError || unicode.IsControl(c) }

// WantsJSON reports whether the client asked for JSON and not for a page.
func WantsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "json") && !strings.Contains(accept, "text/html")
}

// Safe reports whether the method changes nothing (RFC 9110, 9.2.1).
func Safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions || method == http.MethodTrace
}

// ListOf returns what the query asks of a list: ?q= for a search, ?sort= for an order, ?page= for a page. usual is the order
// without ?sort=.
func ListOf(r *http.Request, usual string) views.List {
	query := r.URL.Query()
	sort := cmp.Or(query.Get("sort"), usual)
	return views.List{Path: r.URL.Path, Search: strings.TrimSpace(query.Get("q")), Sort: sort, Usual: usual, Page: PageNumber(r)}
}

// PageNumber returns the page of a list that the address asks for, 1 if it names none.
func PageNumber(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		return 1
	}
	return n
}
