package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"
)

const (
	// answerTime is how long a provider may take, for all that one page asks it: somebody waits.
	answerTime = 10 * time.Second
	// maxAnswer is the longest answer that is read, in bytes.
	maxAnswer = 1 << 20
	// maxSubject is the longest subject (OpenID Connect Core, 2), in bytes.
	maxSubject = 255
)

// Why somebody who comes back from a provider is not let in.
var (
	errRequest = errors.New("the request is not of this browser, was answered, or is too old")
	errDenied  = errors.New("the provider was told not to")
	errAsked   = errors.New("the provider wants to ask its user something")
	errDown    = errors.New("the provider does not answer well")
	errAnswer  = errors.New("the provider’s answer does not verify")
)

// A provider is another site whose accounts log in here.
type provider struct {
	name   string // in addresses
	label  string // as people call it
	issuer string // as it calls itself
	speaks
	patience time.Duration // answerTime, but in tests
}

// speaks is how a provider is spoken with: openID, or gitHub.
type speaks interface {
	// authorize returns the address where the provider asks its user for consent. It returns errDown.
	authorize(ctx context.Context, q request) (string, error)
	// identify returns whom the provider means, for the code that it gave the browser; iss is the issuer that came along, ""
	// for none. It returns errDown or errAnswer.
	identify(ctx context.Context, q request, code, iss string) (identity, error)
}

// An identity is somebody as a provider knows them.
type identity struct {
	Issuer, Subject string
	Email           string // "" if the provider does not say
	Verified        bool   // the provider says that the address is theirs
	Name            string
}

// begin returns where the browser goes.
func (p *provider) begin(ctx context.Context, q request) (string, error) {
	ctx, cancel := p.asking(ctx)
	defer cancel()
	return p.authorize(ctx, q)
}

// finish returns whom the provider means. It returns errDown or errAnswer.
func (p *provider) finish(ctx context.Context, q request, code, iss string) (identity, error) {
	ctx, cancel := p.asking(ctx)
	defer cancel()
	if code == "" {
		return identity{}, fmt.Errorf("%w: no code", errAnswer)
	}
	if iss != "" && iss != p.issuer { // another provider's answer (RFC 9207, 2.4)
		return identity{}, fmt.Errorf("%w: it is of %q", errAnswer, iss)
	}
	id, err := p.identify(ctx, q, code, iss)
	id.Issuer = p.issuer
	if err != nil && ctx.Err() != nil { // half an answer is none
		err = fmt.Errorf("%w: %w", errDown, ctx.Err())
	}
	if err == nil && (id.Subject == "" || len(id.Subject) > maxSubject || strings.ContainsFunc(id.Subject, unicode.IsControl)) {
		err = fmt.Errorf("%w: it has no subject, or an odd one", errAnswer)
	}
	return id, err
}

// client asks providers. It follows no redirect, which would take secrets elsewhere, and reads no endless answer.
var client = &http.Client{
	Timeout:       answerTime,
	Transport:     bounded{},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// asking returns the context of what is asked of a provider. A browser that goes away does not end it: others may wait for
// the same answer.
func (p *provider) asking(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithValue(context.WithoutCancel(ctx), oauth2.HTTPClient, client), p.patience)
}

// bounded cuts answers to maxAnswer: what is longer fails to be read.
type bounded struct{}

func (bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxAnswer)
	}
	return resp, err
}

// exchange returns the token for a code. It returns errAnswer if the provider does not take the code, else errDown: it is
// away, or the settings about it are wrong.
func exchange(ctx context.Context, c *oauth2.Config, q request, code string) (*oauth2.Token, error) {
	token, err := c.Exchange(ctx, code, oauth2.VerifierOption(q.Verifier))
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case err == nil:
		return token, nil
	case ok && (refused.ErrorCode == "invalid_grant" || refused.ErrorCode == "bad_verification_code"):
		return nil, fmt.Errorf("%w: the code is not taken", errAnswer)
	case ok:
		return nil, fmt.Errorf("%w: %s %q", errDown, refused.Response.Status, refused.ErrorCode) // not its text, which may hold what we sent
	}
	return nil, fmt.Errorf("%w: %w", errDown, err)
}
