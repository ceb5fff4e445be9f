// Package private is a private page for tests, with a table of its own: so that what stands between a visitor and a page
// can be tested without any section.
package private

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// Path is the address of the page, which lists its user's texts. Posting a title and a body adds one and leads to its own
// page, Path/{id}, which shows it and takes changes; these need its version, which is 1 at first. The answers are those of
// the example section: 422 without a title, 409 with both texts for an old version, 404 for a text of somebody else.
const Path = "/testkit/page"

// AdminOnly is the address of the same list, for users with the role admin.
const AdminOnly = Path + "/admin"

// Table makes the table of the page.
const Table = `
	CREATE TABLE IF NOT EXISTS testkit_texts (
		id       TEXT   NOT NULL PRIMARY KEY,
		owner_id TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
		title    TEXT   NOT NULL,
		body     TEXT   NOT NULL,
		version  BIGINT NOT NULL
	)`

type private struct{ *feature.Core }

var fields = []web.Field{{Name: "version", Hidden: true}, {Name: "title", Label: "Title"}, {Name: "body", Label: "Text", Rows: 12}}

// New returns the page as a feature.
func New(core *feature.Core) feature.Feature {
	p := private{core}
	return feature.Private(Path, feature.Feature{
		Name: "testkit",
		Routes: []web.Route{
			web.Private.At("GET "+Path, p.list).Titled("Texts").InMenu("Texts"),
			web.Admin.At("GET "+AdminOnly, p.list).Titled("Texts"),
			web.Private.At("POST "+Path, p.add).Takes(fields...),
			web.Private.At("GET "+Path+"/{id}", p.show).Titled("A text"),
			web.Private.At("POST "+Path+"/{id}", p.change).Takes(fields...),
		},
		Exports: []database.Export{{Table: "testkit_texts", About: "Your texts", Owner: "owner_id", Columns: "id, title, body, version"}},
	})
}

func (p private) list(w http.ResponseWriter, r *http.Request) error {
	var all strings.Builder
	rows, err := p.DB.QueryContext(r.Context(), `SELECT title, body FROM testkit_texts WHERE owner_id = $1 ORDER BY id`, login.Current(r).ID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var title, body string
		if err := rows.Scan(&title, &body); err != nil {
			return err
		}
		fmt.Fprintln(&all, title, body)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return p.form(w, r, http.StatusOK, all.String(), 0)
}

func (p private) add(w http.ResponseWriter, r *http.Request) error {
	title, body := typed(r)
	if strings.TrimSpace(title) == "" {
		return p.form(w, r, http.StatusUnprocessableEntity, "Give it a title.", 0)
	}
	id := database.NewID()
	if _, err := p.DB.ExecContext(r.Context(), `
		INSERT INTO testkit_texts (id, owner_id, title, body, version) VALUES ($1, $2, $3, $4, 1)`,
		id, login.Current(r).ID, title, body); err != nil {
		return err
	}
	session.Flash(r.Context(), "The text was saved.")
	return web.SeeOther(w, r, Path+"/"+id)
}

func typed(r *http.Request) (title, body string) {
	return r.PostFormValue("title"), strings.ReplaceAll(r.PostFormValue("body"), "\r\n", "\n") // as browsers send line ends
}

// read returns a text, title and body, and its version. It returns fault.NotFound if the user has no such text.
func (p private) read(r *http.Request) (text string, version int64, err error) {
	var title, body string
	err = p.DB.QueryRowContext(r.Context(), `
		SELECT title, body, version FROM testkit_texts WHERE id = $1 AND owner_id = $2`, r.PathValue("id"), login.Current(r).ID).
		Scan(&title, &body, &version)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.NotFound
	}
	return title + " " + body, version, err
}

func (p private) show(w http.ResponseWriter, r *http.Request) error {
	text, version, err := p.read(r)
	if err != nil {
		return err
	}
	return p.form(w, r, http.StatusOK, text, version)
}

func (p private) change(w http.ResponseWriter, r *http.Request) error {
	text, version, err := p.read(r)
	if err != nil {
		return err
	}
	title, body := typed(r)
	if strings.TrimSpace(title) == "" {
		return p.form(w, r, http.StatusUnprocessableEntity, "Give it a title.", version)
	}
	res, err := p.DB.ExecContext(r.Context(), `
		UPDATE testkit_texts SET title = $1, body = $2, version = version + 1 WHERE id = $3 AND owner_id = $4 AND CAST(version AS TEXT) = $5`,
		title, body, r.PathValue("id"), login.Current(r).ID, r.PostFormValue("version"))
	err = database.OneRow(res, err, fault.Conflict)
	if errors.Is(err, fault.Conflict) {
		return p.form(w, r, http.StatusConflict, text, version)
	}
	if err != nil {
		return err
	}
	session.Flash(r.Context(), "The text was saved.")
	return web.SeeOther(w, r, Path+"/"+r.PathValue("id"))
}

// form renders a text, and the form with what was typed.
func (p private) form(w http.ResponseWriter, r *http.Request, status int, text string, version int64) error {
	content := templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := fmt.Fprintf(w, `<h1>Texts</h1><pre class="text">%s</pre><form method="post"><input type="hidden" name="version" value="%d">
			<input id="title" name="title" aria-label="Title" value="%s"><textarea name="body" aria-label="Text">%s</textarea><button class="primary">Save</button></form>`,
			html.EscapeString(text), version, html.EscapeString(r.PostFormValue("title")), html.EscapeString(r.PostFormValue("body")))
		return err
	})
	page := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return views.Layout("Texts", "").Render(templ.WithChildren(ctx, content), w)
	})
	return web.Render(w, r, status, page)
}
