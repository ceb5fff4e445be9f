package user

import (
	"archive/zip"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestANameCanBeSeen(t *testing.T) {
	for name, want := range map[string]bool{
		"": true, "  \u00a0 ": true, "Ada": true, "李": true, "*": true, "A\u0301": true, "👩\u200d💻": true,
		"\u2060": false, "\u00ad\u00ad": false, "\u3164": false, "\u2800": false, "\ufe0f": false, "\u0301": false, "\u200b": false, "\u034f \u034f": false,
	} {
		if problem := (Profile{Name: name}).Clean().Problems()["name"]; (problem == "") != want {
			t.Errorf("%q: %q", name, problem)
		}
	}
}

// TestAnySpellingOfATimezone goes through every name of the database.
func TestAnySpellingOfATimezone(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip("no Go here: ", err)
	}
	list, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	n := 0
	for _, f := range list.File {
		if !isZone(f.Name) || strings.HasSuffix(f.Name, "/") {
			continue
		}
		n++
		lower := strings.ToLower(f.Name)
		for _, typed := range []string{lower, strings.ToUpper(f.Name), strings.ReplaceAll(lower, "_", " "), " " + strings.ReplaceAll(lower, "_", "-")} {
			if strings.Contains(typed, "gmt+") || strings.Contains(typed, "gmt-") {
				typed = lower
			}
			p := Profile{Timezone: typed}.Clean()
			if want := (Profile{Timezone: f.Name}).Clean().Timezone; p.Timezone != want || p.Problems()["timezone"] != "" {
				t.Errorf("%q is %q, want %q", typed, p.Timezone, want)
			}
		}
	}
	if n < 400 {
		t.Errorf("%d zones", n)
	}
}

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
