package value

import (
	"database/sql"
	"fmt"
	"math"
	"strconv"
	"strings"

	"golang.org/x/text/currency"
)

// A Decimal is a number with at most four decimal places, counted in ten-thousandths: 12.5 is 125000. It is exact, and
// databases sort and add it. Its range is about ±922 trillion.
type Decimal int64

// places are those of a Decimal.
const places = 4

// ParseDecimal reads a number with a decimal point, such as "-12.5". If the text is none, the result is not Valid.
func ParseDecimal(text string) sql.Null[Decimal] {
	n, err := fixed(text, places)
	return sql.Null[Decimal]{V: Decimal(n), Valid: err == nil}
}

// DecimalProblem says what is wrong with a decimal number.
func DecimalProblem(text string) string {
	_, err := fixed(text, places)
	return numberProblem(text, err, "Write a number such as 12.5, with at most four decimal places.")
}

// String writes the number without trailing zeros: "12.5".
func (d Decimal) String() string {
	text := point(int64(d), places)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// DecimalText writes a number as it is typed, "" if it is not Valid.
func DecimalText(d sql.Null[Decimal]) string {
	if !d.Valid {
		return ""
	}
	return d.V.String()
}

// Money is an amount in the smallest unit of its currency: 1250 of EUR are 12.50 euros, of JPY 1250 yen (ISO 4217).
type Money struct {
	Minor    int64
	Currency string // three letters; "" for no amount
}

// Amount writes the number without its currency: "12.50". It is "" for no amount.
func (m Money) Amount() string {
	if m.Currency == "" {
		return ""
	}
	digits, _ := minorDigits(m.Currency)
	return point(m.Minor, digits)
}

// String writes number and currency: "12.50 EUR". It is "" for no amount.
func (m Money) String() string {
	if m.Currency == "" {
		return ""
	}
	return m.Amount() + " " + m.Currency
}

// ParseMoney reads an amount of a currency, such as "12.50" and "EUR". It returns the zero Money if the amount is
// empty, or if AmountProblem or CurrencyProblem finds something wrong.
func ParseMoney(amount, code string) Money {
	digits, known := minorDigits(code)
	n, err := fixed(amount, digits)
	if !known || err != nil {
		return Money{}
	}
	return Money{n, code}
}

// AmountProblem says what is wrong with the number of an amount in the currency of this code. A currency without a number is half
// an amount.
func AmountProblem(amount, code string) string {
	if amount == "" {
		return problem(code == "", "Write the amount, or clear the currency too.")
	}
	digits, _ := minorDigits(code)
	_, err := fixed(amount, digits)
	if digits == 0 {
		return numberProblem(amount, err, "Write a whole number, such as 12: "+code+" has no decimal places.")
	}
	return numberProblem(amount, err, fmt.Sprintf("Write an amount such as %s, with at most %d decimal places.", point(1250, digits), digits))
}

// CurrencyProblem says what is wrong with the currency of an amount: a code that is not one of ISO 4217.
func CurrencyProblem(amount, code string) string {
	_, known := minorDigits(code)
	return problem(amount == "" && code == "" || known, "Write a currency such as EUR.")
}

// Currencies returns the codes that forms suggest. Any other code of ISO 4217 can be typed.
func Currencies() []string { return []string{"EUR", "USD", "GBP", "CHF", "JPY"} }

// minor are the currencies that have not two decimal places, by how many they have (ISO 4217, list one). x/text knows those
// that people use, which are fewer for some.
var minor = map[int]string{
	0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
	3: "BHD IQD JOD KWD LYD OMR TND",
	4: "CLF UYW",
}

// minorDigits is the number of decimal places of a currency, 2 if it is not known.
func minorDigits(code string) (digits int, known bool) {
	unit, err := currency.ParseISO(code)
	if err != nil || unit.String() != code || code == "XXX" || code == "XTS" { // no currency, and one for tests
		return 2, false
	}
	for digits, codes := range minor {
		if strings.Contains(codes, code) {
			return digits, true
		}
	}
	return 2, true
}

// fixed reads a number with at most so many decimal places, and counts it in units of the last one. It returns an error of
// strconv: ErrRange for a number that is too large, ErrSyntax for what is no such number.
func fixed(text string, digits int) (n int64, err error) {
	sign := int64(1)
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		text, sign = rest, -1
	}
	whole, part, _ := strings.Cut(text, ".")
	all := whole + part
	if whole == "" || len(part) > digits || strings.HasSuffix(text, ".") || strings.Trim(all, "0123456789") != "" {
		return 0, strconv.ErrSyntax
	}
	n, err = strconv.ParseInt(all+strings.Repeat("0", digits-len(part)), 10, 64)
	if err != nil {
		return 0, err
	}
	return sign * n, nil
}

// point writes what fixed reads.
func point(n int64, digits int) string {
	if n == math.MinInt64 { // has no absolute value, and fixed reads none
		n++
	}
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	text := fmt.Sprintf("%0*d", digits+1, n)
	if digits == 0 {
		return sign + text
	}
	return sign + text[:len(text)-digits] + "." + text[len(text)-digits:]
}
