package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"example.com/latchkey/internal/app"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/mail"
)

// mailCmd looks after the mails that the program sends.
type mailCmd struct {
	List  mailList  `cmd:"" help:"List mails and what became of them, the newest last."`
	Retry mailRetry `cmd:"" help:"Give mails that were given up new tries, at once."`
}

type mailList struct {
	State string `enum:",waiting,sent,dead,expired,decoy,mailbox" default:"" help:"Only those that are: waiting, sent, dead, expired, decoy, mailbox."`
	output
}

type mailRetry struct {
	ID string `arg:"" help:"The mail's id, or all."`
}

func (c mailList) Run(ctx context.Context, out io.Writer) error {
	return withApp(ctx, func(a *app.App) error {
		mails, err := a.Mail.List(ctx, c.State)
		if err != nil {
			return err
		}
		return c.print(out, mails)
	})
}

// print never shows a mail's text: what it links to is as good as a password.
func (c mailList) print(out io.Writer, mails []mail.Mail) error {
	type line struct {
		ID       string    `json:"id"`
		At       time.Time `json:"at"`
		Kind     string    `json:"kind"`
		To       string    `json:"to"`
		Subject  string    `json:"subject"`
		State    string    `json:"state"`
		Attempts int       `json:"attempts"`
		Due      time.Time `json:"due,omitzero"` // the next try
		Err      string    `json:"error,omitempty"`
	}
	lines := make([]line, 0, len(mails))
	for _, m := range mails {
		l := line{ID: m.ID, At: m.At, Kind: m.Kind, To: m.To, Subject: m.Subject, State: m.State, Attempts: m.Attempts, Err: m.Err}
		if m.State == mail.Waiting {
			l.Due = m.Due
		}
		lines = append(lines, l)
	}
	words := &strings.Builder{}
	w := tabwriter.NewWriter(words, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "ID\tQUEUED\tKIND\tTO\tSTATE\tTRIES\tERROR")
	for _, l := range lines {
		state := l.State
		if !l.Due.IsZero() {
			state += " until " + l.Due.Format("2 Jan 15:04")
		}
		fmt.Fprintf(w, "\n%s\t%s\t%s\t%s\t%s\t%d\t%s", l.ID, l.At.Format("2006-01-02 15:04"), l.Kind, l.To, state, l.Attempts, l.Err)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(lines) == 0 {
		return c.say(out, lines, "no mails")
	}
	return c.say(out, lines, words.String())
}

func (c mailRetry) Run(ctx context.Context, out io.Writer) error {
	return withApp(ctx, func(a *app.App) error {
		err := a.Mail.Retry(ctx, c.ID)
		if errors.Is(err, fault.NotFound) {
			return fmt.Errorf("there is no mail %q that was given up and whose link still works; `latchkey mail list --state dead` lists those that were", c.ID)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(out, "a running server tries again within seconds")
		return err
	})
}
