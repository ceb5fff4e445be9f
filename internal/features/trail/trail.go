// Package trail keeps the recent page views of each visitor, and shows them to that visitor on /privacy.
package trail

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

const (
	keptFor = 30 * 24 * time.Hour
	length  = 50 // page views kept for each visitor
	lately  = 10 // of them, those that are shown at first
)

// Trail is the feature: what stores page views and shows them.
type Trail struct{ *feature.Core }

// New returns the feature.
func New(core *feature.Core) feature.Feature {
	t := &Trail{core}
	return feature.Feature{
		Name: "trail",
		Seen: t.save, PrivacyPart: t.part, Sweep: t.sweep,
		Exports: []database.Export{{
			Table: "trail", About: "Recent page views of the browsers where you are logged in", From: "logins l JOIN trail t ON t.session_id = l.session_id",
			Owner: "l.user_id", Key: "t.id", Columns: "t.id, t.session_id, t.at, t.method, t.pattern, t.status",
		}},
	}
}

// part returns the list on /privacy: the last ten pages that were opened or, with ?all=1, everything.
func (t *Trail) part(r *http.Request) (templ.Component, error) {
	if session.Current(r.Context()).ID == "" {
		return nil, nil //nolint:nilnil // nothing is kept about this browser
	}
	views, err := t.views(r.Context())
	if err != nil {
		return nil, err
	}
	return list(listView{Views: views, All: r.FormValue("all") == "1", Refused: r.Header.Get("Sec-GPC") == "1"}), nil
}

type listView struct {
	Views   []session.View // the latest first
	All     bool           // show them all
	Refused bool           // the browser asks not to be followed
}

// shown returns the views that the list shows.
func (v listView) shown() (shown []session.View) {
	if v.All {
		return v.Views
	}
	for _, view := range v.Views {
		if view.Method == http.MethodGet && view.Status < http.StatusMultipleChoices && len(shown) < lately {
			shown = append(shown, view)
		}
	}
	return shown
}

// called says in words what was opened or, with the title of the page at the same address, which form was sent.
func called(ctx context.Context, view session.View) string {
	title := web.RequestOf(ctx).TitleOf(view.Pattern)
	switch {
	case view.Method != http.MethodGet && title != "":
		return "A button or form on “" + title + "”"
	case view.Method != http.MethodGet:
		return "A button or form"
	case title == "":
		return "A page"
	}
	return title
}
