package spec

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"example.com/latchkey/internal/generate/english"
)

// A Field is one of what a section keeps.
type Field struct {
	S        *Section
	Name     string // its column, and its name in the form: due_date
	Kind     string
	Required bool
	IsUnique bool
	Options  []Option // of a choice
	Other    *Section // of a ref
}

// An Option is one of a choice.
type Option struct{ Value, Label string }

// kinds are the types of fields, and what each column of theirs is: type and value in a row that is older than it.
var kinds = map[string]struct{ column, old string }{
	"text": {"TEXT", "''"}, "long": {"TEXT", "''"}, "email": {"TEXT", "''"}, "url": {"TEXT", "''"}, "choice": {"TEXT", "''"},
	"date": {"TEXT", "''"}, "time": {"TEXT", "''"}, "ref": {"TEXT", ""}, "int": {"BIGINT", "0"}, "decimal": {"BIGINT", "0"},
	"money": {"BIGINT", "0"}, "bool": {"BIGINT", "0"},
}

// Known lists the kinds, in the order in which the guide explains them.
const Known = "text, long, int, decimal, money, bool, date, time, choice(a|b|c), email, url, ref(other section)"

var (
	fieldForm  = regexp.MustCompile(`^([a-z][a-z0-9]*(?:_[a-z0-9]+)*):(\w+)(?:\(([^()]*)\))?([!?^]*)$`)
	optionForm = regexp.MustCompile(`^[a-z0-9]+([ _-][a-z0-9]+)*$`)
)

// ParseFields reads FIELDS. find returns the section that a ref names.
func ParseFields(s *Section, text string, find func(name string) (*Section, error)) (fields []Field, err error) {
	for word := range strings.FieldsSeq(text) {
		f, err := parseField(s, word, find)
		if err != nil {
			return nil, fmt.Errorf("at %q: %w", word, err)
		}
		fields = append(fields, f)
	}
	return fields, nil
}

func parseField(s *Section, word string, find func(name string) (*Section, error)) (f Field, err error) {
	m := fieldForm.FindStringSubmatch(word)
	switch {
	case m == nil && strings.Count(word, "(") != strings.Count(word, ")"):
		return f, errors.New("the brackets do not match; within them stands no space: write choice(not_yet|done)")
	case m == nil:
		return f, errors.New("write name:type, such as due:date; ! for a field that must be given, ? for one that need not, ^ for a value that the owner has once")
	}
	f = Field{S: s, Name: m[1], Kind: m[2], Required: !strings.Contains(m[4], "?"), IsUnique: strings.Contains(m[4], "^")}
	if _, ok := kinds[f.Kind]; !ok {
		return f, fmt.Errorf("there is no type %q; the types are %s", f.Kind, Known)
	}
	if len(f.Name) > 40 {
		return f, errors.New("a name has at most 40 letters")
	}
	if slices.Contains(reservedColumns, f.Name) || IsSQL(f.Name) {
		return f, fmt.Errorf("the name %q is taken: every section has it, or SQL reserves it; choose another one", f.Name)
	}
	if strings.HasSuffix(f.Name, "_at") {
		return f, errors.New("a name that ends in _at is one of the program's own moments, and is exported as such")
	}
	switch {
	case strings.Contains(m[4], "!") && strings.Contains(m[4], "?"):
		return f, errors.New("! and ? contradict each other")
	case f.Kind == "bool" && m[4] != "":
		return f, errors.New("a bool is a box that is ticked or not: it takes no mark")
	case f.IsUnique && !slices.Contains([]string{"text", "email", "url", "int", "date"}, f.Kind):
		return f, fmt.Errorf("a %s cannot be unique; text, email, url, int and date can", f.Kind)
	case m[3] != "" && f.Kind != "choice" && f.Kind != "ref":
		return f, fmt.Errorf("a %s takes nothing in brackets", f.Kind)
	}
	switch f.Kind {
	case "bool":
		f.Required = false
	case "choice":
		for text := range strings.SplitSeq(m[3], "|") {
			if !optionForm.MatchString(text) {
				return f, errors.New("write a choice as choice(draft|sent|paid), in small letters and digits with _ between words")
			}
			if slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == text }) {
				return f, fmt.Errorf("%q is there twice", text)
			}
			f.Options = append(f.Options, Option{text, upper(strings.NewReplacer("_", " ").Replace(text))})
		}
	case "ref":
		f.Other, err = find(m[3])
	}
	return f, err
}

// Go is the field's name in the code.
func (f Field) Go() string { return camel(strings.ReplaceAll(f.Name, "_", " ")) }

// Words are the name in a sentence, Label begins one, A has the article.
func (f Field) Words() string {
	var words []string
	for word := range strings.SplitSeq(f.Name, "_") {
		if word == "email" {
			word = "e-mail address"
		}
		words = append(words, written(word))
	}
	return strings.Join(words, " ")
}
func (f Field) Label() string { return upper(f.Words()) }
func (f Field) A() string {
	if isPlural(f.Words()) {
		return f.Words()
	}
	return english.A(f.Words())
}

// isPlural reports whether words name many, or take no article for another reason: terms, notes, feedback.
func isPlural(words string) bool {
	last := words[strings.LastIndex(words, " ")+1:]
	return english.Uncountable(last) || english.Plural(last) == last && english.Singular(last) != last
}

// Missing is what a page says where the field must be given.
func (f Field) Missing() string {
	words := f.Words()
	isMoment := f.Kind == "date" || f.Kind == "time"
	switch {
	case f.Kind == "choice" || f.Kind == "ref":
		return "Choose " + f.A() + "."
	case isMoment && isPlural(words): // most likely a verb: starts
		return "Fill in “" + f.Label() + "”."
	case isMoment && !strings.HasSuffix(words, f.Kind) && !strings.HasSuffix(words, "day"):
		words += " " + f.Kind
	case isPlural(words):
		return "Give the " + f.S.One() + " its " + words + "."
	}
	return "Give the " + f.S.One() + " " + english.A(words) + "."
}

// Column is that of the field, the first of two.
func (f Field) Column() string {
	if f.Kind == "ref" {
		return f.Name + "_id"
	}
	return f.Name
}

// IsNumber reports whether a list has the field in a column of numbers.
func (f Field) IsNumber() bool { return slices.Contains([]string{"int", "decimal", "money"}, f.Kind) }

// CellClass is how a list shows the field: a number at the end of its column, a text in one line that is cut where it is long.
func (f Field) CellClass() string {
	switch {
	case f.IsNumber():
		return "num"
	case f.IsSearched() || f.Kind == "ref":
		return "line"
	}
	return ""
}

// IsText reports whether any text of one line can be typed there.
func (f Field) IsText() bool { return f.Kind == "text" }

// OtherLabel is the column that tells the rows of the other section apart, as text.
func (f Field) OtherLabel() string {
	if first := f.Other.First(); first.Kind == "int" {
		return "CAST(" + first.Column() + " AS TEXT)"
	}
	return f.Other.First().Column()
}

// ofOther is a column of the row that a ref refers to, or a value where it refers to none.
func (f Field) ofOther(column, none string) string {
	return fmt.Sprintf("coalesce((SELECT %s FROM %s WHERE %[2]s.id = %s.%s), %s)", column, f.Other.Table(), f.S.Table(), f.Column(), none)
}

// collation puts what a ref is called, which lists are sorted by, in the order of a dictionary.
func (f Field) collation() string {
	if f.Other.First().IsAlphabetical() {
		return "`+database.Alphabetical+`"
	}
	return ""
}

// By is what a list is sorted by.
func (f Field) By() string {
	switch {
	case f.Kind == "ref" && f.Other.First().Kind == "int":
		return f.ofOther(f.Other.First().Name, "0")
	case f.Kind == "money":
		return f.Name + "_currency, " + f.Name
	}
	return f.Name
}

// ByEmpty is what a list is sorted by before that, in either direction: rows that have nothing in the field come last. It is "" if
// each has something.
func (f Field) ByEmpty() string {
	switch {
	case f.Kind == "ref": // which is NULL when the other row was deleted; with the table, because the list has a column of this name
		return f.S.Table() + "." + f.Column() + " IS NULL, "
	case f.Required || f.Kind == "bool":
		return ""
	case f.Kind == "int" || f.Kind == "decimal":
		return f.Name + " IS NULL, "
	case f.Kind == "money":
		return f.Name + "_currency = '', "
	}
	return f.Name + " = '', "
}

// IsAlphabetical reports whether a list is sorted by the field as a dictionary is.
func (f Field) IsAlphabetical() bool {
	return slices.Contains([]string{"text", "email", "url"}, f.Kind)
}
