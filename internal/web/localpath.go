package web

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"unicode/utf8"
)

// maxLocalPath is the longest return address that is accepted, in bytes.
const maxLocalPath = 2048

// LocalPath returns target if it is surely an address on this site, and otherwise "".
// It takes the strictest reading: browsers ignore tabs and newlines, read "\" as "/",
// and take "//host" as another site (WHATWG URL standard), so none of these passes,
// neither plain nor percent-encoded.
func LocalPath(target string) string {
	if target == "" || len(target) > maxLocalPath || !utf8.ValidString(target) || target[0] != '/' {
		return ""
	}
	for _, c := range target {
		if c <= ' ' || c == 0x7f || c == '\\' || c >= 0x80 {
			return ""
		}
	}
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return ""
	}
	// u.Path is decoded: what a lenient server or proxy might see.
	if strings.HasPrefix(u.Path, "//") || strings.ContainsAny(u.Path, "\\\x00\r\n\t") || !utf8.ValidString(u.Path) {
		return ""
	}
	clean := path.Clean(u.Path)
	if clean != u.Path && clean+"/" != u.Path {
		return ""
	}
	return target
}

// LocalPathOr returns LocalPath(target), or fallback where that is empty.
func LocalPathOr(target, fallback string) string {
	if p := LocalPath(target); p != "" {
		return p
	}
	return fallback
}

// CameFrom returns the page of ours that a request was sent from, as a local path; "" if the browser does not say, or it was
// none of ours.
func CameFrom(r *http.Request) string {
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host {
		return ""
	}
	return LocalPath(from.RequestURI())
}
