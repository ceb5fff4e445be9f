package value_test

import (
	"database/sql"
	"strings"
	"testing"

	"example.com/latchkey/internal/value"
)

func TestProblems(t *testing.T) {
	for name, c := range map[string]struct {
		problem     func(string) string
		good, wrong []string
	}{
		"int":     {value.IntProblem, []string{"", "0", "-12", "9223372036854775807"}, []string{"1.5", "x", "1 000", "9223372036854775808", " 1"}},
		"decimal": {value.DecimalProblem, []string{"", "0", "-12.5", "1.0001", "12"}, []string{"1,5", "1.00001", ".", "1.", ".5", "--1", "1e3", "+1", "99999999999999999999"}},
		"date":    {value.DateProblem, []string{"", "2024-02-29", "0001-01-01", "9999-12-31"}, []string{"0000-01-01", "10000-01-01", "2026-02-29", "24.11.2026", "2026-11-24x"}},
		"time":    {value.TimeProblem, []string{"", "00:00", "23:59"}, []string{"24:00", "9:30", "09:30:00"}},
		"email":   {value.EmailProblem, []string{"", "ada@example.org"}, []string{"ada", "Ada <ada@example.org>", "a@b@c", "a b@example.org"}},
		"url":     {value.URLProblem, []string{"", "https://example.org", "http://example.org:8080/a?b#c"}, []string{"javascript:alert(1)", "example.org", "https://", "https:///x", "https://a b", "ftp://example.org", "//example.org"}},
	} {
		for _, text := range c.good {
			if p := c.problem(text); p != "" {
				t.Errorf("%s %q: %s", name, text, p)
			}
		}
		for _, text := range c.wrong {
			if c.problem(text) == "" {
				t.Errorf("%s %q is accepted", name, text)
			}
		}
	}
}

// TestTooLarge holds that a number with too many digits is not called something else than a number.
func TestTooLarge(t *testing.T) {
	for _, problem := range []string{
		value.IntProblem("9223372036854775808"), value.IntProblem("-9223372036854775809"), value.DecimalProblem("922337203685477.5808"),
		value.AmountProblem("92233720368547758.08", "EUR"), value.AmountProblem("-9223372036854775808", "JPY"),
	} {
		if !strings.Contains(problem, "too large") {
			t.Errorf("%q", problem)
		}
	}
}

func TestLines(t *testing.T) {
	for _, text := range []string{"", "a b", "é", "か", "👩‍👩‍👧", "?", "a\u200db"} {
		if p := value.LineProblem(text, 9); p != "" {
			t.Errorf("%q: %s", text, p)
		}
	}
	for _, text := range []string{"a\nb", "a\tb", "a\u0085b", "a\u2028b", "\u200b", "\u00ad", "\u2060\ufeff", "\u3164", "\u0301", "0123456789"} {
		if value.LineProblem(text, 9) == "" {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestMoney(t *testing.T) {
	for _, c := range []struct {
		amount, currency string
		want             value.Money
		shown            string
	}{
		{"12.5", "EUR", value.Money{Minor: 1250, Currency: "EUR"}, "12.50 EUR"},
		{"-0.05", "EUR", value.Money{Minor: -5, Currency: "EUR"}, "-0.05 EUR"},
		{"1250", "JPY", value.Money{Minor: 1250, Currency: "JPY"}, "1250 JPY"},
		{"1.234", "KWD", value.Money{Minor: 1234, Currency: "KWD"}, "1.234 KWD"},
		{"12.5", "RSD", value.Money{Minor: 1250, Currency: "RSD"}, "12.50 RSD"},
		{"-92233720368547758.07", "EUR", value.Money{Minor: -9223372036854775807, Currency: "EUR"}, "-92233720368547758.07 EUR"},
		{"92233720368547758.08", "EUR", value.Money{}, ""},
		{"1", "EUR", value.Money{Minor: 100, Currency: "EUR"}, "1.00 EUR"},
		{"", "", value.Money{}, ""},
		{"", "EUR", value.Money{}, ""},
		{"", "XXL", value.Money{}, ""},
		{"1", "", value.Money{}, ""},
		{"1.234", "EUR", value.Money{}, ""},
		{"1.5", "JPY", value.Money{}, ""},
		{"1", "eur", value.Money{}, ""},
		{"1", "XXL", value.Money{}, ""},
		{"1", "XXX", value.Money{}, ""},
	} {
		got := value.ParseMoney(c.amount, c.currency)
		if got != c.want || got.String() != c.shown {
			t.Errorf("%q %q: %+v, shown as %q", c.amount, c.currency, got, got)
		}
		problem := value.AmountProblem(c.amount, c.currency) + value.CurrencyProblem(c.amount, c.currency)
		if wrong := c.amount+c.currency != "" && c.want.Currency == ""; wrong != (problem != "") {
			t.Errorf("%q %q: problem %q", c.amount, c.currency, problem)
		}
		if again := value.ParseMoney(got.Amount(), got.Currency); again != got {
			t.Errorf("%+v is typed as %q", got, got.Amount())
		}
	}
}

func TestNumbersAreTypedAsTheyAreShown(t *testing.T) {
	for _, text := range []string{"", "0", "12.5", "-0.0001", "12", "100", "922337203685477.5807"} {
		if got := value.DecimalText(value.ParseDecimal(text)); got != text {
			t.Errorf("decimal %q becomes %q", text, got)
		}
	}
	for _, text := range []string{"", "0", "-12", "100"} {
		if got := value.IntText(value.Int(text)); got != text {
			t.Errorf("int %q becomes %q", text, got)
		}
	}
	if n := value.Int("9223372036854775808"); n != (sql.Null[int64]{}) {
		t.Errorf("too large: %v", n)
	}
	if got := value.Date("2026-11-04"); got != "4 November 2026" {
		t.Error(got)
	}
}

func TestFold(t *testing.T) {
	for _, same := range [][]string{{"Öl", "öL", "o\u0308l"}, {"STRASSE", "Straße"}, {"ΣΊΣΥΦΟΣ", "Σίσυφος"}, {"ЖУК", "жук"}, {"Ｆｕｌｌ", "full"}} {
		for _, text := range same {
			if got, want := value.Fold(text), value.Fold(same[0]); got != want {
				t.Errorf("%q is %q, not %q as %q", text, got, want, same[0])
			}
		}
	}
	if got := value.Fold("A", "B"); got != "a\nb" {
		t.Errorf("%q", got)
	}
	if value.Fold("か") == value.Fold("が") {
		t.Error("two letters are one")
	}
}

func TestMailTo(t *testing.T) {
	if got := value.MailTo("a?bcc=b%20@example.org"); got != "mailto:a%3Fbcc=b%2520@example.org" {
		t.Error(got)
	}
}
