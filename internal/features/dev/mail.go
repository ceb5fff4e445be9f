package dev

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"time"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

func (p *Pages) listMail(w http.ResponseWriter, r *http.Request) error {
	mails, err := p.mailbox(r)
	if err != nil {
		return err
	}
	slices.Reverse(mails)
	return web.Render(w, r, http.StatusOK, mailPage(mails))
}

// mailJSON answers with the mailbox as JSON, for tests in other languages. The newest mail is last.
func (p *Pages) mailJSON(w http.ResponseWriter, r *http.Request) error {
	mails, err := p.mailbox(r)
	if err != nil {
		return err
	}
	type line struct {
		ID      string    `json:"id"`
		At      time.Time `json:"at"`
		To      string    `json:"to"`
		Subject string    `json:"subject"`
		Text    string    `json:"text"`
		HTML    string    `json:"html"`
	}
	lines := make([]line, 0, len(mails))
	for _, m := range mails {
		lines = append(lines, line{m.ID, m.At, m.To, m.Subject, m.Text, m.HTML})
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(lines)
}

// sandbox is a Content-Security-Policy that allows a mail its styles and its links and nothing else, as mail clients do.
const sandbox = "sandbox allow-popups allow-top-navigation-by-user-activation; default-src 'none'; style-src 'unsafe-inline'"

// showMail is one mail as a document of its own.
func (p *Pages) showMail(w http.ResponseWriter, r *http.Request) error {
	mails, err := p.mailbox(r)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(mails, func(m mail.Mail) bool { return m.ID == r.PathValue("id") })
	if at < 0 {
		return fault.NotFound
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", sandbox)
	h.Del("Cross-Origin-Opener-Policy") // the HTML standard lets no document have both this and a sandbox
	_, err = io.WriteString(w, mails[at].HTML)
	return err
}

// mailbox returns the mails. Looking at them creates no session.
func (p *Pages) mailbox(r *http.Request) ([]mail.Mail, error) {
	session.WithoutSession(r.Context())
	return p.Mail.List(r.Context(), mail.InMailbox)
}
