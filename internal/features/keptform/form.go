// Package keptform saves a form that is posted after its login has expired. The form is kept on the session, for the user
// whose login it was and nobody else, until that user has logged in again on the same session and sends it. Only a login that
// expired by time leaves the row that makes this possible: anything else that ends a login deletes the session, and row and
// form with it.
package keptform

import (
	"bytes"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"example.com/latchkey/internal/web"
)

const (
	// keptFor is how long a form is kept.
	keptFor = time.Hour
	// maxKept is the largest form that is kept, in bytes of its names and values.
	maxKept = 64 << 10
	// maxFields bounds the page that shows the form. No form that a person fills in has that many.
	maxFields = 1000
)

// A value is never kept if the name of its field contains one of secretParts anywhere, or one of secretWords as a word. The
// lists are broad on purpose: a value that is dropped needlessly only has to be typed again.
var (
	secretParts = []string{"password", "passwd", "passphrase", "passcode", "secret", "token", "credential", "apikey", "csrf"}
	secretWords = []string{"pass", "pwd", "pw", "pin", "code", "otp", "totp", "current", "key", "cvc", "cvv", "auth"}
)

// A Form is what somebody posted when their login had expired. Nothing of it has been done.
type Form struct {
	Path        string  // where it was posted to: a local address, with its query
	Section     string  // the prefix of the section that it belongs to
	Fields      []Field // in the order of their page
	Multipart   bool    // it was sent as multipart/form-data, and may be sent again in that form
	Sent, Until time.Time

	mark string // of the kept form, as the page that shows it sends it along; "" if the form came from elsewhere
}

// markField is the field that says which kept form is being sent, whatever was changed in it.
const markField = "kept-form"

// markOf tells the kept forms of one session apart.
func markOf(f Form) string { return strconv.FormatInt(f.Sent.UnixMilli(), 36) }

// A Field is one value of a form.
type Field struct {
	Name   string `json:"name"`
	Value  string `json:"value,omitempty"`
	Secret bool   `json:"secret,omitempty"` // there was a value, and it was not kept
	Label  string `json:"label,omitempty"`
	Rows   int    `json:"rows,omitempty"`   // of a text of several lines
	Hidden bool   `json:"hidden,omitempty"` // its page did not show it
}

// label returns the field's name as words, for a field without a label: "due_date" and "dueDate" are "Due date".
func (f Field) label() string {
	if f.Label != "" {
		return f.Label
	}
	label := strings.ToLower(strings.Join(words(f.Name), " "))
	if label == "" {
		return "Field"
	}
	first, size := utf8.DecodeRuneInString(label)
	return string(unicode.ToUpper(first)) + label[size:]
}

// words splits a field's name where it is not letters or digits, and before capitals.
func words(name string) []string {
	var spaced strings.Builder
	before := ' '
	for _, c := range name {
		if unicode.IsUpper(c) && unicode.IsLower(before) {
			spaced.WriteByte(' ')
		}
		spaced.WriteRune(c)
		before = c
	}
	return strings.FieldsFunc(spaced.String(), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsNumber(c) && !unicode.IsMark(c) })
}

// secret reports whether values of fields with this name are never kept.
func secret(name string) bool {
	lower := strings.ToLower(name)
	return slices.ContainsFunc(secretParts, func(part string) bool { return strings.Contains(lower, part) }) ||
		slices.ContainsFunc(words(name), func(word string) bool {
			return slices.Contains(secretWords, strings.Trim(strings.ToLower(word), "0123456789"))
		})
}

// keeps reports whether a form that is posted to this route after its login has expired is kept. Only the forms of private
// pages of sections are: not those of fresh pages, and not those of the account's pages, which belong to no section.
func keeps(rt web.Route) bool { return rt.Access == web.Private && rt.Section != "" }

// formOf returns the form that a request posts, without its secrets, and whether it is one that may be kept.
func formOf(r *http.Request) (Form, bool) {
	route := web.RequestOf(r.Context()).Route
	if r.Method != http.MethodPost || route == nil || !keeps(*route) || web.WantsJSON(r) {
		return Form{}, false
	}
	f := Form{Path: localPath(*r.URL), Section: route.Section, Multipart: r.MultipartForm != nil}
	if f.Multipart && len(r.MultipartForm.File) > 0 { // files are not kept, and half a form would look like all of it
		return Form{}, false
	}
	size, open := 0, 0
	for _, name := range fieldNames(r) {
		if name == markField {
			f.mark = r.PostForm.Get(name)
			continue
		}
		known := web.Field{}
		if at := slices.IndexFunc(route.Fields, func(known web.Field) bool { return known.Name == name }); at >= 0 {
			known = route.Fields[at]
		}
		for _, value := range r.PostForm[name] {
			size += len(name) + len(value)
			field := Field{Name: name, Value: value, Label: known.Label, Rows: known.Rows, Hidden: known.Hidden}
			if value != "" && secret(name) {
				field.Value, field.Secret = "", true
			} else {
				open++
			}
			f.Fields = append(f.Fields, field)
		}
	}
	// Without a field that may be kept there is nothing to lose.
	return f, f.Path != "" && open > 0 && size <= maxKept && len(f.Fields) <= maxFields
}

// fieldNames returns the names of the fields of a posted form, each once, in the order in which the browser sent them, which
// is that of the page.
func fieldNames(r *http.Request) (names []string) {
	left := maps.Clone(r.PostForm)
	add := func(name string) {
		if _, is := left[name]; is {
			delete(left, name)
			names = append(names, name)
		}
	}
	body := web.RequestOf(r.Context()).Body
	if kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "multipart/form-data" {
		parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
		for part, err := parts.NextPart(); err == nil; part, err = parts.NextPart() {
			add(part.FormName())
		}
	} else {
		for pair := range strings.SplitSeq(string(body), "&") {
			name, _, _ := strings.Cut(pair, "=")
			if name, err := url.QueryUnescape(name); err == nil {
				add(name)
			}
		}
	}
	return append(names, slices.Sorted(maps.Keys(left))...) // of a request that did not come through Edge
}

// localPath returns the address with its query, without the secrets in it, or "" if no form can be sent there.
func localPath(u url.URL) string {
	query := u.Query()
	maps.DeleteFunc(query, func(name string, _ []string) bool { return secret(name) })
	if len(query) < len(u.Query()) {
		u.RawQuery = query.Encode()
	}
	return web.LocalPath(u.RequestURI())
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// same reports whether both are the same form, apart from secrets and line endings.
func (f Form) same(other Form) bool {
	plain := func(f Form) (fields []Field) {
		for _, field := range f.Fields {
			if !secret(field.Name) {
				fields = append(fields, Field{Name: field.Name, Value: lineEnds.Replace(field.Value)})
			}
		}
		return fields
	}
	return f.Path == other.Path && slices.Equal(plain(f), plain(other))
}
