package export_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/features/export"
	"example.com/latchkey/internal/testkit"
)

// TestAnOperatorWritesAUsersData runs the command as the program does.
func TestAnOperatorWritesAUsersData(t *testing.T) {
	k := testkit.Start(t)
	k.Browser().LogInAs("ann@example.com").Post(testkit.Private, "title", "Mine")
	k.Browser().LogInAs("ben@example.com").Post(testkit.Private, "title", "Not hers")
	file := filepath.Join(t.TempDir(), "ann.zip")
	run := func(args ...string) (string, error) {
		cli := struct{ kong.Plugins }{kong.Plugins{export.New(k.App.Core, nil).Commands}}
		var out bytes.Buffer
		open := feature.Open(func(do func(*feature.Core, []feature.Feature) error) error { return do(k.App.Core, k.App.Features()) })
		parser := kong.Must(&cli, kong.BindTo(t.Context(), (*context.Context)(nil)), kong.BindTo(&out, (*io.Writer)(nil)), kong.Bind(open))
		chosen, err := parser.Parse(append([]string{"export"}, args...))
		if err != nil {
			t.Fatal(err)
		}
		err = chosen.Run()
		return out.String(), err
	}
	if out, err := run("ann@example.com", file); err != nil || !strings.Contains(out, file) {
		t.Fatal(out, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	texts, err := z.Open("testkit_texts.json")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(texts)
	if err != nil || !bytes.Contains(text, []byte("Mine")) || bytes.Contains(text, []byte("Not hers")) {
		t.Errorf("%s %v", text, err)
	}
	if n := k.Count(`SELECT count(*) FROM events WHERE name = 'account.exported' AND detail = 'by an operator'`); n != 1 {
		t.Errorf("%d events", n)
	}
	if _, err := run("ann@example.com", file); err == nil {
		t.Error("a file that is there was overwritten")
	}
	if _, err := run("nobody@example.com", filepath.Join(t.TempDir(), "x.zip")); err == nil {
		t.Error("there is no such account")
	}
}
