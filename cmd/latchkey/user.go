package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"example.com/latchkey/internal/app"
	"example.com/latchkey/internal/operator"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/views"
)

// userCmd are the commands that look after accounts.
type userCmd struct {
	Add       userAdd       `cmd:"" help:"Make an account. Prints a link to choose its password, or reads the password."`
	List      userList      `cmd:"" help:"List the accounts."`
	Show      userShow      `cmd:"" help:"Show an account and where it is logged in."`
	Disable   userDisable   `cmd:"" help:"Keep somebody out: ends every login at once."`
	Enable    userEnable    `cmd:"" help:"Let somebody in again."`
	Role      userRole      `cmd:"" help:"Give an account a role: admin, or none."`
	Password  userPassword  `cmd:"" help:"Print a link to choose a new password or, with --password-stdin, change it: that ends every login."`
	EndLogins userEndLogins `cmd:"" name:"end-logins" help:"Log an account out everywhere."`
	Factors   userFactors   `cmd:"" help:"List the second factors of an account or, with --remove, take them away: for somebody who has lost them."`
	Delete    userDelete    `cmd:"" help:"Erase an account with everything in it."`
}

// who is the account that a command is about.
type who struct {
	User string `arg:"" help:"The account: its e-mail address or its id."`
	output
}

// account is a user as the commands print one.
type account struct {
	ID       string     `json:"id"`
	Email    string     `json:"email"`
	Name     string     `json:"name"`
	Role     string     `json:"role"`
	Created  time.Time  `json:"created"`
	Verified *time.Time `json:"verified"`
	Disabled *time.Time `json:"disabled"`
	Logins   []device   `json:"logins,omitempty"`
	Link     string     `json:"link,omitempty"` // to choose a password
}

type device struct {
	ID      string    `json:"id"`
	Browser string    `json:"browser"`
	Network string    `json:"network"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"`
}

// named says of an address that is taken which one it is, and what to do.
func named(email string, err error) error {
	if errors.Is(err, user.ErrTaken) {
		return fmt.Errorf("%s is taken: there is an account with it, or one that may still take it back; `latchkey user show %s` shows it", email, email)
	}
	return err
}

func accountOf(u user.User) account {
	a := account{ID: u.ID, Email: u.Email, Name: u.Name, Role: u.Role, Created: u.CreatedAt}
	if u.Verified() {
		a.Verified = &u.VerifiedAt
	}
	if u.Disabled() {
		a.Disabled = &u.DisabledAt
	}
	return a
}

func (a account) state() string {
	switch {
	case a.Disabled != nil:
		return "disabled"
	case a.Verified == nil:
		return "address not verified"
	}
	return "ok"
}

// change finds the account, does something to it, and shows what it is then.
func (w who) change(ctx context.Context, out io.Writer, words string, do func(s operator.Service, id string) error) error {
	return withApp(ctx, func(a *app.App) error {
		u, err := a.Operator.Find(ctx, w.User)
		if err != nil {
			return err
		}
		if err := do(a.Operator, u.ID); err != nil {
			return err
		}
		if now, err := a.Operator.Find(ctx, u.ID); err == nil {
			u = now
		}
		return w.say(out, accountOf(u), u.Email+": "+words)
	})
}

type userAdd struct {
	Email string `arg:"" help:"The e-mail address. It counts as verified."`
	Name  string `help:"The name."`
	Admin bool   `help:"Give the role admin."`
	passwordSource
	output
}

// passwordSource says where a password comes from.
type passwordSource struct {
	Stdin bool `name:"password-stdin" help:"Read the password from standard input, one line, instead of printing a link to choose it."`
}

// read returns the password that was given, nil if a link is wanted instead.
func (p passwordSource) read(ctx context.Context, a *app.App, u user.User) (*password.Checked, error) {
	if !p.Stdin {
		return nil, linksLead(a)
	}
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	checked, problem := a.Policy.Check(ctx, strings.TrimRight(line, "\r\n"), password.Personal{Email: u.Email, Name: u.Name})
	if problem != "" {
		return nil, errors.New(problem)
	}
	return &checked, nil
}

func (c userAdd) Run(ctx context.Context, out io.Writer) error {
	return withApp(ctx, func(a *app.App) error {
		role := ""
		if c.Admin {
			role = user.RoleAdmin
		}
		u := user.User{Email: c.Email, Profile: user.Profile{Name: c.Name}}
		for _, problem := range u.Problems() {
			return errors.New(problem)
		}
		chosen, err := c.read(ctx, a, u)
		if err != nil {
			return err
		}
		u, err = a.Operator.Add(ctx, c.Email, u.Profile, role, chosen)
		if err != nil {
			return named(c.Email, err)
		}
		shown, words := accountOf(u), u.Email+": added"
		if chosen == nil {
			if shown.Link, err = a.Operator.PasswordLink(ctx, u.ID); err != nil {
				return err
			}
			words += ". To choose a password, within an hour: " + shown.Link
		}
		return c.say(out, shown, words)
	})
}

type userList struct{ output }

func (c userList) Run(ctx context.Context, out io.Writer) error {
	return withApp(ctx, func(a *app.App) error {
		list := []account{}
		for after := ""; ; {
			users, err := a.Users.List(ctx, after, 200)
			if err != nil {
				return err
			}
			if len(users) == 0 {
				break
			}
			for _, u := range users {
				list, after = append(list, accountOf(u)), u.ID
			}
		}
		var b strings.Builder
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, u := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", u.ID, u.Email, u.Name, u.Role, u.state())
		}
		return errors.Join(w.Flush(), c.say(out, list, b.String()+views.Plural(len(list), "account")))
	})
}

type userShow struct{ who }

func (c userShow) Run(ctx context.Context, out io.Writer) error {
	return withApp(ctx, func(a *app.App) error {
		u, err := a.Operator.Find(ctx, c.User)
		if err != nil {
			return err
		}
		logins, err := a.Login.Logins(ctx, u.ID)
		if err != nil {
			return err
		}
		shown := accountOf(u)
		words := fmt.Sprintf("%s\n  id       %s\n  name     %s\n  role     %s\n  created  %s\n  state    %s",
			u.Email, u.ID, u.Name, u.Role, u.CreatedAt.Format(time.RFC3339), shown.state())
		for _, l := range logins {
			shown.Logins = append(shown.Logins, device{l.ID, l.Browser(), l.Network, l.CreatedAt, l.SeenAt})
			words += fmt.Sprintf("\n  login    %s, %s, seen %s", l.Browser(), l.Network, l.SeenAt.Format(time.RFC3339))
		}
		return c.say(out, shown, words)
	})
}

type userDisable struct{ who }

func (c userDisable) Run(ctx context.Context, out io.Writer) error {
	return c.change(ctx, out, "disabled, every login ended", func(s operator.Service, id string) error { return s.Disable(ctx, id) })
}

type userEnable struct{ who }

func (c userEnable) Run(ctx context.Context, out io.Writer) error {
	return c.change(ctx, out, "enabled", func(s operator.Service, id string) error { return s.Enable(ctx, id) })
}

type userEndLogins struct{ who }

func (c userEndLogins) Run(ctx context.Context, out io.Writer) error {
	return c.change(ctx, out, "every login ended", func(s operator.Service, id string) error { return s.EndLogins(ctx, id) })
}

type userRole struct {
	who
	Role string `arg:"" enum:"admin,none" help:"admin or none."`
}

func (c userRole) Run(ctx context.Context, out io.Writer) error {
	role := map[string]string{"admin": user.RoleAdmin}[c.Role]
	return c.change(ctx, out, "role "+c.Role, func(s operator.Service, id string) error { return s.SetRole(ctx, id, role) })
}

type userDelete struct {
	who
	Yes bool `help:"Say that you mean it: there is no way back."`
}

func (c userDelete) Run(ctx context.Context, out io.Writer) error {
	if !c.Yes {
		return errors.New("this erases the account with everything in it; say --yes if you mean it")
	}
	return c.change(ctx, out, "deleted, with everything in it", func(s operator.Service, id string) error { return s.Delete(ctx, id) })
}

type userPassword struct {
	who
	passwordSource
}

func (c userPassword) Run(ctx context.Context, out io.Writer) error {
	return withApp(ctx, func(a *app.App) error {
		u, err := a.Operator.Find(ctx, c.User)
		if err != nil {
			return err
		}
		if u.Disabled() {
			return fmt.Errorf("%s is disabled: enable it first", u.Email)
		}
		shown, words := accountOf(u), u.Email+": password changed, every login ended"
		chosen, err := c.read(ctx, a, u)
		switch {
		case err != nil:
			return err
		case chosen == nil:
			shown.Link, err = a.Operator.PasswordLink(ctx, u.ID)
			words = u.Email + ": to choose a password, within an hour: " + shown.Link
		default:
			err = a.Operator.SetPassword(ctx, u.ID, *chosen)
		}
		if err != nil {
			return err
		}
		return c.say(out, shown, words)
	})
}
