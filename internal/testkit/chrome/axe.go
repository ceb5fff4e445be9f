package chrome

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// npm fetches axe-core as these say, by its hash.
var (
	//go:embed axe/package.json
	axePackage []byte
	//go:embed axe/package-lock.json
	axeLock []byte
)

// axeSource returns axe-core's script. It is fetched once and kept in the user's cache, under the hash of what names it.
var axeSource = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	sum := sha256.Sum256(axeLock)
	kept := filepath.Join(cache, "axe-core-"+hex.EncodeToString(sum[:8]))
	script := filepath.Join(kept, "node_modules", "axe-core", "axe.min.js")
	if text, err := os.ReadFile(script); err == nil {
		return string(text), nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(cache, "axe-core-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	for name, text := range map[string][]byte{"package.json": axePackage, "package-lock.json": axeLock} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return "", err
		}
	}
	npm := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	if err := os.Rename(dir, kept); err != nil && !os.IsExist(err) {
		if _, there := os.Stat(script); there != nil { // else another process was quicker
			return "", err
		}
	}
	text, err := os.ReadFile(script)
	return string(text), err
})

// NeedsAxe skips the test where axe-core cannot be had: there is no npm to fetch it with, and with -short.
func NeedsAxe(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("axe-core: not with -short")
	}
	if _, err := exec.LookPath("npm"); err != nil {
		t.Skip("no npm here, which fetches axe-core")
	}
	if _, err := axeSource(); err != nil {
		t.Fatal(err)
	}
}

// axeRules are all that WCAG 2.2 asks for on levels A and AA, and what axe-core's authors hold to be good practice.
const axeRules = `"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"`

// Axe returns what axe-core finds wrong with the page as it is shown now, each with the element and what to do; nothing if
// all is well. The test has called NeedsAxe.
func (b *Browser) Axe() []string {
	b.t.Helper()
	return b.axe(`{ type: "tag", values: [` + axeRules + `] }`)
}

// Contrast is Axe for the contrast of colours alone, which is all that differs between two themes.
func (b *Browser) Contrast() []string {
	b.t.Helper()
	return b.axe(`{ type: "rule", values: ["color-contrast", "link-in-text-block"] }`)
}

func (b *Browser) axe(only string) []string {
	b.t.Helper()
	if b.Eval(`typeof axe`) == "undefined" {
		source, err := axeSource()
		if err != nil {
			b.t.Fatal(err)
		}
		b.Eval(source + "\n; 0")
	}
	return b.list(`axe.run({ runOnly: ` + only + `, resultTypes: ["violations"] }).then((found) =>
		found.violations.flatMap((v) => v.nodes.map((n) => v.id + " at " + n.html.slice(0, 200) + ": " + n.failureSummary)))`)
}

// list returns the texts that an expression is a list of.
func (b *Browser) list(js string) (texts []string) {
	b.t.Helper()
	raw, err := json.Marshal(b.Eval(js))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &texts); err != nil {
		b.t.Fatalf("%.80s: %v", strings.TrimSpace(js), err)
	}
	return texts
}
