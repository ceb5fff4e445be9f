package views_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"example.com/latchkey/views"
)

// One moment, as pages say it in different places. now is in the visitor's time zone.
func ExampleWhen() {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, t := range []time.Time{now.Add(-3 * time.Hour), now.AddDate(0, 0, -1), now.AddDate(0, 0, -21)} {
		fmt.Printf("%s | saved %s | until %s | %s\n", views.When(t, now), views.On(t, now), views.Then(t, now), views.Short(t, now))
	}
	// Output:
	// Today, 09:00 | saved today, 09:00 | until today, 09:00 | Today, 09:00
	// Yesterday, 12:00 | saved yesterday, 12:00 | until yesterday, 12:00 | Yesterday
	// 3 November, 12:00 | saved on 3 November, 12:00 | until 3 November, 12:00 | 3 Nov
}

// The fields of a form with what was typed, and what is wrong with it. In a template: @views.Fields(inputs).
func ExampleChecked() {
	problems := map[string]string{"title": "Give the note a title."}
	inputs := views.Checked(problems,
		views.Input{Name: "title", Label: "Title"},
		views.Input{Name: "body", Label: "Body", Value: "Thyme.", Rows: 3, Optional: true})
	for _, in := range inputs {
		fmt.Printf("%s: %q %q\n", in.Label, in.Value, in.Problem)
	}
	fmt.Println(views.Title("Add a note", problems))
	// Output:
	// Title: "" "Give the note a title."
	// Body: "Thyme." ""
	// Error: Add a note
}

// A part is a templ component: a template names it, and it renders itself.
func ExampleBadge() {
	if err := views.Badge("good", "Verified").Render(context.Background(), os.Stdout); err != nil {
		panic(err)
	}
	// Output: <span class="badge good">Verified</span>
}
