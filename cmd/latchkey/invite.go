package main

import (
	"context"
	"io"

	"example.com/latchkey/internal/app"
)

type invite struct {
	Email string `arg:"" optional:"" help:"For this address alone; the link is mailed to it, too."`
	output
}

func (c invite) Run(ctx context.Context, out io.Writer) error {
	return withApp(ctx, func(a *app.App) error {
		if err := linksLead(a); err != nil {
			return err
		}
		if now := a.Config.Registration; now != "invite" {
			a.Log.Warn("an invitation admits somebody only while REGISTRATION is invite", "REGISTRATION", now)
		}
		link, err := a.Operator.Invite(ctx, c.Email)
		if err != nil {
			return named(c.Email, err)
		}
		return c.say(out, map[string]string{"link": link, "email": c.Email}, link)
	})
}
