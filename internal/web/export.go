package web

import (
	"context"
	"fmt"
	"iter"
)

// An Export is one table that holds something of a user: what they download, and what is erased with the account.
type Export struct {
	Table string // its name; the file in the download is Table + ".json"
	About string // what it holds, as its owner would say it: "Your notes"
	// Rows yields the user's rows as they shall stand in JSON, without secrets, until the first error. It asks in short
	// queries (database.ByKey), so that a slow reader holds no lock.
	Rows func(ctx context.Context, userID string) iter.Seq2[any, error]
}

// Exporting returns the route as one whose section keeps these tables of a user.
func (rt Route) Exporting(exports ...Export) Route {
	rt.Exports = append(rt.Exports, exports...)
	return rt
}

// Exports returns what all the routes export, in their order. It panics, and so refuses to start, if a table is there
// twice: the download would hold two files of one name.
func Exports(routes []Route) []Export {
	var all []Export
	seen := map[string]bool{}
	for _, rt := range routes {
		for _, e := range rt.Exports {
			if seen[e.Table] {
				panic(fmt.Sprintf("web.Exports: the table %q is exported twice, the second time by %q", e.Table, rt.Pattern))
			}
			seen[e.Table] = true
			all = append(all, e)
		}
	}
	return all
}
