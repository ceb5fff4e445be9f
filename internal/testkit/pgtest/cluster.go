package pgtest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// watchdog is the shell script that owns a temporary cluster: $1 is its
// directory, $2 the directory of the server programs, $3 the server's options.
//
// It obeys the words on its standard input and answers each with one line.
// The writing end of that pipe is held by the test process alone, so the end
// of input means that the process is gone, for whatever reason. Then the
// script stops the server and removes the directory.
const watchdog = `
dir=$1 bin=$2 options=$3
trap '' PIPE
answer() { if "$@" >>"$dir/watchdog.log" 2>&1; then echo ok; else echo failed; fi; }
while read -r word; do
	case $word in
	init) answer "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync ;;
	start) answer "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -o "$options" -w -t 60 start ;;
	stop) answer "$bin/pg_ctl" -D "$dir/data" -m fast -w -t 60 stop ;;
	esac
done
"$bin/pg_ctl" -D "$dir/data" -m immediate -w -t 60 stop >/dev/null 2>&1
rm -rf "$dir"
`

// cluster is a temporary PostgreSQL server that listens on a unix socket only.
type cluster struct {
	dir string // holds the socket, the data and the logs

	mu      sync.Mutex // one word and its answer at a time
	cmd     *exec.Cmd
	words   io.WriteCloser
	answers *bufio.Reader
}

// startCluster makes and starts a cluster with the programs of a directory.
func startCluster(programs string) (*cluster, error) {
	// Not os.TempDir: the path of a socket must be short, and the user that
	// the server runs as must be able to reach it.
	dir, err := os.MkdirTemp("/tmp", "pgtest-")
	if err != nil {
		return nil, err
	}
	credential, err := serverUser()
	if err == nil && credential != nil {
		err = os.Chown(dir, int(credential.Uid), int(credential.Gid))
	}
	if err != nil {
		os.Remove(dir)
		return nil, err
	}
	options := strings.Join([]string{
		"-c listen_addresses=''",
		"-c unix_socket_directories=" + dir,
		"-c max_connections=200",
		"-c fsync=off",
		"-c synchronous_commit=off",
		"-c full_page_writes=off",
		"-c wal_level=minimal",
		"-c max_wal_senders=0",
	}, " ")
	cmd := exec.Command("/bin/sh", "-c", watchdog, "watchdog", dir, programs, options)
	cmd.Dir = dir
	// A session of its own, so that Ctrl-C at the terminal, which ends the
	// test process, leaves the script alive to clean up.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: credential}
	words, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	answers, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		os.Remove(dir)
		return nil, fmt.Errorf("start the PostgreSQL watchdog: %w", err)
	}
	c := &cluster{dir: dir, cmd: cmd, words: words, answers: bufio.NewReader(answers)}
	if err := errors.Join(c.say("init"), c.say("start")); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// serverUser returns the user to run the server as. PostgreSQL refuses to run
// as root; everybody else runs it as themselves, which is nil.
func serverUser() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, fmt.Errorf("no user to run PostgreSQL as: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// url returns the URL of a database of this cluster.
func (c *cluster) url(database string) string {
	return "postgres://postgres@/" + database + "?host=" + c.dir
}

// say tells the watchdog one word and waits until it has obeyed. The error
// carries the ends of the logs.
func (c *cluster) say(word string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := io.WriteString(c.words, word+"\n"); err != nil {
		return fmt.Errorf("PostgreSQL %s: %w", word, err)
	}
	answer, err := c.answers.ReadString('\n')
	if err != nil {
		return fmt.Errorf("PostgreSQL %s: the watchdog is gone: %w", word, err)
	}
	if answer != "ok\n" {
		return fmt.Errorf("PostgreSQL %s failed\n%s%s", word, c.tail("watchdog.log"), c.tail("server.log"))
	}
	return nil
}

// tail returns the end of a log.
func (c *cluster) tail(name string) string {
	text, _ := os.ReadFile(filepath.Join(c.dir, name))
	if most := 2000; len(text) > most {
		text = text[len(text)-most:]
	}
	return string(text)
}

// close stops the server, removes the directory and waits for both.
func (c *cluster) close() error {
	return errors.Join(c.words.Close(), c.cmd.Wait())
}
