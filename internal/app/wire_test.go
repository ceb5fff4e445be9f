package app_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// dial opens a connection to the site. Whoever waits on it for longer than a minute hangs.
func dial(t *testing.T, k *testkit.Kit) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(k.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// talk says something to the site, letter by letter, and returns the first answer.
func talk(t *testing.T, k *testkit.Kit, says string) *http.Response {
	t.Helper()
	conn := dial(t, k)
	if _, err := io.WriteString(conn, says); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%.60q: %v", says, err)
	}
	return resp
}

const slowBody = "POST /theme HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ntheme="

func TestSlowClientsAreClosed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 10 seconds; not with -short")
	}
	t.Parallel()
	for name, start := range map[string]string{"headers": "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", "body": slowBody} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := testkit.Start(t)
			conn := dial(t, k)
			began := time.Now()
			if _, err := io.WriteString(conn, start); err != nil {
				t.Fatal(err)
			}
			go func() { // a byte now and then keeps nobody waiting for longer
				for range 100 {
					if _, err := io.WriteString(conn, "x"); err != nil {
						return
					}
					time.Sleep(500 * time.Millisecond)
				}
			}()
			in := bufio.NewReader(conn)
			if name == "body" { // it is told so, as a person, and nobody is alarmed
				resp, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatal(err)
				}
				page, err := io.ReadAll(resp.Body)
				if err != nil || resp.StatusCode != http.StatusRequestTimeout || !strings.Contains(string(page), "</html>") || !resp.Close {
					t.Errorf("%d %v %s", resp.StatusCode, err, page)
				}
				if missing := lacks(resp.Header, false); len(missing) > 0 {
					t.Errorf("408 lacks %v", missing)
				}
			}
			_, err := io.Copy(io.Discard, in)
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("still open after %s (%v)", took, err)
			}
			if log := k.Log.String(); strings.Contains(log, "level=ERROR") || strings.Contains(log, "level=WARN") {
				t.Errorf("the log is alarmed: %s", log)
			}
		})
	}
}

// TestAHugeBodyNeedNotBegin is about senders that ask first (RFC 9110, 10.1.1).
func TestAHugeBodyNeedNotBegin(t *testing.T) {
	k := testkit.Start(t)
	ask := func(length string) *http.Response {
		return talk(t, k, "POST /theme HTTP/1.1\r\nHost: localhost\r\n"+formType+"\r\nExpect: 100-continue\r\nContent-Length: "+length+"\r\n\r\n")
	}
	if resp := ask("65537"); resp.StatusCode != http.StatusRequestEntityTooLarge || !resp.Close || len(lacks(resp.Header, false)) > 0 {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	if resp := ask("65536"); resp.StatusCode != http.StatusContinue {
		t.Errorf("what may be sent: %d", resp.StatusCode)
	}
}

// TestForwardedFromAStranger holds that a misconfigured proxy is seen in the log, and does not fill it.
func TestForwardedFromAStranger(t *testing.T) {
	for proxies, times := range map[string]int{"": 1, "10.0.0.0/8": 1, "127.0.0.0/8": 0} {
		k := testkit.Start(t, "TRUSTED_PROXIES="+proxies)
		for range 3 {
			ask(t, "GET", k.URL+"/", nil, "X-Forwarded-For: 203.0.113.7")
		}
		if got := strings.Count(k.Log.String(), "X-Forwarded-For ignored"); got != times || times > 0 && !strings.Contains(k.Log.String(), "level=WARN") {
			t.Errorf("TRUSTED_PROXIES=%s: warned %d times, want %d", proxies, got, times)
		}
	}
}
