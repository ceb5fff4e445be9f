package origin

import (
	"regexp"
	"strings"
)

var release = regexp.MustCompile(`(?m)^## ([0-9][^\s]*)`)

// Version returns the newest version in a CHANGELOG, or "".
func Version(changelog string) string {
	if found := release.FindStringSubmatch(changelog); found != nil {
		return found[1]
	}
	return ""
}

// An Entry of a CHANGELOG.
type Entry struct {
	Version string // that it stands under
	Text    string // in one line
	Secure  bool   // it mends a weakness
}

// Entries are the list entries of a CHANGELOG, in order.
func Entries(changelog string) (all []Entry) {
	version, open := "", false
	for line := range strings.Lines(changelog) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "## "):
			version, open = strings.Trim(strings.Fields(line + " ?")[1], "[]"), false
		case strings.HasPrefix(line, "- "), strings.HasPrefix(line, "* "):
			all, open = append(all, Entry{version, line[2:], strings.Contains(line, "**Security**")}), true
		case open && strings.HasPrefix(line, "  "):
			all[len(all)-1].Text += " " + strings.TrimSpace(line)
		default:
			open = false
		}
	}
	return all
}
