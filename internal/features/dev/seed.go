package dev

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/user"
)

// commands are what the feature adds to the program.
type commands struct {
	Seed seed `cmd:"" help:"Fill a development database with examples: two users, one of them an admin, and what belongs to them."`
}

type seed struct {
	Anyway bool `help:"Also where there are other accounts already."`
}

// A person is a user that seed makes.
type person struct {
	email, name, role string
}

// people are those that seed makes. Their addresses are of a domain that nobody has (RFC 2606).
var people = []person{
	{"ada@example.org", "Ada Lovelace", user.RoleAdmin},
	{"ben@example.org", "Ben Bitdiddle", ""},
}

// SeedPassword is what the users of seed log in with, until somebody changes it.
const SeedPassword = "seven green lamps on the quay"

// Run makes what is not there yet, and prints how to log in. It refuses on a site for others, and where other people have
// accounts.
func (c seed) Run(ctx context.Context, out io.Writer, open feature.Open) error {
	return open(func(core *feature.Core, features []feature.Feature) error {
		if forOthers(core) {
			return fmt.Errorf("seed makes accounts with a password that everybody knows: not in production, and not for %s", core.BaseURL())
		}
		if !c.Anyway {
			if err := onlyOurs(ctx, core); err != nil {
				return err
			}
		}
		fmt.Fprintf(out, "Log in at %s/login as\n", core.BaseURL())
		for _, p := range people {
			u, err := p.find(ctx, core)
			if err != nil {
				return err
			}
			for _, f := range features {
				if f.Seed == nil {
					continue
				}
				if err := f.Seed(ctx, u); err != nil {
					return fmt.Errorf("%s: %w", f.Name, err)
				}
			}
			role := ""
			if p.role != "" {
				role = " (" + p.role + ")"
			}
			fmt.Fprintf(out, "  %s%s, password: %s\n", p.email, role, SeedPassword)
		}
		return nil
	})
}

// onlyOurs returns an error if there is an account that seed did not make.
func onlyOurs(ctx context.Context, core *feature.Core) error {
	users, err := core.Users.List(ctx, "", len(people)+1)
	if err != nil {
		return err
	}
	for _, u := range users {
		if !slices.ContainsFunc(people, func(p person) bool { return p.email == u.Email }) {
			return fmt.Errorf("%s has other accounts, such as %s; --anyway adds the examples all the same (make seed SEEDFLAGS=--anyway)", core.Config.DatabaseName(), u.Email)
		}
	}
	return nil
}

// find returns the person's account. If there is none, it creates one with some history.
func (p person) find(ctx context.Context, core *feature.Core) (user.User, error) {
	u, err := core.Operator.Find(ctx, p.email)
	if !errors.Is(err, fault.NotFound) {
		return u, err
	}
	// Not core.Policy: a feature's check may ask a server, and may know this password.
	policy := password.Policy{MinLength: core.Policy.MinLength, Site: core.Policy.Site}
	chosen, problem := policy.Check(ctx, SeedPassword, password.Personal{Email: p.email, Name: p.name})
	if problem != "" {
		return u, errors.New(problem)
	}
	if u, err = core.Operator.Add(ctx, p.email, user.Profile{Name: p.name}, p.role, &chosen); err != nil {
		return u, err
	}
	for _, event := range []audit.Event{{Name: audit.AddressVerified}, {Name: audit.LogInFailed}, {Name: audit.PasswordChanged}, {Name: audit.LoggedOut}} {
		event.User, event.Detail, event.Operator = u, "an example", true
		if err := core.Audit.Emit(ctx, event); err != nil {
			return u, err
		}
	}
	return u, nil
}
