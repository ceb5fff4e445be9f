package notes

import (
	"context"
	"fmt"
	"strings"
	"time"

	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/user"
)

// Seeded returns the section, and has make seed write notes.
func Seeded(core *feature.Core) feature.Feature {
	f := New(core)
	f.Seed = (&Section{NewStore(core.DB, core.Now)}).seed
	return f
}

// seed gives a user of a development database some notes, enough for a second page of the list, unless they have some.
func (s *Section) seed(ctx context.Context, u user.User) error {
	if notes, _, err := s.store.List(ctx, u.ID, "", "", 1); err != nil || len(notes) > 0 {
		return err
	}
	at := s.store.now()
	past := NewStore(s.store.db, func() time.Time { return at })
	for n := perPage + 4; n > 0; n-- {
		at = s.store.now().Add(-time.Duration(n) * 7 * time.Hour)
		title := fmt.Sprintf("%s, day %d", []string{"Garden", "Kitchen", "Workshop"}[n%3], n)
		if _, err := past.Create(ctx, u.ID, Note{Title: title, Body: strings.Repeat("What is to be done, and what was done. ", n)}); err != nil {
			return err
		}
	}
	return nil
}
