package main

import (
	"errors"
	"fmt"
	"html"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// kind names the database.
func kind(url string) string {
	if strings.HasPrefix(url, "postgres") {
		return "PostgreSQL"
	}
	return "SQLite with synchronous=full"
}

func table(rows []row) {
	fmt.Println("| load | requests/s | of bare | p50 | p99 | CPU | allocations | resident |")
	fmt.Println("|---|---|---|---|---|---|---|---|")
	for _, r := range rows {
		fmt.Printf("| %s | %.0f | %.2f | %s | %s | %d µs | %.0f | %d MB |\n",
			r.load.name, r.rate, r.share, r.at(0.50), r.at(0.99), r.cpu.Microseconds(), r.mallocs, r.resident>>10)
	}
}

// samples are all rounds in the format of Go's benchmarks, for benchstat. The shares are of the bare handler's rate in the same
// round: they alone can be compared with what another machine measured.
func samples(o options, rows []row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "machine: %s\n\n", machine(o))
	for _, r := range rows {
		name := strings.NewReplacer(" ", "_", ",", "", "%", "percent", "'", "").Replace(r.load.name)
		for i, one := range r.rounds {
			fmt.Fprintf(&b, "Benchmark/%s 1 %.3f percent-of-bare %.0f req/s %d p50-ns %d p99-ns %d cpu-ns/op %.1f allocs/op %d resident-B\n",
				name, 100*r.shareIn(rows[0], i), one.rate, one.at(0.50), one.at(0.99), one.cpu, one.mallocs, one.resident<<10)
		}
	}
	return b.String()
}

// machine says what the numbers hold for.
func machine(o options) string {
	return fmt.Sprintf("%s/%s, %d processors, %s, %s, %d clients", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), kind(o.database), clients)
}

// draw draws the share of each load as a bar.
func draw(rows []row) string {
	const width, label, bar, line = 640, 220, 340, 28
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="13">`+"\n", width, len(rows)*line+8)
	b.WriteString("<title>Requests a second, as a share of a bare net/http handler with the same answer</title>\n")
	b.WriteString("<style>text{fill:#222}rect{fill:#3b6ea5}@media(prefers-color-scheme:dark){text{fill:#ddd}rect{fill:#7aa7d9}}</style>\n")
	for i, r := range rows {
		y := i*line + 6
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text><rect x="%d" y="%d" width="%.0f" height="%d" rx="3"/><text x="%.0f" y="%d">%.2f</text>`+"\n",
			label-8, y+15, html.EscapeString(r.load.name), label, y, max(1, r.share*bar), line-8, label+8+max(1, r.share*bar), y+15, r.share)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func write(file, text string) error {
	if file == "" {
		return nil
	}
	return os.WriteFile(file, []byte(text), 0o644) //nolint:gosec // part of the docs
}

// watch runs a load and returns how long its answers took, sorted. It asks nothing of the process.
func watch(l load, address string, d time.Duration) (took []time.Duration, err error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	until := time.Now().Add(d)
	for i := range l.clients {
		wg.Go(func() {
			some, _, failed := l.client(address, i, until)
			mu.Lock()
			defer mu.Unlock()
			took, err = append(took, some...), errors.Join(err, failed)
		})
	}
	wg.Wait()
	slices.Sort(took)
	return took, err
}

// at returns the time within which that share of the answers came.
func at(sorted []time.Duration, share float64) time.Duration { return result{took: sorted}.at(share) }
