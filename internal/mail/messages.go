package mail

import (
	"fmt"
	"strings"
	"time"
)

// The words of every message that the program sends. A new kind of mail is one function here.
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

// message returns a message with the same words in the list of mails and as its heading, and a first sentence that begins
// with a greeting, by name if there is one.
func (r Recipient) message(kind, subject, title, sentence string) Message {
	hello := strings.TrimSpace("Hello "+r.Name) + ", " + sentence
	return Message{Kind: kind, To: r.Email, UserID: r.UserID, Subject: subject, Title: title, Text: []string{hello}}
}

// withAction adds the button, and after it how long its link works and what whoever did not ask for it should know.
func (m Message) withAction(button string, a Action, otherwise string) Message {
	m.Button, m.Link, m.Expires = button, a.Link, a.Expires
	m.After = append(m.After, strings.TrimSpace(a.lifetime()+" "+otherwise))
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
	return to.message("verify", "Verify your e-mail address", "Is this your address?",
		"somebody registered at "+site+" with this e-mail address. If that was you, press the button to verify it.").
		withAction("Yes, this is my address", a, "If it was not you, you do not need to do anything: the address stays unverified.")
}

// FinishRegistration carries the button that creates an account, where REGISTRATION=verify.
func FinishRegistration(site string, to Recipient, a Action) Message {
	return to.message("register", "Finish your registration", "Finish your registration",
		"somebody registered at "+site+" with this e-mail address. If that was you, press the button to create your account.").
		withAction("Finish the registration", a, "If it was not you, you do not need to do anything: no account is created without the button.")
}

// AlreadyRegistered tells the owner of an account that somebody tried to register with its address.
// logIn and forgot are the addresses of those pages.
func AlreadyRegistered(site string, to Recipient, logIn, forgot string) Message {
	m := to.message("registered", "You already have an account", "You already have an account",
		"somebody tried to register at "+site+" with this e-mail address, which already has an account. Nothing was changed. If it was you, just log in.")
	m.Button, m.Link = "Log in", logIn
	m.After = []string{"If you have forgotten your password, choose a new one: " + forgot, "If it was not you, you do not need to do anything."}
	return m
}

// ChoosePassword carries the link to choose a new password.
func ChoosePassword(site string, to Recipient, a Action) Message {
	return to.message("reset", "Choose a new password", "Choose a new password",
		"somebody asked for a new password for your account at "+site+". If that was you, press the button to choose one.").
		withAction("Choose a new password", a, "If it was not you, you do not need to do anything: your password stays as it is, and nobody else has this link.")
}

// Notice returns the words of a message that tells somebody what happened to their account, with a table of browser, time
// and network, and a button for who did not do it. The sentence goes on after the greeting; %s in it is the site's name.
func Notice(kind, subject, title, sentence string) func(site string, to Recipient, where []Fact, a Action) Message {
	return func(site string, to Recipient, where []Fact, a Action) Message {
		return to.message(kind, subject, title, fmt.Sprintf(sentence, site)).undo("This wasn’t me", "logs out every device,", where, a)
	}
}

// LogInCode carries a code to log in with, and a link that sends it. Both work for a.ValidFor, in whole minutes.
func LogInCode(site string, to Recipient, code string, where []Fact, a Action) Message {
	m := to.message("mail-login", "Your code to log in", "Your code to log in",
		"somebody asked to log in to your account at "+site+". If that was you, type this code where you asked, or press the button.")
	m.Facts = append([]Fact{{Label: "Code", Value: code}}, where...)
	m.Button, m.Link, m.Expires = "Log in", a.Link, a.Expires
	m.After = []string{
		fmt.Sprintf("Both work once, for %d minutes, in the browser that asked. Tell nobody the code: we never ask for it.", int(a.ValidFor.Minutes())),
		"If it was not you, you do not need to do anything: nobody can log in without this mail.",
	}
	return m
}

// PasswordWasChanged tells the user that the password was changed.
var PasswordWasChanged = Notice("password", "Your password was changed", "Your password was changed",
	"the password of your account at %s was changed, and all other devices were logged out.")

// NewBrowser tells the user about a login from a browser that has not been used with the account before.
var NewBrowser = Notice("new-browser", "New login to your account", "Was this you?",
	"somebody logged in to your account at %s from a browser that we have not seen before.")

// DataWasExported tells the user that their data was downloaded.
var DataWasExported = Notice("exported", "Your data was downloaded", "Your data was downloaded",
	"a copy of everything that %s keeps about you was downloaded just now.")

// undo adds what happened where, and a button that does what it says and secures the account.
func (m Message) undo(button, does string, where []Fact, a Action) Message {
	m.Facts = where
	m.After = []string{"If it was you, you do not need to do anything. If it was not, press the button: it " + does + " disables the password, and sends you a link to choose a new one."}
	return m.withAction(button, a, "")
}

// VerifyNewAddress asks the owner of an address to verify it for an account that has another address until then.
// asker is the account's present address, "" if that is not verified: then the message does not name it.
func VerifyNewAddress(site string, to Recipient, asker string, a Action) Message {
	who := "somebody"
	if asker != "" {
		who += " who is logged in as " + asker
	}
	return to.message("email", "Verify your new e-mail address", "Is this your new address?",
		who+" asked to use this e-mail address for their account at "+site+". If that was you, press the button in a browser where you are logged in.").
		withAction("Yes, use this address", a, "If it was not you, you do not need to do anything: the address is not used without the button.")
}

// AddressHasAccount tells the owner of an account that somebody asked to use its address for another account.
func AddressHasAccount(site string, to Recipient) Message {
	m := to.message("email-taken", "Somebody asked to use your address", "Somebody asked to use your address",
		"somebody asked to use this e-mail address for another account at "+site+". Your account already has it, so nothing was changed.")
	m.After = []string{"If it was you, log in with this address, or choose a different one for the other account. If it was not you, you do not need to do anything."}
	return m
}

// AddressWasChanged tells the old address of an account about the new one, with a link that changes it back.
// If the old address was never verified it may be a stranger's: then now is "", and the message has neither.
func AddressWasChanged(site string, to Recipient, now string, where []Fact, a Action) Message {
	if now == "" {
		return to.message("email-changed", "Your address was removed", "Your address was removed",
			"an account at "+site+" no longer uses this e-mail address. This is our last mail to it.")
	}
	return to.message("email-changed", "Your address was changed", "Your address was changed",
		"your account at "+site+" now has the e-mail address "+now+". This is our last mail to the old one.").
		undo("Change it back", "brings back the old address, logs out every device,", where, a)
}

// AccountDeleted tells the former user that the account was deleted. The message belongs to no account, and so outlives it.
func AccountDeleted(site string, to Recipient) Message {
	to.UserID = ""
	m := to.message("deleted", "Your account was deleted", "Your account was deleted",
		"your account at "+site+" was deleted, with everything in it. This is our last mail to you.")
	m.Text = append(m.Text, "Thank you for having been with us.")
	return m
}

// Invitation carries the link with which its recipient may register.
func Invitation(site string, to Recipient, a Action) Message {
	return to.message("invite", "You are invited", "You are invited", "you are invited to register at "+site+".").
		withAction("Register", a, "If you would rather not, you do not need to do anything.")
}
