package main

import (
	"context"
	"fmt"
	"io"

	"example.com/latchkey/internal/app"
	"example.com/latchkey/internal/factor"
	"example.com/latchkey/views"
)

type userFactors struct {
	who
	Remove bool `help:"Remove all of them. The owner is mailed."`
}

// secondFactor is a factor as the command prints one.
type secondFactor struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Asked bool   `json:"asked"`
}

func (c userFactors) Run(ctx context.Context, out io.Writer) error {
	return withApp(ctx, func(a *app.App) error {
		u, err := a.Operator.Find(ctx, c.User)
		if err != nil {
			return err
		}
		if c.Remove {
			if err := linksLead(a); err != nil { // the owner's mail has one
				return err
			}
			n, err := a.Factors.Remove(ctx, u.ID)
			if err != nil {
				return err
			}
			return c.say(out, map[string]int{"removed": n}, u.Email+": "+views.Plural(n, "second factor")+" removed")
		}
		mine, err := a.Factors.Of(ctx, u.ID)
		if err != nil {
			return err
		}
		list, words := []secondFactor{}, u.Email+": "+views.Plural(len(mine), "second factor")
		for _, m := range mine {
			list = append(list, secondFactor{m.Name, m.Title, m.State == factor.Asked})
			words += fmt.Sprintf("\n  %-10s %s", m.Name, m.Title)
		}
		return c.say(out, list, words)
	})
}
