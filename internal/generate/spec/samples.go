package spec

import "slices"

// UniqueBeside is Unique, if it is not the field that tests search; UniqueBesideFirst, if it is not the first.
func (s *Section) UniqueBeside() *Field {
	if u := s.Unique(); u != nil && u.Name != s.Searchable().Name {
		return u
	}
	return nil
}

func (s *Section) UniqueBesideFirst() *Field {
	if u := s.Unique(); u != nil && u.Name != s.First().Name {
		return u
	}
	return nil
}

// VariesByNumber reports whether the rows that tests make differ.
func (s *Section) VariesByNumber() bool { return s.First().Kind != "choice" || s.Unique() != nil }

// Retyped are texts that a form which comes back still has, Shown those that the page of a row says: Go strings.
func (s *Section) Retyped() (list []string) {
	for _, f := range s.Fields[1:] {
		if text := f.Sample(0); text != "" && f.Kind != "bool" && f.Kind != "long" {
			list = append(list, `"`+text+`"`)
		}
	}
	return once(list)
}

func (s *Section) Shown() (list []string) {
	for _, f := range s.Fields {
		if f.Name != s.First().Name || f.Kind != "text" {
			if text := f.Shown(); text != "" {
				list = append(list, `"`+text+`"`)
			}
		}
	}
	return once(list)
}

// once takes out what is in the list before.
func once(list []string) (rest []string) {
	for _, text := range list {
		if !slices.Contains(rest, text) {
			rest = append(rest, text)
		}
	}
	return rest
}

// NeedsTyped reports whether a form can only be filled in after rows of other sections were added.
func (s *Section) NeedsTyped() bool { return slices.ContainsFunc(s.Fields, Field.Posted) }

// Typed is how a test calls typed for a browser.
func (s *Section) Typed(browser string) string {
	if s.NeedsTyped() {
		return "typed(t, " + browser + ", "
	}
	return "typed("
}

// Needed are the sections of which tests add a row to refer to, without repetition.
func (s *Section) Needed() (list []*Section) {
	for _, f := range s.Refs() {
		add := append([]*Section{f.Other}, f.Other.needed()...)
		for _, other := range add {
			if !slices.ContainsFunc(list, func(x *Section) bool { return x.Pkg() == other.Pkg() }) {
				list = append(list, other)
			}
		}
	}
	return list
}

// needed are those whose rows a row of this section cannot be without.
func (s *Section) needed() (list []*Section) {
	for _, f := range s.filter(Field.Posted) {
		list = append(list, append([]*Section{f.Other}, f.Other.needed()...)...)
	}
	return list
}

// Posted reports whether tests must send it: a choice among what another section has.
func (f Field) Posted() bool { return f.Kind == "ref" && f.Required }

// Sample is a value as it is typed. Those of different n differ, where the kind has more than one.
func (f Field) Sample(n int) string {
	switch f.Kind {
	case "text":
		return []string{"Garden", "Meadow", "Orchard"}[n]
	case "long":
		return `line one\r\nline two`
	case "email":
		return []string{"kim@example.org", "sam@example.org", "lee@example.org"}[n]
	case "url":
		return []string{"https://example.org/a", "https://example.org/b", "https://example.org/c"}[n]
	case "int":
		return []string{"42", "43", "44"}[n]
	case "decimal":
		return "12.5"
	case "bool":
		return "1"
	case "date":
		return []string{"2026-11-24", "2026-11-25", "2026-11-26"}[n]
	case "time":
		return "09:30"
	case "choice":
		return f.Options[n%len(f.Options)].Value
	}
	return ""
}

// Fresh is an expression for a value, as it is typed, that no other row has.
func (f Field) Fresh() string {
	switch f.Kind {
	case "int":
		return `fmt.Sprint(time.Now().UnixNano())`
	case "date":
		return `time.Unix(time.Now().UnixNano()%4e9, 0).Format(time.DateOnly)`
	case "email":
		return `fmt.Sprint("kim", time.Now().UnixNano(), "@example.org")`
	case "url":
		return `fmt.Sprint("https://example.org/", time.Now().UnixNano())`
	}
	return `fmt.Sprint("Garden ", time.Now().UnixNano())`
}

// Bad is a value that is refused.
func (f Field) Bad() string {
	return map[string]string{
		"email": "kim@", "url": "javascript:alert(1)", "int": "4.2", "decimal": "1,5", "money": "12.505", "date": "2026-02-30",
		"time": "24:00", "choice": "none of these", "ref": "2",
	}[f.Kind]
}

// Shown is what the page of a row says of the first sample.
func (f Field) Shown() string {
	switch f.Kind {
	case "long":
		return `line one\nline two`
	case "money":
		return "12.50 EUR"
	case "bool":
		return "Yes"
	case "date":
		return "24 November 2026"
	case "choice":
		return f.Options[0].Label
	}
	return f.Sample(0)
}

// Seed is an expression for a value that depends on n, as the row has it.
func (f Field) Seed() string {
	number := func(kind, n string) string {
		if f.Required {
			return n
		}
		return "sql.Null[" + kind + "]{V: " + n + ", Valid: true}"
	}
	switch f.Kind {
	case "long":
		return `"What there is to say."`
	case "email":
		return `fmt.Sprintf("kim%d@example.org", n)`
	case "url":
		return `fmt.Sprint("https://example.org/", n)`
	case "int":
		return number("int64", "int64(n)")
	case "decimal":
		return number("value.Decimal", "value.Decimal(n * 2_500)")
	case "money":
		return `value.Money{Minor: int64(n) * 1_250, Currency: "EUR"}`
	case "bool":
		return "n%2 == 0"
	case "date":
		return "s.store.now().AddDate(0, 0, n).Format(time.DateOnly)"
	case "time":
		return `fmt.Sprintf("%02d:30", n%24)`
	case "choice":
		return f.Go() + "Choices[n%len(" + f.Go() + "Choices)].Value"
	}
	return `fmt.Sprint("` + f.Label() + ` ", n)`
}

// Nth is an expression for a value that depends on a number.
func (f Field) Nth(i string) string {
	switch f.Kind {
	case "int":
		return "int64(" + i + ")"
	case "date":
		return `fmt.Sprint(2000+` + i + `, "-01-01")`
	case "choice":
		return `"` + f.Options[0].Value + `"`
	}
	return `fmt.Sprint("` + f.Label() + ` ", ` + i + `)`
}
