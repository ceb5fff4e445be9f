// Package recovery gives users ten recovery codes, each of which stands in once for a second factor that was lost. They are
// shown when they are made, and never again.
package recovery

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/factor"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// path is the page. Its menu entry is that of Login & security.
const path = factor.SecurityPath + "recovery-codes"

// few is how many codes are left when the mail about a used code begins to ask for new ones.
const few = 3

// title is the name of the factor.
const title = "Recovery codes"

// wrong is what the page says about a code that is refused.
const wrong = "This is none of your recovery codes, or it was used already."

// Codes is the feature: the recovery codes of all accounts, and their page.
type Codes struct{ *feature.Core }

// New returns the feature.
func New(core *feature.Core) feature.Feature {
	c := &Codes{core}
	return feature.Feature{
		Name: "recovery",
		Routes: []web.Route{
			web.Private.At("GET "+path, c.show).Titled(title),
			web.Fresh.At("POST "+path, c.make).Limited("recovery.make"),
			web.Fresh.At("POST "+path+"/file", c.file),
		},
		Factor: &factor.Factor{
			Name: "recovery", Title: title, With: "a recovery code", Button: "Log in", SetUp: path, Spare: true,
			Can: c.can, Has: c.has, Part: part, Check: c.check, Remove: c.delete,
		},
		On: c.on, Advise: advise,
		Limits: []ratelimit.Named{
			{Name: "recovery.make", Act: "make new recovery codes", By: "account", Setting: "LIMIT_RECOVERY_MAKE", Tries: 20},
		},
		Exports: []database.Export{{Table: "recovery_codes", About: "Your recovery codes, without the codes", Key: "hash", Columns: "created_at, used_at"}},
	}
}

// can reports whether the user has a factor that codes could stand in for.
func (c *Codes) can(r *http.Request) bool {
	mine, err := c.Factors.Of(r.Context(), login.Current(r).ID)
	if err != nil {
		return false
	}
	for _, m := range mine {
		if !m.Spare {
			return true
		}
	}
	return false
}

// advise recommends codes to a user with a second factor and no codes.
func advise(_ *http.Request, ways []feature.Way) (a feature.Advice, err error) {
	factors := slices.DeleteFunc(slices.Clone(ways), func(w feature.Way) bool { return !w.Factor })
	if len(factors) > 0 && len(feature.OfKind(factors, title)) == 0 {
		a = feature.Advice{Label: "Make recovery codes", Href: path, Why: "They let you in when your second factor is lost."}
	}
	return a, nil
}

func (c *Codes) has(ctx context.Context, userID string) (factor.Held, error) {
	n, created, used, err := c.left(ctx, userID)
	held := factor.Held{Since: database.Time(created), Used: database.Time(used), Note: fmt.Sprintf("%d of %d are left.", n, count)}
	if n > 0 {
		held.State = factor.Offered
	}
	return held, err
}

func part(_ *http.Request, _ user.User, problem string) (templ.Component, error) {
	return stepPart(problem), nil
}

// check checks a code for the second step of a log in.
func (c *Codes) check(r *http.Request, u user.User) (use func(ctx context.Context) error, err error) {
	code, ok := parse(r.PostFormValue("recovery"))
	if !ok {
		return nil, &factor.Problem{Says: wrong}
	}
	return func(ctx context.Context) error {
		if err := c.take(ctx, u.ID, code); err != nil {
			return err
		}
		n, _, _, err := c.left(ctx, u.ID)
		if err != nil {
			return err
		}
		return c.Audit.Emit(ctx, audit.Event{Name: audit.RecoveryUsed, User: u, Detail: fmt.Sprintf("%d are left", n)})
	}, nil
}

// on mails the owner about codes that are made and used.
func (c *Codes) on(ctx context.Context, e audit.Event) error {
	switch e.Name {
	case audit.RecoveryMade:
		return c.Account.Notify(ctx, "", e, made)
	case audit.RecoveryUsed:
		n, _, _, err := c.left(ctx, e.User.ID)
		if err != nil {
			return err
		}
		return c.Account.Notify(ctx, "", e, used(n))
	}
	return nil
}

// made tells the user about a new set of codes.
var made = mail.Notice("recovery-made", "New recovery codes", "New recovery codes",
	"ten new recovery codes were made for your account at %s. Those from before do not work any more.")

// used tells the user that somebody logged in with a code, and how many are left.
func used(left int) func(site string, to mail.Recipient, where []mail.Fact, a mail.Action) mail.Message {
	says := fmt.Sprintf(" It does not work any more; %d are left.", left)
	if left <= few {
		says += " These are few: make new ones under Login & security."
	}
	return mail.Notice("recovery-used", "A recovery code was used", "A recovery code was used",
		"somebody logged in to your account at %s with your password and a recovery code."+says)
}

// A view is what the page of the codes shows.
type view struct {
	Left  int
	Can   bool     // there is a factor that codes stand in for
	Codes []string // just made
}

func (c *Codes) show(w http.ResponseWriter, r *http.Request) error {
	n, _, _, err := c.left(r.Context(), login.Current(r).ID)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, codesPage(view{Left: n, Can: n > 0 || c.can(r)}))
}

// make makes a new set of codes and shows it. Only this answer has the codes; it is not a redirect, because they are stored
// nowhere in readable form.
func (c *Codes) make(w http.ResponseWriter, r *http.Request) error {
	u := login.Current(r)
	if !c.can(r) {
		return web.SeeOther(w, r, path)
	}
	var codes []string
	for range count {
		codes = append(codes, newCode())
	}
	err := c.DB.InTx(r.Context(), func(ctx context.Context) error {
		if err := c.Login.LockCurrent(ctx); err != nil {
			return err
		}
		if err := c.replace(ctx, u.ID, codes); err != nil {
			return err
		}
		return c.Audit.Emit(ctx, audit.Event{Name: audit.RecoveryMade, User: u, LoginID: login.CurrentLogin(r).ID})
	})
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	v := view{Left: count, Can: true}
	for _, code := range codes {
		v.Codes = append(v.Codes, show(code))
	}
	return web.Render(w, r, http.StatusOK, codesPage(v))
}

// file answers with the codes of the page as a text file. The page sends them along, since they are stored nowhere in readable
// form; anything in the request that does not have the form of a code is left out.
func (c *Codes) file(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Recovery codes of %s at %s (%s)\r\nEach works once, in place of your second factor. Keep them where nobody else reads them.\r\n\r\n",
		login.Current(r).Email, views.Site, c.BaseURL())
	for i, text := range r.PostForm["code"] {
		if code, ok := parse(text); ok && i < count {
			b.WriteString(show(code) + "\r\n")
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="recovery-codes.txt"`)
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write([]byte(b.String()))
	return err
}
