// Package factor is the second step of a log in: it knows who has a second factor, keeps log ins that are half done, and
// finishes them. What a factor is, only the features that offer one know. It knows no HTML.
package factor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/account"
	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/user"
)

const (
	// halfFor is how long a log in may stay half done.
	halfFor = 10 * time.Minute
	// TrustFor is how long a browser is trusted.
	TrustFor = 30 * 24 * time.Hour
)

var (
	// ErrWrong says that what was shown as a second factor is wrong, was used before, or belongs to no factor of the account.
	ErrWrong = errors.New("the second factor does not match")
	// ErrOver says that this visitor has no log in that is half done, or no longer has one.
	ErrOver = fmt.Errorf("no log in is half done here: %w", fault.Unauthenticated)
)

// A Problem is an ErrWrong that says more.
type Problem struct{ Says string }

// Error implements error.
func (p *Problem) Error() string { return ErrWrong.Error() + ": " + p.Says }

// Unwrap makes it an ErrWrong.
func (p *Problem) Unwrap() error { return ErrWrong }

// A State says whether an account has a factor, and what that means for its log ins.
type State int

const (
	// None is an account without it.
	None State = iota
	// Offered is a factor that counts where a second step is asked for, but does not bring one about by itself.
	Offered
	// Asked is a factor that gives each log in a second step.
	Asked
)

// Held is a factor of an account, as its owner is shown it.
type Held struct {
	State
	Since, Used time.Time // zero if that is not known, or never was
	Note        string    // one more sentence, such as "8 of 10 are left."
}

// A Factor is something that an account may ask for after a password. All fields but Spare, Can and Attributes must be given.
// The smallest one is internal/testkit/word.
type Factor struct {
	Name   string // in forms: "word"
	Title  string // for people: "Word"
	With   string // for the history, after "with a password and": "a word"
	Spare  bool   // it stands in for one that was lost, and is not enough where one is required
	Button string // of its form: "Log in"
	SetUp  string // the page where it is set up and managed

	// Can reports whether it can be set up where this request came in; nil: everywhere.
	Can func(r *http.Request) bool
	// Has returns whether the account has it, and what its owner is shown of it.
	Has func(ctx context.Context, userID string) (Held, error)
	// Attributes are the attributes of its form, for a script that fills it in; nil for none.
	Attributes templ.Attributes
	// Part is what the page of the second step asks: the fields of a form. problem is what is wrong with
	// what was shown, "" if nothing was.
	Part func(r *http.Request, u user.User, problem string) (templ.Component, error)
	// Check checks what the form of the part holds, and changes nothing that a later try needs. use runs in the transaction
	// that grants the login, which holds the account's lock, and uses up what was shown, so that it works once. Both return
	// ErrWrong, or an error that wraps it.
	Check func(r *http.Request, u user.User) (use func(ctx context.Context) error, err error)
	// Remove takes it away from the account, in the context's transaction.
	Remove func(ctx context.Context, userID string) error
}

// Options are what the service needs. All must be given.
type Options struct {
	DB      *database.DB
	Users   *user.Store
	Audit   *audit.Log
	Login   *login.Service
	Account *account.Service
	Mail    *mail.Outbox
	Buckets *ratelimit.Store
	Limit   func(name string) ratelimit.Limit // the table of limits
	Now     func() time.Time

	Factors      []Factor      // of the features, in their order; those that are Spare come last
	Require      string        // REQUIRE_FACTOR: off, admin or all
	RecoverAfter time.Duration // FACTOR_RECOVERY_AFTER; 0: only an operator removes a lost factor
}

// Service is the second step of one running application.
type Service struct {
	Options
}

// New returns the service, and puts it before each log in.
func New(o Options) *Service {
	s := &Service{o}
	slices.SortStableFunc(s.Factors, func(a, b Factor) int { return int(database.Bit(a.Spare) - database.Bit(b.Spare)) })
	o.Audit.Subscribe(s.on)
	if len(o.Factors) > 0 {
		o.Login.SecondStep = s.ask
	}
	return s
}

// Limits are this package's lines of the table of limits.
var Limits = []ratelimit.Named{
	{Name: "factor.account", Act: "show a second factor", By: "account, whatever the session", Setting: "LIMIT_FACTOR_ACCOUNT", Tries: 10},
	{Name: "factor.account_day", Act: "show a second factor", By: "account", Setting: "LIMIT_FACTOR_ACCOUNT_DAY", Tries: 30, Window: 24 * time.Hour},
	{Name: "factor.lost", Act: "ask for the removal of a lost second factor", By: "address", Setting: "LIMIT_FACTOR_LOST", Tries: 10},
	{Name: "factor.known", Act: "show a second factor in a known browser", By: "account, instead of the two above", Setting: "LIMIT_FACTOR_KNOWN_BROWSER", Tries: 10},
}

// A Mine is one of the factors that an account has.
type Mine struct {
	Factor
	Held
}

// Of returns the factors that the account has, the spare ones last. One that is only offered counts as asked for if the user
// wants that, or REQUIRE_FACTOR does.
func (s *Service) Of(ctx context.Context, userID string) (mine []Mine, err error) {
	offered := false
	for _, f := range s.Factors {
		held, err := f.Has(ctx, userID)
		if err != nil {
			return nil, err
		}
		if held.State != None {
			mine = append(mine, Mine{f, held})
			offered = offered || held.State == Offered && !f.Spare
		}
	}
	if !offered {
		return mine, nil
	}
	asks, err := s.wishes(ctx, userID)
	if err == nil && !asks && s.Require != "off" {
		var u user.User
		u, err = s.Users.ByID(ctx, userID)
		asks = s.Required(u)
	}
	for i := range mine {
		if asks && !mine[i].Spare {
			mine[i].State = Asked
		}
	}
	return mine, err
}

// Required reports whether REQUIRE_FACTOR asks the user for a factor.
func (s *Service) Required(u user.User) bool {
	return len(s.Factors) > 0 && (s.Require == "all" || s.Require == "admin" && u.Role == user.RoleAdmin)
}

// asks reports whether a user with these factors has a second step.
func asks(mine []Mine) bool {
	return slices.ContainsFunc(mine, func(m Mine) bool { return m.State == Asked })
}

// Asks returns the user's factor that is only Offered, the zero Factor if there is none, and whether the user wants to be
// asked for it.
func (s *Service) Asks(ctx context.Context, userID string) (offered Factor, on bool, err error) {
	for _, f := range s.Factors {
		if f.Spare {
			continue
		}
		held, err := f.Has(ctx, userID)
		if err != nil {
			return Factor{}, false, err
		}
		if held.State == Offered {
			offered = f
			break
		}
	}
	on, err = s.wishes(ctx, userID)
	return offered, on, err
}

// SetAsks stores whether the user who is logged in wants to be asked, after the password, for the factor that is only
// Offered, and returns that factor: see [Service.Asks]. It returns fault.SessionEnded if the login was ended meanwhile.
func (s *Service) SetAsks(ctx context.Context, u user.User, on bool) (offered Factor, err error) {
	return offered, s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.Login.LockCurrent(ctx); err != nil {
			return err
		}
		var before bool
		if offered, before, err = s.Asks(ctx, u.ID); err != nil || before == on {
			return err
		}
		if err := s.setWish(ctx, u.ID, on); err != nil {
			return err
		}
		e := audit.Event{Name: audit.FactorRemoved, User: u, Detail: cmp.Or(offered.Title, "What is offered") + " after the password"}
		if on {
			e.Name = audit.FactorAdded
		}
		return s.Audit.Emit(ctx, e)
	})
}
