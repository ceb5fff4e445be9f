package config

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	// shown takes an address apart: scheme; all that stands before the last @; host, port and path; options.
	shown    = regexp.MustCompile(`(?s)^([A-Za-z][A-Za-z0-9+.-]*://)(.*@)?((?:[A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~%-]*)*)([?#].*)?$`)
	suspects = regexp.MustCompile(`(?i)://|:.*@|pass|secret`) // what else than an address could hold a password
	// machine is the name of a host as networks of containers allow it: like a domain, with underscores.
	machine = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$`)
)

const (
	notShown = "(not shown)"
	// escape is said of an address in which a password was cut short.
	escape = "with @ / ? # in user and password written as %40 %2F %3F %23"
)

// show returns the value of a setting as it may be printed. Of an address, what stands before the last @, or is an
// option, is left out, since a password may be there. Nothing is left of what should be an address and is none, or of
// another value that looks as if it held a password.
func show(value string, isURL bool) string {
	file, isFile := strings.CutPrefix(value, "sqlite:")
	switch {
	case value == "", value == "on", value == "off", !isURL && !suspects.MatchString(value),
		isFile && !strings.HasPrefix(file, "//") && !strings.Contains(file, "@"):
		return value
	}
	part := shown.FindStringSubmatch(value)
	if part == nil {
		return notShown
	}
	if part[2] != "" {
		part[2] = "…@"
	}
	if part[4] != "" {
		part[4] = part[4][:1] + "…"
	}
	return strings.Join(part[1:], "")
}

// isHost reports whether the text is the name or the number of a host, with or without a port.
func isHost(text string) bool {
	if addr, err := netip.ParseAddrPort(text); err == nil {
		return addr.Port() > 0
	}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		return ok && err == nil && addr.Is6()
	}
	name, port, _ := strings.Cut(text, ":")
	return machine.MatchString(name) && isPort(port)
}

// isPort reports whether the text is a port, or nothing.
func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && n > 0
}

// address reads an address of one of the schemes. If it is none, it returns what is missed about it.
func address(text string, schemes ...string) (u *url.URL, misses string) {
	words := make([]string, len(schemes))
	for i, s := range schemes {
		words[i] = s + "://"
	}
	misses = "with " + either(words...) + " and a host"
	start, rest, found := strings.Cut(text, "://")
	if !found || !slices.Contains(schemes, strings.ToLower(start)) {
		return nil, misses
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 && strings.LastIndex(rest, "@") > end {
		return nil, escape
	}
	if strings.Contains(rest, "#") {
		return nil, "without # and what follows"
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, misses + ", " + escape
	}
	return u, ""
}

// isAddress is for settings with the tag url: http:// or another of its schemes, a host, and no options.
func isAddress(text string, schemes ...string) (misses string) {
	u, misses := address(text, schemes...)
	switch {
	case misses != "":
	case u.RawQuery != "" || u.ForceQuery:
		misses = "without ? and what follows: there are no options"
	case !isHost(u.Host):
		misses = "with a host, as mail.example.org, and a port of 1 to 65535 or none"
	default:
		return ""
	}
	return "an address " + misses
}

// databaseMisses returns what is wrong with DATABASE_URL; "" if nothing is.
func databaseMisses(text string) string {
	file, ok := strings.CutPrefix(text, "sqlite:")
	switch {
	case !ok:
		return serverMisses(text)
	case strings.HasPrefix(file, "//"):
		return "sqlite:FILE without //, as sqlite:data/latchkey.db or sqlite:/var/lib/latchkey.db"
	case strings.Contains(file, ":memory:") || strings.HasPrefix(file, "file:"):
		return "sqlite:FILE, the path of a file alone: what is kept in memory would be lost with the program"
	case strings.Contains(file, "?"):
		return "sqlite:FILE, the path of a file alone, without ?: there are no options"
	case strings.HasPrefix(file, "~") || strings.Contains("/"+file, "/$"):
		return "sqlite:FILE with the path written out: ~ and $ mean nothing here"
	case file == "" || file != strings.TrimSpace(file) || strings.HasSuffix("/"+file, "/") || strings.HasSuffix("/"+file, "/.") || strings.HasSuffix("/"+file, "/.."):
		return "sqlite:FILE, the path of a file"
	}
	return ""
}
