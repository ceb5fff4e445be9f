package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// day is what "30d" counts in.
const day = 24 * time.Hour

// parsers read the kinds of values that are written in a way of their own.
var parsers = map[reflect.Type]env.ParserFunc{
	reflect.TypeFor[time.Duration]():  func(v string) (any, error) { return duration(v) },
	reflect.TypeFor[bool]():           func(v string) (any, error) { return onOff(v) },
	reflect.TypeFor[[]netip.Prefix](): func(v string) (any, error) { return networks(v) },
}

func duration(v string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(v, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return time.Duration(n) * day, nil
		}
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 {
		return 0, errors.New("a length of time, as 90s, 15m, 24h or 30d")
	}
	return d, nil
}

// asWritten returns a value as a setting has it: on, 30d, 10.0.0.0/8,203.0.113.7/32.
func asWritten(value any) string {
	switch v := value.(type) {
	case bool:
		return map[bool]string{true: "on", false: "off"}[v]
	case time.Duration:
		if v > 0 && v%day == 0 {
			return strconv.Itoa(int(v/day)) + "d"
		}
		return strings.Replace(strings.Replace(v.String(), "m0s", "m", 1), "h0m", "h", 1)
	case []string, []netip.Prefix:
		return strings.ReplaceAll(strings.Trim(fmt.Sprint(v), "[]"), " ", ",")
	case int:
		if v == 0 {
			return ""
		}
	}
	return fmt.Sprint(value)
}

func onOff(v string) (bool, error) {
	if v != "on" && v != "off" {
		return false, errors.New("on or off")
	}
	return v == "on", nil
}

func networks(v string) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for part := range strings.SplitSeq(v, ",") {
		part = strings.TrimSpace(part)
		if p, err := netip.ParsePrefix(part); err == nil {
			list = append(list, p.Masked())
			continue
		}
		addr, err := netip.ParseAddr(part)
		if err != nil {
			return nil, errors.New("networks, as 10.0.0.0/8 or 203.0.113.7, with commas between")
		}
		list = append(list, netip.PrefixFrom(addr, addr.BitLen()))
	}
	return list, nil
}

// mistakes reads settings, and collects what is wrong with them: at most one line for each.
type mistakes struct {
	written  map[string]string  // the settings as they were written
	settings map[string]Setting // what they are
	lines    map[string]error   // by the setting's name
}

// must notes a mistake in a setting, unless ok. The first mistake in a setting stays. value is shown if nothing was written.
func (m *mistakes) must(ok bool, name, value, right string) {
	if _, already := m.lines[name]; ok || already {
		return
	}
	if m.lines == nil {
		m.lines = map[string]error{}
	}
	m.lines[name] = fmt.Errorf("%s=%q is wrong: it must be %s", name, m.settings[name].show(cmp.Or(m.written[name], value)), right)
}

// err returns all mistakes, sorted by the settings' names.
func (m *mistakes) err() error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(m.lines)) {
		errs = append(errs, m.lines[name])
	}
	return errors.Join(errs...)
}

// read fills a struct by its tags env, envDefault and each, and checks what misses knows. A field with the tag needed must be
// set where the setting that the tag names is.
func (m *mistakes) read(into any) {
	m.readFrom(m.written, into, func(name string) string { return name })
	m.readEach(reflect.ValueOf(into).Elem())
}

// readFrom fills a struct from vars, by the names in its tags. called turns such a name into the one that people write.
func (m *mistakes) readFrom(vars map[string]string, into any, called func(name string) string) {
	if vars == nil {
		vars = map[string]string{} // nil would be the environment of the process
	}
	unread := unreadable(env.ParseWithOptions(into, env.Options{Environment: vars, FuncMap: parsers}))
	for f, value := range reflect.ValueOf(into).Elem().Fields() {
		name, standard := f.Tag.Get("env"), f.Tag.Get("envDefault")
		if needed := f.Tag.Get("needed"); vars[name] == "" && needed != "" && m.written[needed] != "" {
			m.must(false, called(name), "", "set, because "+needed+" is")
		}
		if name == "" || vars[name] == "" && standard == "" {
			continue
		}
		name = called(name)
		if err := unread[f.Name]; err != nil {
			right := err.Error()
			if value.CanInt() && f.Type != reflect.TypeFor[time.Duration]() || value.CanUint() {
				right = strings.TrimSuffix("a whole number, "+bounds(f), ", ")
			}
			m.must(false, name, "", right)
			continue
		}
		right := misses(f, value)
		m.must(right == "", name, standard, right)
	}
}

// int reads a setting that is declared by a value.
func (m *mistakes) int(i Int) int {
	text := m.written[i.Name]
	if text == "" {
		return i.Default
	}
	n, err := strconv.Atoi(text)
	m.must(err == nil && n >= i.Min && n <= i.Max, i.Name, text, fmt.Sprintf("%d to %d", i.Min, i.Max))
	return n
}

// unreadable returns why fields could not be read, by the field's name. It panics if the struct itself is wrong.
func unreadable(err error) map[string]error {
	if err == nil {
		return nil
	}
	all := []error{err}
	if aggregate, ok := errors.AsType[env.AggregateError](err); ok {
		all = aggregate.Errors
	}
	why := map[string]error{}
	for _, one := range all {
		parse, ok := errors.AsType[env.ParseError](one)
		if !ok {
			panic(fmt.Sprintf("config: %v", one))
		}
		why[parse.Name] = parse.Err
	}
	return why
}

// misses returns what the value of a field should be if its tags do not admit it, else "":
//
//	oneof:"open closed"     one of these words
//	url:"http https"        an address of one of these schemes
//	min:"1m" max:"400d"     no less, no more; with zero:"ok" 0 is right, too
//	names:"a b"             names for settings of their own, none of these words: see anyName
func misses(f reflect.StructField, value reflect.Value) string {
	if taken, ok := f.Tag.Lookup("names"); ok {
		return namesMiss(value.Interface().([]string), strings.Fields(taken))
	}
	words := strings.Fields(f.Tag.Get("oneof"))
	if len(words) > 0 && slices.Contains(words, value.String()) {
		return ""
	}
	if schemes := strings.Fields(f.Tag.Get("url")); len(schemes) > 0 {
		right := isAddress(value.String(), schemes...)
		if right != "" && len(words) > 0 {
			right = either(append(words, right)...)
		}
		return right
	}
	if len(words) > 0 {
		return either(words...)
	}
	lowest, highest := f.Tag.Get("min"), f.Tag.Get("max")
	if lowest == "" && highest == "" || value.Int() == 0 && f.Tag.Get("zero") == "ok" ||
		(lowest == "" || value.Int() >= bound(f, lowest)) && (highest == "" || value.Int() <= bound(f, highest)) {
		return ""
	}
	return bounds(f)
}

// bounds says what the tags min, max and zero admit.
func bounds(f reflect.StructField) string {
	lowest, highest := f.Tag.Get("min"), f.Tag.Get("max")
	var right string
	switch {
	case lowest != "" && highest != "":
		right = lowest + " to " + highest
	case lowest != "":
		right = "at least " + lowest
	case highest != "":
		right = "at most " + highest
	}
	if f.Tag.Get("zero") == "ok" {
		right = "0, or " + right
	}
	return right
}

// bound reads what stands in a tag as the field's own values are read. It panics if it cannot.
func bound(f reflect.StructField, text string) int64 {
	var n int64
	var err error
	if f.Type == reflect.TypeFor[time.Duration]() {
		var d time.Duration
		d, err = duration(text)
		n = int64(d)
	} else {
		n, err = strconv.ParseInt(text, 10, 64)
	}
	if err != nil {
		panic(fmt.Sprintf("config: %s has the bound %q", f.Name, text))
	}
	return n
}

// either joins what may be chosen from: "a, b or c".
func either(words ...string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
