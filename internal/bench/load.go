package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// A load is what clients ask for, one request after the other, each over a connection of its own that it keeps.
type load struct {
	name    string
	clients int
	// request returns the n-th request of a client, as HTTP writes it.
	request func(client, n int) string
	// may are the statuses that are well; 200 if empty.
	may []int
}

// A result is what a load measured.
type result struct {
	name     string
	took     []time.Duration // sorted
	rate     float64         // requests in a second
	cpu      time.Duration   // of the server, for each request
	mallocs  float64         // of the server, for each request
	resident int             // of the server afterwards, in kilobytes
	statuses map[int]int
}

func (r result) at(share float64) time.Duration {
	if len(r.took) == 0 {
		return 0
	}
	return r.took[int(float64(len(r.took)-1)*share)].Round(time.Microsecond)
}

// run asks the process for so long.
func (l load) run(p *process, d time.Duration) (result, error) {
	// What the load before left waiting is not counted here, and what this one leaves is.
	if _, err := p.ask("flush"); err != nil {
		return result{}, err
	}
	before, err := p.stats()
	if err != nil {
		return result{}, err
	}
	r := result{name: l.name, statuses: map[int]int{}}
	var mu sync.Mutex
	var failed error
	var wg sync.WaitGroup
	began := time.Now()
	until := began.Add(d)
	for i := range l.clients {
		wg.Go(func() {
			took, statuses, err := l.client(p.address, i, until)
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
			r.took = append(r.took, took...)
			for status, n := range statuses {
				r.statuses[status] += n
			}
		})
	}
	wg.Wait()
	lasted := time.Since(began)
	_, errFlush := p.ask("flush")
	after, err := p.stats()
	if err = errors.Join(failed, errFlush, err); err != nil {
		return r, fmt.Errorf("%s: %w", l.name, err)
	}
	slices.Sort(r.took)
	n := max(len(r.took), 1)
	r.rate, r.resident = float64(len(r.took))/lasted.Seconds(), after.resident
	r.cpu, r.mallocs = (after.cpu-before.cpu)/time.Duration(n), float64(after.mallocs-before.mallocs)/float64(n)
	return r, nil
}

func (l load) client(address string, i int, until time.Time) (took []time.Duration, statuses map[int]int, err error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, nil, err
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 16<<10)
	statuses = map[int]int{}
	for n := 0; time.Now().Before(until); n++ {
		request := l.request(i, n)
		began := time.Now()
		if _, err := io.WriteString(conn, request); err != nil {
			return took, statuses, err
		}
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			return took, statuses, err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil {
			return took, statuses, err
		}
		took = append(took, time.Since(began))
		statuses[resp.StatusCode]++
		if may := append([]int{}, l.may...); !slices.Contains(append(may, http.StatusOK), resp.StatusCode) {
			return took, statuses, fmt.Errorf("answered %s", resp.Status)
		}
	}
	return took, statuses, nil
}

// get is a request for a page by the browser with this cookie; "" for none.
func get(path, cookie string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n" + cookieLine(cookie) + "\r\n"
}

// post is a form that a browser sends.
func post(path, cookie string, fields ...string) string {
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	body := form.Encode()
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n%sContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
		path, cookieLine(cookie), len(body), body)
}

func cookieLine(cookie string) string {
	if cookie == "" {
		return ""
	}
	return "Cookie: visitor=" + cookie + "\r\n"
}

// answer returns the whole answer to one request, as HTTP writes it, and the cookie that it sets.
func answer(address, request string) (raw []byte, cookie string, err error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, "", err
	}
	defer conn.Close()
	request = strings.Replace(request, "\r\n", "\r\nConnection: close\r\n", 1)
	if _, err := io.WriteString(conn, request); err != nil {
		return nil, "", err
	}
	if raw, err = io.ReadAll(conn); err != nil {
		return nil, "", err
	}
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(raw))), nil)
	if err != nil {
		return nil, "", err
	}
	resp.Body.Close()
	for _, c := range resp.Cookies() {
		if c.Name == "visitor" {
			cookie = c.Value
		}
	}
	return raw, cookie, nil
}
