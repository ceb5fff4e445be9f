package account

import (
	"context"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

// on mails the owner of an account what happened to it, in the transaction of the act.
func (s *Service) on(ctx context.Context, e audit.Event) error {
	switch e.Name {
	case audit.LoggedIn:
		if e.NewBrowser {
			return s.Notify(ctx, "new-browser", e, mail.NewBrowser)
		}
	case audit.PasswordChanged, audit.PasswordReset:
		if !e.Operator {
			return s.Notify(ctx, "", e, mail.PasswordWasChanged)
		}
	case audit.DataExported:
		return s.Notify(ctx, "", e, mail.DataWasExported)
	case audit.OthersEnded: // an address that one of them has asked for must not come afterwards
		return s.Links.End(ctx, e.User.ID, ForNewEmail)
	case audit.AccountDeleted:
		if !e.User.Verified() { // it may be a stranger's, who has nothing to say goodbye to
			return nil
		}
		return s.Mail.Queue(ctx, mail.AccountDeleted(s.Site, recipient(e.User)))
	}
	return nil
}

// Notify mails the owner about an event, with the button "this wasn't me", in the context's transaction. Each kind of notice
// is limited by itself, so that many log ins do not silence the others; kind "" is not limited, unless the address is not
// verified. What an operator did is not mailed.
func (s *Service) Notify(ctx context.Context, kind string, e audit.Event, message func(string, mail.Recipient, []mail.Fact, mail.Action) mail.Message) error {
	if e.Operator || !s.Mail.On() {
		return nil
	}
	// Limited, so that whoever has the password cannot fill the owner's mailbox.
	may, err := s.MayMail(ctx, kind, e.User.ID, e.User.Email, e.User.Verified())
	if err != nil || !may {
		return err
	}
	action, err := s.Links.Issue(ctx, ForNotMe, link.Link{Subject: e.User.ID, UserID: e.User.ID, Payload: link.Payload{Email: e.User.Email}})
	if err != nil {
		return err
	}
	return s.Mail.Queue(ctx, message(s.Site, recipient(e.User), s.Where(ctx, e.User), action))
}

// recipient returns the user as the recipient of a mail. An address that was never verified may be a stranger's, who must not
// read, in our name, what somebody else typed as theirs.
func recipient(u user.User) mail.Recipient {
	r := mail.Recipient{UserID: u.ID, Email: u.Email}
	if u.Verified() {
		r.Name = u.Name
	}
	return r
}

// nobody is the recipient of mails that are not sent.
var nobody = user.User{Email: "nobody@decoy.invalid"}

// Where describes where a request came from, for a mail.
func (s *Service) Where(ctx context.Context, u user.User) []mail.Fact {
	info := web.RequestOf(ctx)
	when := s.Now().In(u.Location())
	return []mail.Fact{
		{Label: "Browser", Value: web.BrowserName(info.UserAgent)},
		{Label: "When", Value: when.Format("2 January 2006, 15:04 MST")},
		{Label: "Network", Value: info.Truncated()},
	}
}
