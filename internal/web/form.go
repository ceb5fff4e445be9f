package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/latchkey/internal/fault"
)

const (
	// maxBody is the most that a form may hold, in bytes.
	maxBody = 64 << 10
	// maxDrain is how much of a body that is too large is read, so that its sender gets to read the answer.
	maxDrain = 4 << 20
	// uploadTime is how long a body may take on a route that TakesUpTo more.
	uploadTime = 2 * time.Minute
)

// readForm reads and parses the body before anything else happens, so that a slow or huge one holds nothing up and each
// handler finds clean text in r.PostForm. After a POST, r.FormValue reads the form alone: a query in the address, which
// somebody else may have written, fills in no field.
func readForm(w http.ResponseWriter, r *http.Request) error {
	if r.URL.RawQuery != "" && !cleanValues(r.URL.Query()) {
		return fmt.Errorf("query: %w", fault.Malformed)
	}
	if Safe(r.Method) {
		return nil
	}
	most := int64(maxBody)
	if rt := RequestOf(r.Context()).Route; rt != nil && rt.MaxBody > most {
		most = rt.MaxBody
		control, end := http.NewResponseController(w), time.Now().Add(uploadTime)
		control.SetReadDeadline(end)                        //nolint:errcheck // then the server's own stays
		control.SetWriteDeadline(end.Add(30 * time.Second)) //nolint:errcheck // the same
	}
	if r.ContentLength > most && r.Header.Get("Expect") != "" { // the sender waits for our leave, and need not begin
		return fmt.Errorf("body: %w", fault.TooLarge)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("body: %w: %w", fault.Timeout, err)
	}
	if err != nil {
		return fmt.Errorf("body: %w: %w", fault.Malformed, err)
	}
	if int64(len(body)) > most {
		io.CopyN(io.Discard, r.Body, maxDrain) //nolint:errcheck // the answer is the same
		return fmt.Errorf("body: %w", fault.TooLarge)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err = r.ParseMultipartForm(most)
	} else {
		err = r.ParseForm()
	}
	if err != nil {
		return fmt.Errorf("form: %w: %w", fault.Malformed, err)
	}
	if !cleanValues(r.PostForm) {
		return fmt.Errorf("form: %w", fault.Malformed)
	}
	r.Form = r.PostForm
	RequestOf(r.Context()).Body = body
	return nil
}

func cleanValues(values url.Values) bool {
	for name, list := range values {
		if !cleanText(name) || slices.ContainsFunc(list, func(v string) bool { return !cleanText(v) }) {
			return false
		}
	}
	return true
}

func cleanText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }
