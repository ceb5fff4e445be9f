package views

import (
	"strings"
	"time"
)

// When says t as someone would at the moment now, in now's time zone: "Today, 09:12". It begins a cell or a sentence.
// Without now it is a full date in UTC.
func When(t, now time.Time) string {
	if now.IsZero() {
		return t.UTC().Format("2 January 2006, 15:04 UTC")
	}
	t = t.In(now.Location())
	if word := dayWord(t, now); word != "" {
		return word + t.Format(", 15:04")
	}
	if t.Year() == now.Year() {
		return t.Format("2 January, 15:04")
	}
	return t.Format("2 January 2006, 15:04")
}

// Then says t as When does, in the middle of a sentence: "until today, 09:12", "until 3 November, 09:12".
func Then(t, now time.Time) string {
	when := When(t, now)
	if !now.IsZero() && dayWord(t.In(now.Location()), now) != "" {
		return strings.ToLower(when[:1]) + when[1:]
	}
	return when
}

// On says t as When does, after a verb: "logged in today, 09:12", "logged in on 3 November, 09:12".
func On(t, now time.Time) string {
	then := Then(t, now)
	if then[0] >= '0' && then[0] <= '9' {
		return "on " + then
	}
	return then
}

// Short says t as When does, for the column of a list, where the day is enough: "Today, 09:12", "Yesterday", "20 Nov".
func Short(t, now time.Time) string {
	if now.IsZero() {
		return t.UTC().Format("2 Jan 2006")
	}
	t = t.In(now.Location())
	switch word := dayWord(t, now); {
	case word == "Today":
		return When(t, now)
	case word != "":
		return word
	case t.Year() == now.Year():
		return t.Format("2 Jan")
	}
	return t.Format("2 Jan 2006")
}

// dayWord names the day of t if it is near that of now; both are in one time zone.
func dayWord(t, now time.Time) string {
	switch day(t).Sub(day(now)) / (24 * time.Hour) {
	case -1:
		return "Yesterday"
	case 0:
		return "Today"
	case 1:
		return "Tomorrow"
	}
	return ""
}

// day puts the date into UTC, where every day has 24 hours.
func day(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
