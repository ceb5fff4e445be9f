// Package mail keeps the promise that a mail is sent: letters, the durable outbox, the worker that empties it by SMTP,
// and the development mailbox. It does not know what a letter is about.
//
// A mail is delivered at least once: a process that dies between the server's "250" and our note of it sends the
// mail again, under the same Message-ID. docs/how-it-works/mail.md tells the whole story.
package mail

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"example.com/latchkey/internal/database"
)

// A Message is one mail before it is rendered: one thing to say, at most one thing to do.
type Message struct {
	Kind         string   // stable name for the log and `latchkey mail list`: "verify", "reset", …
	To           string   // the address, as its owner wrote it
	UserID       string   // whose it is: it goes with the account. "" for mail to nobody's account, or that outlives it
	Subject      string   // one line
	Title        string   // the heading
	Text         []string // paragraphs before the button
	Facts        []Fact   // under the text: device, time, network
	Button, Link string   // the one thing to do, and its address (http or https); "" for none
	After        []string // paragraphs after the button
	// Expires is the end of the letter's link: after that it is not sent. Zero: three days after it was queued.
	Expires time.Time
	// Decoy letters are written like any other, never sent, and their text is not kept:
	// so that an answer costs the same whether there is an account or not.
	Decoy bool
}

// A Fact is a label and its value.
type Fact struct{ Label, Value string }

// The states of a mail.
const (
	Waiting   = "waiting" // for its first or its next try
	Sent      = "sent"    // a server took it
	Dead      = "dead"    // refused for good, or out of tries: Retry gives it new ones
	Expired   = "expired" // its link ran out before a server took it
	Decoy     = "decoy"   // was never meant to be sent
	InMailbox = "mailbox" // stands in /dev/mail
)

// Options are what the outbox needs. DB, Log, Now, Site and From must be given.
type Options struct {
	DB          *database.DB
	Log         *slog.Logger
	Now         func() time.Time
	Site        string // the product's name, at the head of every letter
	SMTPURL     string // smtp:// or smtps://; "" sends nothing
	From        string // MAIL_FROM
	Development bool   // without SMTPURL, mails stand in the mailbox

	DialTimeout time.Duration  // to reach the server; default 30 s
	TalkTimeout time.Duration  // for the whole conversation after that; default 30 s
	Grace       time.Duration  // what conversations under way get at shutdown; default 8 s
	Poll        time.Duration  // how often to look for what is due; default 5 s
	Parallel    int            // conversations at the same time; default 4
	RootCAs     *x509.CertPool // who may sign the server's certificate; default those of the system
}

// An Outbox takes letters, keeps them in the database, and sends them.
type Outbox struct {
	Options
	server *server // nil without SMTPURL
	from   *mail.Address
	poked  chan struct{}
}

// New returns an outbox. It sends nothing before Run.
func New(o Options) (*Outbox, error) {
	preset(&o.DialTimeout, 30*time.Second)
	preset(&o.TalkTimeout, 30*time.Second)
	preset(&o.Grace, 8*time.Second)
	preset(&o.Poll, 5*time.Second)
	preset(&o.Parallel, 4)
	from, err := mail.ParseAddress(o.From)
	if err != nil {
		return nil, fmt.Errorf("MAIL_FROM=%q: %w", o.From, err)
	}
	box := &Outbox{Options: o, from: from, poked: make(chan struct{}, 1)}
	if o.SMTPURL != "" {
		if box.server, err = newServer(o.SMTPURL, o.RootCAs); err != nil {
			return nil, err
		}
	}
	return box, nil
}

func preset[T comparable](value *T, standard T) {
	var zero T
	if *value == zero {
		*value = standard
	}
}

// On reports whether mail gets anywhere: to a server, or into the development mailbox.
func (o *Outbox) On() bool { return o.server != nil || o.Development }

func unprintable(c rune) bool { return !unicode.IsPrint(c) }

// keepFor is how long a letter without a link of its own is worth sending.
const keepFor = 3 * 24 * time.Hour

var errAddress = errors.New("mail: not an address that a mail can go to")

// Queue writes the letter into the outbox, in the context's transaction if there is one: the mail is promised if and
// only if that commits. Then the worker is woken. Nothing is sent here, so it takes the same time whether the server
// is up or down. When mail is off it does nothing.
//
// It returns an error if the address cannot be one.
func (o *Outbox) Queue(ctx context.Context, l Message) error {
	if !o.On() {
		o.Log.DebugContext(ctx, "no mail: SMTP_URL is not set", "kind", l.Kind)
		return nil
	}
	if addr, err := mail.ParseAddress(l.To); err != nil || addr.Name != "" || strings.ContainsFunc(l.To, unprintable) {
		return fmt.Errorf("%w (kind %s)", errAddress, l.Kind)
	}
	l = l.clean()
	html, err := o.html(ctx, l)
	if err != nil {
		return err
	}
	now := o.Now()
	m := Mail{
		ID: uuid.Must(uuid.NewV7()).String(), Kind: l.Kind, To: l.To, Subject: l.Subject,
		Text: o.text(l), HTML: html, State: Waiting, At: now, Due: now, Expires: l.Expires,
	}
	if m.Expires.IsZero() {
		m.Expires = now.Add(keepFor)
	}
	switch {
	case l.Decoy:
		// Blanks of the same length: the row costs the same, and tells nothing.
		m.State, m.To = Decoy, ""
		m.Text, m.HTML = strings.Repeat(" ", len(m.Text)), strings.Repeat(" ", len(m.HTML))
	case o.server == nil:
		m.State = InMailbox
	}
	if err := o.insert(ctx, m, l.UserID); err != nil {
		return err
	}
	database.OnCommit(ctx, o.poke)
	return nil
}

// poke wakes a worker. One that is awake looks again before it sleeps.
func (o *Outbox) poke() {
	select {
	case o.poked <- struct{}{}:
	default:
	}
}
