package factor

import (
	"context"
	"net/http"
	"strings"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

// SetUpPath is the page where users see and set up their factors. Where REQUIRE_FACTOR asks for one, a user without it
// opens no other private page than those that begin with SecurityPath, and the page to confirm.
const (
	SecurityPath = "/account/security/"
	SetUpPath    = SecurityPath + "second-factor"
)

// Missing reports whether REQUIRE_FACTOR asks the user for a factor, and there is none.
func (s *Service) Missing(ctx context.Context, u user.User) (bool, error) {
	if !s.Required(u) {
		return false, nil
	}
	mine, err := s.Of(ctx, u.ID)
	return err == nil && !asks(mine), err
}

// Guard leads a user who must have a second factor, and has none, to the page to set one up. Until then they open nothing
// that needs a login. It stands inside login.Service.Handler.
func (s *Service) Guard(next http.Handler) http.Handler {
	if len(s.Factors) == 0 || s.Require == "off" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		rt := web.RequestOf(ctx).Route
		u, in := login.From(ctx)
		if !in || rt == nil || rt.Access < web.Private || strings.HasPrefix(rt.Path(), SecurityPath) || strings.HasPrefix(rt.Path()+"/", "/confirm/") {
			next.ServeHTTP(w, r)
			return
		}
		missing, err := s.Missing(ctx, u)
		if err == nil && !missing {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		web.RequestOf(ctx).Reason = "no second factor"
		if err == nil && web.WantsJSON(r) {
			err = fault.Unauthenticated
		}
		if err == nil {
			err = web.SeeOther(w, r, SetUpPath)
		}
		if err != nil {
			web.Fail(w, r, err)
		}
	})
}
