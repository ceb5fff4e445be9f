package session

import (
	"context"
	"slices"
	"time"

	"example.com/latchkey/internal/database"
)

const (
	trailAge    = 30 * 24 * time.Hour
	trailLength = 50 // page views kept for each visitor
)

// A View is one entry of a visitor's trail.
type View struct {
	At      time.Time
	Method  string
	Pattern string // the line of the map
	Status  int
}

// newest cuts a trail, oldest first, to what is kept.
func newest(trail []View) []View { return trail[max(0, len(trail)-trailLength):] }

// views returns the page views that wait to be written about a session, oldest first.
func (b *batch) views(id string) (trail []View) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, waiting := range []map[string]*activity{b.flushing, b.pending} {
		if a := waiting[id]; a != nil {
			trail = append(trail, a.trail...)
		}
	}
	return trail
}

func (s *Sessions) saveTrail(ctx context.Context, id string, trail []View) error {
	for _, view := range trail {
		if _, err := s.DB.ExecContext(ctx, `
			INSERT INTO trail (id, session_id, at, method, pattern, status) VALUES ($1, $2, $3, $4, $5, $6)`,
			database.NewID(), id, view.At.UnixMilli(), view.Method, view.Pattern, view.Status); err != nil {
			return err
		}
	}
	if len(trail) == 0 {
		return nil
	}
	_, err := s.DB.ExecContext(ctx, `
		DELETE FROM trail
		 WHERE session_id = $1
		   AND id <= (SELECT id FROM trail WHERE session_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)`, id, trailLength)
	return err
}

// Trail returns the recent page views of this visitor, newest first, with those that wait to be written.
func (s *Sessions) Trail(ctx context.Context) ([]View, error) {
	id := Current(ctx).ID
	if id == "" {
		return nil, nil
	}
	trail := s.batch.views(id)
	slices.Reverse(trail)
	rows, err := s.DB.QueryContext(ctx, `
		SELECT at, method, pattern, status FROM trail WHERE session_id = $1 ORDER BY id DESC LIMIT $2`, id, trailLength)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		var view View
		if err := rows.Scan(&at, &view.Method, &view.Pattern, &view.Status); err != nil {
			return nil, err
		}
		view.At = time.UnixMilli(at).UTC()
		// What is being written at this moment is in both.
		if !slices.ContainsFunc(trail, func(w View) bool { return w.At.UnixMilli() == at && w.Pattern == view.Pattern }) {
			trail = append(trail, view)
		}
	}
	return trail[:min(len(trail), trailLength)], rows.Err()
}
