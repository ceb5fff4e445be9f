package testkit

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A Process is the program itself, started as its users start it.
type Process struct {
	Cmd     *exec.Cmd
	Log     *Log   // what it says on standard error
	Address string // where it serves, as http://…, once Serves has returned

	t     testing.TB
	lines *bufio.Reader
}

// Begin starts a command that runs the program, in the folder, "" for an empty one, with these settings and nothing else
// of the environment. It is killed at the end of the test.
func Begin(t testing.TB, cmd *exec.Cmd, dir string, env ...string) *Process {
	t.Helper()
	if dir == "" {
		dir = t.TempDir()
	}
	p := &Process{t: t, Cmd: cmd, Log: &Log{}}
	p.Cmd.Dir, p.Cmd.Env, p.Cmd.Stderr = dir, append([]string{"ADDR=127.0.0.1:0", "BCRYPT_COST=4"}, env...), p.Log
	out, err := p.Cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewReader(out)
	if err := p.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Cmd.Process.Kill() //nolint:errcheck // it may have ended
		p.Cmd.Wait()         //nolint:errcheck
	})
	return p
}

// Serves waits until the program says where it serves.
func (p *Process) Serves() *Process {
	p.t.Helper()
	line, err := p.lines.ReadString('\n')
	if p.Address = regexp.MustCompile(`http://\S+`).FindString(line); err != nil || p.Address == "" {
		p.t.Fatalf("it printed %q: %v, and says %s", line, err, p.Log)
	}
	return p
}

// Says waits until the program has said so.
func (p *Process) Says(text string) {
	p.t.Helper()
	for start := time.Now(); !strings.Contains(p.Log.String(), text); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > 60*time.Second {
			p.t.Fatalf("it never says %q: %s", text, p.Log)
		}
	}
}

// Signal sends the program a signal.
func (p *Process) Signal(s os.Signal) {
	p.t.Helper()
	if err := p.Cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// Wait returns the code that the program ends with, -1 if a signal ended it.
func (p *Process) Wait() int {
	p.t.Helper()
	done := make(chan struct{})
	go func() {
		io.Copy(io.Discard, p.lines) //nolint:errcheck // until it ends
		p.Cmd.Wait()                 //nolint:errcheck // the code says it
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(60 * time.Second):
		p.t.Fatalf("it does not end; it says %s", p.Log)
	}
	return p.Cmd.ProcessState.ExitCode()
}

// Status asks for a page over a new connection; 0 if there is nobody.
func (p *Process) Status(path string) int {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(p.Address + path)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}
