package account

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

	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// sendTime is how long the reader of a download has for it. How often somebody may ask is limited, and so is by this
// how much can wait for readers who don't read.
const sendTime = time.Hour

// A holding is how many rows of one table are a user's: what a download holds, and what a deletion erases.
type holding struct {
	Table, About string
	Rows         int
}

// holdings counts what is kept of a user, table by table.
func (p *Pages) holdings(ctx context.Context, userID string) ([]holding, error) {
	var all []holding
	for _, e := range p.exports() {
		n := 0
		for _, err := range e.Rows(ctx, userID) {
			if err != nil {
				return nil, fmt.Errorf("count %s: %w", e.Table, err)
			}
			n++
		}
		all = append(all, holding{e.Table, e.About, n})
	}
	return all, nil
}

func (p *Pages) askExport(w http.ResponseWriter, r *http.Request) error {
	held, err := p.holdings(r.Context(), login.Current(r).ID)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, exportPage(held))
}

// export sends the user everything that is kept of them. The file is whole before its first byte leaves: a mistake is
// an error page and not half a file, and a slow reader keeps nothing but the file waiting.
func (p *Pages) export(w http.ResponseWriter, r *http.Request) error {
	ctx, u, now := r.Context(), login.Current(r), p.login.Now().UTC()
	if err := p.login.TakeExport(ctx, u.ID); err != nil {
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
	if err := p.archive(ctx, file, u, now); err != nil {
		return err
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := p.login.Exported(ctx); err != nil {
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
func (p *Pages) archive(ctx context.Context, out io.Writer, u login.User, now time.Time) error {
	z := zip.NewWriter(out)
	create := func(name string) (io.Writer, error) {
		return z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: now})
	}
	var held []holding
	for _, e := range p.exports() {
		f, err := create(e.Table + ".json")
		if err != nil {
			return err
		}
		n, err := writeRows(f, e.Rows(ctx, u.ID))
		if err != nil {
			return fmt.Errorf("export %s: %w", e.Table, err)
		}
		held = append(held, holding{e.Table, e.About, n})
	}
	f, err := create("README.txt")
	if err != nil {
		return err
	}
	if _, err := io.WriteString(f, readme(held, u, now)); err != nil {
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

// readme says what is in the download.
func readme(held []holding, u login.User, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "This is everything that %s keeps about the account %s, as of %s.\n", views.Site, u.Email, now.Format(time.RFC3339))
	b.WriteString("It is for you alone: keep it where nobody else can read it.\n\n" +
		"Each file is a table, a JSON array with one object for each row. Times are UTC (RFC 3339).\n" +
		"What proves that it is you stays out: your password, and the keys in cookies and in links of mails.\n\n")
	for _, h := range held {
		fmt.Fprintf(&b, "%-24s %s: %s\n", h.Table+".json", h.About, entries(h.Rows))
	}
	return b.String()
}

// entries says how many rows there are.
func entries(n int) string {
	switch n {
	case 0:
		return "none"
	case 1:
		return "1 entry"
	}
	return strconv.Itoa(n) + " entries"
}
