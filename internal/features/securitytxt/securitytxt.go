// Package securitytxt says where weaknesses are to be reported, at /.well-known/security.txt (RFC 9116).
package securitytxt

import (
	"fmt"
	"net/http"
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
	Contact string `env:"SECURITY_CONTACT" doc:"where weaknesses are reported, shown at /.well-known/security.txt: an e-mail address, or the https:// address of a page; default: there is no such file"`
	core    *feature.Core
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
	contact := web.CleanHeader(strings.TrimSpace(s.Contact))
	if contact == "" {
		return fmt.Errorf("SECURITY_CONTACT is not set: %w", fault.NotFound)
	}
	if !strings.Contains(contact, ":") {
		contact = "mailto:" + contact
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, err := fmt.Fprintf(w, "Contact: %s\nExpires: %s\nCanonical: %s%s\n",
		contact, s.core.Now().Add(validFor).UTC().Format(time.RFC3339), s.core.BaseURL(), path)
	return err
}
