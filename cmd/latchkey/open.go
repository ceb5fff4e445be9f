package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"example.com/latchkey/internal/app"
	"example.com/latchkey/internal/feature"
)

// withApp opens the application as the settings say, without serving, for a command that looks after it. Such a command
// neither makes nor migrates a database: one that was run in the wrong folder would say that there are 0 accounts.
func withApp(ctx context.Context, do func(a *app.App) error) error {
	cfg, err := settings()
	if err != nil {
		return err
	}
	cfg.AutoMigrate = false
	a, err := app.New(ctx, cfg, cfg.Logger(os.Stderr), time.Now)
	if err != nil {
		return err
	}
	return errors.Join(do(a), a.Close())
}

// opening opens the application for the commands of features.
func opening(ctx context.Context) feature.Open {
	return func(do func(core *feature.Core, features []feature.Feature) error) error {
		return withApp(ctx, func(a *app.App) error { return do(a.Core, a.Features()) })
	}
}

// linksLead returns an error if nobody has said where the site is: a link that a command prints or mails would lead to
// this machine.
func linksLead(a *app.App) error {
	if a.Config.Base() != nil {
		return nil
	}
	return fmt.Errorf("BASE_URL is not set, so the link would lead to %s: set it, to that if the site is there", a.BaseURL())
}

// output is how a command answers: in words, or for programs.
type output struct {
	JSON bool `name:"json" help:"Answer in JSON."`
}

// say writes what v is: as JSON, or else as the words.
func (o output) say(out io.Writer, v any, words string) error {
	if !o.JSON {
		_, err := io.WriteString(out, words+"\n")
		return err
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
