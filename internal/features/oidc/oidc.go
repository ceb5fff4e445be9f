// Package oidc lets users log in, register and confirm with their account at another site: an OpenID Connect provider, found
// by discovery (OpenID Connect Core and Discovery 1.0), or GitHub, which speaks plain OAuth 2.0. An account there is known
// by issuer and subject, never by a name or an address.
package oidc

import (
	"context"
	"net/http"
	"slices"
	"sync"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/features/oidc/provider"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/web"
)

// maxIdentities is how many accounts at other sites may log in to one account here.
const maxIdentities = 20

// The pages. Their menu entry is that of Login & security.
const (
	joinPath   = "/login/join"
	listPath   = "/account/security/sites"
	linkPath   = listPath + "/link"
	unlinkPath = listPath + "/unlink/"
)

// Sites is the feature: the other sites that users can log in with.
type Sites struct {
	*feature.Core
	settings settings
	once     sync.Once
	list     []*provider.Provider
}

// settings are those that name the sites.
type settings struct {
	Names        []string          `env:"OIDC_PROVIDERS" names:"github" doc:"OpenID Connect providers to log in with, in the order of their buttons, as google,work; each has the settings below"`
	OpenID       []provider.OpenID `each:"OIDC_PROVIDERS"`
	GitHubID     string            `env:"GITHUB_CLIENT_ID" needed:"GITHUB_CLIENT_SECRET" doc:"log in with GitHub: the client id of an OAuth app"`
	GitHubSecret string            `env:"GITHUB_CLIENT_SECRET" secret:"" needed:"GITHUB_CLIENT_ID" doc:"its client secret"`
	GitHubURL    string            `env:"GITHUB_URL" envDefault:"https://github.com" url:"https http" doc:"another GitHub, as https://github.example.org"`
	GitHubAPI    string            `env:"GITHUB_API_URL" envDefault:"https://api.github.com" url:"https http" doc:"its API, as https://github.example.org/api/v3"`
}

// New returns the feature.
func New(core *feature.Core) feature.Feature {
	s := &Sites{Core: core}
	return feature.Feature{
		Name:     "oidc",
		Settings: &s.settings,
		Routes: []web.Route{
			web.Guest.At("POST /login/with/{provider}", s.logIn).Limited("oidc.begin"),
			web.Public.At("GET /login/with/{provider}/callback", s.callback).Titled("Back from another site").Limited("oidc.callback"),
			web.Guest.At("GET "+joinPath, s.showJoin).Titled("You have an account here"),
			web.Private.At("POST /confirm/with/{provider}", s.confirm).Limited("oidc.begin"),
			web.Private.At("GET "+listPath, s.showList).Titled("Other sites"),
			web.Fresh.At("POST "+listPath+"/with/{provider}", s.link).Limited("oidc.begin"),
			web.Fresh.At("GET "+linkPath, s.showLink).Titled("Link an account"),
			web.Fresh.At("POST "+linkPath, s.finishLink),
			web.Fresh.At("GET "+unlinkPath+"{id}", s.askUnlink).Titled("Unlink an account"),
			web.Fresh.At("POST "+unlinkPath+"{id}", s.unlink),
		},
		On:     s.on,
		WaysIn: s.waysIn,
		Places: feature.Places{LogIn: s.logInPart, Register: s.registerPart, Confirm: s.confirmPart, Security: s.securityPart},
		Limits: []ratelimit.Named{
			{Name: "oidc.begin", Act: "be sent to another site, to log in or to link it", By: "account or, before log in, address", Setting: "LIMIT_OIDC_BEGIN", Tries: 100},
			{Name: "oidc.callback", Act: "come back from another site", By: "account or, before log in, address", Setting: "LIMIT_OIDC_CALLBACK", Tries: 100},
		},
		Exports: []database.Export{{
			Table: "identities", About: "Your accounts at other sites", Columns: "id, issuer, subject, email, created_at, used_at",
		}},
		Sweep: s.sweep,
	}
}

// The mails to the owner.
var (
	wasLinked = mail.Notice("site-linked", "Another site was linked", "Another site was linked",
		"an account at another site was linked to your account at %s. Whoever has it can log in without your password.")
	wasUnlinked = mail.Notice("site-unlinked", "Another site was unlinked", "Another site was unlinked",
		"an account at another site was unlinked from your account at %s. Nobody can log in with it any more.")
)

// on deletes links that an event invalidates, and mails the owner, in the transaction of the event.
func (s *Sites) on(ctx context.Context, e audit.Event) error {
	switch e.Name {
	// An intruder may have linked an identity, and so may somebody who registered with another person's address.
	case audit.AccountSecured, audit.AddressRestored, audit.PasswordRemoved:
		return s.deleteAll(ctx, e.User.ID)
	case audit.PasswordReset:
		if !e.User.Verified() { // the first to show that the address is theirs, who need not be who registered
			return s.deleteAll(ctx, e.User.ID)
		}
	case audit.SiteLinked:
		return s.Account.Notify(ctx, "", e, wasLinked)
	case audit.SiteUnlinked:
		return s.Account.Notify(ctx, "", e, wasUnlinked)
	}
	return nil
}

// providers returns the sites that the settings name, in their order, GitHub last.
func (s *Sites) providers() []*provider.Provider {
	s.once.Do(func() {
		for i, o := range s.settings.OpenID {
			s.list = append(s.list, provider.NewOpenID(s.settings.Names[i], o, s.Now))
		}
		if s.settings.GitHubID != "" {
			s.list = append(s.list, provider.NewGitHub(s.settings.GitHubURL, s.settings.GitHubAPI, s.settings.GitHubID, s.settings.GitHubSecret))
		}
	})
	return s.list
}

// provider returns the provider that the path of the request names, or fault.NotFound.
func (s *Sites) provider(r *http.Request) (*provider.Provider, error) {
	all, name := s.providers(), r.PathValue("provider")
	i := slices.IndexFunc(all, func(p *provider.Provider) bool { return p.Name == name })
	if i < 0 {
		return nil, fault.NotFound
	}
	return all[i], nil
}

// withIssuer returns the provider with this issuer. One that the settings no longer name is called by its issuer.
func (s *Sites) withIssuer(issuer string) *provider.Provider {
	for _, p := range s.providers() {
		if p.Issuer == issuer {
			return p
		}
	}
	return provider.Gone(issuer)
}

// labelOf returns what people call the provider with an issuer.
func (s *Sites) labelOf(issuer string) string { return s.withIssuer(issuer).Label }
