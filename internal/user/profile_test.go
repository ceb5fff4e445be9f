package user

import (
	"strings"
	"testing"
	"time"
)

func TestTimezones(t *testing.T) {
	for typed, want := range map[string]string{ // "!" for one that is refused
		"": "UTC", "UTC": "UTC", " Europe/Berlin ": "Europe/Berlin", "America/New York": "America/New_York",
		"America/Argentina/Buenos_Aires": "America/Argentina/Buenos_Aires", "Etc/GMT+3": "Etc/GMT+3",
		"Local": "!", "localtime": "!", "posix/Europe/Berlin": "!", "right/Europe/Berlin": "!", "Mars/Olympus": "!", "Europe": "!",
		"Europe//Berlin": "!", "./Europe/Berlin": "!", "Europe/../Europe/Berlin": "!", "/etc/localtime": "!",
		"Europe/Berlin\x00": "!", "Europe/\nBerlin": "!", strings.Repeat("x", 70_000): "!",
	} {
		p := Profile{Timezone: typed}.Clean()
		if problem := p.Problems()["timezone"]; (problem != "") != (want == "!") {
			t.Errorf("%.40q: %q", typed, problem)
		}
		if want == "!" {
			want = "UTC"
		}
		if got := p.Location().String(); got != want {
			t.Errorf("%.40q is %s, want %s", typed, got, want)
		}
	}
	zones.Range(func(name, _ any) bool {
		if _, err := time.LoadLocation(name.(string)); err != nil || strings.Contains(name.(string), "//") {
			t.Errorf("%q is kept", name)
		}
		return true
	})
}
