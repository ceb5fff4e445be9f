package login

import (
	"context"
	"errors"
	"net/http"

	"example.com/latchkey/internal/web"
)

// again runs the handler of a form once more if its session was ended by the same form, sent a moment before: in the
// session that the first one got. Otherwise it returns the error.
func (s *Service) again(access web.Access, next web.Handler, w http.ResponseWriter, r *http.Request, ended error) error {
	ctx := r.Context()
	resumed, err := s.Sessions.Resume(ctx)
	if err != nil || !resumed {
		return errors.Join(ended, err)
	}
	c, in, err := s.who(r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	var now any // nobody: the first form may have done the first of two steps
	if in {
		now = c
	}
	return gate(access, c, in, next)(w, r.WithContext(context.WithValue(ctx, currentKey{}, now)))
}
