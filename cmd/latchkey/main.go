// Command latchkey is the program: it serves, migrates, and answers questions about itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"example.com/latchkey/internal/app"
	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/ops"
)

// commands are what can follow the program's name.
type commands struct {
	Serve        serve          `cmd:"" default:"1" help:"Serve the site (this is what happens without a command)."`
	Migrate      migrateCommand `cmd:"" help:"Bring the database to the newest version."`
	User         userCmd        `cmd:"" help:"Look after accounts. Running servers see it with their next request."`
	Invite       invite         `cmd:"" help:"Make a link by which one person may register (REGISTRATION=invite)."`
	Mail         mailCmd        `cmd:"" help:"Look after the mails that the program sends."`
	Backup       backup         `cmd:"" help:"Copy the SQLite database into a new file, also while it is served."`
	Restore      restore        `cmd:"" help:"Put a backup in the place of the SQLite database; the old one is kept."`
	Doctor       doctor         `cmd:"" help:"Check settings, mail server, files, database, clock and disk, and say what to do."`
	Health       health         `cmd:"" help:"Ask the running server whether it is well."`
	Routes       routes         `cmd:"" help:"Print the map: every address, and who may open it."`
	Help         helpTopic      `cmd:"" help:"List the commands, or explain one, or a topic: config, limits."`
	Version      versionCmd     `cmd:"" help:"Print the version."`
	kong.Plugins                // the commands of features

	ShowVersion bool `name:"version" help:"Print the version."`
}

// about is what stands above the list of commands.
const about = `Sessions, log in, private pages.

Settings come from the environment, and in development from .env: latchkey help config lists them, latchkey help limits
those who are limited.

It ends with 0 if all went well, 1 if not, and 64 if the command line was not understood; doctor with 1 if something
should be looked at, and with 2 if something is broken.`

// The codes that the program ends with; doctor's are ops.Level.
const (
	failed = 1
	usage  = 64 // EX_USAGE of sysexits.h
)

func main() {
	ops.Umask()
	ctx, stop := signals()
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// signals returns a context that ends with the first signal to end. The second ends the program at once.
func signals() (ctx context.Context, stop func()) {
	ending := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup asks for
		ending = append(ending, syscall.SIGHUP)
	}
	ctx, stop = signal.NotifyContext(context.Background(), ending...)
	context.AfterFunc(ctx, stop) // from here on signals do what they do by themselves
	return ctx, stop
}

// run does what the arguments say, and returns the code to end with.
func run(ctx context.Context, args []string) (code int) {
	c := commands{Plugins: app.Commands()}
	parser := kong.Must(&c, kong.Name("latchkey"), kong.Description(about), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(os.Stdout, (*io.Writer)(nil)), kong.Bind(opening(ctx)))
	chosen, err := parser.Parse(args)
	if err != nil {
		say(err)
		fmt.Fprintln(os.Stderr, "latchkey: `latchkey help` lists the commands")
		return usage
	}
	if c.ShowVersion {
		err = c.Version.Run(os.Stdout)
	} else {
		err = chosen.Run()
	}
	if worst, ok := errors.AsType[findings](err); ok {
		return int(worst)
	}
	if err != nil {
		say(err)
		return failed
	}
	return 0
}

// say prints each line of an error after the program's name.
func say(err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintln(os.Stderr, "latchkey:", line)
	}
}

// settings reads the environment, and .env beneath it in development. It says which names were perhaps meant to be
// settings.
func settings() (config.Config, error) {
	env, err := config.Environ(".env")
	if err != nil {
		return config.Config{}, err
	}
	extra := app.Settings()
	cfg, err := config.Load(env.Get, extra...)
	for _, line := range env.Unknown(extra...) {
		cfg.Logger(os.Stderr).Warn(line)
	}
	return cfg, err
}

type routes struct{}

func (routes) Run(out io.Writer) error {
	_, err := io.WriteString(out, app.PrintRoutes())
	return err
}

type helpTopic struct {
	Topic []string `arg:"" optional:"" help:"A command, as user or user add; or config, limits."`
}

func (h helpTopic) Run(k *kong.Kong, out io.Writer) error {
	switch topic := strings.Join(h.Topic, " "); topic {
	case "config":
		return listSettings(out)
	case "limits":
		cfg, err := settings()
		if err != nil {
			return err
		}
		_, err = io.WriteString(out, app.PrintLimits(cfg))
		return err
	default:
		// It prints the help and ends the program.
		if _, err := k.Parse(append(h.Topic, "--help")); err != nil {
			return fmt.Errorf("no help on %q; `latchkey help` lists the commands, and there is help on config and limits", topic)
		}
		return nil
	}
}

func listSettings(out io.Writer) error {
	fmt.Fprint(out, "Settings are read once from the environment, and from .env in development.\n\n")
	for _, s := range config.Help(app.Settings()...) {
		value := s.Default
		if value == "" {
			value = "-"
		}
		fmt.Fprintf(out, "%-28s %-26s %s\n", s.Name, value, s.Doc)
	}
	return nil
}
