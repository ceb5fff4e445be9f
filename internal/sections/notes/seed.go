package notes

import (
	"context"
	"fmt"
	"time"

	"example.com/latchkey/internal/user"
)

// sentences are what the notes of seed are made of.
var sentences = []string{
	"Bought two boxes of screws and forgot the hinges.", "Ask Grace for the long ladder.", "The light by the door works again.",
	"Rain in the afternoon, so nothing was painted.", "Measure twice: the shelf is 82 cm.", "Call the joiner before Friday.",
	"Half of the tiles are on the wall.",
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
		note := Note{Title: fmt.Sprintf("%s, day %d", []string{"Garden", "Kitchen", "Workshop"}[n%3], n)}
		for i := range n { // from one sentence to many
			note.Body += sentences[(n+i)%len(sentences)] + " "
		}
		if _, err := past.Create(ctx, u.ID, note); err != nil {
			return err
		}
	}
	return nil
}
