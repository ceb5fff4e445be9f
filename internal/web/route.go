package web

import (
	"fmt"
	"slices"
	"strings"
)

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
