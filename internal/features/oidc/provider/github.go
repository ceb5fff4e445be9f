package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/oauth2"
)

// gitHub speaks OAuth 2.0 as GitHub does, without ID tokens: its API says who the user is, asked with the access token that
// GitHub has just given us. Another site of this kind is a file like this one.
type gitHub struct {
	config oauth2.Config
	api    string
}

// NewGitHub returns GitHub, or a GitHub Enterprise server, with the addresses of its site and its API.
func NewGitHub(site, api, id, secret string) *Provider {
	site = strings.TrimSuffix(site, "/")
	return &Provider{"github", "GitHub", site, &gitHub{
		config: oauth2.Config{
			ClientID: id, ClientSecret: secret, Scopes: []string{"user:email"},
			Endpoint: oauth2.Endpoint{
				AuthURL: site + "/login/oauth/authorize", TokenURL: site + "/login/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams,
			},
		},
		api: strings.TrimSuffix(api, "/"),
	}, answerTime}
}

func (g *gitHub) with(q Request) *oauth2.Config {
	c := g.config
	c.RedirectURL = q.Redirect
	return &c
}

func (g *gitHub) authorize(_ context.Context, q Request) (string, error) {
	if err := private(g.config.Endpoint.AuthURL, g.config.Endpoint.TokenURL, g.api); err != nil {
		return "", fmt.Errorf("%w: %w", ErrDown, err)
	}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(q.Verifier)}
	if q.Choose || q.Again {
		options = append(options, oauth2.SetAuthURLParam("prompt", "select_account"))
	}
	return g.with(q).AuthCodeURL(q.State, options...), nil
}

func (g *gitHub) identify(ctx context.Context, q Request, code, _ string) (id Identity, err error) {
	token, err := exchange(ctx, g.with(q), q, code)
	if err != nil {
		return id, err
	}
	var who struct {
		ID   int64  `json:"id"` // stays, where names change hands
		Name string `json:"name"`
	}
	if err := g.ask(ctx, token, "/user", &who); err != nil {
		return id, err
	}
	if who.ID <= 0 {
		return id, fmt.Errorf("%w: no id", ErrAnswer)
	}
	var emails []struct {
		Email    string `json:"email"`
		Primary  bool   `json:"primary"`
		Verified bool   `json:"verified"`
	}
	if err := g.ask(ctx, token, "/user/emails", &emails); err != nil {
		return id, err
	}
	id.Subject, id.Name = strconv.FormatInt(who.ID, 10), who.Name
	for _, e := range emails {
		if e.Primary {
			id.Email, id.Verified = e.Email, e.Verified
		}
	}
	return id, nil
}

// ask reads an answer of the API. It returns ErrDown or ErrAnswer.
func (g *gitHub) ask(ctx context.Context, token *oauth2.Token, path string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.api+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "application/vnd.github+json")
	token.SetAuthHeader(r)
	resp, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDown, err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: %s answers %s", ErrDown, path, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrAnswer, path, err)
	}
	return nil
}
