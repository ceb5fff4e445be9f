package config

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// anyName is the placeholder in the name of a setting that there is once for each of several things. A feature declares
//
//	Names []string `env:"SITES" names:"" doc:"the sites, with commas between"`
//	Sites []site   `each:"SITES"`
//
// where the struct site has a field with env:"SITE_<NAME>_URL". With SITES=home,work the settings are SITE_HOME_URL and
// SITE_WORK_URL, and Sites has two elements, in that order.
const anyName = "<NAME>"

// aName is one of the names that a setting with the tag names lists.
var aName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}$`)

// listed returns the names that a setting lists.
func listed(value string) (names []string) {
	for name := range strings.SplitSeq(value, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// called returns the name of a setting for one of the names.
func (s Setting) called(name string) string {
	return strings.ReplaceAll(s.Name, anyName, strings.ToUpper(name))
}

// written returns the settings that can be written: instead of one with anyName, one for each name that is listed.
func written(all []Setting, getenv func(string) string) (list []Setting) {
	for _, s := range all {
		if s.each == "" {
			list = append(list, s)
			continue
		}
		for _, name := range listed(getenv(s.each)) {
			one := s
			one.Name = s.called(name)
			list = append(list, one)
		}
	}
	return list
}

// readEach fills the fields of a struct that have the tag each.
func (m *mistakes) readEach(into reflect.Value) {
	for f, value := range into.Fields() {
		list := f.Tag.Get("each")
		if list == "" {
			continue
		}
		value.SetZero()
		for _, name := range listed(m.written[list]) {
			one, vars := reflect.New(f.Type.Elem()), map[string]string{}
			for _, s := range settingsOf(one.Interface()) {
				if text := m.written[s.called(name)]; text != "" {
					vars[s.Name] = text
				}
			}
			m.readFrom(vars, one.Interface(), func(pattern string) string { return Setting{Name: pattern}.called(name) })
			value.Set(reflect.Append(value, one.Elem()))
		}
	}
}

// namesMiss returns what a list of names should be if something is wrong with it, else "". The words in taken are not allowed.
func namesMiss(names, taken []string) string {
	seen := map[string]bool{}
	for _, name := range names {
		name = strings.TrimSpace(name)
		if !aName.MatchString(name) || seen[name] || slices.Contains(taken, name) {
			right := "names of small letters, digits and _, each once, with commas between"
			if len(taken) > 0 {
				right += ", other than " + either(taken...)
			}
			return right
		}
		seen[name] = true
	}
	return ""
}

// unlisted explains a name that would be a setting if its middle were listed (see anyName); "" if it is no such name.
func unlisted(name string, all []Setting) string {
	for _, s := range all {
		before, after, _ := strings.Cut(s.Name, anyName)
		middle, begins := strings.CutPrefix(name, before)
		middle, ends := strings.CutSuffix(middle, after)
		if s.each != "" && begins && ends && aName.MatchString(strings.ToLower(middle)) {
			return ": " + s.each + " does not list " + strings.ToLower(middle)
		}
	}
	return ""
}
