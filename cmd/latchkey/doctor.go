package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/ops"
	"example.com/latchkey/migrations"
)

type doctor struct{ output }

// findings is what the doctor's findings end the program with, above 0.
type findings ops.Level

func (f findings) Error() string { return ops.Level(f).String() }

func (d doctor) Run(ctx context.Context, out io.Writer) error {
	cfg, err := settings()
	if err != nil {
		return err
	}
	found := (&ops.Doctor{
		Config: cfg, Migrations: migrations.Files, Now: time.Now,
		Mail: func(ctx context.Context) error { return mail.Check(ctx, cfg.SMTPURL, cfg.MailFrom) },
	}).Check(ctx)
	type line struct {
		Level string `json:"level"`
		About string `json:"about"`
		Says  string `json:"says"`
		Do    string `json:"do,omitempty"`
	}
	list := make([]line, 0, len(found))
	var words strings.Builder
	for _, f := range found {
		list = append(list, line{f.Level.String(), f.About, f.Says, f.Do})
		fmt.Fprintf(&words, "%-7s %-11s %s\n", f.Level, f.About, f.Says)
		if f.Do != "" {
			fmt.Fprintf(&words, "%19s → %s\n", "", f.Do)
		}
	}
	if err := d.say(out, list, strings.TrimSuffix(words.String(), "\n")); err != nil {
		return err
	}
	if worst := ops.Worst(found); worst > ops.Well {
		return findings(worst)
	}
	return nil
}
