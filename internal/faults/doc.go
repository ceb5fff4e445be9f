// Package faults holds the fault tests: the program itself, killed, starved and cut off in every way that machines know,
// while people use it. `make faults` runs them, within ten minutes; `make test` does not. Each says what it proves, and
// what it does not.
//
// What all of them ask: is everything there that was acknowledged, is a login that was ended still ended, and was
// anything answered with 500?
package faults
