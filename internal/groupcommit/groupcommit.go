// Package groupcommit lets those who write to a SQLite database at the same moment share one commit, and so one wait for the
// disk. Writers take turns. Those who wait when a transaction begins, and those who come while it lasts, write in it, each
// under a savepoint of their own, so that a failure undoes one writer's work alone; then it is committed, and all are told. It
// never waits for others to come, so somebody who writes alone pays nothing. It knows no table.
package groupcommit

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A group takes at most so many, and lasts at most so long, so that the first in it do not wait long for the last.
const (
	most    = 32
	longest = 5 * time.Millisecond
)

// ErrShared says that a shared transaction failed: nothing of it was committed, and somebody else's work may be the cause. Done
// again with Apart, the work has a transaction of its own, and an error of its own.
var ErrShared = errors.New("a shared transaction failed")

// A Writer gives turns on the one connection that writes.
type Writer struct {
	db        *sql.DB
	committed func() error

	mu      sync.Mutex
	taken   bool // somebody has the turn
	waiting []*waiter
}

// New returns a Writer on a pool of one connection, whose BEGIN takes the lock (_txlock=immediate). It asks committed after
// each commit whether that counts.
func New(db *sql.DB, committed func() error) *Writer { return &Writer{db: db, committed: committed} }

// Work is one thing to do, wholly or not at all.
type Work struct {
	Run    func(tx *sql.Tx) error
	Single bool // Run is one statement: if nobody shares its transaction there is none, and tx is nil
	Apart  bool // nobody shares its transaction: it takes long, or is done again
}

// A waiter gets the turn, and with it a group that it may join, nil for none.
type waiter struct {
	apart bool
	turn  chan *group
}

// A group is what is committed at once.
type group struct {
	tx     *sql.Tx // nil for a single statement
	cancel context.CancelFunc
	shared bool // others may join, and the transaction has a savepoint named whole
	began  time.Time
	parts  int
	kept   int  // of the parts, how many are to be committed
	lost   bool // SQLite has rolled the transaction back: after some errors it does

	done chan struct{} // closed once err says what became of it
	err  error
}

// Do does the work when its turn comes, and returns once it is committed or undone. A panic of Run undoes it, and goes on.
// If the context ends before the work is done, it is undone, and the context's error returned.
func (w *Writer) Do(ctx context.Context, work Work) error {
	g, err := w.turn(ctx, work)
	if err != nil {
		return err
	}
	err = w.part(ctx, g, work)
	<-g.done // also of what failed: it may have seen what others in the group did, and that is not so yet
	if err == nil || errors.Is(g.err, ErrShared) {
		return g.err
	}
	return errors.Join(err, g.err)
}

// turn waits for the turn, and returns the group that the work belongs to.
func (w *Writer) turn(ctx context.Context, work Work) (*group, error) {
	w.mu.Lock()
	if !w.taken {
		w.taken = true
		w.mu.Unlock()
		return w.begin(ctx, work)
	}
	me := &waiter{work.Apart, make(chan *group, 1)}
	w.waiting = append(w.waiting, me)
	w.mu.Unlock()
	var g *group
	select {
	case g = <-me.turn:
	case <-ctx.Done():
		if w.leave(me) {
			return nil, ctx.Err()
		}
		g = <-me.turn // it came at the same moment
	}
	if g == nil {
		return w.begin(ctx, work)
	}
	g.parts++
	return g, nil
}

// leave takes a waiter out of the queue. It returns false if it has been given the turn.
func (w *Writer) leave(me *waiter) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.Index(w.waiting, me)
	if i >= 0 {
		w.waiting = slices.Delete(w.waiting, i, i+1)
	}
	return i >= 0
}

// joins takes the next waiter out of the queue if it may share a transaction; nil if there is none, or it may not.
func (w *Writer) joins(take bool) *waiter {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) == 0 || w.waiting[0].apart {
		return nil
	}
	next := w.waiting[0]
	if take {
		w.waiting = slices.Delete(w.waiting, 0, 1)
	}
	return next
}

// begin begins a group. If it fails, the turn is passed on.
func (w *Writer) begin(ctx context.Context, work Work) (*group, error) {
	g := &group{parts: 1, began: time.Now(), done: make(chan struct{}), cancel: func() {}}
	g.shared = !work.Apart && w.joins(false) != nil
	if work.Single && !g.shared {
		return g, nil
	}
	// The transaction outlives the context of who begins it, but waits for another process no longer than that.
	var own context.Context
	own, g.cancel = context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, g.cancel)
	var err error
	if g.tx, err = w.db.BeginTx(own, nil); err != nil {
		g.tx = nil
	}
	if !stop() {
		err = errors.Join(ctx.Err(), err)
	}
	if err == nil && g.shared {
		err = g.exec(`SAVEPOINT whole`)
	}
	if err != nil {
		w.finish(g)
		return nil, err
	}
	return g, nil
}

// part does the work in the group, and ends the turn.
func (w *Writer) part(ctx context.Context, g *group, work Work) error {
	defer w.end(g)
	savepoint := "part" + strconv.Itoa(g.parts)
	if g.shared {
		if err := g.exec("SAVEPOINT " + savepoint); err != nil {
			g.lost = true
			return errors.Join(ErrShared, err)
		}
	}
	kept := false
	defer func() { // it failed or panicked
		if !kept && g.shared && g.exec("ROLLBACK TO "+savepoint) != nil {
			g.lost = true
		}
	}()
	if err := work.Run(g.tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil && g.tx != nil {
		return err
	}
	kept = true
	g.kept++
	return nil
}

// end gives the turn and the group to the next who may join it; without one the group is over.
func (w *Writer) end(g *group) {
	if g.shared && !g.lost && g.parts < most && time.Since(g.began) < longest {
		if next := w.joins(true); next != nil {
			next.turn <- g
			return
		}
	}
	w.finish(g)
}

// finish commits the group, says so to everybody in it, and passes the turn on.
func (w *Writer) finish(g *group) {
	g.err = g.commit()
	g.cancel()
	if g.err == nil && g.kept > 0 {
		g.err = w.committed()
	}
	close(g.done)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) == 0 {
		w.taken = false
		return
	}
	next := w.waiting[0]
	w.waiting = slices.Delete(w.waiting, 0, 1)
	next.turn <- nil
}

func (g *group) commit() error {
	switch {
	case g.tx == nil:
		return nil
	case g.lost:
		return errors.Join(ErrShared, g.tx.Rollback())
	case g.kept == 0:
		return g.tx.Rollback()
	case !g.shared:
		return g.tx.Commit()
	}
	// If SQLite rolled it back and nobody noticed, the next SAVEPOINT began another one. Then there is no whole to release.
	if err := g.exec(`RELEASE whole`); err != nil {
		return errors.Join(ErrShared, err, g.tx.Rollback())
	}
	if err := g.tx.Commit(); err != nil {
		return errors.Join(ErrShared, err)
	}
	return nil
}

// exec runs a statement about the transaction, whoever's time is over.
func (g *group) exec(text string) error {
	_, err := g.tx.ExecContext(context.Background(), text)
	return err
}
