package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/latchkey/internal/database"
)

// growth measures the gated page of 1,000 browsers before and after the tables have grown, and while the janitor deletes what
// has expired of them. It ends within five minutes: what the janitor has not done by then is left.
func growth(o options) error {
	until := time.Now().Add(5 * time.Minute)
	site, err := start("site", settings(o.database, peopleVar+"="+fmt.Sprint(browsers))...)
	if err != nil {
		return err
	}
	defer site.stop()
	page := loads(make([]string, clients))[2]
	if _, err := page.run(site, o.each/4); err != nil { // to get warm
		return err
	}
	small, err := page.run(site, o.each)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := fill(o); err != nil {
		return err
	}
	fmt.Printf("%d sessions, half of them expired, and %d accounts made in %s\n", o.sessions, o.growthAccount, time.Since(began).Round(time.Second))
	large, err := page.run(site, o.each)
	if err != nil {
		return err
	}
	fmt.Printf("gated page of %d browsers: p50 %s, p99 %s, %.0f/s with few rows; p50 %s, p99 %s, %.0f/s with many (p50 %+.0f %%)\n", browsers,
		small.at(0.50), small.at(0.99), small.rate, large.at(0.50), large.at(0.99), large.rate, 100*(float64(large.at(0.50))/float64(small.at(0.50))-1))

	swept := make(chan error, 1)
	took := ""
	go func() {
		line, err := site.ask("sweep")
		took = strings.TrimSpace(line)
		swept <- err
	}()
	var worst, all []time.Duration
	for time.Now().Before(until) {
		some, err := watch(page, site.address, time.Second)
		if err != nil {
			return err
		}
		worst, all = append(worst, at(some, 1)), append(all, at(some, 0.99))
		select {
		case err := <-swept:
			fmt.Printf("the janitor took %s ms; in its slowest second the page had p99 %s, and the slowest request took %s\n", took, slowest(all), slowest(worst))
			return err
		default:
		}
	}
	fmt.Printf("the janitor was not done after five minutes in all; in its slowest second the page had p99 %s, and the slowest request took %s\n", slowest(all), slowest(worst))
	return nil
}

func slowest(all []time.Duration) (most time.Duration) {
	for _, d := range all {
		most = max(most, d)
	}
	return most
}

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
			SELECT 'many-' || i, 'many-' || i, '{}', $3 - 86400000, $3 - 86400000, $3 + (i % 2) * 172800000 - 86400000, 3, '', 'bench' FROM n`,
			i, min(i+20_000, o.sessions)-1, now)
	}
	return errors.Join(err, db.Close())
}
