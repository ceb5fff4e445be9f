package trail

import (
	"context"
	"slices"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/session"
)

// save stores the page views that were waiting, and deletes all but the newest.
func (t *Trail) save(ctx context.Context, sessionID string, a session.Activity) error {
	for _, view := range a.Views {
		if _, err := t.DB.ExecContext(ctx, `
			INSERT INTO trail (id, session_id, at, method, pattern, status) VALUES ($1, $2, $3, $4, $5, $6)`,
			database.NewID(), sessionID, view.At.UnixMilli(), view.Method, view.Pattern, view.Status); err != nil {
			return err
		}
	}
	if len(a.Views) == 0 {
		return nil
	}
	_, err := t.DB.ExecContext(ctx, `
		DELETE FROM trail
		 WHERE session_id = $1
		   AND id <= (SELECT id FROM trail WHERE session_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)`, sessionID, length)
	return err
}

// views returns the recent page views of this visitor, newest first, with those that wait to be written.
func (t *Trail) views(ctx context.Context) ([]session.View, error) {
	views := session.Waiting(ctx).Views
	slices.Reverse(views)
	written, err := database.All(ctx, t.DB, func(v *session.View) []any {
		return []any{database.Moment(&v.At), &v.Method, &v.Pattern, &v.Status}
	}, `SELECT at, method, pattern, status FROM trail WHERE session_id = $1 ORDER BY id DESC LIMIT $2`, session.Current(ctx).ID, length)
	for _, view := range written {
		// A view that is being written at this moment may be both in the batch and in the table.
		if !slices.ContainsFunc(views, func(w session.View) bool {
			return w.At.UnixMilli() == view.At.UnixMilli() && w.Pattern == view.Pattern
		}) {
			views = append(views, view)
		}
	}
	return views[:min(len(views), length)], err
}

func (t *Trail) sweep(ctx context.Context) (int64, error) {
	return t.DB.DeleteSome(ctx, "trail", "id", "at", "at < $1", t.Now().Add(-keptFor).UnixMilli())
}
