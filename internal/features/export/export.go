// Package export lets users download everything that is kept about them, as a ZIP file of JSON.
package export

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// sendTime is how long a client may take to read its download. The limit on downloads bounds how many slow clients there can
// be.
const sendTime = time.Hour

// Export is the download.
type Export struct {
	*feature.Core
	tables []database.Export
}

// New returns the feature. tables are all tables that hold something of a user.
func New(core *feature.Core, tables []database.Export) feature.Feature {
	e := &Export{core, tables}
	return feature.Feature{
		Name: "export",
		Routes: []web.Route{
			web.Fresh.At("GET /account/export", e.show).Limited("account.holdings").Titled("Your data"),
			web.Fresh.At("POST /account/export", e.download).Limited("export.account"),
		},
		Limits: []ratelimit.Named{
			{Name: "export.account", Act: "download one's data", By: "account", Setting: "LIMIT_EXPORT_ACCOUNT", Tries: 5},
		},
		Account:  []views.Link{{Href: "/account/export", Label: "Your data", Icon: "download", Also: []string{"/account/delete"}}},
		Commands: &commands{},
		Leaving:  []views.Link{{Href: "/account/export", Label: "Download your data first"}},
	}
}

func (e *Export) show(w http.ResponseWriter, r *http.Request) error {
	counts, err := e.Holdings(r.Context(), e.tables, login.Current(r).ID)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, exportPage(counts))
}

// download sends the user everything that is kept about them. The file is complete before its first byte is sent, so that an
// error becomes an error page and not half a file, and a slow client holds nothing but the file.
func (e *Export) download(w http.ResponseWriter, r *http.Request) error {
	ctx, u, now := r.Context(), login.Current(r), e.Now().UTC()
	if err := e.Sessions.Flush(ctx); err != nil { // the activity that waits is kept, too
		return err
	}
	file, err := os.CreateTemp("", "latchkey-data-*.zip") // readable by us alone
	if err != nil {
		return err
	}
	// Without a name it goes with the open file, even if the program is killed.
	if os.Remove(file.Name()) != nil {
		defer os.Remove(file.Name()) //nolint:errcheck // where open files keep their names
	}
	defer file.Close()
	if err := e.archive(ctx, file, u, now); err != nil {
		return err
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	// Locked, so that a login that was ended meanwhile gets nothing.
	if err := e.DB.InTx(ctx, func(ctx context.Context) error {
		if err := e.Login.LockCurrent(ctx); err != nil {
			return err
		}
		return e.Audit.Emit(ctx, audit.Event{Name: audit.DataExported, User: u, LoginID: login.CurrentLogin(r).ID})
	}); err != nil {
		return err
	}
	// The network goes by the real clock.
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(sendTime)); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="latchkey-data-`+now.Format(time.DateOnly)+`.zip"`)
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	if _, err := io.Copy(w, file); err != nil { // the reader is told by Content-Length
		info := web.RequestOf(ctx)
		info.Log.Info("download cut short", "request", info.ID, "err", err)
	}
	return nil
}

// archive writes the ZIP: a JSON file for each table, and a few words about them.
func (e *Export) archive(ctx context.Context, out io.Writer, u user.User, now time.Time) error {
	z := zip.NewWriter(out)
	create := func(name string) (io.Writer, error) {
		return z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: now})
	}
	var counts []views.Count
	for _, t := range e.tables {
		f, err := create(t.Table + ".json")
		if err != nil {
			return err
		}
		n, err := writeRows(f, Rows(ctx, e.DB, t, u.ID))
		if err != nil {
			return fmt.Errorf("export %s: %w", t.Table, err)
		}
		counts = append(counts, views.Count{About: t.About, N: n})
	}
	f, err := create("README.txt")
	if err != nil {
		return err
	}
	if _, err := io.WriteString(f, e.readme(counts, u, now)); err != nil {
		return err
	}
	return z.Close()
}

// writeRows writes a JSON array, row by row: no table is ever in memory.
func writeRows(w io.Writer, rows iter.Seq2[any, error]) (n int, err error) {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	before := "["
	for row, err := range rows {
		if err != nil {
			return n, err
		}
		if _, err := io.WriteString(w, before); err != nil {
			return n, err
		}
		if err := encoder.Encode(row); err != nil {
			return n, err
		}
		before, n = ",", n+1
	}
	if n == 0 {
		_, err = io.WriteString(w, "[]\n")
	} else {
		_, err = io.WriteString(w, "]\n")
	}
	return n, err
}

// readme is the text file in the ZIP that explains the others.
func (e *Export) readme(counts []views.Count, u user.User, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "This is everything that %s keeps about the account %s, as of %s.\n", views.Site, u.Email, now.Format(time.RFC3339))
	b.WriteString("It is for you alone: keep it where nobody else can read it.\n\n" +
		"Each file is a table, a JSON array with one object for each row. Times are UTC (RFC 3339).\n" +
		"What others could log in with is left out: your password, and the secrets in cookies and in links of mails.\n\n")
	for i, c := range counts {
		fmt.Fprintf(&b, "%-24s %s: %s\n", e.tables[i].Table+".json", c.About, c.Entries())
	}
	return b.String()
}
