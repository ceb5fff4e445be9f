package chrome

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// shows serves one page with this body.
func shows(t *testing.T, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Page</title><style>:focus-visible { outline: 3px solid; outline-offset: 2px }</style><main>%s</main>`, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestUnseen(t *testing.T) {
	b := New(t)
	b.Open(shows(t, `<a href="#a">Shows</a> <a href="#b" style="outline: 0">No ring</a>
		<div style="overflow: auto; height: 20px"><a href="#c" style="display: block; height: 20px">Cut off</a></div>
		<div style="position: relative; height: 60px"><a href="#d" style="position: absolute; inset: 20px">Covered</a><p style="position: absolute; inset: 0; background: white">Above</p></div>`))
	want := []string{`a "Covered" lies below p.`, `a "Cut off" has a ring that is cut off`, `a "No ring" shows no ring`}
	if got := b.Unseen(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAlike(t *testing.T) {
	b := New(t)
	b.Open(shows(t, `<a href="/one">Change</a> <a href="/two">Change</a> <a href="/one">Here</a> <a href="/one?next=/two">Here</a>
		<form action="/one"><button>Remove</button></form> <form action="/one"><input type="hidden" name="id" value="2"><button>Remove</button></form>
		<form action="/one"><input name="a" aria-label="A"><button>Save</button></form> <form action="/two"><input name="b" aria-label="B"><button>Save</button></form>
		<a href="/visits">Visits</a> <table><tr><th><a href="?sort=visits">Visits</a></th></tr></table> <dl><dt>Of</dt><dd><a href="/three">Visits</a></dd></dl>`))
	got := b.Alike()
	if len(got) != 2 || got[0][:10] != "Change (a)" || got[1][:15] != "Remove (button)" {
		t.Errorf("%q", got)
	}
}

func TestTextWithMoreSpace(t *testing.T) {
	b := New(t, Size(320, 400))
	b.Open(shows(t, `<p style="height: 24px; overflow: hidden">A line of words that is wide enough.</p>`))
	if got := b.Lost(); len(got) > 0 {
		t.Fatalf("%q", got)
	}
	if got := b.spaced(b.Lost); len(got) == 0 {
		t.Error("nothing is lost")
	}
	if got := b.Lost(); len(got) > 0 {
		t.Errorf("afterwards: %q", got)
	}
}
