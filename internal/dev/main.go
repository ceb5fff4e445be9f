// Command dev runs the program while it is being written: it watches the project's files, builds and starts the program
// anew after each change, and reloads the browser. `make dev` runs it.
//
// The browser opens the reload address (http://127.0.0.1:7331). Behind it the program listens where its settings say.
// While it is being built a page waits; if that fails, the page shows what the compiler said. Files in static are taken
// from the disk, so that a change of theirs needs neither build nor restart. BASE_URL is left out: the site's address is
// the one that the browser asked for.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"example.com/latchkey/internal/config"
)

// firstPort is the port of the reload address; if another program has it, one of the next 20 is taken.
const firstPort = 7331

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: dev PACKAGE")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, pkg string) error {
	l, err := listen()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "dev")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a built program in the temporary folder
	s := newSite()
	srv := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	go srv.Serve(l)   //nolint:errcheck // ends with the program
	defer srv.Close() //nolint:errcheck // ends with the program
	fmt.Printf("Open http://%s to see each change. The first build can take minutes.\n", l.Addr())

	p := &program{pkg: pkg, file: dir + "/app"}
	defer p.stop()
	seen := look(".")
	s.show(p.renew(ctx))
	for {
		change := seen.next(ctx, p.ended)
		if ctx.Err() != nil {
			return nil
		}
		switch change {
		case styles, assets:
			s.tell(change)
		case ended:
			s.show(p.failed())
		case source:
			s.wait()
			s.show(p.renew(ctx))
		}
	}
}

// listen opens the reload address.
func listen() (net.Listener, error) {
	var errs []error
	for port := firstPort; port <= firstPort+20; port++ {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return l, nil
		}
		errs = append(errs, err)
	}
	return nil, errs[0]
}

// address is where the program is to listen by its settings, and where it can be reached then. Port 0 is made a free one.
func address() (listen, reach string, err error) {
	env, err := config.Environ(".env")
	if err != nil {
		return "", "", err
	}
	cfg, err := config.Load(func(name string) string {
		if name == "BASE_URL" {
			return ""
		}
		return env.Get(name)
	})
	if err != nil {
		return "", "", err
	}
	l, err := net.Listen("tcp", cfg.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return "", "", fmt.Errorf("another program listens at %s. To take another port: PORT=8081 make dev", cfg.Addr)
	} else if err != nil {
		return "", "", fmt.Errorf("ADDR=%q: %w", cfg.Addr, err)
	}
	defer l.Close() //nolint:errcheck // it was a try
	host, _, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return "", "", err
	}
	at := l.Addr().(*net.TCPAddr)
	port := strconv.Itoa(at.Port)
	if at.IP.IsUnspecified() {
		return net.JoinHostPort(host, port), net.JoinHostPort("127.0.0.1", port), nil
	}
	return net.JoinHostPort(host, port), at.String(), nil
}
