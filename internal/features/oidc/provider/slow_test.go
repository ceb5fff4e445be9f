package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestABrowserThatGoesAwayKeepsNobodyOut gives up while the provider is asked what it says of itself: others get the answer.
func TestABrowserThatGoesAwayKeepsNobodyOut(t *testing.T) {
	var server *httptest.Server
	ctx, goAway := context.WithCancel(t.Context())
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		goAway()
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, strings.ReplaceAll(`{"issuer":"URL","authorization_endpoint":"URL/a","token_endpoint":"URL/token","jwks_uri":"URL/keys"}`, "URL", server.URL))
	}))
	t.Cleanup(server.Close)
	site := NewOpenID("test", OpenID{Issuer: server.URL, ClientID: "us", ClientSecret: "quiet"}, time.Now)
	if _, err := site.Begin(ctx, Request{}); err != nil {
		t.Error(err)
	}
	if _, err := site.Begin(t.Context(), Request{}); err != nil {
		t.Error(err)
	}
}

// TestAProviderThatIsSlow never answers, or stops in the middle: nobody waits longer than a provider may take.
func TestAProviderThatIsSlow(t *testing.T) {
	for _, stops := range []string{"/.well-known/openid-configuration", "/token", "/login/oauth/access_token", "/api/user"} {
		var server *httptest.Server
		server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			text := `{"access_token":"x","token_type":"Bearer"}`
			if strings.HasPrefix(r.URL.Path, "/.well-known") {
				text = strings.ReplaceAll(`{"issuer":"URL","authorization_endpoint":"URL/a","token_endpoint":"URL/token","jwks_uri":"URL/keys"}`, "URL", server.URL)
			}
			if r.URL.Path == stops {
				w.Write([]byte(text[:5]))             //nolint:errcheck // a test
				http.NewResponseController(w).Flush() //nolint:errcheck // a test
				<-r.Context().Done()
				return
			}
			w.Write([]byte(text)) //nolint:errcheck // a test
		}))
		t.Cleanup(server.Close)
		site := NewOpenID("test", OpenID{Issuer: server.URL, ClientID: "us", ClientSecret: "quiet"}, time.Now)
		if strings.HasPrefix(stops, "/login") || strings.HasPrefix(stops, "/api") {
			site = NewGitHub(server.URL, server.URL+"/api", "us", "quiet")
		}
		if site.patience != answerTime {
			t.Error("it may take", site.patience)
		}
		site.patience = 100 * time.Millisecond
		if _, err := site.Finish(t.Context(), Request{Nonce: "x"}, "code", ""); !errors.Is(err, ErrDown) {
			t.Errorf("%s: %v", stops, err)
		}
	}
}
