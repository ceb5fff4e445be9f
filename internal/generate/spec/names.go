package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"example.com/latchkey/internal/generate/english"
)

// A Name is what a section is called, in code and on pages.
type Name struct {
	words []string // in the plural: "purchase", "orders"
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9]*([_-][a-z][a-z0-9]*)*$`)

// NewName reads the name of a section: the plural in small letters, with _ or - between words.
func NewName(text string) (n Name, err error) {
	if err := CheckForm(text, "the plural in small letters, words that begin with a letter and _ between them, such as invoices or purchase_orders"); err != nil {
		return n, err
	}
	n = SplitName(text)
	last := n.words[len(n.words)-1]
	switch {
	case english.Uncountable(last):
		return n, fmt.Errorf("%q is the same for one and for many, and the code needs a word for each: try %s_items", text, text)
	case english.Singular(last) == last:
		return n, fmt.Errorf("%q is one of them; write the plural: %s", text, strings.TrimSuffix(text, last)+english.Plural(last))
	}
	return n, nil
}

// CheckForm returns an error if the text cannot be a name: it is at most 40 small letters and digits, with _ or - between words.
func CheckForm(text, such string) error {
	if !nameForm.MatchString(text) {
		return fmt.Errorf("%q is no name: write %s", text, such)
	}
	if len(text) > maxName {
		return fmt.Errorf("%q is too long: use at most %d letters", text, maxName)
	}
	return nil
}

const maxName = 40

// SplitName returns the name of these words, in the plural or not.
func SplitName(text string) Name {
	return Name{strings.FieldsFunc(text, func(c rune) bool { return c == '_' || c == '-' })}
}

// one are the words in the singular.
func (n Name) one() []string {
	words := slices.Clone(n.words)
	words[len(words)-1] = english.Singular(words[len(words)-1])
	return words
}

// sentence joins words as a sentence has them: API keys.
func sentence(words []string) string {
	var list []string
	for _, word := range words {
		list = append(list, written(word))
	}
	return strings.Join(list, " ")
}

// Pkg is the folder and the package.
func (n Name) Pkg() string { return strings.Join(n.words, "") }

// Table is the table's name.
func (n Name) Table() string { return strings.Join(n.words, "_") }

// Path is the address of the list.
func (n Name) Path() string { return "/" + strings.Join(n.words, "-") }

// Many and One are the words, as a sentence has them; AOne has its article.
func (n Name) Many() string { return sentence(n.words) }
func (n Name) One() string  { return sentence(n.one()) }
func (n Name) AOne() string { return english.A(n.One()) }

// Title is what the page of the list is called.
func (n Name) Title() string { return upper(n.Many()) }

// Type and TypeMany are exported names, Var and Vars are those of variables.
func (n Name) Type() string     { return camel(n.One()) }
func (n Name) TypeMany() string { return camel(n.Many()) }
func (n Name) Var() string      { return n.one()[0] + camel(sentence(n.one()[1:])) }
func (n Name) Vars() string     { return n.words[0] + camel(sentence(n.words[1:])) }

// AType is the type with its article, as comments say it.
func (n Name) AType() string { return strings.TrimSuffix(n.AOne(), n.One()) + n.Type() }

// Limit, Setting and Act are those of its line in the table of limits.
func (n Name) Limit() string   { return n.Pkg() + ".write" }
func (n Name) Setting() string { return "LIMIT_" + strings.ToUpper(n.Table()) + "_WRITE" }
func (n Name) Act() string     { return "save or delete " + n.AOne() }

func upper(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// initials are words that are written in capitals, in Go as on pages.
var initials = strings.Fields(`
	api cd cpu crm css csv cv dns dvd ean faq gps gpu html http https iban id ip isbn json kpi pc pdf qr rss rsvp seo sku sla sms sql ssh tls
	tv ui uid uri url usb ux vat vin vip xml`)

// written is a word with the capitals that it has wherever it stands: API, URLs.
func written(word string) string {
	switch one, many := strings.CutSuffix(word, "s"); {
	case slices.Contains(initials, word):
		return strings.ToUpper(word)
	case many && slices.Contains(initials, one):
		return strings.ToUpper(one) + "s"
	}
	return word
}

// camel joins words to an exported name.
func camel(words string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(words) {
		b.WriteString(upper(written(word)))
	}
	return b.String()
}
