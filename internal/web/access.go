package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
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
	// Unseen routes are no visits: a request to one renews no lifetime, and is not counted or listed.
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
	// Fields are those of the form that is posted here, for a page that shows what was sent; a field that is not among
	// them is called by its name.
	Fields []Field
	// Title is what people call the page at this address, as its h1 does; "" for none. Pages that lead there name it.
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

// WithoutSession returns the route as one that never sees the session.
func (rt Route) WithoutSession() Route {
	rt.NoSession = true
	return rt
}

// WithoutVisit returns the route as one whose requests are no visits: what a page asks by itself.
func (rt Route) WithoutVisit() Route {
	rt.Unseen = true
	return rt
}

// AcceptsRevoked returns the route as one that runs with a revoked token, too: log in, log out.
func (rt Route) AcceptsRevoked() Route {
	rt.Revoked = true
	return rt
}

// HashesPassword returns the route as one that is refused early while the queue of hashes is full.
func (rt Route) HashesPassword() Route {
	rt.Hashes = true
	return rt
}

// Limited returns the route as one whose requests take a try from the limit with this name, which a feature's Limits
// declare: web.Private.At("POST /notes", h).Limited("notes.write").
func (rt Route) Limited(name string) Route {
	rt.Limit = name
	return rt
}

// Takes returns the route with the fields of the form that is posted to it.
func (rt Route) Takes(fields ...Field) Route {
	rt.Fields = fields
	return rt
}

// ForUsersWith returns the route of a page for guests as one that is also shown to users whose query has this field.
func (rt Route) ForUsersWith(field string) Route {
	rt.UsersWith = field
	return rt
}

// Titled returns the route with the title of its page.
func (rt Route) Titled(title string) Route {
	rt.Title = title
	return rt
}

// TakesUpTo returns the route as one whose body may hold this many bytes: an upload. It is read into memory before anything
// else happens, within two minutes, so keep it to a few megabytes, and the route private.
func (rt Route) TakesUpTo(bytes int64) Route {
	rt.MaxBody = bytes
	return rt
}

// InMenu returns the route with an entry in the site's menu, shown to those who may open it.
func (rt Route) InMenu(label string) Route {
	rt.Menu = label
	return rt
}

// Path returns the pattern without its method.
func (rt Route) Path() string {
	_, path, found := strings.Cut(rt.Pattern, " ")
	if !found {
		return rt.Pattern
	}
	return path
}

// Method returns the pattern's method, or "" if it admits all.
func (rt Route) Method() string {
	method, _, found := strings.Cut(rt.Pattern, " ")
	if !found {
		return ""
	}
	return method
}

// Within returns the routes as those of a section, after it checked each against the section's prefix and floor.
// It panics, and so refuses to start, if a route leaves the prefix or is more open than the floor.
// Nobody may stand under any floor; Guest only under Public.
func Within(prefix string, floor Access, routes []Route) []Route {
	for i, rt := range routes {
		routes[i].Section = prefix
		path := rt.Path()
		if path != prefix && !strings.HasPrefix(path, prefix+"/") {
			panic(fmt.Sprintf("web.Within(%q): the route %q leaves the prefix", prefix, rt.Pattern))
		}
		if !under(rt.Access, floor) {
			panic(fmt.Sprintf("web.Within(%q): the route %q is %s, the floor is %s", prefix, rt.Pattern, rt.Access, floor))
		}
	}
	return routes
}

func under(a, floor Access) bool {
	switch {
	case a == Nobody:
		return true
	case a == Guest:
		return floor == Public
	case floor == Guest || floor == Nobody:
		return false
	default:
		return a >= floor
	}
}

// PrintMap returns routes as routes.txt holds them, sorted by address.
func PrintMap(routes []Route) string {
	lines := make([]string, 0, len(routes))
	for _, rt := range routes {
		access := rt.Access.String()
		if rt.NoSession {
			access += ", no session"
		}
		lines = append(lines, fmt.Sprintf("%-40s %-7s %s", rt.Path(), rt.Method(), access))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}
