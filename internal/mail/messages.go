package mail

import (
	"fmt"
	"strings"
	"time"
)

// The words of every message that the core sends. A new kind of mail is one function here; a feature has Notice.
//
// Anyone can type anyone's address into a form, so a message to an address that is not verified contains no text that
// somebody typed: not even the address itself, whose local part has room for a sentence.

// A Recipient is whom a message goes to.
type Recipient struct {
	UserID string // "" if the message belongs to no account
	Email  string
	Name   string // "" unless Email is verified: else it may be a stranger's words to a stranger
}

// An Action is the link behind a message's button.
type Action struct {
	Link     string        // http or https
	ValidFor time.Duration // how long it works, in whole hours, as the message says
	Expires  time.Time     // when it ends: the message is not sent after that
}

// message begins a message with the same words in the list of mails and as its heading.
func (r Recipient) message(kind, subject, title string) Message {
	return Message{Kind: kind, To: r.Email, UserID: r.UserID, Subject: subject, Title: title}
}

// hello begins a sentence with a greeting, by name if there is one.
func (r Recipient) hello(sentence string) string {
	return strings.TrimSpace("Hello "+r.Name) + ", " + sentence
}

// withAction adds the button.
func (m Message) withAction(button string, a Action) Message {
	m.Button, m.Link, m.Expires = button, a.Link, a.Expires
	return m
}

// lifetime says how long the link works.
func (a Action) lifetime() string {
	hours := int(a.ValidFor.Hours())
	switch {
	case hours == 1:
		return "The link works once, for one hour."
	case hours < 48:
		return fmt.Sprintf("The link works once, for %d hours.", hours)
	}
	return fmt.Sprintf("The link works once, for %d days.", hours/24)
}

// VerifyAddress asks the owner of a new account's address to verify it.
func VerifyAddress(site string, to Recipient, a Action) Message {
	m := to.message("verify", "Verify your e-mail address", "Is this your address?")
	m.Text = []string{to.hello("somebody registered at " + site + " with this e-mail address. If that was you, press the button to verify it.")}
	m.After = []string{a.lifetime() + " If it was not you, you do not need to do anything: the address stays unverified."}
	return m.withAction("Yes, this is my address", a)
}

// FinishRegistration carries the button that creates an account, where REGISTRATION=verify.
func FinishRegistration(site string, to Recipient, a Action) Message {
	m := to.message("register", "Finish your registration", "Finish your registration")
	m.Text = []string{to.hello("somebody registered at " + site + " with this e-mail address. If that was you, press the button to create your account.")}
	m.After = []string{a.lifetime() + " If it was not you, you do not need to do anything: no account is created without the button."}
	return m.withAction("Finish the registration", a)
}

// AlreadyRegistered tells the owner of an account that somebody tried to register with its address.
// logIn and forgot are the addresses of those pages.
func AlreadyRegistered(site string, to Recipient, logIn, forgot string) Message {
	m := to.message("registered", "You already have an account", "You already have an account")
	m.Text = []string{to.hello("somebody tried to register at " + site + " with this e-mail address, which already has an account. Nothing was changed. If it was you, just log in.")}
	m.Button, m.Link = "Log in", logIn
	m.After = []string{"If you have forgotten your password, choose a new one: " + forgot, "If it was not you, you do not need to do anything."}
	return m
}

// ChoosePassword carries the link to choose a new password.
func ChoosePassword(site string, to Recipient, a Action) Message {
	m := to.message("reset", "Choose a new password", "Choose a new password")
	m.Text = []string{to.hello("somebody asked for a new password for your account at " + site + ". If that was you, press the button to choose one.")}
	m.After = []string{a.lifetime() + " If it was not you, you do not need to do anything: your password stays as it is, and nobody else has this link."}
	return m.withAction("Choose a new password", a)
}

// PasswordWasChanged tells the user that the password was changed.
func PasswordWasChanged(site string, to Recipient, where []Fact, a Action) Message {
	m := to.message("password", "Your password was changed", "Your password was changed")
	m.Text = []string{to.hello("the password of your account at " + site + " was changed, and all other devices were logged out.")}
	return m.notMe(where, a)
}

// NewBrowser tells the user about a login from a browser that has not been used with the account before.
func NewBrowser(site string, to Recipient, where []Fact, a Action) Message {
	m := to.message("new-browser", "New login to your account", "Was this you?")
	m.Text = []string{to.hello("somebody logged in to your account at " + site + " from a browser that we have not seen before.")}
	return m.notMe(where, a)
}

// PasskeyWasAdded tells the user about a new way to log in.
func PasskeyWasAdded(site string, to Recipient, where []Fact, a Action) Message {
	m := to.message("passkey-added", "A passkey was added", "A passkey was added")
	m.Text = []string{to.hello("a passkey was added to your account at " + site + ". Whoever has it can log in without your password.")}
	return m.notMe(where, a)
}

// PasskeyWasRemoved tells the user that a passkey does not work any more.
func PasskeyWasRemoved(site string, to Recipient, where []Fact, a Action) Message {
	m := to.message("passkey-removed", "A passkey was removed", "A passkey was removed")
	m.Text = []string{to.hello("a passkey was removed from your account at " + site + ". Nobody can log in with it any more.")}
	return m.notMe(where, a)
}

// PasskeyWasCopied tells the user about a log in that was refused because the passkey's counter went back.
func PasskeyWasCopied(site string, to Recipient, where []Fact, a Action) Message {
	m := to.message("passkey-copied", "A passkey was refused", "Is there a copy of your passkey?")
	m.Text = []string{to.hello("somebody used a passkey of your account at " + site + " whose counter went back, which a copy of a security key does. We refused it. If it was you, remove this passkey and add it again.")}
	return m.notMe(where, a)
}

// Notice returns what makes a message of a kind about something that happened to an account. The text follows the user's
// name; SITE in it stands for this site.
func Notice(kind, subject, text string) func(site string, to Recipient, where []Fact, a Action) Message {
	return func(site string, to Recipient, where []Fact, a Action) Message {
		m := to.message(kind, subject, subject)
		m.Text = []string{to.hello(strings.ReplaceAll(text, "SITE", site))}
		return m.notMe(where, a)
	}
}

// DataWasExported tells the user that their data was downloaded.
func DataWasExported(site string, to Recipient, where []Fact, a Action) Message {
	m := to.message("exported", "Your data was downloaded", "Your data was downloaded")
	m.Text = []string{to.hello("a copy of everything that " + site + " keeps about you was downloaded just now.")}
	return m.notMe(where, a)
}

// notMe adds what happened where, and a button for a user who did not do it.
func (m Message) notMe(where []Fact, a Action) Message {
	return m.undo("This wasn’t me", "logs out every device,", where, a)
}

// undo adds what happened where, and a button that does what it says and secures the account.
func (m Message) undo(button, does string, where []Fact, a Action) Message {
	m.Facts = where
	m.After = []string{
		"If it was you, you do not need to do anything. If it was not, press the button: it " + does + " disables the password, and sends you a link to choose a new one.",
		a.lifetime(),
	}
	return m.withAction(button, a)
}

// VerifyNewAddress asks the owner of an address to verify it for an account that has another address until then.
// asker is the account's present address, "" if that is not verified: then the message does not name it.
func VerifyNewAddress(site string, to Recipient, asker string, a Action) Message {
	m := to.message("email", "Verify your new e-mail address", "Is this your new address?")
	who := "somebody"
	if asker != "" {
		who += " who is logged in as " + asker
	}
	m.Text = []string{to.hello(who + " asked to use this e-mail address for their account at " + site + ". If that was you, press the button in a browser where you are logged in.")}
	m.After = []string{a.lifetime() + " If it was not you, you do not need to do anything: the address is not used without the button."}
	return m.withAction("Yes, use this address", a)
}

// AddressHasAccount tells the owner of an account that somebody asked to use its address for another account.
func AddressHasAccount(site string, to Recipient) Message {
	m := to.message("email-taken", "Somebody asked to use your address", "Somebody asked to use your address")
	m.Text = []string{to.hello("somebody asked to use this e-mail address for another account at " + site + ". Your account already has it, so nothing was changed.")}
	m.After = []string{"If it was you, log in with this address, or choose a different one for the other account. If it was not you, you do not need to do anything."}
	return m
}

// AddressWasChanged tells the old address of an account about the new one, with a link that changes it back.
// If the old address was never verified it may be a stranger's: then now is "", and the message has neither.
func AddressWasChanged(site string, to Recipient, now string, where []Fact, a Action) Message {
	m := to.message("email-changed", "Your address was changed", "Your address was changed")
	if now == "" {
		m.Subject, m.Title = "Your address was removed", "Your address was removed"
		m.Text = []string{to.hello("an account at " + site + " no longer uses this e-mail address. This is our last mail to it.")}
		return m
	}
	m.Text = []string{to.hello("your account at " + site + " now has the e-mail address " + now + ". This is our last mail to the old one.")}
	return m.undo("Change it back", "brings back the old address, logs out every device,", where, a)
}

// AccountDeleted tells the former user that the account was deleted. The message belongs to no account, and so outlives it.
func AccountDeleted(site string, to Recipient) Message {
	to.UserID = ""
	m := to.message("deleted", "Your account was deleted", "Your account was deleted")
	m.Text = []string{to.hello("your account at " + site + " was deleted, with everything in it. This is our last mail to you."), "Thank you for having been with us."}
	return m
}

// Invitation carries the link with which its recipient may register.
func Invitation(site string, to Recipient, a Action) Message {
	m := to.message("invite", "You are invited", "You are invited")
	m.Text = []string{to.hello("you are invited to register at " + site + ".")}
	m.After = []string{a.lifetime() + " If you would rather not, you do not need to do anything."}
	return m.withAction("Register", a)
}
