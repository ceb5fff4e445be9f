package app_test

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

var benchRun = flag.Bool("bench-run", false, "measure the gated page (make bench)")

const (
	benchClients = 8
	benchTime    = 2 * time.Second
	benchRounds  = 5
	gatedPage    = "/account/password"
)

// TestBench measures, in one run on loopback, a gated page against a bare handler that writes the same bytes,
// and the gated page while a flood of wrong log ins runs. It asserts nothing about time: it prints.
func TestBench(t *testing.T) {
	if !*benchRun {
		t.Skip("measured by make bench")
	}
	k := testkit.Start(t, "BCRYPT_COST=12", "LIMIT_LOGIN_ADDRESS=1000000", "LOG_LEVEL=error")
	ann := k.Browser().Register("ann@example.org")
	page := ann.Get(gatedPage)
	page = ann.Get(gatedPage) // without the welcome
	if page.Status != http.StatusOK {
		t.Fatal(page.Status)
	}
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, page.Body) //nolint:errcheck // measured
	}))
	defer bare.Close()
	cookie := "latchkey=" + ann.Cookie("latchkey")
	fmt.Printf("%s/%s, %d processors, %s, SQLite with synchronous=full, %d clients in the same process, page of %d bytes\n",
		runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.Version(), benchClients, len(page.Body))

	var bareRates, gatedRates, ratios []float64
	var quiet []time.Duration
	for range benchRounds {
		b := load(t, bare.URL+"/", "")
		g := load(t, k.URL+gatedPage, cookie)
		bareRates, gatedRates = append(bareRates, rate(b)), append(gatedRates, rate(g))
		ratios = append(ratios, rate(g)/rate(b))
		quiet = append(quiet, g...)
	}
	slices.Sort(quiet)
	fmt.Printf("bare    %6.0f req/s (median of %d rounds)\n", median(bareRates), benchRounds)
	fmt.Printf("gated   %6.0f req/s, p50 %s, p99 %s\n", median(gatedRates), at(quiet, 0.50), at(quiet, 0.99))
	fmt.Printf("ratio   %.2f of bare (goal: 0.33 or better)\n", median(ratios))

	stop, tried, refused := flood(k.URL)
	time.Sleep(500 * time.Millisecond) // let the queue fill; nothing is asserted
	var flooded []time.Duration
	for range benchRounds {
		flooded = append(flooded, load(t, k.URL+gatedPage, cookie)...)
	}
	stop()
	slices.Sort(flooded)
	fmt.Printf("flooded p50 %s, p99 %s: %.1f times the quiet p99 (goal: 5 times at most, never over 250ms), max %s\n", at(flooded, 0.50), at(flooded, 0.99),
		float64(at(flooded, 0.99))/float64(at(quiet, 0.99)), flooded[len(flooded)-1].Round(time.Microsecond))
	fmt.Printf("        by %d wrong log ins, %d of them told to come back (503)\n", tried.Load(), refused.Load())

	r := httptest.NewRequest(http.MethodGet, k.URL+gatedPage, nil)
	r.Header.Set("Cookie", cookie)
	r.Header.Set("Accept", "text/html")
	fmt.Printf("allocs  %.0f for one gated request, %.0f for the first page of a guest\n",
		testing.AllocsPerRun(500, func() { k.App.ServeHTTP(httptest.NewRecorder(), r) }),
		testing.AllocsPerRun(500, func() {
			k.App.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, k.URL+"/login", nil))
		}))
}

// load asks for the page with all clients for benchTime, and returns how long each answer took.
func load(t *testing.T, address, cookie string) []time.Duration {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	request := "GET " + u.Path + " HTTP/1.1\r\nHost: " + u.Host + "\r\nAccept: text/html\r\nCookie: " + cookie + "\r\n\r\n"
	var mu sync.Mutex
	var all []time.Duration
	var wg sync.WaitGroup
	until := time.Now().Add(benchTime)
	for range benchClients {
		wg.Go(func() {
			conn, err := net.Dial("tcp", u.Host)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			in := bufio.NewReaderSize(conn, 16<<10)
			var took []time.Duration
			for time.Now().Before(until) {
				start := time.Now()
				if _, err := io.WriteString(conn, request); err != nil {
					t.Error(err)
					return
				}
				resp, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Error(err)
					return
				}
				_, err = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if err != nil || resp.StatusCode != http.StatusOK {
					t.Error(resp.StatusCode, err)
					return
				}
				took = append(took, time.Since(start))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
		})
	}
	wg.Wait()
	return all
}

// flood tries to log in with wrong passwords, by 32 clients at once, until stop is called.
func flood(site string) (stop func(), tried, refused *atomic.Int64) {
	tried, refused = new(atomic.Int64), new(atomic.Int64)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				form := url.Values{"email": {fmt.Sprintf("nobody%d.%d@example.org", i, n)}, "password": {"wrong wrong wrong"}}
				resp, err := http.Post(site+"/login", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
				if err != nil {
					continue
				}
				resp.Body.Close()
				tried.Add(1)
				if resp.StatusCode == http.StatusServiceUnavailable {
					refused.Add(1)
				}
			}
		})
	}
	return func() { close(done); wg.Wait() }, tried, refused
}

func rate(took []time.Duration) float64 { return float64(len(took)) / benchTime.Seconds() }

func median(v []float64) float64 { return slices.Sorted(slices.Values(v))[len(v)/2] }

func at(sorted []time.Duration, share float64) time.Duration {
	return sorted[int(float64(len(sorted)-1)*share)].Round(time.Microsecond)
}
