// Command latchkey is the program: it serves, migrates, and answers questions about itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"example.com/latchkey/internal/app"
	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/migrations"
)

// commands are what can follow the program's name.
type commands struct {
	Serve   serve      `cmd:"" default:"1" help:"Serve the site (this is what happens without a command)."`
	Migrate migrate    `cmd:"" help:"Bring the database to the newest version."`
	Mail    mailCmd    `cmd:"" help:"Look after the mails that the program sends."`
	Routes  routes     `cmd:"" help:"Print the map: every address, and who may open it."`
	User    userCmd    `cmd:"" help:"Look after accounts. Running servers see it with their next request."`
	Invite  invite     `cmd:"" help:"Make a link by which one person may register (REGISTRATION=invite)."`
	Help    helpTopic  `cmd:"" help:"Explain a topic: config, limits."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

type (
	serve     struct{}
	migrate   struct{}
	routes    struct{}
	helpTopic struct {
		Topic string `arg:"" optional:"" help:"What to explain: config, limits."`
	}
	versionCmd struct{}
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	parser := kong.Must(&c, kong.Name("latchkey"), kong.Description("A starter application: sessions, log in, private pages."),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(os.Stdout, (*io.Writer)(nil)))
	chosen, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)
	if err := chosen.Run(); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			fmt.Fprintln(os.Stderr, "latchkey:", line)
		}
		os.Exit(1)
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

func (serve) Run(ctx context.Context, out io.Writer) error {
	cfg, err := settings()
	if err != nil {
		return err
	}
	log := cfg.Logger(os.Stderr)
	for _, line := range cfg.Warnings() {
		log.Warn(line)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return fmt.Errorf("ADDR=%q: %w", cfg.Addr, err)
	}
	defer l.Close() //nolint:errcheck // Serve has closed it
	a, err := app.New(ctx, cfg, log, time.Now)
	if err != nil {
		return err
	}
	a.ListensAt(l.Addr())
	fmt.Fprintf(out, "Latchkey serves %s\n", a.BaseURL())
	return errors.Join(a.Serve(ctx, l), a.Close())
}

func (migrate) Run(ctx context.Context, out io.Writer) error {
	cfg, err := settings()
	if err != nil {
		return err
	}
	db, err := database.Open(ctx, cfg.DatabaseURL)
	if err != nil {
		return fmt.Errorf("DATABASE_URL=%q cannot be opened: %w", cfg.DatabaseName(), err)
	}
	n, err := db.Migrate(ctx, migrations.Files)
	if err == nil {
		fmt.Fprintf(out, "%d migrations applied\n", n)
	}
	return errors.Join(err, db.Close())
}

func (routes) Run(out io.Writer) error {
	_, err := io.WriteString(out, app.PrintRoutes())
	return err
}

func (h helpTopic) Run(out io.Writer) error {
	switch h.Topic {
	case "", "config":
	case "limits":
		cfg, err := settings()
		if err != nil {
			return err
		}
		_, err = io.WriteString(out, app.PrintLimits(cfg))
		return err
	default:
		return fmt.Errorf("no help on %q; there is: config, limits", h.Topic)
	}
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

func (versionCmd) Run(out io.Writer) error {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	_, err := fmt.Fprintln(out, "latchkey", version)
	return err
}
