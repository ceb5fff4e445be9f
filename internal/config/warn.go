package config

import "net/netip"

// Warnings returns a line for each setting that works in production and is probably a mistake.
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
	for _, p := range c.TrustedProxies {
		if trustsEverybody(p) {
			lines = append(lines, "TRUSTED_PROXIES trusts "+p.String()+": anybody there can claim any address, and no limit holds them")
		}
	}
	return lines
}

// trustsEverybody reports whether a network is larger than any private one (10.0.0.0/8, fc00::/7).
func trustsEverybody(p netip.Prefix) bool {
	return p.Addr().Is4() && p.Bits() < 8 || p.Addr().Is6() && p.Bits() < 7
}
