package groupcommit_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	_ "modernc.org/sqlite"

	"example.com/latchkey/internal/groupcommit"
)

// A queue is a database with a Writer, and those who came to write while somebody had the turn.
type queue struct {
	*groupcommit.Writer
	t       *testing.T
	readers *sql.DB
	commits int // that were asked whether they count
	work    []groupcommit.Work
	errs    []error
}

// bubble runs f with an empty table t, whose clock is the bubble's. b_of_a refers to t, and is checked at the commit.
func bubble(t *testing.T, f func(t *testing.T, q *queue)) {
	file := filepath.Join(t.TempDir(), "a.db")
	synctest.Test(t, func(t *testing.T) {
		db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(wal)&_pragma=foreign_keys(1)&_txlock=immediate")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		db.SetMaxOpenConns(1)
		for _, text := range []string{
			`CREATE TABLE t (name TEXT PRIMARY KEY)`,
			`CREATE TABLE b_of_a (name TEXT REFERENCES t (name) DEFERRABLE INITIALLY DEFERRED)`,
		} {
			if _, err := db.Exec(text); err != nil {
				t.Fatal(err)
			}
		}
		readers, err := sql.Open("sqlite", "file:"+file)
		if err != nil {
			t.Fatal(err)
		}
		defer readers.Close()
		q := &queue{t: t, readers: readers}
		q.Writer = groupcommit.New(db, func() error { q.commits++; return nil })
		f(t, q)
	})
}

// add lets a transaction come that inserts a row and then does what is left.
func (q *queue) add(name string, then func(tx *sql.Tx) error) {
	q.work = append(q.work, groupcommit.Work{Run: func(tx *sql.Tx) error {
		if _, err := tx.Exec(`INSERT INTO t VALUES ($1)`, name); err != nil {
			return err
		}
		return then(tx)
	}})
}

func well(*sql.Tx) error { return nil }

// run lets all come while somebody has the turn, who then lets them in, and returns what they got.
func (q *queue) run(contexts ...context.Context) {
	q.t.Helper()
	q.errs = make([]error, len(q.work))
	var all sync.WaitGroup
	if err := q.Do(context.Background(), groupcommit.Work{Run: func(*sql.Tx) error {
		for i, work := range q.work {
			ctx := context.Background()
			if i < len(contexts) {
				ctx = contexts[i]
			}
			all.Go(func() {
				defer func() {
					if p := recover(); p != nil {
						q.errs[i] = fmt.Errorf("panicked: %v", p)
					}
				}()
				q.errs[i] = q.Do(ctx, work)
			})
			synctest.Wait() // one after the other
		}
		return nil
	}}); err != nil {
		q.t.Fatal(err)
	}
	all.Wait()
}

// committed returns the names that others see.
func (q *queue) committed() (names []string) {
	q.t.Helper()
	rows, err := q.readers.Query(`SELECT name FROM t ORDER BY rowid`)
	if err != nil {
		q.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			q.t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

var errBroken = errors.New("broken")

// Of sixteen who share a commit one fails, one panics, and the time of one is over. The others keep what they did.
func TestWhoFailsIsUndoneAlone(t *testing.T) {
	bubble(t, func(t *testing.T, q *queue) {
		over, end := context.WithCancel(t.Context())
		defer end()
		contexts := slices.Repeat([]context.Context{t.Context()}, 16)
		contexts[9] = over
		var want []string
		for i := range 16 {
			name := fmt.Sprint(i)
			switch i {
			case 3:
				q.add(name, func(*sql.Tx) error { return errBroken })
			case 6:
				q.add(name, func(*sql.Tx) error { panic("in the middle") })
			case 9:
				q.add(name, func(*sql.Tx) error { end(); return nil })
			case 15:
				q.add(name, func(*sql.Tx) error {
					if seen := q.committed(); seen != nil {
						t.Errorf("%q is committed while the last one is at work", seen)
					}
					return nil
				})
				want = append(want, name)
			default:
				q.add(name, well)
				want = append(want, name)
			}
		}
		q.run(contexts...)
		for i, err := range q.errs {
			switch {
			case i == 3 && errors.Is(err, errBroken), i == 6 && err.Error() == "panicked: in the middle", i == 9 && errors.Is(err, context.Canceled):
			case err != nil || i == 3 || i == 6 || i == 9:
				t.Errorf("%d: %v", i, err)
			}
		}
		if got := q.committed(); !slices.Equal(got, want) || q.commits != 2 { // the first is of who had the turn
			t.Errorf("%q after %d commits", got, q.commits)
		}
	})
}

// After some errors SQLite undoes the whole transaction. Nobody who shared it is told that it is done, whether the error was
// returned or not, and nothing of it is there: not in another transaction that begins unnoticed, either.
func TestATransactionThatIsLostFailsAll(t *testing.T) {
	for name, then := range map[string]func(tx *sql.Tx) error{
		"returned": func(tx *sql.Tx) error {
			_, err := tx.Exec(`INSERT OR ROLLBACK INTO t VALUES ('b')`)
			return err
		},
		"ignored": func(tx *sql.Tx) error {
			if _, err := tx.Exec(`INSERT OR ROLLBACK INTO t VALUES ('b')`); err == nil {
				t.Error("it is there twice")
			}
			return nil
		},
		"panicked": func(tx *sql.Tx) error {
			_, err := tx.Exec(`INSERT OR ROLLBACK INTO t VALUES ('b')`)
			panic(err)
		},
		"its savepoint is gone": func(tx *sql.Tx) error {
			_, err := tx.Exec(`RELEASE part2`)
			return errors.Join(err, errBroken)
		},
		"at the commit": func(tx *sql.Tx) error {
			_, err := tx.Exec(`INSERT INTO b_of_a VALUES ('none')`)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, q *queue) {
				q.add("a", well)
				q.add("b", then)
				q.add("c", well)
				q.run()
				kept := []string(nil)
				for i, who := range []string{"a", "b", "c"} {
					if q.errs[i] == nil {
						kept = append(kept, who)
					}
				}
				if got := q.committed(); !slices.Equal(got, kept) || !errors.Is(q.errs[0], groupcommit.ErrShared) || q.errs[1] == nil {
					t.Errorf("%q are there; %v", got, q.errs)
				}
				q.work, q.errs = nil, nil
				q.add("d", well)
				q.add("e", well)
				q.run()
				if err := errors.Join(q.errs...); err != nil {
					t.Errorf("afterwards: %v", err)
				}
			})
		})
	}
}

// A refusal may be about what somebody in the same group did. It is no answer if that did not happen.
func TestARefusalIsOfWhatWasCommitted(t *testing.T) {
	bubble(t, func(t *testing.T, q *queue) {
		q.add("a", well)
		q.add("a", well) // taken
		q.add("c", func(tx *sql.Tx) error {
			_, err := tx.Exec(`INSERT INTO b_of_a VALUES ('none')`)
			return err
		})
		q.run()
		if !errors.Is(q.errs[1], groupcommit.ErrShared) {
			t.Error(q.errs[1])
		}
	})
}

// Nobody shares with work that is apart; a group ends after 32 parts and after 5 ms; and who waits comes in turn.
func TestGroupsAreBounded(t *testing.T) {
	for name, c := range map[string]struct {
		parts   int
		change  func(q *queue)
		commits int
	}{
		"32 parts":    {32, func(*queue) {}, 1},
		"33 parts":    {33, func(*queue) {}, 2},
		"one apart":   {9, func(q *queue) { q.work[4].Apart = true }, 3},
		"apart first": {9, func(q *queue) { q.work[0].Apart = true }, 2},
		"a slow one": {9, func(q *queue) {
			q.add("slow", func(*sql.Tx) error { time.Sleep(6 * time.Millisecond); return nil })
			q.add("z", well)
		}, 2},
		"all are slow": {0, func(q *queue) { slow(q, 6) }, 3},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, q *queue) {
				for i := range c.parts {
					q.add(fmt.Sprintf("%02d", i), well)
				}
				c.change(q)
				q.run()
				if err := errors.Join(q.errs...); err != nil {
					t.Error(err)
				}
				if got := q.committed(); !slices.IsSorted(slices.DeleteFunc(got, func(name string) bool { return name == "slow" })) || q.commits != 1+c.commits {
					t.Errorf("%q after %d commits, want %d", got, q.commits-1, c.commits)
				}
			})
		})
	}
}

// slow lets n come that take 3 ms each.
func slow(q *queue, n int) {
	for i := range n {
		q.add(fmt.Sprintf("%02d", i), func(*sql.Tx) error { time.Sleep(3 * time.Millisecond); return nil })
	}
}

// One statement that nobody waits behind needs no transaction.
func TestASingleStatementAlone(t *testing.T) {
	bubble(t, func(t *testing.T, q *queue) {
		var alone, together *sql.Tx
		single := groupcommit.Work{Single: true, Run: func(tx *sql.Tx) error { alone = tx; return nil }}
		if err := q.Do(t.Context(), single); err != nil || alone != nil || q.commits != 1 {
			t.Errorf("%v, %v, %d commits", err, alone, q.commits)
		}
		single.Run = func(tx *sql.Tx) error { together = tx; return nil }
		q.work = append(q.work, single)
		q.add("a", well)
		q.run()
		if err := errors.Join(q.errs...); err != nil || together == nil {
			t.Errorf("%v, %v", err, together)
		}
	})
}

// Who does not wait any longer leaves the others their turn.
func TestWhoGivesUpWaiting(t *testing.T) {
	bubble(t, func(t *testing.T, q *queue) {
		short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		q.add("a", func(*sql.Tx) error {
			time.Sleep(2 * time.Millisecond)
			synctest.Wait()
			if !errors.Is(q.errs[1], context.DeadlineExceeded) {
				t.Error("it waits for its turn when its time is over")
			}
			return nil
		})
		q.add("b", well)
		q.add("c", well)
		q.run(t.Context(), short)
		if !errors.Is(q.errs[1], context.DeadlineExceeded) || q.errs[0] != nil || q.errs[2] != nil {
			t.Error(q.errs)
		}
		if got := q.committed(); !slices.Equal(got, []string{"a", "c"}) {
			t.Error(got)
		}
	})
}
