package mail

import (
	"fmt"
	"time"
)

// The words of every mail that the program sends. A new kind of mail is one function here.

// A Recipient is whom a letter is to.
type Recipient struct{ UserID, Email, Name string }

func (r Recipient) letter(kind, subject, title string) Message {
	return Message{Kind: kind, To: r.Email, UserID: r.UserID, Subject: subject, Title: title}
}

// hello begins a sentence with the name, where there is one.
func (r Recipient) hello(sentence string) string {
	if r.Name == "" {
		return "Hello, " + sentence
	}
	return "Hello " + r.Name + ", " + sentence
}

// life says how long a link works.
func life(d time.Duration) string {
	switch {
	case d == time.Hour:
		return "The link works once, for one hour."
	case d < 48*time.Hour:
		return fmt.Sprintf("The link works once, for %d hours.", int(d.Hours()))
	}
	return fmt.Sprintf("The link works once, for %d days.", int(d.Hours())/24)
}

// with puts the one thing to do into the letter.
func (l Message) with(button, link string, works time.Duration, expires time.Time, after ...string) Message {
	l.Button, l.Link, l.Expires = button, link, expires
	l.After = append([]string{life(works)}, after...)
	return l
}

// A Action is a link that a letter asks to press.
type Action struct {
	Address string
	Works   time.Duration
	Expires time.Time
}

// ProveAddress asks whoever reads the mail of a new account to say that it is theirs.
func ProveAddress(site string, to Recipient, c Action) Message {
	l := to.letter("verify", "Is this your address?", "Is this your address?")
	l.Text = []string{to.hello("somebody registered with " + to.Email + " at " + site + ". If that was you, press the button: then we know that our mail reaches you.")}
	return l.with("Yes, this is my address", c.Address, c.Works, c.Expires,
		"If it was not you, somebody used your address, perhaps by mistake. Press the button all the same and choose a password: then the account is yours alone.")
}

// FinishRegistration carries the button by which an account comes to be, where REGISTRATION=verify.
func FinishRegistration(site string, to Recipient, c Action) Message {
	l := to.letter("register", "Finish your registration", "Finish your registration")
	l.Text = []string{to.hello("somebody registered with " + to.Email + " at " + site + ". If that was you, press the button, and your account is ready.")}
	return l.with("Finish the registration", c.Address, c.Works, c.Expires,
		"If it was not you, do nothing: without this button there is no account.")
}

// AlreadyRegistered tells the owner of an account that somebody registered with its address once more.
func AlreadyRegistered(site string, to Recipient, logIn, forgot string) Message {
	l := to.letter("registered", "You have an account already", "You have an account already")
	l.Text = []string{to.hello("somebody tried to register with " + to.Email + " at " + site + ". There is an account with this address, so nothing was done. If it was you, just log in.")}
	l.Button, l.Link = "Log in", logIn
	l.After = []string{"If you have forgotten your password, choose a new one: " + forgot, "If it was not you, you need not do anything."}
	return l
}

// ChoosePassword carries the button that leads to a new password.
func ChoosePassword(site string, to Recipient, c Action) Message {
	l := to.letter("reset", "Choose a new password", "Choose a new password")
	l.Text = []string{to.hello("somebody asked for a new password for your account at " + site + ". If that was you, press the button.")}
	return l.with("Choose a new password", c.Address, c.Works, c.Expires,
		"If it was not you, do nothing: your password stays as it is. Whoever asked did not get this link.")
}

// PasswordWasChanged tells the user about a new password.
func PasswordWasChanged(site string, to Recipient, where []Fact, c Action) Message {
	l := to.letter("password", "Your password was changed", "Your password was changed")
	l.Text, l.Facts = []string{to.hello("the password of your account at " + site + " was changed. All other logins were ended.")}, where
	return l.with("This wasn’t me", c.Address, c.Works, c.Expires,
		"If it was you, all is well. If it was not, press the button: it logs everybody out, stops the password, and sends you a link to choose a new one.")
}

// NewBrowser tells the user about a log in from a browser that we had not seen with this account.
func NewBrowser(site string, to Recipient, where []Fact, c Action) Message {
	l := to.letter("new-browser", "New log in to your account", "Was this you?")
	l.Text, l.Facts = []string{to.hello("somebody logged in to your account at " + site + " with a browser that we have not seen with it before.")}, where
	return l.with("This wasn’t me", c.Address, c.Works, c.Expires,
		"If it was you, all is well. If it was not, press the button: it logs everybody out, stops the password, and sends you a link to choose a new one.")
}

// ProveNewAddress asks the new address of an account, which has another one until then, to say that it is the user's.
func ProveNewAddress(site string, to Recipient, was string, c Action) Message {
	l := to.letter("email", "Is this your new address?", "Is this your new address?")
	l.Text = []string{to.hello("whoever has the account " + was + " at " + site + " asked to use " + to.Email + " for it. If that was you, press the button, in a browser where you are logged in.")}
	return l.with("Yes, use this address", c.Address, c.Works, c.Expires,
		"If it was not you, do nothing: without this button your address is not used.")
}

// AddressHasAccount tells the owner of an account that another account asked to use its address.
func AddressHasAccount(site string, to Recipient) Message {
	l := to.letter("email-taken", "Somebody asked to use your address", "Somebody asked to use your address")
	l.Text = []string{to.hello("somebody asked to use " + to.Email + " for another account at " + site + ". Your account has this address, so nothing was done.")}
	l.After = []string{"If it was you, log in with this address, or take another one for the other account. If it was not you, you need not do anything."}
	return l
}

// AddressWasChanged tells the old address about the new one, with a way back. An address that was never proven gets
// neither (fresh is "" then): it may be a stranger's.
func AddressWasChanged(site string, to Recipient, fresh string, where []Fact, c Action) Message {
	l := to.letter("email-changed", "Your address was changed", "Your address was changed")
	if fresh == "" {
		l.Text = []string{to.hello("an account at " + site + " that had this address has another one now. We write to this one a last time.")}
		return l
	}
	l.Text, l.Facts = []string{to.hello("your account at " + site + " now has the address " + fresh + ". This is our last mail to the old one, so that nobody can take your account without your knowing.")}, where
	return l.with("Take it back", c.Address, c.Works, c.Expires,
		"If it was you, all is well. If it was not, press the button: the old address comes back, everybody is logged out, the password stops working, and you get a link to choose a new one.")
}

// DataWasExported tells the user that their data was downloaded.
func DataWasExported(site string, to Recipient, where []Fact, c Action) Message {
	l := to.letter("exported", "Your data was downloaded", "Your data was downloaded")
	l.Text, l.Facts = []string{to.hello("everything that " + site + " keeps about you was downloaded just now.")}, where
	return l.with("This wasn’t me", c.Address, c.Works, c.Expires,
		"If it was you, all is well. If it was not, press the button: it logs everybody out, stops the password, and sends you a link to choose a new one.")
}

// Farewell says that the account is gone. It is to nobody's account any more.
func Farewell(site string, to Recipient) Message {
	to.UserID = ""
	l := to.letter("farewell", "Your account was deleted", "Your account was deleted")
	l.Text = []string{
		to.hello("your account at " + site + " was deleted, as you asked, with everything in it. This is our last mail to you."),
		"Thank you for having been here.",
	}
	return l
}

// Invitation carries the button by which somebody may register.
func Invitation(site string, to Recipient, c Action) Message {
	l := to.letter("invite", "You are invited", "You are invited")
	l.Text = []string{"Hello, you are invited to register at " + site + "."}
	return l.with("Register", c.Address, c.Works, c.Expires, "If you do not want to, you need not do anything.")
}
