package export_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/pgtest"
)

// TestADownloadWhoseLoginEndsIsNotSent ends the login when the file is made and nothing of it has left.
func TestADownloadWhoseLoginEndsIsNotSent(t *testing.T) {
	k := testkit.Start(t, "DATABASE_URL="+pgtest.URL(t))
	b := k.Browser().LogInAs("ann@example.org")
	answer := make(chan testkit.Page, 1)
	err := k.App.DB.InTx(t.Context(), func(ctx context.Context) error {
		_, err := k.App.DB.ExecContext(ctx, `SELECT id FROM users FOR UPDATE`)
		go func() { answer <- b.Post("/account/export") }()
		testkit.Await(t, k.App.DB, 1)
		if err == nil {
			_, err = k.App.DB.ExecContext(ctx, `DELETE FROM logins`)
		}
		return err
	})
	p := <-answer
	if err != nil || p.Status != http.StatusConflict || strings.HasPrefix(p.Body, "PK") || p.Header.Get("Content-Type") == "application/zip" {
		t.Errorf("%d %s %v", p.Status, p.Header.Get("Content-Type"), err)
	}
	if n := k.Count(`SELECT count(*) FROM events WHERE name = 'account.exported'`); n != 0 || len(testkit.Subjects(k, "ann@example.org")) != 1 {
		t.Errorf("%d downloads are told of", n)
	}
}
