package app_test

import (
	"bufio"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// A process is the program, started in a folder of its own.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	log     *testkit.Log // what it says on standard error
	address string       // where it serves, once serves returned
	lines   *bufio.Reader
}

// begin starts the program in the folder, "" for an empty one. It is killed at the end of the test.
func begin(t *testing.T, dir string, env ...string) *process {
	t.Helper()
	return beginWith(t, dir, exec.Command(build(t)), env...)
}

func beginWith(t *testing.T, dir string, cmd *exec.Cmd, env ...string) *process {
	t.Helper()
	if dir == "" {
		dir = t.TempDir()
	}
	p := &process{t: t, cmd: cmd, log: &testkit.Log{}}
	p.cmd.Dir, p.cmd.Env, p.cmd.Stderr = dir, append([]string{"ADDR=127.0.0.1:0", "BCRYPT_COST=4"}, env...), p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.cmd.Process.Kill() //nolint:errcheck // it may have ended
		p.cmd.Wait()         //nolint:errcheck
	})
	return p
}

// serves waits until the program says where it serves.
func (p *process) serves() *process {
	p.t.Helper()
	line, err := p.lines.ReadString('\n')
	if p.address = regexp.MustCompile(`http://\S+`).FindString(line); err != nil || p.address == "" {
		p.t.Fatalf("it printed %q: %v, and says %s", line, err, p.log)
	}
	return p
}

// says waits until the program has said so.
func (p *process) says(text string) {
	p.t.Helper()
	for start := time.Now(); !strings.Contains(p.log.String(), text); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > 60*time.Second {
			p.t.Fatalf("it never says %q: %s", text, p.log)
		}
	}
}

func (p *process) signal(s interface {
	Signal()
	String() string
},
) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// wait returns the code that the program ends with, -1 if a signal ended it.
func (p *process) wait() int {
	p.t.Helper()
	done := make(chan struct{})
	go func() {
		io.Copy(io.Discard, p.lines) //nolint:errcheck // until it ends
		p.cmd.Wait()                 //nolint:errcheck // the code says it
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(60 * time.Second):
		p.t.Fatalf("it does not end; it says %s", p.log)
	}
	return p.cmd.ProcessState.ExitCode()
}

// status asks for a page over a new connection; 0 if there is nobody.
func (p *process) status(path string) int {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(p.address + path)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}
