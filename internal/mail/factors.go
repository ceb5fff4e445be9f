package mail

import "fmt"

// FactorWasAdded tells the user about a new second factor, such as "Authenticator app".
func FactorWasAdded(factor string) func(site string, to Recipient, where []Fact, a Action) Message {
	return func(site string, to Recipient, where []Fact, a Action) Message {
		m := to.message("factor-added", "A second factor was added", "A second factor was added")
		m.Text = []string{to.hello("your account at " + site + " has a new second factor: " + factor + ". Whoever logs in with your password is asked for it from now on.")}
		return m.notMe(where, a)
	}
}

// FactorWasRemoved tells the user that a second factor does not work any more.
func FactorWasRemoved(factor string) func(site string, to Recipient, where []Fact, a Action) Message {
	return func(site string, to Recipient, where []Fact, a Action) Message {
		m := to.message("factor-removed", "A second factor was removed", "A second factor was removed")
		m.Text = []string{to.hello("a second factor was removed from your account at " + site + ": " + factor + ".")}
		return m.notMe(where, a)
	}
}

// FactorFailed tells the user that somebody with a right password had no second factor.
func FactorFailed(site string, to Recipient, where []Fact, a Action) Message {
	m := to.message("factor-failed", "Somebody has your password", "Was this you?")
	m.Text = []string{to.hello("somebody gave the right password of your account at " + site + ", and then a wrong second factor. They were not let in. If it was not you, they know your password.")}
	return m.notMe(where, a)
}

// RecoveryCodesMade tells the user about a new set of recovery codes.
func RecoveryCodesMade(site string, to Recipient, where []Fact, a Action) Message {
	m := to.message("recovery-made", "New recovery codes", "New recovery codes")
	m.Text = []string{to.hello("ten new recovery codes were made for your account at " + site + ". Those from before do not work any more.")}
	return m.notMe(where, a)
}

// RecoveryCodeUsed tells the user that somebody logged in with a recovery code, and how many are left.
func RecoveryCodeUsed(left int, few bool) func(site string, to Recipient, where []Fact, a Action) Message {
	return func(site string, to Recipient, where []Fact, a Action) Message {
		m := to.message("recovery-used", "A recovery code was used", "A recovery code was used")
		m.Text = []string{to.hello(fmt.Sprintf("somebody logged in to your account at %s with your password and a recovery code. It does not work any more; %d are left.", site, left))}
		if few {
			m.Text = append(m.Text, "These are few: make new ones under Login & security.")
		}
		return m.notMe(where, a)
	}
}

// FactorLost tells the owner that somebody with the password asked to have the second factors removed, and when they can be,
// with a button that cancels it.
func FactorLost(site string, to Recipient, due string, keep Action) Message {
	m := to.message("factor-lost", "Somebody asked to remove your second factor", "Have you lost your second factor?")
	m.Text = []string{
		to.hello("somebody gave the password of your account at " + site + ", and asked to have its second factors removed because they are lost."),
		"If that was you, wait: from " + due + " on, a mail brings a link that removes them. Until then we remind you each day.",
	}
	m.After = []string{"If it was not you, press the button: nothing is removed, and you should choose a new password. Any log in cancels it, too."}
	return m.withAction("Keep my second factor", keep)
}

// FactorRemovable carries the link that removes the second factors, once the waiting time is over.
func FactorRemovable(site string, to Recipient, remove, keep Action) Message {
	m := to.message("factor-removable", "You can remove your second factor now", "Remove your second factor?")
	m.Text = []string{to.hello("the waiting time is over: the button leads to where the second factors of your account at " + site + " are removed. Then your password is enough to log in.")}
	m.After = []string{remove.lifetime(), "If you did not ask for this, cancel it here, and choose a new password: " + keep.Link}
	return m.withAction("Remove my second factor", remove)
}
