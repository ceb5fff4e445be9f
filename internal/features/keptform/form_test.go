package keptform

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/latchkey/internal/web"
)

// post is a request to a private page of a section, as the edge hands it on.
func post(form string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/texts", strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	route := web.Within("/texts", web.Private, []web.Route{web.Private.At("POST /texts", nil)})[0]
	r = r.WithContext(web.WithRequest(r.Context(), &web.Request{Route: &route, Log: slog.New(slog.DiscardHandler)}))
	if err := r.ParseForm(); err != nil {
		panic(err)
	}
	return r
}

// The edge refuses more than 64 KiB with 413 (TestOnlySectionsKeepForms); should it ever take more, no more is kept.
func TestAFormOfMoreThan64KiBIsNotKept(t *testing.T) {
	const most = 64<<10 - len("title")
	if _, may := formOf(post("title=" + strings.Repeat("x", most))); !may {
		t.Error("64 KiB are too much")
	}
	if _, may := formOf(post("title=" + strings.Repeat("x", most+1))); may {
		t.Error("more is not")
	}
}

func TestNamesOfSecrets(t *testing.T) {
	for name, want := range map[string]bool{
		"password": true, "new_password": true, "userPassword2": true, "PASSWORD": true, "passphrase": true, "Passwd": true,
		"current": true, "current-password": true, "token": true, "csrfToken": true, "access_token": true, "clientsecret": true,
		"secret": true, "code": true, "otpCode": true, "code2": true, "pin": true, "card[pin]": true, "api_key": true, "apikey": true, "cvc": true,
		"title": false, "body": false, "version": false, "email": false, "monkey": false, "spinach": false, "author": false,
		"currently": false, "compass": false, "codec": false, "": false, "passenger": false,
	} {
		if got := secret(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestOnlyPrivatePagesOfSectionsKeepForms(t *testing.T) {
	for _, access := range []web.Access{web.Nobody, web.Public, web.Guest, web.Private, web.Fresh, web.Admin} {
		page := access.At("POST /links", nil)
		if keeps(page) {
			t.Errorf("%s, and no section", access)
		}
		page = web.Within("/links", web.Public, []web.Route{page})[0]
		if want := access == web.Private; keeps(page) != want {
			t.Errorf("%s in a section: %v", access, keeps(page))
		}
	}
}
