package factor

import (
	"strings"
	"time"

	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/user"
)

// wasAdded tells the user about a new second factor.
func wasAdded(factor string) notice {
	return mail.Notice("factor-added", "A second factor was added", "A second factor was added",
		"your account at %s has a new second factor: "+escape(factor)+". Whoever logs in with your password is asked for it from now on.")
}

// wasRemoved tells the user that a second factor does not work any more.
func wasRemoved(factor string) notice {
	return mail.Notice("factor-removed", "A second factor was removed", "A second factor was removed",
		"a second factor was removed from your account at %s: "+escape(factor)+".")
}

// failed tells the user that somebody with a right password had no second factor.
var failed = mail.Notice("factor-failed", "Somebody has your password", "Was this you?",
	"somebody gave the right password of your account at %s, and then a wrong second factor. They were not let in. If it was not you, they know your password.")

type notice = func(site string, to mail.Recipient, where []mail.Fact, a mail.Action) mail.Message

// escape returns the text as part of a format: a % in it stands for itself.
func escape(text string) string { return strings.ReplaceAll(text, "%", "%%") }

// isLost tells the owner that somebody with the password asked to have the second factors removed, and when they can be, with
// a button that cancels it.
func isLost(site string, u user.User, due time.Time, keep mail.Action) mail.Message {
	return mail.Message{
		Kind: "factor-lost", To: u.Email, UserID: u.ID,
		Subject: "Somebody asked to remove your second factor", Title: "Have you lost your second factor?",
		Text: []string{
			strings.TrimSpace("Hello "+u.Name) + ", somebody gave the password of your account at " + site + ", and asked to have its second factors removed because they are lost.",
			"If that was you, wait: from " + due.In(u.Location()).Format("2 January 2006, 15:04 MST") + " on, a mail brings a link that removes them. Until then we remind you each day.",
		},
		Button: "Keep my second factor", Link: keep.Link, Expires: keep.Expires,
		After: []string{"If it was not you, press the button: nothing is removed, and you should choose a new password. Any log in cancels it, too."},
	}
}

// isRemovable carries the link that removes the second factors, once the waiting time is over.
func isRemovable(site string, u user.User, remove, keep mail.Action) mail.Message {
	return mail.Message{
		Kind: "factor-removable", To: u.Email, UserID: u.ID,
		Subject: "You can remove your second factor now", Title: "Remove your second factor?",
		Text:   []string{strings.TrimSpace("Hello "+u.Name) + ", the waiting time is over: the button leads to where the second factors of your account at " + site + " are removed. Then your password is enough to log in."},
		Button: "Remove my second factor", Link: remove.Link, Expires: remove.Expires,
		After: []string{"The link works once, for three days.", "If you did not ask for this, cancel it here, and choose a new password: " + keep.Link},
	}
}
