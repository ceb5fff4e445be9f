package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"example.com/latchkey/internal/app"
	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/secret"
)

// The roles of the processes that the load tool starts, in the environment of each.
const (
	roleVar   = "BENCH_ROLE"   // "site" or "bare"
	peopleVar = "BENCH_PEOPLE" // how many accounts the site has, each logged in on one browser
	answerVar = "BENCH_ANSWER" // the file with the answer of the bare handler, as HTTP writes it
)

// passphrase is everybody's password.
const passphrase = "quiet otter paints seven lamps"

func email(i int) string { return fmt.Sprintf("user%d@example.org", i) }

// token is what the browser of a person carries.
func token(i int) string {
	sum := sha256.Sum256([]byte("browser " + strconv.Itoa(i)))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// serveSite is the application, in a process of its own.
func serveSite() error {
	ctx := context.Background()
	cfg, err := config.Load(os.Getenv, app.Settings()...)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	a, err := app.New(ctx, cfg, log, time.Now)
	if err != nil {
		return err
	}
	if n, err := strconv.Atoi(os.Getenv(peopleVar)); err == nil {
		if err := people(ctx, a, n); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go answerStats("http://"+l.Addr().String(), func(line string) error {
		began, do := time.Now(), a.Sweep
		if line == "flush" {
			do = a.Sessions.Flush
		}
		err := do(ctx)
		fmt.Println(time.Since(began).Milliseconds())
		return err
	})
	return a.Serve(ctx, l)
}

// people makes accounts that are logged in, as many as are missing.
func people(ctx context.Context, a *app.App, n int) error {
	checked, problem := a.Policy.Check(ctx, passphrase, password.Personal{})
	if problem != "" {
		return errors.New(problem)
	}
	hash, err := a.Hasher.Hash(ctx, password.Caller{}, checked)
	if err != nil {
		return err
	}
	now := time.Now()
	at, until := now.UnixMilli(), now.Add(24*time.Hour).UnixMilli()
	return a.DB.InTx(ctx, func(ctx context.Context) error {
		for i := range n {
			user, session := database.NewID(), database.NewID()
			for _, q := range []struct {
				text string
				args []any
			}{
				{`INSERT INTO users (id, email, email_key, name, role, password_hash, password_changed_at, created_at, verified_at, disabled_at)
				  VALUES ($1, $2, $2, '', '', $3, $4, $4, $4, 0)`, []any{user, email(i), hash, at}},
				{`INSERT INTO sessions (id, token_hash, data, created_at, seen_at, expires_at, hits, ip, user_agent)
				  VALUES ($1, $2, '{}', $3, $3, $4, 2, '', 'bench')`, []any{session, secret.Hash(token(i)), at, until}},
				{`INSERT INTO logins (id, session_id, user_id, created_at, seen_at, expires_at, remembered, fresh_at, ip, user_agent)
				  VALUES ($1, $2, $3, $4, $4, $5, 1, $4, '', 'bench')`, []any{database.NewID(), session, user, at, until}},
			} {
				if _, err := a.DB.ExecContext(ctx, q.text, q.args...); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// serveBare is a handler of net/http that does nothing but answer as a page of the site did, header by header.
func serveBare() error {
	file, err := os.Open(os.Getenv(answerVar))
	if err != nil {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReader(file), nil)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go answerStats("http://"+l.Addr().String(), func(string) error { fmt.Println(0); return nil })
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { //nolint:gosec // measured
		h := w.Header()
		for name, values := range resp.Header {
			if name != "Connection" && name != "Date" {
				h[name] = values
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body) //nolint:errcheck // measured
	}))
}

// answerStats says where the process serves, and then what it has used so far, for each line on standard input. With the end
// of the input the process ends.
func answerStats(address string, other func(line string) error) {
	fmt.Println(address)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if lines.Text() != "stats" {
			if err := other(lines.Text()); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			continue
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Println(m.Mallocs, cpu().Microseconds(), resident())
	}
	os.Exit(0)
}

// A process is one that the load tool started.
type process struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	address string        // host and port
	started time.Duration // until it said where it serves
}

// start starts this program in a role.
func start(role string, env ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(self)}
	p.cmd.Env, p.cmd.Stderr = append(env, roleVar+"="+role, "PATH="+os.Getenv("PATH")), os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("%s does not serve: %w", role, err)
	}
	p.started = time.Since(began)
	p.address = strings.TrimPrefix(strings.TrimSpace(line), "http://")
	return p, nil
}

func (p *process) stop() {
	p.in.Close()
	p.cmd.Wait() //nolint:errcheck // it is over
}

// used is what a process has used since it began.
type used struct {
	mallocs  uint64
	cpu      time.Duration
	resident int // kilobytes
}

func (p *process) stats() (u used, err error) {
	line, err := p.ask("stats")
	if err != nil {
		return u, err
	}
	var micros int64
	_, err = fmt.Sscan(line, &u.mallocs, &micros, &u.resident)
	u.cpu = time.Duration(micros) * time.Microsecond
	return u, err
}

func (p *process) ask(line string) (answer string, err error) {
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		return "", err
	}
	return p.out.ReadString('\n')
}
