package ratelimit

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// A Named is one line of the table of limits: who may try what how often.
type Named struct {
	Name    string // by which the code asks for it: "visitor.address"
	Act     string // what is tried: "be remembered"
	By      string // whom it counts: "address"
	Setting string // the setting with the number of tries: "LIMIT_VISITOR_ADDRESS". Several lines may share one
	Tries   int    // the setting's default
	Beyond  string // what happens to who tries more often; "" for an answer 429

	Window time.Duration // what the tries count in; 0 for LIMIT_WINDOW
}

// A Table is all limits, with the numbers that the settings give them.
type Table struct {
	window time.Duration
	lines  []Named
	limits map[string]Limit
}

// NewTable makes the table from its lines. value gives the number of tries that a setting says, 0 for its default.
// It panics if two lines have one name, or share a setting and differ in its default.
func NewTable(lines []Named, window time.Duration, value func(setting string) int) Table {
	t := Table{window, lines, map[string]Limit{}}
	tries := map[string]int{}
	for _, l := range lines {
		if _, twice := t.limits[l.Name]; twice {
			panic("ratelimit: there are two limits " + l.Name)
		}
		if n, ok := tries[l.Setting]; ok && n != l.Tries {
			panic("ratelimit: the setting " + l.Setting + " has two defaults")
		}
		tries[l.Setting] = l.Tries
		t.limits[l.Name] = Limit{Name: l.Name, Tries: cmp.Or(value(l.Setting), l.Tries), Window: cmp.Or(l.Window, window)}
	}
	return t
}

// Limit returns the limit with this name. It panics if there is none.
func (t Table) Limit(name string) Limit {
	l, ok := t.limits[name]
	if !ok {
		panic("ratelimit: there is no limit " + name)
	}
	return l
}

// Print returns the table as `latchkey help limits` prints it.
func (t Table) Print() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Each allows this many tries in a row, and as many again over LIMIT_WINDOW (%s).\n"+
		"An address is an IPv4 address or an IPv6 /64. Known browsers have logged in to the account before.\n\n", t.window)
	for _, l := range t.lines {
		act := l.Act
		if l.Window != 0 {
			act += fmt.Sprintf(" (in %d hours)", int(l.Window.Hours()))
		}
		fmt.Fprintf(&b, "%5d  %s\n       by %s; %s; then: %s\n", t.limits[l.Name].Tries, act, l.By, l.Setting,
			cmp.Or(l.Beyond, "429, says when to come back"))
	}
	return b.String()
}
