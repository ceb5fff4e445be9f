package value_test

import (
	"fmt"

	"example.com/latchkey/internal/value"
)

// An amount of money is typed as people write it, and kept in the smallest unit of its currency.
func ExampleParseMoney() {
	for _, typed := range [][2]string{{"12.5", "EUR"}, {"1200", "JPY"}, {"12.345", "EUR"}} {
		if problem := value.AmountProblem(typed[0], typed[1]); problem != "" {
			fmt.Println(problem)
			continue
		}
		m := value.ParseMoney(typed[0], typed[1])
		fmt.Println(m, m.Minor)
	}
	// Output:
	// 12.50 EUR 1250
	// 1200 JPY 1200
	// Write an amount such as 12.50, with at most 2 decimal places.
}
