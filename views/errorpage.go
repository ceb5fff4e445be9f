package views

import (
	"net/http"
	"slices"
	"time"
)

// An ErrorView is what an error page knows of a request that failed.
type ErrorView struct {
	Status     int
	RequestID  string        // shown for 5xx only
	RetryAfter time.Duration // for 429
	SetUpWrong bool          // of 403 and 421: the address that the site is set up with is not the one that it is opened by
	// Again is where to try again: this page if it was opened, the page of the form if one was sent; "" if unknown.
	// For a wrong host it is the site under its own name.
	Again string
}

type errorText struct{ title, what, next string }

// errorTexts says what happened and what to do next. Every line must be true for all causes of its status.
var errorTexts = map[int]errorText{
	http.StatusUnauthorized: {
		"Log in first",
		"Only people who are logged in can open this, and your login may have ended.",
		"Log in, then do it again.",
	},
	http.StatusForbidden: {
		"This request came from another site",
		"Or your browser did not say where it came from. To keep others from acting in your name, it was refused.",
		"Open the page here, on this site, and do it again.",
	},
	http.StatusNotFound: {
		"There is nothing at this address",
		"It was moved or deleted, or it belongs to somebody else.",
		"Perhaps a letter in the address is wrong?",
	},
	http.StatusMethodNotAllowed: {
		"This address is not a page to open",
		"It only takes what a form or a button on this site sends.",
		"Open the page with the form, and use it there.",
	},
	http.StatusRequestTimeout: {
		"That took too long",
		"What you sent did not arrive in time. Perhaps the connection is slow.",
		"Go back and send it again.",
	},
	http.StatusConflict: {
		"This page is out of date",
		"Since you opened it, your session ended or changed, or somebody changed what it shows. Perhaps it was you, in another tab.",
		"Go back, copy what you typed, and reload the page. Then see whether there is still something to do.",
	},
	http.StatusRequestEntityTooLarge: {
		"That is too much at once",
		"What you sent is more than this site takes.",
		"Go back, make it shorter, and send it again.",
	},
	http.StatusMisdirectedRequest: {
		"This site has another name",
		"The address in your browser leads to our server, but under a name that is not ours.",
		"Check the first part of the address, and open the site under its own name.",
	},
	http.StatusUnprocessableEntity: {
		"What was sent could not be read",
		"It holds something that is not text, as can happen when a file is pasted.",
		"Go back, type it or paste it as plain text, and send it again.",
	},
	http.StatusTooManyRequests: {
		"Too many tries",
		"There were many tries in a short time: yours, or somebody else’s for the same account or from your network. The wait makes guessing useless, and nothing about your account has changed.",
		"", // the page says how long to wait
	},
	http.StatusServiceUnavailable: {
		"We cannot answer right now",
		"Too many people are here at once, or our database does not answer. It is not your fault.",
		"Come back in a moment, and try again.",
	},
}

// setUpWrong is for whoever tries a site that they have just set up: nobody else sees it.
var setUpWrong = errorText{
	"This site’s address is set up wrongly",
	"Your browser opens it by an address that differs from the one in its settings: http instead of https, or another port.",
	"If you run this site, compare BASE_URL with the address in your browser; the log names both.",
}

// text chooses the words.
func (e ErrorView) text() errorText {
	if e.SetUpWrong {
		return setUpWrong
	}
	if t, ok := errorTexts[e.Status]; ok {
		return t
	}
	if e.Status >= 500 {
		return errorText{
			"Something broke on our side",
			"It is our fault, not yours.",
			"Try again in a moment.",
		}
	}
	return errorText{
		"We could not do this",
		"Something about the request is not as it should be. Perhaps a link was cut off on its way to you.",
		"Check the address, or start again from the home page.",
	}
}

// ways returns one or two links that lead on, the likelier first.
func (e ErrorView) ways(p *Page) []Link {
	home, login := Link{Href: "/", Label: "Go to the home page"}, Link{Href: "/login", Label: "Go to log in"}
	if e.Status == http.StatusMisdirectedRequest && e.Again != "" { // every other link has the wrong name, too
		return []Link{{Href: e.Again, Label: "Open " + Site}}
	}
	var ways []Link
	switch {
	case e.Status == http.StatusUnauthorized:
		ways = []Link{login}
	case e.Status >= 500:
		ways = []Link{{Href: e.Again, Label: "Try again"}}
	case e.Status == http.StatusTooManyRequests && p.Known && !p.LoggedIn:
		ways = []Link{login, {Href: "/password/forgot", Label: "Reset the password"}}
	case e.Status == http.StatusNotFound && len(p.Menu) > 0:
		ways = []Link{{Href: p.Menu[0].Href, Label: "Go to " + p.Menu[0].Label}}
	case e.Status != http.StatusNotFound && e.Status != http.StatusMethodNotAllowed:
		ways = []Link{{Href: e.Again, Label: "Go back"}}
	}
	if ways = append(ways, home); p.LoggedIn {
		ways = append(ways, Link{Href: "/account", Label: "Go to your account"})
	} else if p.Known {
		ways = append(ways, login)
	}
	ways = slices.DeleteFunc(ways, func(l Link) bool { return l.Href == "" || l.Label == home.Label && e.Again == "/" })
	return ways[:min(2, len(ways))]
}

// wait says a duration in whole minutes, hours or days, never too short.
func wait(d time.Duration) string {
	n, unit := max(1, ceil(d, time.Minute)), "minute"
	if n > 90 {
		n, unit = ceil(d, time.Hour), "hour"
		if n > 48 {
			n, unit = ceil(d, 24*time.Hour), "day"
		}
	}
	return Plural(n, unit)
}

func ceil(d, unit time.Duration) int { return int((d + unit - 1) / unit) }

// until returns the first full minute at which the wait is over.
func (e ErrorView) until(now time.Time) time.Time {
	end := now.Add(e.RetryAfter)
	if full := end.Truncate(time.Minute); full.Before(end) {
		return full.Add(time.Minute)
	}
	return end
}

// clock is the time of day, with the date if it is not today's. Who told us no time zone is told which one we mean.
func clock(t, now time.Time) string {
	layout := "15:04"
	if !day(t).Equal(day(now)) {
		layout = "2 January, 15:04"
	}
	if t.Location() == time.UTC {
		layout += "\u00a0UTC"
	}
	return t.Format(layout)
}
