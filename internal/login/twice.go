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
	c, in, resumed, err := s.resume(r)
	if err != nil || !resumed {
		return errors.Join(ended, err)
	}
	w.Header().Set("Cache-Control", "no-store")
	var now any // nobody: the first form may have done the first of two steps
	if in {
		now = c
	}
	return gate(access, c, in, next)(w, r.WithContext(context.WithValue(r.Context(), currentKey{}, now)))
}

// maxPresses is how often resume begins anew.
const maxPresses = 20

// resume takes up the session that the same form got, and returns who is logged in to it. Each press of a button gives that
// session another token, so of many presses at once one may find that the next was faster: it begins anew.
func (s *Service) resume(r *http.Request) (c current, in, resumed bool, err error) {
	for range maxPresses {
		if resumed, err = s.Sessions.Resume(r.Context()); err != nil || !resumed {
			return nobody, false, false, err
		}
		if c, in, err = s.who(r); err != nil || in {
			break
		}
		if faster, err := s.Sessions.Ended(r.Context()); err != nil || !faster {
			return nobody, false, true, err
		}
	}
	return c, in, resumed, err
}
