package config_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.com/latchkey/internal/config"
)

// visiting are the settings of a feature that visits as many sites as somebody lists.
type visiting struct {
	Names []string `env:"SITES" names:"taken" doc:"the sites"`
	Sites []site   `each:"SITES"`
	ID    string   `env:"CLUB_ID" needed:"CLUB_SECRET" doc:"who we are"`
	Key   string   `env:"CLUB_SECRET" secret:"" needed:"CLUB_ID" doc:"the password"`
}

type site struct {
	URL    string   `env:"SITE_<NAME>_URL" url:"https" needed:"SITES" doc:"where it is"`
	Secret string   `env:"SITE_<NAME>_SECRET" secret:"" needed:"SITES" doc:"the password"`
	Words  []string `env:"SITE_<NAME>_WORDS" envDefault:"a,b" doc:"words"`
}

func TestSettingsForEachName(t *testing.T) {
	v := &visiting{}
	extra := []config.Extra{{Into: v}}
	c, err := loadExtra(extra, "SITES=work, my_home", "SITE_WORK_URL=https://work.example", "SITE_WORK_SECRET=PW7secret",
		"SITE_MY_HOME_URL=https://home.example", "SITE_MY_HOME_SECRET=PW7secret://x@y", "SITE_MY_HOME_WORDS=c")
	want := []site{{"https://work.example", "PW7secret", []string{"a", "b"}}, {"https://home.example", "PW7secret://x@y", []string{"c"}}}
	if err != nil || fmt.Sprint(v.Sites) != fmt.Sprint(want) {
		t.Fatalf("%+v %v", v.Sites, err)
	}
	var again visiting
	if c.Fill(&again); fmt.Sprint(again) != fmt.Sprint(*v) {
		t.Errorf("filled %+v", again)
	}
	text := c.String()
	if strings.Contains(text, "PW7") || !strings.Contains(text, "SITE_WORK_SECRET=(not shown)\n") || !strings.Contains(text, "SITE_MY_HOME_URL=https://home.example\n") {
		t.Error(text)
	}
	names := fmt.Sprint(config.Help(extra...))
	if !strings.Contains(names, "SITE_<NAME>_URL") {
		t.Error(names)
	}
	if _, err := loadExtra(extra, "SITE_WORK_URL=nonsense"); err != nil || v.Sites != nil {
		t.Errorf("without the list: %v %v", v.Sites, err)
	}
}

func TestMistakesInSettingsForEachName(t *testing.T) {
	for settings, want := range map[string]string{
		"SITES=work":                       `SITE_WORK_SECRET="" is wrong: it must be set, because SITES is` + "\n" + `SITE_WORK_URL="" is wrong: it must be set, because SITES is`,
		"SITES=Work":                       `SITES="Work" is wrong: it must be names of small letters, digits and _, each once, with commas between, other than taken`,
		"SITES=taken":                      `SITES="taken" is wrong`,
		"SITES=a,a":                        `SITES="a,a" is wrong`,
		"SITES=a/b":                        `SITES="a/b" is wrong`,
		"SITES=a|SITE_A_URL=http://PW7@h":  `SITE_A_URL="http://…@h" is wrong: it must be an address with https://`,
		"CLUB_ID=x":                        `CLUB_SECRET="" is wrong: it must be set, because CLUB_ID is`,
		"CLUB_SECRET=PW7":                  `CLUB_ID="" is wrong: it must be set, because CLUB_SECRET is`,
		"CLUB_ID=x|CLUB_SECRET=PW7|SITES=": "",
	} {
		_, err := loadExtra([]config.Extra{{Into: &visiting{}}}, strings.Split(settings, "|")...)
		if text := fmt.Sprint(err); (err != nil) != (want != "") || !strings.Contains(text, want) || strings.Contains(text, "PW7") {
			t.Errorf("%s: %v", settings, err)
		}
	}
}

func TestNamesThatNoListHas(t *testing.T) {
	t.Setenv("SITE_HOME_URL", "x")
	t.Setenv("SITE_WORK_URL", "x")
	t.Setenv("SITE_HOME_ULR", "x")
	env, err := dotEnv(t, "SITES=work\nSITE_SHOP_SECRET=PW7secret\nSITE_WORK_WORDS=x\n")
	lines := env.Unknown(config.Extra{Into: &visiting{}})
	lines = slices.DeleteFunc(lines, func(l string) bool { return !strings.Contains(l, "SITE") })
	want := []string{".env, line 2: SITE_SHOP_SECRET is no setting: SITES does not list shop", "SITE_HOME_URL in the environment is no setting: SITES does not list home"}
	if err != nil || len(lines) != 2 || !strings.HasSuffix(lines[0], want[0]) || lines[1] != want[1] {
		t.Errorf("%q %v", lines, err)
	}
}
