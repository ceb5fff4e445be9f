package feature_test

import (
	"testing"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/feature"
)

func TestATableIsExportedOnce(t *testing.T) {
	one := feature.Feature{Exports: []database.Export{{Table: "one"}}}
	other := feature.Feature{Exports: []database.Export{{Table: "other"}}}
	all := feature.Tables([]feature.Feature{one, {}, other})
	if n := len(all); n < 3 || all[n-2].Table != "one" || all[n-1].Table != "other" {
		t.Errorf("%v", all)
	}
	defer func() {
		if recover() == nil {
			t.Error("a table that is exported twice must stop the start")
		}
	}()
	feature.Tables([]feature.Feature{one, other, one})
}
