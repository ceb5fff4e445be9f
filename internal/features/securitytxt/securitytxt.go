// Package securitytxt says where weaknesses are to be reported, at /.well-known/security.txt (RFC 9116).
package securitytxt

import (
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/web"
)

// validFor is how long the file is valid: less than a year, as RFC 9116 (2.5.5) recommends.
const validFor = 90 * 24 * time.Hour

const path = "/.well-known/security.txt"

type securityTxt struct {
	Contact contact `env:"SECURITY_CONTACT" doc:"where weaknesses are reported, shown at /.well-known/security.txt: an e-mail address, or the https:// address of a page; default: there is no such file"`
	core    *feature.Core
}

// A contact is where weaknesses are reported, as a URI.
type contact string

// UnmarshalText reads an e-mail address, or the address of a page. RFC 9116 (2.5.3) wants https of the latter.
func (c *contact) UnmarshalText(text []byte) error {
	uri := strings.TrimSpace(string(text))
	if page, err := url.Parse(uri); err == nil && page.Scheme == "https" && page.Hostname() != "" && page.User == nil {
		*c = contact(uri)
		return nil
	}
	address := strings.TrimPrefix(uri, "mailto:")
	if plain, err := mail.ParseAddress(address); err != nil || plain.Address != address || strings.ContainsAny(address, "\" \t") {
		return errors.New("an e-mail address, as security@example.org, or the https:// address of a page")
	}
	*c = contact("mailto:" + address)
	return nil
}

// New returns the feature.
func New(core *feature.Core) feature.Feature {
	s := &securityTxt{core: core}
	return feature.Feature{
		Name: "securitytxt", Settings: s,
		Routes: []web.Route{web.Public.At("GET "+path, s.show).WithoutSession()},
	}
}

func (s *securityTxt) show(w http.ResponseWriter, _ *http.Request) error {
	if s.Contact == "" {
		return fmt.Errorf("SECURITY_CONTACT is not set: %w", fault.NotFound)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, err := fmt.Fprintf(w, "Contact: %s\nExpires: %s\nCanonical: %s%s\n",
		s.Contact, s.core.Now().Add(validFor).UTC().Format(time.RFC3339), s.core.BaseURL(), path)
	return err
}
