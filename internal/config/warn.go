package config

import (
	"net/netip"
	"net/url"
	"strings"
)

// Warnings returns a line for each setting with which a site in production works, and is probably not meant to.
func (c Config) Warnings() []string {
	if !c.Production() {
		return nil
	}
	var lines []string
	if !c.Secure() {
		lines = append(lines, "BASE_URL is http://: passwords and cookies can be read on their way")
	}
	if c.SMTPURL == "" {
		lines = append(lines, "SMTP_URL is not set: no mail is sent, and nobody can recover an account")
	}
	for _, s := range c.extra {
		if address := c.written[s.Name]; s.url && strings.HasPrefix(strings.ToLower(address), "http://") && !local(address) {
			lines = append(lines, s.Name+" is http://: what is asked and answered there can be read and changed on its way")
		}
	}
	for _, p := range c.TrustedProxies {
		if trustsEverybody(p) {
			lines = append(lines, "TRUSTED_PROXIES trusts "+p.String()+": anybody there can claim any address, and no limit holds them")
		}
	}
	return lines
}

// local reports whether an address is of this machine.
func local(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && addr.IsLoopback()
}

// trustsEverybody reports whether a network is larger than any private one (10.0.0.0/8, fc00::/7).
func trustsEverybody(p netip.Prefix) bool {
	return p.Addr().Is4() && p.Bits() < 8 || p.Addr().Is6() && p.Bits() < 7
}
