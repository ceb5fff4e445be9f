package web

import (
	"net/http"
)

// Access says who may open a route. The zero value is Nobody: a route whose access was forgotten is closed.
type Access int

const (
	// Nobody may open the route: it answers 404.
	Nobody Access = iota
	// Public routes are open to everyone.
	Public
	// Guest routes are for visitors who are not logged in; the others are sent home.
	Guest
	// Private routes need a login.
	Private
	// Fresh routes need a login whose password was confirmed a short while ago (FRESH_FOR).
	Fresh
	// Admin routes need a fresh login of a user with the role "admin".
	Admin
)

var accessNames = [...]string{"nobody", "public", "guest", "private", "fresh", "admin"}

// String returns the name of the access as routes.txt prints it.
func (a Access) String() string { return accessNames[a] }

// A Handler reads the request, acts, answers, and returns its error, which Fail turns into an answer.
type Handler func(w http.ResponseWriter, r *http.Request) error

// A Route is one line of the map: an address, who may open it, and what answers.
type Route struct {
	Access  Access
	Pattern string // as net/http's ServeMux reads it: "GET /notes/{id}"
	Handler Handler

	// NoSession routes never see the session: no cookie is read or set, no row is made.
	NoSession bool
	// Unseen routes are no visits: a request neither renews a lifetime nor is it counted or listed.
	Unseen bool
	// Revoked routes run also with a token that was just ended or replaced; every other unsafe request with such a token
	// is refused before its handler runs.
	Revoked bool
	// Hashes is true of routes that hash a password: while the queue of hashes is full they are refused before the session
	// is loaded.
	Hashes bool
	// UsersWith is the name of a field of the query with which a page for guests is also shown to users: an invitation.
	UsersWith string
	// Limit is the name of the limit that each request takes a try from, by user or, for a guest, by address; "" for none.
	Limit string
	// MaxBody is the most that a body may hold, in bytes; 0 for the 64 KiB of a form.
	MaxBody int64
	// Section is the prefix of the section that the route belongs to: Within sets it. "" for the starter's own pages.
	Section string
	// Fields describe the form that is posted here, for a page that shows what was sent. A field that is not described is
	// shown by its name.
	Fields []Field
	// Title is the page's name, as its h1 has it, for pages that lead there; "" for none.
	Title string
	// Menu is the label of this address in the site's menu; "" for none.
	Menu string
}

// A Field is one of the fields of a form.
type Field struct {
	Name, Label string
	Rows        int  // of a text of several lines; 0 for one line
	Hidden      bool // carried along, and not shown
}

// At makes a route with this access: web.Private.At("GET /notes", s.list).
func (a Access) At(pattern string, h Handler) Route {
	return Route{Access: a, Pattern: pattern, Handler: h}
}
