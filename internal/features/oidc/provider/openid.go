package provider

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	// knownFor is how long a provider's metadata is used before it is fetched again. Keys are fetched again whenever an unknown
	// one signs.
	knownFor = time.Hour
	// awayFor is how long a provider that did not answer is not asked again.
	awayFor = 5 * time.Second
	// sinceAsked is how long ago a user who confirms may have logged in at the provider, if it says when (auth_time).
	sinceAsked = 5 * time.Minute
)

// OpenID are the settings of one OpenID Connect provider.
type OpenID struct {
	Issuer       string `env:"OIDC_<NAME>_ISSUER" url:"https http" needed:"OIDC_PROVIDERS" doc:"the provider’s address exactly as it names itself, as https://accounts.google.com"`
	ClientID     string `env:"OIDC_<NAME>_CLIENT_ID" needed:"OIDC_PROVIDERS" doc:"what it calls this site"`
	ClientSecret string `env:"OIDC_<NAME>_CLIENT_SECRET" secret:"" needed:"OIDC_PROVIDERS" doc:"what this site shows it is itself by"`
	Label        string `env:"OIDC_<NAME>_LABEL" doc:"what buttons call it; default: the name, with a capital"`
	Scopes       string `env:"OIDC_<NAME>_SCOPES" envDefault:"openid email profile" doc:"what is asked for, with blanks between"`
}

// openID speaks OpenID Connect.
type openID struct {
	OpenID
	now func() time.Time

	mu    sync.Mutex
	found *oidc.Provider // nil until it has answered
	err   error          // of the last try, if it never answered
	until time.Time      // when it is asked again
}

// NewOpenID returns the provider of that name.
func NewOpenID(name string, c OpenID, now func() time.Time) *Provider {
	label := cmp.Or(c.Label, strings.ToUpper(name[:1])+name[1:])
	return &Provider{name, label, c.Issuer, &openID{OpenID: c, now: now}, answerTime}
}

// discover returns the provider's metadata, which is fetched when it is first needed. It returns ErrDown.
func (o *openID) discover(ctx context.Context) (*oidc.Provider, error) {
	o.mu.Lock() // whoever comes meanwhile waits for the same answer
	defer o.mu.Unlock()
	if now := o.now(); !now.Before(o.until) {
		p, err := o.ask(ctx)
		if err == nil {
			o.found, o.err, o.until = p, nil, now.Add(knownFor)
		} else {
			o.err, o.until = fmt.Errorf("%w: %w", ErrDown, err), now.Add(awayFor)
		}
	}
	if o.found != nil { // also while it does not answer again
		return o.found, nil
	}
	return nil, o.err
}

// ask fetches the provider's metadata, and refuses addresses that no browser and no secret may be sent to.
func (o *openID) ask(ctx context.Context) (*oidc.Provider, error) {
	if err := private(o.Issuer); err != nil {
		return nil, err
	}
	p, err := oidc.NewProvider(ctx, o.Issuer)
	if err != nil {
		return nil, err
	}
	var more struct {
		Keys string `json:"jwks_uri"`
	}
	err = p.Claims(&more)
	return p, errors.Join(err, private(p.Endpoint().AuthURL, p.Endpoint().TokenURL, more.Keys))
}

func (o *openID) config(p *oidc.Provider, q Request) *oauth2.Config {
	endpoint := p.Endpoint()
	var more struct {
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	endpoint.AuthStyle = oauth2.AuthStyleInHeader // the default (OpenID Connect Discovery, 3)
	if err := p.Claims(&more); err == nil && len(more.Methods) > 0 && !slices.Contains(more.Methods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	scopes := strings.Fields(o.Scopes)
	if !slices.Contains(scopes, oidc.ScopeOpenID) {
		scopes = append(scopes, oidc.ScopeOpenID)
	}
	return &oauth2.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret, Endpoint: endpoint, RedirectURL: q.Redirect, Scopes: scopes}
}

func (o *openID) authorize(ctx context.Context, q Request) (string, error) {
	p, err := o.discover(ctx)
	if err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(q.Nonce), oauth2.S256ChallengeOption(q.Verifier)}
	switch {
	case q.Again:
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	case q.Choose:
		options = append(options, oauth2.SetAuthURLParam("prompt", "select_account"))
	}
	return o.config(p, q).AuthCodeURL(q.State, options...), nil
}

func (o *openID) identify(ctx context.Context, q Request, code, iss string) (id Identity, err error) {
	p, err := o.discover(ctx)
	if err != nil {
		return id, err
	}
	var more struct {
		SaysWho bool `json:"authorization_response_iss_parameter_supported"`
	}
	if err := p.Claims(&more); err == nil && more.SaysWho && iss == "" {
		return id, fmt.Errorf("%w: it does not say of whom it is", ErrAnswer)
	}
	token, err := exchange(ctx, o.config(p, q), q, code)
	if err != nil {
		return id, err
	}
	claims, subject, err := o.verify(ctx, p, q, token)
	if err != nil {
		return id, err
	}
	if claims["email"] == nil && p.UserInfoEndpoint() != "" { // where the specification puts it (OpenID Connect Core, 5.4)
		info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return id, fmt.Errorf("%w: %w", ErrDown, err)
		}
		if info.Subject != subject { // somebody else's (OpenID Connect Core, 5.3.2)
			return id, fmt.Errorf("%w: the user info is of somebody else", ErrAnswer)
		}
		claims = map[string]any{}
		if err := info.Claims(&claims); err != nil {
			return id, fmt.Errorf("%w: %w", ErrAnswer, err)
		}
	}
	id.Subject = subject
	id.Email, _ = claims["email"].(string)
	id.Verified, _ = claims["email_verified"].(bool) // exactly true: "true" is a text
	id.Name, _ = claims["name"].(string)
	return id, nil
}

// verify returns the claims of the ID token, and its subject, after all checks (OpenID Connect Core, 3.1.3.7). Claims are
// looked up by their exact names; encoding/json would match the fields of a struct in any case.
func (o *openID) verify(ctx context.Context, p *oidc.Provider, q Request, token *oauth2.Token) (claims map[string]any, subject string, err error) {
	raw, _ := token.Extra("id_token").(string)
	t, err := p.Verifier(&oidc.Config{ClientID: o.ClientID, Now: o.now}).Verify(ctx, raw)
	if err != nil {
		kind := ErrAnswer
		if strings.Contains(err.Error(), "fetching keys") { // the library says it in words alone
			kind = ErrDown
		}
		return nil, "", fmt.Errorf("%w: %w", kind, err)
	}
	if subtle.ConstantTimeCompare([]byte(t.Nonce), []byte(q.Nonce)) != 1 {
		return nil, "", fmt.Errorf("%w: another nonce", ErrAnswer)
	}
	claims = map[string]any{}
	if err := t.Claims(&claims); err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	party, named := claims["azp"]
	if named && party != o.ClientID || !named && len(t.Audience) > 1 {
		return nil, "", fmt.Errorf("%w: it was made for another party", ErrAnswer)
	}
	if at, says := claims["auth_time"].(float64); says && q.Again && q.At.Sub(time.Unix(int64(at), 0)) > sinceAsked {
		return nil, "", fmt.Errorf("%w: it did not ask its user again", ErrAnswer)
	}
	return claims, t.Subject, nil
}
