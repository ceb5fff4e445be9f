package testkit_test

import (
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

func reader(c *testkit.Clock) time.Time { return c.Now() }

func TestBeforeAReadingOfTheClock(t *testing.T) {
	c, happened := &testkit.Clock{}, 0
	c.Before("testkit_test.reader", func() {
		happened++
		c.Advance(time.Hour)
	})
	if c.Now(); happened != 0 {
		t.Error("it happened before another function read the clock")
	}
	if at := reader(c); happened != 1 || at.Before(time.Now().Add(59*time.Minute)) {
		t.Errorf("it happened %d times before the clock showed %s", happened, at)
	}
	if reader(c); happened != 1 {
		t.Errorf("it happened %d times", happened)
	}
}
