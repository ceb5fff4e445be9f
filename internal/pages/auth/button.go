package auth

import (
	"context"
	"fmt"
	"net/http"

	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

// A button is the page of a link with one button, and nothing to type.
type button struct {
	path, title string
	text        string // %s in it is the account's address
	otherwise   string // for whoever does not want to press it
	label       string
	do          func(ctx context.Context, hash string) error
	to, says    string // where the button leads, and what is said there
}

// secured is said to whoever took an account out of wrong hands.
const secured = "Everybody was logged out, and the password no longer works. We have sent you a mail with a link to choose a new one."

func (p *Pages) buttons() []button {
	return []button{
		{
			path: undoPath, title: "Take the old address back?", label: "Take the address back",
			text:      "%s becomes the address of the account again. Everybody is logged out, the password no longer works, and we send you a link to choose a new one.",
			otherwise: "Did you change the address yourself? Close this page: nothing happens.",
			do:        p.Account.UndoEmail, to: sentPath, says: "The old address is back. " + secured,
		},
		{
			path: notMePath, title: "This wasn’t you?", label: "Secure my account",
			text:      "Everybody who is logged in to %s is logged out, and the password no longer works. We send you a link to choose a new one.",
			otherwise: "Was it you after all? Close this page: nothing happens.",
			do:        p.Account.NotMe, to: sentPath, says: "Your account is safe. " + secured,
		},
		{
			path: removePath, title: "Remove your second factor?", label: "Remove the second factors",
			text:      "Without it, the password of %s is enough to log in, until you set up a new second factor.",
			otherwise: "Have you found it again? Log in with it: that cancels this.",
			do:        p.Factors.RemoveByLink, to: "/login", says: "Your second factors were removed. Log in with your password, and set up a new one.",
		},
		{
			path: keepPath, title: "Keep your second factor", label: "Keep the second factors",
			text:      "Somebody asked to remove the second factors of %s. Press the button, and they stay.",
			otherwise: "Was it you, and are they lost? Close this page, and wait.",
			do:        p.Factors.KeepByLink, to: "/password/forgot", says: "Your second factors stay. If it was not you who asked, somebody knows your password: choose a new one.",
		},
	}
}

func (b button) show(w http.ResponseWriter, r *http.Request, l link.Link) error {
	return web.Render(w, r, http.StatusOK, oneButton(b.title, fmt.Sprintf(b.text, l.Email), b.otherwise, b.path, link.Tag(readOpened(r, b.path)), b.label))
}

func (b button) act(_ http.ResponseWriter, r *http.Request, hash string) (to string, err error) {
	if err := b.do(r.Context(), hash); err != nil {
		return "", err
	}
	opened.Delete(r.Context(), b.path)
	session.Flash(r.Context(), b.says)
	return b.to, nil
}

// again answers the second press.
func (b button) again(*http.Request, string, bool) (to, message string) { return b.to, b.says }
