// Command bench measures the site as people use it: `make bench`, and `make bench-growth` with many rows. The site, a bare
// handler of net/http that answers with the same bytes, and the clients are three processes; what it prints holds for the
// machine that it names, and ratios for one run. It asserts nothing.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	gatedPage = "/account/password"
	clients   = 8
	browsers  = 1000
	floodedBy = 32
)

// options are the flags.
type options struct {
	each          time.Duration // how long each load lasts in a round
	rounds        int
	database      string // "" for a SQLite file of its own
	svg, samples  string // files to write; "" for none
	growth        bool
	sessions      int
	growthAccount int
}

func main() {
	var err error
	switch os.Getenv(roleVar) {
	case "site":
		err = serveSite()
	case "bare":
		err = serveBare()
	default:
		var o options
		flag.DurationVar(&o.each, "each", 2*time.Second, "how long each load lasts in a round")
		flag.IntVar(&o.rounds, "rounds", 6, "how often each is measured; the median counts, and benchstat wants four or more")
		flag.StringVar(&o.database, "database", "", "postgres://… of an empty database; a SQLite file of its own by default")
		flag.StringVar(&o.svg, "svg", "", "draw the shares into this file")
		flag.StringVar(&o.samples, "samples", "", "write every round into this file, as benchstat reads it")
		flag.BoolVar(&o.growth, "growth", false, "measure with many rows instead")
		flag.IntVar(&o.sessions, "sessions", 1_000_000, "of -growth")
		flag.IntVar(&o.growthAccount, "accounts", 100_000, "of -growth")
		flag.Parse()
		err = measure(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// measure runs everything and prints the table.
func measure(o options) error {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	if o.database == "" {
		o.database = "sqlite:" + filepath.Join(dir, "site.db")
	}
	fmt.Printf("%s\n\n", machine(o))
	if o.growth {
		return growth(o)
	}
	site, err := start("site", settings(o.database, peopleVar+"="+strconv.Itoa(browsers))...)
	if err != nil {
		return err
	}
	defer site.stop()
	bare, err := startBare(site, dir)
	if err != nil {
		return err
	}
	defer bare.stop()
	rows, err := compare(o, site, bare)
	if err != nil {
		return err
	}
	table(rows)
	if err := flooded(o, site, rows); err != nil {
		return err
	}
	if err := starts(o, dir); err != nil {
		return err
	}
	if err := write(o.samples, samples(o, rows)); err != nil {
		return err
	}
	return write(o.svg, draw(rows))
}

// settings are the environment of the site: no limit stands in the way.
func settings(database string, more ...string) []string {
	return append([]string{
		"DATABASE_URL=" + database, "COOKIE_NAME=visitor", "BCRYPT_COST=12", "LOG_LEVEL=error", "LIMIT_LOGIN_ADDRESS=1000000",
		"LIMIT_LOGIN_ACCOUNT_ADDRESS=1000000", "LIMIT_LOGIN_ACCOUNT=1000000", "LIMIT_HASH_ADDRESS=1000000", "LIMIT_VISITOR_ADDRESS=1000000", "LIMIT_NOTES_WRITE=1000000", "DEV_BAR=off",
	}, more...)
}

// startBare starts the bare handler with what the gated page answers.
func startBare(site *process, dir string) (*process, error) {
	raw, _, err := answer(site.address, get(gatedPage, token(0)))
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "answer")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return nil, err
	}
	return start("bare", answerVar+"="+file)
}

// loads are what is measured. The first is the measure of the others.
func loads(guests []string) []load {
	random := func(client, n int) int { return (client*7919 + n*104729) % browsers } // the same in every run
	note := func(client, n int) string {
		return post("/notes", token(random(client, n)), "title", "A note", "body", "Words, and more of them.")
	}
	return []load{
		{name: "bare", clients: clients, request: func(int, int) string { return get("/", token(0)) }},
		{name: "gated", clients: clients, request: func(int, int) string { return get(gatedPage, token(0)) }},
		{name: "gated, 1,000 browsers", clients: clients, request: func(c, n int) string { return get(gatedPage, token(random(c, n))) }},
		{name: "the same, 5 % notes written", clients: clients, may: []int{303}, request: func(c, n int) string {
			if n%20 == 19 {
				return note(c, n)
			}
			return get(gatedPage, token(random(c, n)))
		}},
		{name: "notes written, by one", clients: 1, may: []int{303}, request: note},
		{name: "notes written, by 16 at once", clients: 16, may: []int{303}, request: note},
		{name: "guest's home page, counted", clients: clients, request: func(c, _ int) string { return get("/", guests[c]) }},
		{name: "log ins", clients: 2, may: []int{303, 503}, request: func(c, n int) string {
			return post("/login", "", "email", email(random(c, n)), "password", passphrase)
		}},
	}
}

// A row is a load with the results of all rounds.
type row struct {
	load
	rounds []result
	result         // the median round by rate
	share  float64 // of the rate of bare in the same round, the median
}

// shareIn returns the share of the rate of bare in a round.
func (r row) shareIn(bare row, round int) float64 {
	return r.rounds[round].rate / max(bare.rounds[round].rate, 1)
}

// compare runs the loads in turn, in each round.
func compare(o options, site, bare *process) (rows []row, err error) {
	guests := make([]string, clients)
	for i := range guests {
		if _, guests[i], err = answer(site.address, get("/", "")); err != nil {
			return nil, err
		}
		if guests[i] == "" {
			return nil, errors.New("a guest gets no cookie")
		}
	}
	for _, l := range loads(guests) {
		rows = append(rows, row{load: l})
	}
	for round := range o.rounds + 1 {
		for i := range rows {
			on, d := site, o.each
			if i == 0 {
				on = bare
			}
			if round == 0 { // to get warm
				d /= 4
			}
			r, err := rows[i].run(on, d)
			if err != nil {
				return nil, err
			}
			if round > 0 {
				rows[i].rounds = append(rows[i].rounds, r)
			}
		}
	}
	for i := range rows {
		sorted := slices.SortedFunc(slices.Values(rows[i].rounds), func(a, b result) int { return int(a.rate*1000) - int(b.rate*1000) })
		rows[i].result = sorted[len(sorted)/2]
		var shares []float64
		for round := range rows[i].rounds {
			shares = append(shares, rows[i].shareIn(rows[0], round))
		}
		slices.Sort(shares)
		rows[i].share = shares[len(shares)/2]
	}
	return rows, nil
}

// flooded measures the gated page while others try to log in with wrong passwords.
func flooded(o options, site *process, rows []row) error {
	flood := load{name: "flood", clients: floodedBy, may: []int{422, 429, 503}, request: func(c, n int) string {
		return post("/login", "", "email", fmt.Sprintf("nobody%d.%d@example.org", c, n), "password", "wrong wrong wrong")
	}}
	done := make(chan error, 1)
	var tried result
	go func() {
		var err error
		tried, err = flood.run(site, o.each+time.Second)
		done <- err
	}()
	time.Sleep(500 * time.Millisecond) // until the queue is full
	gated := rows[1].load
	// stats would be asked by two at once: this one only counts what clients see
	took, err := watch(gated, site.address, o.each)
	if err := errors.Join(err, <-done); err != nil {
		return err
	}
	quiet, p99 := rows[1].at(0.99), at(took, 0.99)
	fmt.Printf("\nflooded by %d wrong log ins, %d of them told to come back: the gated page has p50 %s, p99 %s (%.1f times the quiet p99), max %s\n",
		len(tried.took), tried.statuses[503], at(took, 0.50), p99, float64(p99)/float64(max(quiet, 1)), at(took, 1))
	return nil
}

// starts measures how long it takes until the first page is there, of a new database and of one that is there.
func starts(o options, dir string) error {
	if !strings.HasPrefix(o.database, "sqlite:") {
		return nil
	}
	file := "sqlite:" + filepath.Join(dir, "start.db")
	var all []time.Duration
	resident := 0
	for range 6 {
		began := time.Now()
		p, err := start("site", settings(file)...)
		if err != nil {
			return err
		}
		_, _, err = answer(p.address, get("/login", ""))
		all = append(all, time.Since(began).Round(time.Millisecond))
		u, errStats := p.stats()
		resident = u.resident
		p.stop()
		if err := errors.Join(err, errStats); err != nil {
			return err
		}
	}
	again := slices.Sorted(slices.Values(all[1:]))
	fmt.Printf("first page %s after the start with a new database, %s with one that is there (median of %d); resident then: %d MB\n",
		all[0], again[len(again)/2], len(again), resident>>10)
	return nil
}
