package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/feature"
)

// commands are what the feature adds to the program.
type commands struct {
	Export command `cmd:"" help:"Write everything that is kept about a user into a new ZIP file."`
}

type command struct {
	User string `arg:"" help:"The account: its e-mail address or its id."`
	File string `arg:"" help:"The new file. It must not be there yet."`
}

// Run writes the file, readable by its owner alone, and records that an operator did it.
func (c command) Run(ctx context.Context, out io.Writer, open feature.Open) error {
	return open(func(core *feature.Core, features []feature.Feature) (err error) {
		u, err := core.Operator.Find(ctx, c.User)
		if err != nil {
			return err
		}
		file, err := os.OpenFile(c.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		defer func() {
			if err = errors.Join(err, file.Close()); err != nil {
				err = errors.Join(err, os.Remove(c.File)) // half a file would be taken for a whole one
			}
		}()
		e := &Export{core, feature.Tables(features)}
		if err := e.archive(ctx, file, u, core.Now().UTC()); err != nil {
			return err
		}
		if err := core.Audit.Emit(ctx, audit.Event{Name: audit.DataExported, User: u, Detail: "by an operator", Operator: true}); err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s: everything that is kept is in %s\n", u.Email, c.File)
		return err
	})
}
