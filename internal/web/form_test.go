package web_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"example.com/latchkey/internal/web"
)

// TestAFormIsNotFilledByItsAddress holds that what is posted never takes a field from the query.
func TestAFormIsNotFilledByItsAddress(t *testing.T) {
	s := serve(t, ours, &web.Edge{})
	host := "Host: app.example.org"
	for _, c := range []struct{ method, path, body, want string }{
		{"GET", "/?field=query", "", "field=query"},
		{"POST", "/?field=query", "", "field="},
		{"POST", "/?field=query", "other=x", "field="},
		{"POST", "/?field=query", "field=form", "field=form"},
		{"POST", "/?field=query", "field=", "field="},
		{"PUT", "/?field=query", "other=x", "field="},
		{"PATCH", "/?field=query", "other=x", "field="},
		{"DELETE", "/?field=query", "", "field="},
	} {
		if _, text := s.ask(c.method, c.path, c.body, host); text != c.want {
			t.Errorf("%s %s with %q: %q, want %q", c.method, c.path, c.body, text, c.want)
		}
	}
	multipart := "--b\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\nform\r\n--b--\r\n"
	for name, want := range map[string]string{"field": "field=form", "other": "field="} {
		r, err := http.NewRequest("POST", s.url+"/?field=query", strings.NewReader(fmt.Sprintf(multipart, name)))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "app.example.org"
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		if resp.Body.Close(); err != nil || string(text) != want {
			t.Errorf("multipart with %s: %q %v", name, text, err)
		}
	}
}
