//go:build starter

package main

import (
	"os"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit/clone"
)

// TestWhatIsWrittenIsGreen writes sections with every kind of field, one for administrators, a page and fields that came
// later, all by make, in a copy of the project. What was written has nothing to complain of. With SLOW=true, as in make slow
// and .ci/run, its tests run too, and those of the map, of every query's index, and of phones.
func TestWhatIsWrittenIsGreen(t *testing.T) {
	c := clone.New(t)
	about := ""
	if c.Read("internal/sections/notes/notes.go") != "" {
		about = " about:ref(notes)"
	}
	c.Run("make", "section", "NAME=customers", "FIELDS=name:text!^ visits:int? site:url?")
	c.Run("make", "section", "NAME=purchase_orders", "FIELDS=number:int!^ customer:ref(customers)! payer:ref(customers)? amount:money due:date starts:time? weight:decimal? "+
		"count:int paid:bool stage:choice(draft|sent|paid) contact:email? fee:money? site:url terms:long comment:long?"+about)
	c.Run("make", "field", "SECTION=customers", "FIELD=vat_id:text?")
	c.Run("make", "field", "SECTION=purchase_orders", "FIELD=delivered:date?")
	if os.Getenv("SLOW") != "true" {
		c.Run("go", "vet", "./internal/sections/...")
		return
	}
	c.Run("make", "section", "NAME=coupons", "FIELDS=valid_until:date^ worth:money", "ACCESS=admin")
	c.Run("make", "section", "NAME=moods", "FIELDS=mood:choice(good|bad) score:int")
	c.Run("make", "section", "NAME=visits", "FIELDS=visitor:email!^ customer:ref(customers)? purchase:ref(purchase_orders)?")
	c.Run("make", "section", "NAME=posts", "FIELDS=title:text! body:long!", "ACCESS=public")
	c.Run("make", "section", "NAME=dates", "FIELDS=day:date! post:ref(posts)", "ACCESS=public")
	c.Run("make", "page", "NAME=about_us")
	c.Run("make", "field", "SECTION=moods", "FIELD=worth:decimal")
	for name := range c.Tree() {
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_templ.go") && strings.HasPrefix(name, "internal/sections/") {
			if out := c.Run("go", "run", "-mod=mod", "-modfile=tools.mod", "mvdan.cc/gofumpt", "-l", name); out != "" {
				t.Errorf("not formatted: %s", out)
			}
		}
	}
	c.Run("make", "lint")
	c.Run("go", "test", "./internal/sections/...")
	c.Run("go", "test", "./internal/app", "-run", "Routes|Arrows|EveryRoute|EveryTable|EverySetting|EveryQuery|Readme|Limit|Title|DeadLink|Phones|Menu|Kept|Export|Everybody|Seed")
}
