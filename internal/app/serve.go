package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/ops"
	"example.com/latchkey/internal/web"
)

const (
	sweepEvery   = time.Minute
	shutdownTime = 10 * time.Second
	// A client has 9 s to send its headers and body; who is slower is closed (slowloris).
	readTime  = 9 * time.Second
	writeTime = 30 * time.Second
	// maxHeader is the most that a request's headers may hold, in bytes: more than browsers send, so that other sites
	// of the same domain cannot lock somebody out with cookies of theirs.
	maxHeader = 256 << 10
)

// baseURL is the address of the site, without a slash at the end. In development without BASE_URL it is where the
// program listens; it never comes from a request, whose Host could lead a link to somebody else.
func (a *App) baseURL() string {
	if base := a.Config.Base(); base != nil {
		return base.String()
	}
	return a.listening()
}

// listening is the address at which this machine reaches the program.
func (a *App) listening() string {
	if listening := a.address.Load(); listening != nil {
		return *listening
	}
	return "http://" + a.Config.Addr
}

// ListensAt says where the program listens. Serve does it by itself.
func (a *App) ListensAt(address net.Addr) {
	local := ops.Local(address.String())
	a.address.Store(&local)
}

// Serve answers requests on the listener until the context ends. Then it says so at /readyz for as long as DRAIN, and
// goes on serving, so that a proxy sends nobody here any more; lets requests in flight finish; and returns. Meanwhile it
// writes the activity of visitors, sweeps what has expired, and makes backups.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler: a, ReadHeaderTimeout: readTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: a.Config.KeepAlive,
		MaxHeaderBytes: maxHeader, DisableGeneralOptionsHandler: true, ErrorLog: slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug),
	}
	a.ListensAt(l.Addr())
	endAccounts, err := a.beginAccounts(ctx)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer endAccounts()
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	go a.Sessions.Run(background)
	go a.sweep(background)
	var backups sync.WaitGroup
	backups.Go(func() { ops.NewBackups(a.Config, a.DB, a.Log, a.Now).Run(background) })
	defer func() { stop(); backups.Wait() }() // of one that is under way nothing is left
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(&logged{Listener: l, log: a.Log}) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	a.draining.Store(true)
	a.Log.Info("ending", "event", "server.ending", "drain", a.Config.Drain.String())
	select {
	case err := <-failed:
		return err
	case <-time.After(a.Config.Drain):
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		return errors.Join(err, srv.Close())
	}
	return nil
}

// sweep is the janitor: every minute it deletes what has expired, in small bites, so that it holds nobody up.
func (a *App) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := a.Sweep(ctx); err != nil {
				a.Log.Error("sweep", "err", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// Sweep deletes everything that has expired by now. It writes the waiting activity first:
// a visitor who was here a second ago has not expired. One sweep waits for another.
func (a *App) Sweep(ctx context.Context) error {
	a.sweeping.Lock()
	defer a.sweeping.Unlock()
	if err := a.Sessions.Flush(ctx); err != nil {
		return err
	}
	sweeps := append(a.accountSweeps(), a.Sessions.Sweep, a.Buckets.Sweep)
	for _, f := range a.features {
		if f.Sweep != nil {
			sweeps = append(sweeps, f.Sweep)
		}
	}
	for _, sweep := range sweeps {
		for ctx.Err() == nil {
			began := time.Now()
			n, err := sweep(ctx)
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
			database.Pause(ctx, time.Since(began))
		}
	}
	return a.DB.Tidy(ctx)
}

// logged is a listener whose failures are logged, at most once a minute: net/http goes on trying without a word that
// anybody sees, while nobody can connect any more.
type logged struct {
	net.Listener
	log  *slog.Logger
	last web.Minutely
}

// Accept waits for the next connection.
func (l *logged) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil && !errors.Is(err, net.ErrClosed) && l.last.Due(time.Now()) {
		l.log.Error("connections cannot be accepted", "event", "server.accept", "err", err,
			"to_mend", "if there are too many open files: ulimit -n, or LimitNOFILE= in systemd")
	}
	return conn, err
}
