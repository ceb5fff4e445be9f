package auth

import (
	"encoding/json"
	"math"
	"net/http"
	"time"

	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
)

// A loginStatus is what the script of an open page asks: whether the page may still be seen.
type loginStatus struct {
	In    bool   `json:"in"`
	User  string `json:"user,omitempty"` // who is logged in: the page may be somebody else's
	Ends  int    `json:"ends"`           // in this many seconds, if no visit follows
	At    string `json:"at,omitempty"`   // the same as a time of day, in the user's time zone
	Keeps bool   `json:"keeps"`          // a visit would make it last longer
}

// status answers without being a visit: a page that is left open keeps no login alive.
func (p *Pages) status(w http.ResponseWriter, r *http.Request) error {
	return p.writeStatus(w, r, time.Time{})
}

// keep is a visit that asks for no page: the login lasts its full idle time again, or to its absolute limit.
func (p *Pages) keep(w http.ResponseWriter, r *http.Request) error {
	return p.writeStatus(w, r, p.Now())
}

func (p *Pages) writeStatus(w http.ResponseWriter, r *http.Request, visit time.Time) error {
	session.WithoutSession(r.Context())
	ends, keeps := p.Login.Ends(r.Context(), visit)
	answer := loginStatus{}
	if u, in := login.From(r.Context()); in {
		left := ends.Sub(p.Now())
		answer = loginStatus{
			In: true, User: u.Mark(), Ends: int(math.Ceil(left.Seconds())), At: ends.In(u.Location()).Format("15:04"), Keeps: keeps,
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(answer)
}
