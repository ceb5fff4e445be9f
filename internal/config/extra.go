package config

import (
	"fmt"
	"reflect"
	"slices"
)

// Extra are settings that do not stand in Config: a feature's own, and those that limits are made of.
type Extra struct {
	// Into points to a struct with the tags of Config; Load fills it. nil for none.
	Into any
	Ints []Int
}

// An Int is a setting that is a whole number between Min and Max, declared by a value instead of a field.
type Int struct {
	Name              string
	Default, Min, Max int
	Doc               string
}

// A Setting describes one setting.
type Setting struct {
	Name, Default, Doc string

	url    bool   // it is the address of something: what it holds before an @ may be a password
	secret bool   // its value is never shown
	each   string // there is one for each name that this setting lists, in the place of anyName; "" for one setting
}

// show returns the value of the setting as it may be printed.
func (s Setting) show(value string) string {
	if s.secret && value != "" {
		return notShown
	}
	return show(value, s.url)
}

// Help lists all settings: those of Config in its order, then the extra ones. It panics if two have one name.
func Help(extra ...Extra) []Setting {
	list := settingsOf(Config{})
	for _, e := range extra {
		if e.Into != nil {
			list = append(list, settingsOf(e.Into)...)
		}
		for _, i := range e.Ints {
			list = append(list, Setting{Name: i.Name, Default: fmt.Sprint(i.Default), Doc: i.Doc})
		}
	}
	seen := map[string]bool{}
	for _, s := range list {
		if seen[s.Name] {
			panic("config: the setting " + s.Name + " is declared twice")
		}
		seen[s.Name] = true
	}
	return list
}

// settingsOf lists the settings of a struct, or of what points to one.
func settingsOf(from any) []Setting {
	t := reflect.TypeOf(from)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var list []Setting
	for f := range t.Fields() {
		if name := f.Tag.Get("env"); name != "" {
			_, url := f.Tag.Lookup("url")
			_, secret := f.Tag.Lookup("secret")
			list = append(list, Setting{name, f.Tag.Get("envDefault"), f.Tag.Get("doc"), url, secret, ""})
		}
		if names := f.Tag.Get("each"); names != "" {
			for _, s := range settingsOf(reflect.Zero(f.Type.Elem()).Interface()) {
				s.each = names
				list = append(list, s)
			}
		}
	}
	return list
}

// Fill fills a feature's struct from the environment that Load has read; of a zero Config it gets the defaults.
// It panics if Load was not told of the struct, because then nothing has checked what is written there.
func (c Config) Fill(into any) {
	for _, s := range written(settingsOf(into), func(name string) string { return c.written[name] }) {
		if c.written != nil && !slices.Contains(c.extra, s) {
			panic("config: Load was not told of the setting " + s.Name)
		}
	}
	m := mistakes{written: c.written}
	m.read(into)
	if err := m.err(); err != nil {
		panic(fmt.Sprintf("config: %v", err))
	}
}

// Int returns the value of an extra setting that is a whole number: a limit's. Of a zero Config it is 0.
// It panics if Load was not told of the setting.
func (c Config) Int(name string) int {
	n, ok := c.ints[name]
	if !ok && c.written != nil {
		panic("config: Load was not told of the setting " + name)
	}
	return n
}
