package login

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

// A form that is posted after its login ran out is not lost. It is kept on the session, for the user whose login it was
// and for nobody else, until that user has logged in again on the same session and sends it by a click. Only a login
// that ran out by time leaves the note that makes this possible (runOut, expire): whatever ends a login deletes the
// session, and takes note and form along.

const (
	// keptFor is how long a form is kept.
	keptFor = time.Hour
	// maxKept is the most that is kept of a form: the bytes of its names and values.
	maxKept = 64 << 10
	// maxKeptFields bounds the page that shows the form. No form that a person fills in has so many.
	maxKeptFields = 1000
)

// What is never kept: a value whose name holds one of secretParts anywhere, or one of secretWords as a word.
// Rather one field too many than one too few: its user is asked to type it again.
var (
	secretParts = []string{"password", "passwd", "passphrase", "passcode", "secret", "token", "credential", "apikey", "csrf"}
	secretWords = []string{"pass", "pwd", "pw", "pin", "code", "otp", "totp", "current", "key", "cvc", "cvv", "auth"}
)

// A KeptForm is a form that somebody posted when their login had run out. Nothing of it has been done.
type KeptForm struct {
	Path        string      // where it was posted to: an address of ours, with its query
	Section     string      // the prefix of the section that it belongs to
	Fields      []KeptField // by name; the values of one name as they were sent
	Multipart   bool        // it was sent as multipart/form-data; as such it may be sent again
	Sent, Until time.Time
}

// A KeptField is one value of a form.
type KeptField struct {
	Name   string `json:"name"`
	Value  string `json:"value,omitempty"`
	Secret bool   `json:"secret,omitempty"` // there was a value, and it was not kept
}

// Label is the field's name as words: "due_date" and "dueDate" are "Due date".
func (f KeptField) Label() string {
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

// formOf returns the form that a request posts, without its secrets, and whether it is one that may be kept.
func formOf(r *http.Request) (KeptForm, bool) {
	route := web.RequestOf(r.Context()).Route
	if r.Method != http.MethodPost || route == nil || !route.KeepsForm() || web.WantsJSON(r) {
		return KeptForm{}, false
	}
	f := KeptForm{Path: localPath(*r.URL), Section: route.Section, Multipart: r.MultipartForm != nil}
	if f.Multipart && len(r.MultipartForm.File) > 0 { // half of what was sent would be less than it seems
		return KeptForm{}, false
	}
	size, open := 0, 0
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		for _, value := range r.PostForm[name] {
			size += len(name) + len(value)
			field := KeptField{Name: name, Value: value}
			if value != "" && secret(name) {
				field.Value, field.Secret = "", true
			} else {
				open++
			}
			f.Fields = append(f.Fields, field)
		}
	}
	// Without a field that may be kept there is nothing to lose.
	return f, f.Path != "" && open > 0 && size <= maxKept && len(f.Fields) <= maxKeptFields
}

// localPath returns the address with its query, but for secrets in it, or "" if it is none to send a form to.
func localPath(u url.URL) string {
	query := u.Query()
	maps.DeleteFunc(query, func(name string, _ []string) bool { return secret(name) })
	if len(query) < len(u.Query()) {
		u.RawQuery = query.Encode()
	}
	return web.LocalPath(u.RequestURI())
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// same reports whether both are one form, whatever their secrets and line ends.
func (f KeptForm) same(other KeptForm) bool {
	plain := func(f KeptForm) (fields []KeptField) {
		for _, field := range f.Fields {
			if !secret(field.Name) {
				fields = append(fields, KeptField{Name: field.Name, Value: lineEnds.Replace(field.Value)})
			}
		}
		return fields
	}
	return f.Path == other.Path && slices.Equal(plain(f), plain(other))
}

// keepForms keeps a form that is posted by a browser where a login ran out, before the guard sends the visitor to log in,
// and forgets it when its user has sent it. It stands inside of Handler.
func (m *Module) keepForms(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, may := formOf(r)
		switch {
		case !may:
			next.ServeHTTP(w, r)
		case standingOf(r.Context()).in:
			m.send(w, r, f, next)
		default:
			if err := m.keep(r.Context(), f); err != nil {
				web.Fail(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
		}
	})
}

// keep keeps the form if a login ran out on this session; for any other visitor it writes nothing. It returns fault.SessionEnded
// if another request ends the session or gives it a new token meanwhile: the browser still has the form, and may send it
// again under its new cookie.
func (m *Module) keep(ctx context.Context, f KeptForm) error {
	hash := session.TokenHash(ctx)
	if hash == "" {
		return nil
	}
	if ranOut, err := m.ranOutOn(ctx, hash); err != nil || !ranOut {
		return err
	}
	kept := false
	err := m.DB.InTx(ctx, func(ctx context.Context) error {
		sessionID, err := m.lockSession(ctx, hash)
		if err != nil {
			return err
		}
		f.Sent, f.Until = m.Now(), m.Now().Add(keptFor)
		kept, err = m.insertForm(ctx, sessionID, f)
		return err
	})
	if err == nil && kept {
		session.Flash(ctx, "Your login had run out. What you sent is kept for an hour: log in and you can send it.")
	}
	return err
}

// send passes the request on, and forgets the kept form if the request carried that very form and was answered with
// success. Comparing what was sent needs no mark in it, and is the careful side: a form that comes back with mistakes
// (422), meets a newer version (409) or breaks something (5xx) is still kept, and so is it when another form goes to
// the same address. What was corrected before it went through stays until its hour is over.
func (m *Module) send(w http.ResponseWriter, r *http.Request, f KeptForm, next http.Handler) {
	ctx := r.Context()
	kept, err := m.KeptForm(ctx)
	if err != nil && !errors.Is(err, fault.NotFound) {
		web.Fail(w, r, err)
		return
	}
	if err != nil || !kept.same(f) {
		next.ServeHTTP(w, r)
		return
	}
	out := &answer{ResponseWriter: w}
	next.ServeHTTP(out, r)
	if out.status >= http.StatusBadRequest {
		return
	}
	// It was done: if only the forgetting fails, it is shown once more, and that is all.
	if err := m.DropForm(context.WithoutCancel(ctx)); err != nil {
		m.Log.Warn("kept form not deleted", "request", web.RequestOf(ctx).ID, "err", err)
	}
}

// An answer remembers its status.
type answer struct {
	http.ResponseWriter
	status int // 0 until it is written; then 200 was meant
}

func (w *answer) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *answer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// runOut ends the visitor's login that ran out, and notes on the fresh session whose it was. A form that this user
// has not sent yet moves along.
func (m *Module) runOut(r *http.Request, st standing) error {
	ctx := r.Context()
	kept, err := m.KeptForm(ctx)
	waits := err == nil
	if err != nil && !errors.Is(err, fault.NotFound) {
		return err
	}
	err = m.Sessions.Reset(ctx, func(ctx context.Context, sessionID string) error {
		err := m.noteRanOut(ctx, sessionID, st.user.ID)
		if err == nil && waits {
			_, err = m.insertForm(ctx, sessionID, kept)
		}
		return err
	})
	route := web.RequestOf(ctx).Route
	if err == nil && session.TokenHash(ctx) == "" && !web.Safe(r.Method) && (route == nil || !route.Revoked) {
		return fault.SessionEnded // another request was first, and has the fresh session's cookie: see keep
	}
	return err
}

// A Remainder is what a login that is over has left on a session.
type Remainder struct {
	RanOut bool      // a login ran out here, and nobody has logged in since
	Until  time.Time // a form is kept until then; zero for none
}
