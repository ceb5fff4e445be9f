package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A program is built and run again and again.
type program struct {
	pkg, file string

	cmd   *exec.Cmd
	ended chan struct{} // is closed when the program ended; nil while none runs
	says  *tail
}

// renew stops the program, builds it, and starts it. It returns where it can be reached, or an error whose text is for
// the page: what the compiler said, or what the program said before it ended.
func (p *program) renew(ctx context.Context) (string, error) {
	began := time.Now()
	if err := generate(ctx); err != nil {
		return "", err
	}
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", p.file, p.pkg).CombinedOutput(); err != nil {
		return "", fail("It does not compile", out, err)
	}
	p.stop() // only now: until then the old one finishes what it answers
	listen, reach, err := address()
	if err != nil {
		return "", fail("It does not start", nil, err)
	}
	cmd := exec.Command(p.file)
	p.says = &tail{}
	cmd.Stdout, cmd.Stderr = os.Stdout, p.says
	cmd.Env = append(os.Environ(), "ADDR="+listen, "BASE_URL=")
	if err := cmd.Start(); err != nil {
		return "", fail("It does not start", nil, err)
	}
	p.cmd, p.ended = cmd, make(chan struct{})
	go func(ended chan struct{}) {
		cmd.Wait() //nolint:errcheck // what it said is shown
		close(ended)
	}(p.ended)
	for {
		if conn, err := net.DialTimeout("tcp", reach, time.Second); err == nil {
			fmt.Printf("Built in %s\n", time.Since(began).Round(10*time.Millisecond))
			return reach, conn.Close()
		}
		select {
		case <-p.ended:
			return p.failed()
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(30 * time.Millisecond):
		}
	}
}

// failed says that the program ended by itself.
func (p *program) failed() (string, error) {
	text := p.says.String()
	p.cmd, p.ended = nil, nil
	return "", fail("It ended", []byte(text), errors.New("it said nothing"))
}

// stop ends the program as Ctrl-C does, and after 12 seconds by force.
func (p *program) stop() {
	if p.cmd == nil {
		return
	}
	if p.cmd.Process.Signal(os.Interrupt) != nil {
		p.cmd.Process.Kill() //nolint:errcheck // it has ended
	}
	select {
	case <-p.ended:
	case <-time.After(12 * time.Second):
		p.cmd.Process.Kill() //nolint:errcheck // it has ended
		<-p.ended
	}
	p.cmd, p.ended = nil, nil
}

// generate turns those *.templ into Go that are newer than what was made of them.
func generate(ctx context.Context) error {
	var stale []string
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && skipped(file) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".templ") {
			return nil
		}
		from, err := d.Info()
		if err != nil {
			return err
		}
		made := strings.TrimSuffix(file, ".templ") + "_templ.go"
		if to, err := os.Stat(made); err != nil || to.ModTime().Before(from.ModTime()) {
			stale = append(stale, made)
		}
		return nil
	})
	if err != nil || len(stale) == 0 {
		return err
	}
	if out, err := exec.CommandContext(ctx, "make", "--no-print-directory", "generate").CombinedOutput(); err != nil {
		return fail("A page cannot be generated", out, err)
	}
	now := time.Now()
	for _, made := range stale { // one that came out the same was not written
		if err := os.Chtimes(made, now, now); err != nil {
			return err
		}
	}
	return nil
}

// A failure is what the page shows.
type failure struct{ title, text string }

func (f *failure) Error() string { return f.title + "\n" + f.text }

// fail prints what went wrong, and returns it for the page.
func fail(title string, out []byte, err error) error {
	text := strings.TrimSpace(string(out))
	if text == "" {
		text = err.Error()
	}
	fmt.Fprintf(os.Stderr, "%s\n%s\n", title, text)
	return &failure{title, text}
}

// A tail passes on what a program writes to standard error, and remembers the last of it.
type tail struct {
	mu   sync.Mutex
	last []byte
}

const tailSize = 8 << 10

func (t *tail) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, text...)
	if len(t.last) > tailSize {
		t.last = bytes.Clone(t.last[len(t.last)-tailSize:])
	}
	return os.Stderr.Write(text)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.last)
}
