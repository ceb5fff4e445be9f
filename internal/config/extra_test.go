package config_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/config"
)

// keeping are the settings of a feature that somebody might write.
type keeping struct {
	For   time.Duration `env:"KEEP_FOR" envDefault:"1h" min:"1m" max:"7d" doc:"how long it is kept"`
	Swept time.Duration `env:"KEEP_SWEPT" envDefault:"0" min:"1h" zero:"ok" doc:"when it is swept; 0: never"`
	How   string        `env:"KEEP_HOW" envDefault:"whole" oneof:"whole short" doc:"whole or short"`
	Most  int           `env:"KEEP_MOST" min:"1" doc:"the most that is kept"`
}

func extras() (*keeping, []config.Extra) {
	k := &keeping{}
	return k, []config.Extra{{Into: k}, {Ints: []config.Int{{Name: "LIMIT_KEEP", Default: 5, Min: 1, Max: 100, Doc: "how often: keep"}}}}
}

func TestAFeaturesSettings(t *testing.T) {
	k, extra := extras()
	c, err := loadExtra(extra, "KEEP_FOR=2d", "KEEP_HOW=short", "LIMIT_KEEP=7")
	if err != nil || *k != (keeping{48 * time.Hour, 0, "short", 0}) || c.Int("LIMIT_KEEP") != 7 {
		t.Errorf("%+v %d %v", *k, c.Int("LIMIT_KEEP"), err)
	}
	var again keeping
	if c.Fill(&again); again != *k {
		t.Errorf("filled %+v", again)
	}
	if text := c.String(); !strings.Contains(text, "KEEP_FOR=2d\n") || !strings.Contains(text, "KEEP_MOST=\n") || !strings.Contains(text, "LIMIT_KEEP=7\n") {
		t.Error(text)
	}

	// What Load was not told of, nothing has checked.
	var other struct {
		X string `env:"OTHER"`
	}
	for name, ask := range map[string]func(){"Fill": func() { c.Fill(&other) }, "Int": func() { c.Int("LIMIT_OTHER") }} {
		func() {
			defer func() { _ = recover() }()
			ask()
			t.Errorf("%s answers for what Load was not told of", name)
		}()
	}
}

// TestAZeroConfigGivesDefaults is for what is built without settings, to print the map. The environment of the process
// must not leak into it.
func TestAZeroConfigGivesDefaults(t *testing.T) {
	t.Setenv("KEEP_HOW", "neither")
	var k keeping
	if (config.Config{}).Fill(&k); k != (keeping{time.Hour, 0, "whole", 0}) || (config.Config{}).Int("LIMIT_KEEP") != 0 {
		t.Errorf("%+v", k)
	}
}

func TestExtraSettingsAreChecked(t *testing.T) {
	for setting, right := range map[string]string{
		"KEEP_FOR=59s": "1m to 7d", "KEEP_FOR=8d": "1m to 7d", "KEEP_FOR=soon": "a length of time", "KEEP_SWEPT=1m": "0, or at least 1h", "KEEP_HOW=long": "whole or short",
		"KEEP_MOST=0": "at least 1", "KEEP_MOST=x": "a whole number, at least 1", "LIMIT_KEEP=0": "1 to 100", "LIMIT_KEEP=101": "1 to 100", "LIMIT_KEEP=x": "1 to 100",
	} {
		_, extra := extras()
		name, value, _ := strings.Cut(setting, "=")
		if _, err := loadExtra(extra, setting); fmt.Sprint(err) != fmt.Sprintf("%s=%q is wrong: it must be %s", name, value, right) && !strings.HasPrefix(right, "a length") {
			t.Errorf("%s: %v", setting, err)
		}
	}
	_, extra := extras()
	_, err := loadExtra(extra, "KEEP_FOR=0", "LIMIT_KEEP=0", "KEEP_ALIVE=0", "KEEP_HOW=")
	if lines := strings.Split(fmt.Sprint(err), "\n"); len(lines) != 3 {
		t.Errorf("%d mistakes, want 3 at once: %v", len(lines), err)
	}
	if _, err := loadExtra(extra, "KEEP_SWEPT=0"); err != nil {
		t.Error(err)
	}
}

func TestHelpListsExtraSettings(t *testing.T) {
	_, extra := extras()
	var names []string
	for _, s := range config.Help(extra...)[len(config.Help()):] {
		names = append(names, s.Name+"="+s.Default)
	}
	if got := strings.Join(names, " "); got != "KEEP_FOR=1h KEEP_SWEPT=0 KEEP_HOW=whole KEEP_MOST= LIMIT_KEEP=5" {
		t.Error(got)
	}
	defer func() {
		if recover() == nil {
			t.Error("two settings of one name")
		}
	}()
	config.Help(extra[0], extra[0])
}
