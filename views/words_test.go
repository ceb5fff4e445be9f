package views_test

import (
	"strings"
	"testing"
	"time"

	"example.com/latchkey/views"
)

func TestWhen(t *testing.T) {
	for _, tt := range []struct {
		at   time.Time
		now  time.Time
		want string
	}{
		{now.Add(-4 * time.Minute), now, "Today, 09:12"},
		{time.Date(2026, 11, 23, 23, 30, 0, 0, time.UTC), now, "Today, 00:30"}, // another day in UTC
		{time.Date(2026, 11, 23, 8, 12, 0, 0, time.UTC), now, "Yesterday, 09:12"},
		{time.Date(2026, 11, 22, 22, 59, 0, 0, time.UTC), now, "22 November, 23:59"},
		{time.Date(2026, 11, 20, 8, 12, 0, 0, time.UTC), now, "20 November, 09:12"},
		{time.Date(2025, 11, 20, 8, 12, 0, 0, time.UTC), now, "20 November 2025, 09:12"},
		{time.Date(2025, 12, 31, 12, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC), "Yesterday, 12:00"},
		{time.Date(2026, 11, 25, 8, 12, 0, 0, time.UTC), now, "Tomorrow, 09:12"},
		{time.Date(2026, 11, 26, 8, 12, 0, 0, time.UTC), now, "26 November, 09:12"},
		{now, time.Time{}, "24 November 2026, 08:16 UTC"},
	} {
		if got := views.When(tt.at, tt.now); got != tt.want {
			t.Errorf("When(%v) = %q, want %q", tt.at, got, tt.want)
		}
	}
	check(t, render(t, &views.Page{Now: now}, views.Time(now)), `<time datetime="2026-11-24T08:16:00Z">Today, 09:16</time>`)
}

func TestMomentsInSentences(t *testing.T) {
	for _, tt := range []struct {
		at              time.Time
		then, on, short string
	}{
		{now, "today, 09:16", "today, 09:16", "Today, 09:16"},
		{now.AddDate(0, 0, -1), "yesterday, 09:16", "yesterday, 09:16", "Yesterday"},
		{now.AddDate(0, 0, 1), "tomorrow, 09:16", "tomorrow, 09:16", "Tomorrow"},
		{now.AddDate(0, 0, -4), "20 November, 09:16", "on 20 November, 09:16", "20 Nov"},
		{now.AddDate(-1, 0, 0), "24 November 2025, 09:16", "on 24 November 2025, 09:16", "24 Nov 2025"},
	} {
		if then, on, short := views.Then(tt.at, now), views.On(tt.at, now), views.Short(tt.at, now); then != tt.then || on != tt.on || short != tt.short {
			t.Errorf("%v: %q, %q, %q; want %q, %q, %q", tt.at, then, on, short, tt.then, tt.on, tt.short)
		}
	}
	if got := views.On(now, time.Time{}); got != "on 24 November 2026, 08:16 UTC" {
		t.Error(got)
	}
	check(t, render(t, &views.Page{Now: now}, views.TimeOn(now)), `<time datetime="2026-11-24T08:16:00Z">today, 09:16</time>`)
}

func TestWords(t *testing.T) {
	for stored, want := range map[string]string{
		"203.0.113.0/24": "203.0.113.x", "10.0.0.0/24": "10.0.0.x", "2001:db8:1::/48": "2001:db8:1::", "": "an unknown network",
	} {
		if got := views.Network(stored); got != want {
			t.Errorf("Network(%q) = %q, want %q", stored, got, want)
		}
	}
	for n, want := range map[int]string{1: "1 other device", 2: "2 other devices"} {
		if got := views.Plural(n, "other device"); got != want {
			t.Errorf("Plural(%d) = %q, want %q", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		30 * 24 * time.Hour: "30 days", 24 * time.Hour: "1 day", time.Hour: "1 hour", 36 * time.Hour: "36 hours",
		15 * time.Minute: "15 minutes", 90 * time.Minute: "90 minutes", 30 * time.Second: "a moment", 0: "a moment",
	} {
		if got := views.Span(d); got != want {
			t.Errorf("Span(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestFirstLine(t *testing.T) {
	long := strings.Repeat("é", 160)
	for text, want := range map[string]string{
		"": "", " \n": "", " Thyme. \nSage.": "Thyme.", "\n\nThyme.": "Thyme.", long: long, long + "é": long + "…", long[:len(long)-2] + " é": long[:len(long)-2] + "…",
	} {
		if got := views.FirstLine(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
