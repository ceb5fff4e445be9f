// Package provider is the client of other sites whose accounts log in here: OpenID Connect providers, and GitHub. It asks them
// who somebody is, and checks their answers. It knows no accounts of ours.
package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"

	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/web"
)

const (
	// answerTime is how long a provider may take in all for one page, because somebody waits for it.
	answerTime = 10 * time.Second
	// maxAnswer is the longest answer that is read, in bytes.
	maxAnswer = 1 << 20
	// maxSubject is the longest subject (OpenID Connect Core, 2), in bytes.
	maxSubject = 255
)

// Reasons why nobody is identified.
var (
	ErrDown   = errors.New("the provider does not answer well")
	ErrAnswer = errors.New("the provider’s answer does not verify")
)

// A Provider is another site whose accounts log in here.
type Provider struct {
	Name   string // in addresses
	Label  string // as people call it
	Issuer string // as it calls itself

	speaks   speaks        // nil: nobody knows how
	patience time.Duration // answerTime, but in tests
}

// Gone returns a stand-in for a provider that the settings no longer name, labelled by its issuer.
func Gone(issuer string) *Provider { return &Provider{Label: issuer, Issuer: issuer} }

// Gone reports whether this is a stand-in: the settings no longer name the provider.
func (p *Provider) Gone() bool { return p.speaks == nil }

// A Request is what a browser takes along to a provider, and what the answer is checked against.
type Request struct {
	State    string    `json:"-"` // only its hash is kept
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"` // of PKCE (RFC 7636)
	Redirect string    `json:"redirect"` // where the browser is sent back to
	At       time.Time `json:"at"`
	Again    bool      `json:"again,omitempty"` // the provider is to ask who it is, though it knows
	Choose   bool      `json:"-"`               // the provider is to ask which account
}

// NewRequest returns a request with new random secrets, made at this time.
func NewRequest(now time.Time) Request {
	return Request{State: secret.New(), Nonce: secret.New(), Verifier: oauth2.GenerateVerifier(), At: now}
}

// speaks is a protocol: openID or gitHub.
type speaks interface {
	// authorize returns the address where the provider asks its user for consent. It returns ErrDown.
	authorize(ctx context.Context, q Request) (string, error)
	// identify returns who the provider says it is, without the issuer. It returns ErrDown or ErrAnswer.
	identify(ctx context.Context, q Request, code, iss string) (Identity, error)
}

// An Identity is somebody as a provider knows them: by issuer and subject, and nothing else.
type Identity struct {
	Issuer, Subject string
	Email           string // "" if the provider does not say
	Verified        bool   // the provider says that the address is theirs
	Name            string
}

// Begin returns the address that the browser is sent to. It returns ErrDown.
func (p *Provider) Begin(ctx context.Context, q Request) (string, error) {
	ctx, cancel := p.asking(ctx)
	defer cancel()
	return p.speaks.authorize(ctx, q)
}

// Finish returns who the provider says it is, for the code that it gave the browser. iss is the issuer that came with the code
// (RFC 9207), "" for none. It returns ErrDown or ErrAnswer.
func (p *Provider) Finish(ctx context.Context, q Request, code, iss string) (Identity, error) {
	ctx, cancel := p.asking(ctx)
	defer cancel()
	if code == "" {
		return Identity{}, fmt.Errorf("%w: no code", ErrAnswer)
	}
	if iss != "" && iss != p.Issuer { // another provider's answer (RFC 9207, 2.4)
		return Identity{}, fmt.Errorf("%w: it is of %q", ErrAnswer, iss)
	}
	id, err := p.speaks.identify(ctx, q, code, iss)
	id.Issuer = p.Issuer
	if err != nil && ctx.Err() != nil { // half an answer is none
		err = fmt.Errorf("%w: %w", ErrDown, ctx.Err())
	}
	if err == nil && (id.Subject == "" || len(id.Subject) > maxSubject || strings.ContainsFunc(id.Subject, unicode.IsControl)) {
		err = fmt.Errorf("%w: it has no subject, or an odd one", ErrAnswer)
	}
	return id, err
}

// client is the HTTP client for providers. It follows no redirects, which would take secrets elsewhere, and limits the length
// of answers.
var client = &http.Client{
	Timeout:       answerTime,
	Transport:     bounded{},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// asking returns the context of requests to a provider. A browser that goes away does not cancel them, because others may wait
// for the same answer.
func (p *Provider) asking(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithValue(context.WithoutCancel(ctx), oauth2.HTTPClient, client), p.patience)
}

// private returns an error if traffic to one of the addresses could be read on its way: http is allowed to this machine only
// (OpenID Connect Core, 16.17).
func private(addresses ...string) error {
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !web.Loopback(u.Host)) {
			return fmt.Errorf("%q is no address with https://", address)
		}
	}
	return nil
}

// bounded makes reading an answer longer than maxAnswer fail.
type bounded struct{}

func (bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxAnswer)
	}
	return resp, err
}

// exchange returns the token for a code. It returns ErrAnswer if the provider refuses the code, and ErrDown if the provider
// cannot be reached or its settings are wrong.
func exchange(ctx context.Context, c *oauth2.Config, q Request, code string) (*oauth2.Token, error) {
	token, err := c.Exchange(ctx, code, oauth2.VerifierOption(q.Verifier))
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case err == nil:
		return token, nil
	case ok && (refused.ErrorCode == "invalid_grant" || refused.ErrorCode == "bad_verification_code"):
		return nil, fmt.Errorf("%w: the code is not taken", ErrAnswer)
	case ok:
		return nil, fmt.Errorf("%w: %s %q", ErrDown, refused.Response.Status, refused.ErrorCode) // not its text, which may hold what we sent
	}
	return nil, fmt.Errorf("%w: %w", ErrDown, err)
}
