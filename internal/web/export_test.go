package web_test

import (
	"testing"

	"example.com/latchkey/internal/web"
)

func TestExportsOfTheMap(t *testing.T) {
	notes, links := web.Export{Table: "notes"}, web.Export{Table: "links"}
	routes := []web.Route{
		web.Private.At("GET /notes", nil).InMenu("Notes").Exporting(notes),
		web.Public.At("GET /", nil),
		web.Private.At("GET /links", nil).Exporting(links),
	}
	if all := web.Exports(routes); len(all) != 2 || all[0].Table != "notes" || all[1].Table != "links" {
		t.Errorf("%v", all)
	}
	defer func() {
		if recover() == nil {
			t.Error("a table that is exported twice must stop the start")
		}
	}()
	web.Exports(append(routes, web.Private.At("POST /notes", nil).Exporting(notes)))
}
