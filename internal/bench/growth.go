package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/latchkey/internal/database"
)

// bound is how long growth may take: what the janitor has not done by then is left.
const bound = 5 * time.Minute

// busy is how many visitors use the site at once, about as many as the batch of activity holds.
const busy = 20_000

// growth measures the gated page of 1,000 browsers before and after the tables have grown, the same with 20,000 browsers, and
// what the janitor costs those who use the site while it deletes all that was made.
func growth(o options) error {
	until := time.Now().Add(bound)
	small, err := measured(o, peopleVar+"="+strconv.Itoa(busy))
	if err != nil {
		return err
	}
	began := time.Now()
	if err := fill(o); err != nil {
		return err
	}
	fmt.Printf("%d expired sessions and %d accounts made in %s\n", o.sessions, o.growthAccount, time.Since(began).Round(time.Second))
	large, err := measured(o)
	if err != nil {
		return err
	}
	for _, r := range []struct {
		rows string
		result
	}{{"few", small}, {"many", large}} {
		fmt.Printf("gated page of %d browsers with %s rows: p50 %s, p99 %s, %.0f/s, resident %d MB\n", browsers, r.rows, r.at(0.50), r.at(0.99), r.rate, r.resident>>10)
	}
	fmt.Printf("that is %+.0f %% for the p50, %+.0f %% for the rate\n",
		100*(float64(large.at(0.50))/float64(max(small.at(0.50), 1))-1), 100*(large.rate/small.rate-1))
	if err := batch(o); err != nil {
		return err
	}
	return purge(o, until)
}

// batch measures the gated page asked for by 20,000 browsers in turn, so that the activity of nearly all of them waits when
// it is written, every two seconds; and how long writing it takes.
func batch(o options) error {
	site, err := start("site", settings(o.database)...)
	if err != nil {
		return err
	}
	defer site.stop()
	all := load{name: "gated, 20,000 browsers", clients: clients, request: func(c, n int) string { return get(gatedPage, token((c+clients*n)%busy)) }}
	took, err := watch(all, site.address, 4*o.each)
	if err != nil {
		return err
	}
	flushed, err := site.ask("flush")
	if err != nil {
		return err
	}
	fmt.Printf("gated page of %d browsers in turn, whose activity is written every two seconds: p50 %s, p99 %s, the slowest %s; what waited at the end was written in %s ms\n",
		busy, at(took, 0.50), at(took, 0.99), at(took, 1), strings.TrimSpace(flushed))
	return nil
}

// measured starts the site, measures the page, and ends the site again: its own janitor comes after a minute.
func measured(o options, env ...string) (result, error) {
	site, err := start("site", settings(o.database, env...)...)
	if err != nil {
		return result{}, err
	}
	defer site.stop()
	page := loads(make([]string, clients))[2]
	if _, err := page.run(site, o.each/2); err != nil { // to get warm
		return result{}, err
	}
	return page.run(site, 2*o.each)
}

// purge measures pages and notes saved, second by second: first without the janitor, then until it has deleted everything.
func purge(o options, until time.Time) error {
	site, err := start("site", settings(o.database)...)
	if err != nil {
		return err
	}
	defer site.stop()
	use := loads(make([]string, clients))[3]
	watched := func(stop func(seconds int) bool) (p99, most time.Duration, err error) {
		for n := 1; time.Now().Before(until); n++ {
			some, err := watch(use, site.address, time.Second)
			if err != nil {
				return p99, most, err
			}
			if n > 1 { // the first is to get warm
				p99, most = max(p99, at(some, 0.99)), max(most, at(some, 1))
			}
			if n > 1 && stop(n) {
				return p99, most, nil
			}
		}
		return p99, most, errOver
	}
	quiet := int(3*o.each.Seconds()) + 1
	p99, most, err := watched(func(n int) bool { return n >= quiet })
	if err != nil {
		return err
	}
	fmt.Printf("pages, and 5 %% notes written, without the janitor: in the slowest second p99 %s; the slowest request took %s\n", p99, most)
	swept := make(chan error, 1)
	took := ""
	go func() {
		line, err := site.ask("sweep")
		took = strings.TrimSpace(line)
		swept <- err
	}()
	var failed error
	p99, most, err = watched(func(int) bool {
		select {
		case failed = <-swept:
			return true
		default:
			return false
		}
	})
	says := "which took " + took + " ms"
	if errors.Is(err, errOver) {
		says, err = "which was not done after five minutes in all", nil
	}
	fmt.Printf("with the janitor, %s: in the slowest second p99 %s; the slowest request took %s\n", says, p99, most)
	return errors.Join(failed, err)
}

var errOver = errors.New("the time is over")

// fill makes accounts and sessions by one statement each.
func fill(o options) error {
	ctx := context.Background()
	db, err := database.Open(ctx, o.database)
	if err != nil {
		return err
	}
	now := time.Now().UnixMilli()
	for i := 0; i < o.growthAccount && err == nil; i += 20_000 { // each statement has five seconds
		_, err = db.ExecContext(ctx, `
			WITH RECURSIVE n(i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < $2)
			INSERT INTO users (id, email, email_key, name, role, password_hash, password_changed_at, created_at, verified_at, disabled_at)
			SELECT 'many-' || i, 'many' || i || '@example.org', 'many' || i || '@example.org', '', '', '', $3, $3, $3, 0 FROM n`,
			i, min(i+20_000, o.growthAccount)-1, now)
	}
	for i := 0; i < o.sessions && err == nil; i += 20_000 {
		_, err = db.ExecContext(ctx, `
			WITH RECURSIVE n(i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < $2)
			INSERT INTO sessions (id, token_hash, data, created_at, seen_at, expires_at, hits, ip, user_agent)
			SELECT 'many-' || i, 'many-' || i, '{}', ago, ago, ago, 3, '', 'bench' FROM n, (SELECT CAST($3 AS BIGINT) - 3600000 AS ago) t`,
			i, min(i+20_000, o.sessions)-1, now)
	}
	return errors.Join(err, db.Close())
}
