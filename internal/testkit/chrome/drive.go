package chrome

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/chromedp"
)

// step returns the context of one step.
func (b *Browser) step() (context.Context, context.CancelFunc) {
	limit := b.settings.stepTimeout
	return context.WithTimeoutCause(b.ctx, limit, fmt.Errorf("not within %v", limit))
}

// act does something that may lead to another document, and waits until that
// has loaded.
func (b *Browser) act(what string, do func(context.Context, *chromedp.Target) error) {
	b.t.Helper()
	ctx, cancel := b.step()
	defer cancel()
	err := chromedp.Do(ctx, chromedp.Func(do))
	if err == nil {
		// The answer to this tells that a navigation that was asked for is
		// known to the watcher.
		_, err = read(ctx, `""`)
	}
	if err == nil {
		err = b.settle(ctx, 0)
	}
	b.check(what, err)
}

// move does what certainly leads to another place, and waits until it is there.
func (b *Browser) move(what string, do func(context.Context, *chromedp.Target) error) {
	b.t.Helper()
	ctx, cancel := b.step()
	defer cancel()
	_, arrived, _ := b.watch.settled()
	err := chromedp.Do(ctx, chromedp.Func(do))
	if err == nil {
		err = b.settle(ctx, arrived+1)
	}
	b.check(what, err)
}

// settle waits until no navigation is pending and the tab has arrived
// somewhere so many times.
func (b *Browser) settle(ctx context.Context, arrivals int) error {
	return poll(ctx, func() (bool, error) {
		done, arrived, failure := b.watch.settled()
		if failure != "" {
			return false, errors.New(failure)
		}
		return done && arrived >= arrivals, nil
	})
}

// read returns a string that the page computes.
func (b *Browser) read(what, js string) string {
	b.t.Helper()
	ctx, cancel := b.step()
	defer cancel()
	value, err := read(ctx, js)
	b.check(what, err)
	return value
}

// wait polls a string that the page computes until it is right.
func (b *Browser) wait(what, js string, right func(string) bool) {
	b.t.Helper()
	ctx, cancel := b.step()
	defer cancel()
	err := poll(ctx, func() (bool, error) {
		now, err := read(ctx, js)
		return err == nil && right(now), err
	})
	if err == nil {
		err = b.settle(ctx, 0)
	}
	b.check(what, err)
}

// check fails the test if the step failed, and says what the page showed.
func (b *Browser) check(what string, err error) {
	b.t.Helper()
	if err == nil {
		return
	}
	if cause := context.Cause(b.ctx); cause != nil {
		b.t.Fatalf("browser: %s: %v", what, cause)
	}
	ctx, cancel := context.WithTimeout(b.ctx, time.Second)
	defer cancel()
	shown, _ := read(ctx, `location.href + "\n" + (`+visibleText+`).slice(0, 1000)`)
	b.t.Fatalf("browser: %s: %v\nThe page is %s", what, err, shown)
}

// click waits until the element is there, visible, enabled, uncovered and at
// rest, and clicks it.
func click(ctx context.Context, tab *chromedp.Target, how, what string) error {
	type place struct {
		X, Y    float64
		Problem string
	}
	last := place{Problem: "there is no document"}
	err := poll(ctx, func() (bool, error) {
		now, err := chromedp.Evaluate[place](call(find, how, what))(ctx, tab)
		if err != nil {
			if lostPage(err) || ctx.Err() != nil {
				err = nil
			}
			return false, err
		}
		rests := now == last && now.Problem == ""
		last = now
		return rests, nil
	})
	if err != nil {
		if last.Problem != "" && ctx.Err() != nil {
			err = fmt.Errorf("%s, %w", last.Problem, err)
		}
		return err
	}
	_, err = chromedp.MouseClickXY(last.X, last.Y)(ctx, tab)
	return err
}

// call returns the JavaScript that calls a function with strings.
func call(function string, args ...string) string {
	list, err := json.Marshal(args)
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	return fmt.Sprintf("(%s)(...%s)", strings.TrimSpace(function), list)
}

// read returns the value of an expression. It tries again while the document
// is being replaced.
func read(ctx context.Context, js string) (string, error) {
	var value string
	err := poll(ctx, func() (bool, error) {
		var err error
		value, err = chromedp.Run(ctx, chromedp.Evaluate[string](js))
		if err != nil && lostPage(err) {
			return false, nil
		}
		return err == nil, err
	})
	return value, err
}

// lostPage reports whether an evaluation failed since there is no document to
// do it in, not since the script is wrong.
func lostPage(err error) bool {
	var refused *cdproto.Error
	return errors.As(err, &refused)
}

// poll calls look until it is done or fails, or the context ends.
func poll(ctx context.Context, look func() (done bool, err error)) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		done, err := look()
		if done {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}
