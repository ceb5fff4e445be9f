package login

import (
	"context"
	"database/sql"

	"example.com/latchkey/internal/database"
)

// historyPage is the number of events on one page of the history.
const historyPage = 50

func (m *Module) insertEvent(ctx context.Context, userID string, e Event) error {
	_, err := m.DB.ExecContext(ctx, `
		INSERT INTO events (id, user_id, at, name, detail, ip, user_agent) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		newID(), sql.NullString{String: userID, Valid: userID != ""}, e.At.UnixMilli(), e.Name, e.Detail, e.Network, e.UserAgent)
	return err
}

// History returns a page of the user's security events of the last 90 days, newest first. Pages count from 1; a page
// that is not there is the nearest one that is. It returns the page's number and how many there are.
func (m *Module) History(ctx context.Context, userID string, page int) (events []Event, number, pages int, err error) {
	since, total := m.Now().Add(-historyAge).UnixMilli(), 0
	if err := m.DB.QueryRowContext(ctx, `SELECT count(*) FROM events WHERE user_id = $1 AND at >= $2`, userID, since).Scan(&total); err != nil {
		return nil, 0, 0, err
	}
	pages = max(1, (total+historyPage-1)/historyPage)
	number = min(max(page, 1), pages)
	rows, err := m.DB.QueryContext(ctx, `
		SELECT at, name, detail, ip, user_agent FROM events
		 WHERE user_id = $1 AND at >= $2
		 ORDER BY id DESC
		 LIMIT $3 OFFSET $4`, userID, since, historyPage, (number-1)*historyPage)
	if err != nil {
		return nil, 0, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var e Event
		var at int64
		if err := rows.Scan(&at, &e.Name, &e.Detail, &e.Network, &e.UserAgent); err != nil {
			return nil, 0, 0, err
		}
		e.At = database.Time(at)
		events = append(events, e)
	}
	return events, number, pages, rows.Err()
}
