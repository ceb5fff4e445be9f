package mail

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
