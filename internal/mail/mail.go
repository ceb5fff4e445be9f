// Package mail sends what the program has to tell people: the words of every message, the outbox that keeps a message
// until a server has accepted it, the worker that hands it over by SMTP, and the development mailbox. It does not know
// which acts lead to a message, or what its link does.
//
// A message is delivered at least once: if the process dies after the server accepted it and before the outbox recorded
// that, it is sent again with the same Message-ID. See docs/how-it-works/mail.md.
package mail

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/mail"
	"strings"
	"time"

	"example.com/latchkey/internal/database"
)

// A Message is one mail before it is rendered: one thing to say, and at most one thing to do.
type Message struct {
	Kind         string   // stable name for the log and `latchkey mail list`: "verify", "reset", …
	To           string   // the address, as its owner wrote it
	UserID       string   // whose it is: the mail is deleted with that account. "" if it belongs to none, or outlives it
	Subject      string   // one line
	Title        string   // the heading
	Text         []string // paragraphs before the button; the first is also the preview in a list of mails
	Facts        []Fact   // a table under the text: browser, time, network
	Button, Link string   // the one thing to do, and its address (http or https); "" for none
	After        []string // paragraphs after the button
	// Expires is when the link ends: the message is not sent after that. Zero means three days after it was queued.
	Expires time.Time
	// A Decoy is rendered and stored like any other message, but never sent, and its text is not kept. It makes an
	// answer take as long when there is nobody to write to.
	Decoy bool
}

// A Fact is a label and its value.
type Fact struct{ Label, Value string }

// The states of a mail.
const (
	Waiting   = "waiting" // for its first or next attempt
	Sent      = "sent"    // a server accepted it
	Dead      = "dead"    // refused for good, or out of attempts; Retry revives it
	Expired   = "expired" // its link ended before a server accepted it
	Decoy     = "decoy"   // was never meant to be sent
	InMailbox = "mailbox" // shown at /dev/mail, not sent
)

// Options configure an Outbox. DB, Log, Now, Site and From are required.
type Options struct {
	DB          *database.DB
	Log         *slog.Logger
	Now         func() time.Time
	Site        string // the product's name, at the head of every message
	SMTPURL     string // smtp:// or smtps://; "" sends nothing
	From        string // MAIL_FROM
	Development bool   // without SMTPURL, messages go to the development mailbox

	Delay       time.Duration  // a message is sent after a random part of this; default 2 s, at most 5 s
	DialTimeout time.Duration  // to connect, including the handshake of smtps; default 30 s
	SendTimeout time.Duration  // for the SMTP session after that; default 30 s
	Grace       time.Duration  // how long SMTP sessions may take to end at shutdown; default 8 s
	Poll        time.Duration  // how often to look for due mail without being woken; default 5 s
	Parallel    int            // SMTP sessions at the same time; default 4
	RootCAs     *x509.CertPool // trusted to sign the server's certificate; default the system's
}

// An Outbox stores messages in the database, and sends them.
type Outbox struct {
	Options
	server *server       // nil without SMTPURL
	from   *mail.Address // with an ASCII domain
	woken  chan struct{} // holds a value while a worker should look for due mail
}

// New returns an outbox. Nothing is sent before Run is called.
// It returns an error that names the setting if SMTPURL or From is malformed; the error shows no password.
func New(o Options) (*Outbox, error) {
	o.Delay = min(cmp.Or(o.Delay, 2*time.Second), maxDelay)
	o.DialTimeout = cmp.Or(o.DialTimeout, 30*time.Second)
	o.SendTimeout = cmp.Or(o.SendTimeout, 30*time.Second)
	o.Grace = cmp.Or(o.Grace, 8*time.Second)
	o.Poll = cmp.Or(o.Poll, 5*time.Second)
	o.Parallel = cmp.Or(o.Parallel, 4)
	from, err := wireAddress(o.From)
	if err != nil {
		return nil, fmt.Errorf("MAIL_FROM=%q: %w", o.From, err)
	}
	outbox := &Outbox{Options: o, from: from, woken: make(chan struct{}, 1)}
	if o.SMTPURL != "" {
		if outbox.server, err = parseServer(o.SMTPURL, o.RootCAs); err != nil {
			return nil, err
		}
	}
	return outbox, nil
}

// On reports whether messages go anywhere: to a server, or to the development mailbox.
func (o *Outbox) On() bool { return o.server != nil || o.Development }

// maxDelay is the longest Delay.
const maxDelay = 5 * time.Second

// keepTrying is how long a message without an Expires of its own is worth sending.
const keepTrying = 3 * 24 * time.Hour

// Queue stores the message in the outbox, in the context's transaction if there is one: it is sent if and only if that
// commits. Queue itself never talks to a server, so it takes as long whether the server is up or down. It does nothing
// if mail is off.
//
// It returns an error if m.To is not an address that SMTP can carry.
func (o *Outbox) Queue(ctx context.Context, m Message) error {
	if !o.On() {
		o.Log.DebugContext(ctx, "no mail: SMTP_URL is not set", "kind", m.Kind)
		return nil
	}
	if err := checkRecipient(m.To); err != nil {
		return fmt.Errorf("%w (kind %s)", err, m.Kind)
	}
	m = m.clean()
	html := &strings.Builder{}
	if err := document(o.Site, m).Render(ctx, html); err != nil {
		return err
	}
	// The mail becomes due at a random moment, so that the time of the next write, which would have to wait for the
	// worker's, does not tell a message from a decoy.
	now, delay := o.Now(), rand.N(o.Delay)
	row := Mail{
		ID: database.NewID(), Kind: m.Kind, To: m.To, Subject: m.Subject,
		Text: o.text(m), HTML: html.String(), State: Waiting, At: now, Due: now.Add(delay), Expires: m.Expires,
	}
	if row.Expires.IsZero() {
		row.Expires = now.Add(keepTrying)
	}
	switch {
	case m.Decoy:
		// Spaces of the same length: the row takes as long to write, and says nothing.
		row.State, row.To = Decoy, ""
		row.Text, row.HTML = strings.Repeat(" ", len(row.Text)), strings.Repeat(" ", len(row.HTML))
	case o.server == nil:
		row.State = InMailbox
	}
	if err := o.insert(ctx, row, m.UserID); err != nil {
		return err
	}
	database.OnCommit(ctx, func() { time.AfterFunc(delay, o.wake) })
	return nil
}

// wake makes an idle worker look for due mail. If all are busy, the first to finish looks.
func (o *Outbox) wake() {
	select {
	case o.woken <- struct{}{}:
	default:
	}
}
