package groupcommit_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"example.com/latchkey/internal/groupcommit"
)

// open returns a database with a table t, of real time.
func open(t *testing.T) (*sql.DB, *groupcommit.Writer) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "a.db")+"?_pragma=journal_mode(wal)&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE t (name TEXT PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	return db, groupcommit.New(db, func() error { return nil })
}

func insert(ctx context.Context, name string) groupcommit.Work {
	return groupcommit.Work{Run: func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO t VALUES ($1)`, name)
		return err
	}}
}

// names returns what is in the table.
func names(t *testing.T, db *sql.DB) (all []string) {
	t.Helper()
	rows, err := db.Query(`SELECT name FROM t ORDER BY name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		all = append(all, name)
	}
	return all
}

// A statement that is interrupted while it writes takes the whole transaction with it (sqlite3_interrupt).
func TestAStatementThatIsInterrupted(t *testing.T) {
	db, w := open(t)
	over, end := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer end()
	works := []groupcommit.Work{insert(t.Context(), "a"), {Run: func(tx *sql.Tx) error {
		_, err := tx.ExecContext(over, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) INSERT INTO t SELECT 'n' || i FROM n`)
		return err
	}}, insert(t.Context(), "c")}
	errs := make([]error, len(works))
	var all sync.WaitGroup
	if err := w.Do(t.Context(), groupcommit.Work{Run: func(*sql.Tx) error {
		for i, work := range works {
			all.Go(func() { errs[i] = w.Do(t.Context(), work) })
			for groupcommit.Waiting(w) <= i {
				runtime.Gosched()
			}
		}
		return nil
	}}); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	var kept []string
	for i, name := range []string{"a", "b", "c"} {
		if errs[i] == nil {
			kept = append(kept, name)
		}
	}
	if got := names(t, db); !slices.Equal(got, kept) || !errors.Is(errs[0], groupcommit.ErrShared) || errs[1] == nil {
		t.Errorf("%q are there; %v", got, errs)
	}
}

// Whatever happens to others, exactly what was acknowledged is there.
func TestWhatIsAcknowledgedIsThere(t *testing.T) {
	db, w := open(t)
	var mu sync.Mutex
	var kept []string
	var all sync.WaitGroup
	for who := range 16 {
		all.Go(func() {
			for n := range 40 {
				name := fmt.Sprintf("%02d.%02d", who, n)
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(1+(who*7+n)%13)*time.Millisecond)
				work := insert(ctx, name)
				work.Apart = n%11 == 10
				switch run := work.Run; (who + n) % 5 {
				case 0:
					work.Run = func(tx *sql.Tx) error { return errors.Join(run(tx), errBroken) }
				case 1:
					work.Run = func(tx *sql.Tx) error { run(tx); panic("in the middle") } //nolint:errcheck // it panics
				}
				err := func() (err error) {
					defer func() {
						if p := recover(); p != nil {
							err = fmt.Errorf("panicked: %v", p)
						}
					}()
					return w.Do(ctx, work)
				}()
				cancel()
				if err == nil {
					mu.Lock()
					kept = append(kept, name)
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	slices.Sort(kept)
	if got := names(t, db); !slices.Equal(got, kept) {
		t.Errorf("%d acknowledged, %d there", len(kept), len(got))
	}
	if err := w.Do(t.Context(), insert(t.Context(), "afterwards")); err != nil || groupcommit.Waiting(w) != 0 {
		t.Error(err)
	}
}
