package static_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// TestColoursCanBeTold holds what axe-core does not look at: the contrast of borders of fields, of the ring around what has the
// focus and of the edge of a warning with the ground beside them (WCAG 2.2, 1.4.11: 3 to 1); and of each colour of text with
// each ground that it may stand on (1.4.3: 4.5 to 1), whether or not a page shows the two together today.
func TestColoursCanBeTold(t *testing.T) {
	css, err := os.ReadFile("app.css")
	if err != nil {
		t.Fatal(err)
	}
	colours := map[string][2]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]{3,6}), (#[0-9a-f]{3,6})\);`).FindAllStringSubmatch(string(css), -1) {
		if _, twice := colours[m[1]]; !twice { // once more for who asks for more contrast
			colours[m[1]] = [2]string{m[2], m[3]}
		}
	}
	for _, c := range []struct {
		least   float64
		over    []string
		grounds []string
	}{
		{4.5, []string{"ink", "muted", "accent", "danger"}, []string{"paper", "surface", "sunk"}},
		{4.5, []string{"on-accent"}, []string{"accent"}},
		{4.5, []string{"accent"}, []string{"accent-soft"}},
		{4.5, []string{"danger"}, []string{"danger-soft"}},
		{4.5, []string{"ink", "muted", "accent"}, []string{"brass-soft"}},
		{3, []string{"edge", "brass", "danger"}, []string{"paper", "surface", "sunk", "brass-soft"}},
	} {
		for _, over := range c.over {
			for _, ground := range c.grounds {
				for i, theme := range []string{"light", "dark"} {
					if got := contrast(t, colours[over][i], colours[ground][i]); got < c.least {
						t.Errorf("%s: --%s on --%s has a contrast of %.2f to 1, less than %v", theme, over, ground, got, c.least)
					}
				}
			}
		}
	}
}

// contrast is that of two colours by WCAG's definition, from 1 to 21.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (math.Max(x, y) + .05) / (math.Min(x, y) + .05)
}

func luminance(t *testing.T, colour string) (sum float64) {
	t.Helper()
	if len(colour) == 4 {
		colour = string([]byte{'#', colour[1], colour[1], colour[2], colour[2], colour[3], colour[3]})
	}
	for i, weight := range []float64{.2126, .7152, .0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= .04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
