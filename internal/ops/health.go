package ops

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// askTime is how long a server may take to say that it is well.
const askTime = 5 * time.Second

// Health asks the server that listens at the address, as ADDR names it, whether it serves, or, ready, whether it can
// serve pages. It returns nil if the answer is yes.
func Health(ctx context.Context, address string, ready bool) error {
	path := "/healthz"
	if ready {
		path = "/readyz"
	}
	status, body, err := ask(ctx, Local(address)+path)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("%s answers %d: %s", path, status, firstLine(body))
	}
	return nil
}

// Local is the address at which this machine reaches what listens there.
func Local(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err == nil && (host == "" || net.ParseIP(host) != nil && net.ParseIP(host).IsUnspecified()) {
		address = net.JoinHostPort("localhost", port)
	}
	return "http://" + address
}

// ask sends a GET that follows no redirects, and returns the first kilobyte of the answer.
func ask(ctx context.Context, address string) (status int, body string, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("User-Agent", "latchkey")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1024))
	return resp.StatusCode, string(text), err
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
