package views

import "time"

// When says t as someone would at the moment now, in now's time zone: "Today, 09:12".
// Without now it is a full date in UTC.
func When(t, now time.Time) string {
	if now.IsZero() {
		return t.UTC().Format("2 January 2006, 15:04 UTC")
	}
	t = t.In(now.Location())
	switch {
	case day(t).Equal(day(now)):
		return t.Format("Today, 15:04")
	case day(t).AddDate(0, 0, 1).Equal(day(now)):
		return t.Format("Yesterday, 15:04")
	case t.Year() == now.Year():
		return t.Format("2 January, 15:04")
	}
	return t.Format("2 January 2006, 15:04")
}

// day puts the date into UTC, where every day has 24 hours.
func day(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
