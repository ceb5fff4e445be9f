// Package origin knows where a project comes from: the stamp that rename and prune leave in it, and what the starter was
// like at that moment, under the project's names and without what was taken out.
package origin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// File is where the stamp is. It belongs into the project's history.
const File = ".starter.json"

// A Stamp says of which starter a project was made, and how.
type Stamp struct {
	Version string   `json:"version"` // the newest in the starter's CHANGELOG
	Commit  string   `json:"commit"`  // the starter's commit, or the first one of a copy without its history
	Tree    string   `json:"tree"`    // what git calls the starter's files: a copy without its history, or that is not committed, has the same
	Module  string   `json:"module"`  // as rename made it
	Name    string   `json:"name"`    // the same
	Without []string `json:"without"` // what prune took out, in order
}

// Read returns the stamp of the project at root. Without one it says what it would be now: the starter's own names, and as
// commit the first one that this clone had.
func Read(root string) (Stamp, error) {
	text, err := os.ReadFile(filepath.Join(root, File))
	if errors.Is(err, fs.ErrNotExist) {
		return unstamped(root)
	}
	var s Stamp
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err == nil && (s.Module == "" || s.Name == "") {
		err = errors.New("it must say module and name")
	}
	if err != nil {
		return s, fmt.Errorf("%s is damaged: %w\ngit log -p %[1]s shows what it was", File, err)
	}
	// Whoever has changed the module by hand since is right.
	if module, _, err := Names(root); err == nil {
		s.Module = module
	}
	return s, nil
}

// Bytes is the stamp as its file has it.
func (s Stamp) Bytes() []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "\t")
	if s.Without == nil {
		s.Without = []string{}
	}
	e.Encode(s) //nolint:errcheck // strings can always be encoded, and a buffer takes all
	return out.Bytes()
}

// Write puts the stamp into the project at root.
func (s Stamp) Write(root string) error {
	return os.WriteFile(filepath.Join(root, File), s.Bytes(), 0o644)
}

func unstamped(root string) (s Stamp, err error) {
	if s.Module, s.Name, err = Names(root); err != nil {
		return s, err
	}
	if s.Commit, err = began(root); err != nil { // it is not in git, or nothing is committed
		text, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return s, err
		}
		s.Version = Version(string(text))
		s.Tree, _ = treeOf(root) //nolint:errcheck // without git nothing can be said
		return s, nil
	}
	log, _ := Git(root, "show", s.Commit+":./CHANGELOG.md") //nolint:errcheck // without one there is no version
	s.Version = Version(log)
	s.Tree, err = Git(root, "rev-parse", "--verify", s.Commit+":./")
	return s, err
}

// treeOf returns what git calls the files at root, of which nothing is committed yet.
func treeOf(root string) (string, error) {
	dir, err := os.MkdirTemp("", "origin")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // in the temporary folder
	if _, err := Git(root, "init", "-q", "--bare", "--template=", dir); err != nil {
		return "", err
	}
	if _, err := Git(root, "--git-dir="+dir, "--work-tree=.", "add", "-A", "."); err != nil {
		return "", err
	}
	return Git(root, "--git-dir="+dir, "write-tree")
}

// began returns the commit whose files the starter had: what was checked out last before the first commit that was made here, or that
// commit, where the folder has no older one. Where git keeps no log of this, it is the commit that is checked out.
func began(root string) (string, error) {
	prefix, err := Git(root, "rev-parse", "--show-prefix")
	if err != nil {
		return "", err
	}
	if prefix != "" { // of a larger repository: when the folder came into it
		log, err := Git(root, "log", "--format=%H", "--", ".")
		return log[strings.LastIndexByte(log, '\n')+1:], err
	}
	log, err := Git(root, "reflog", "--format=%H %gs", "HEAD")
	if err != nil || log == "" {
		return Git(root, "rev-parse", "--verify", "HEAD")
	}
	entries := strings.Split(log, "\n")
	commit, _, _ := strings.Cut(entries[len(entries)-1], " ")
	for _, entry := range slices.Backward(entries) {
		at, did, _ := strings.Cut(entry, " ")
		if own.MatchString(did) {
			break
		}
		commit = at
	}
	return commit, nil
}

// own is how git's log calls what makes a commit. All else, as clone, checkout, reset and fast-forward, brings one that was there.
var own = regexp.MustCompile(`^(?:commit|cherry-pick|revert|rebase|am)\b|: Merge made`)

var (
	moduleLine = regexp.MustCompile(`(?m)^module[ \t]+"?([^\s"]+)"?`)
	siteLine   = regexp.MustCompile(`(?m)^const Site = ("(?:[^"\\]|\\.)*")`)
)

// Names returns the module path and the product's name of the project at root.
func Names(root string) (module, name string, err error) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", "", err
	}
	page, err := os.ReadFile(filepath.Join(root, "views", "page.go"))
	if err != nil {
		return "", "", err
	}
	m, site := moduleLine.FindSubmatch(mod), siteLine.FindSubmatch(page)
	if m == nil || site == nil {
		return "", "", errors.New("the present names are not found: go.mod must have a line `module …`, views/page.go a line `const Site = …`")
	}
	name, err = strconv.Unquote(string(site[1]))
	return string(m[1]), name, err
}

// plain are settings that somebody may have, and that would change what git prints here, forbid what is done here, or run programs of
// theirs.
var plain = []string{
	"-c", "color.ui=false", "-c", "core.quotePath=false", "-c", "core.hooksPath=" + os.DevNull, "-c", "core.fsmonitor=false",
	"-c", "core.safecrlf=false", "-c", "safe.bareRepository=all", "-c", "submodule.recurse=false", "-c", "fetch.recurseSubmodules=false",
	"-c", "advice.detachedHead=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
}

// elsewhere are variables by which git looks at another repository than that of the folder: a hook has them.
var elsewhere = []string{"GIT_DIR=", "GIT_WORK_TREE=", "GIT_INDEX_FILE=", "GIT_OBJECT_DIRECTORY=", "GIT_ALTERNATE_OBJECT_DIRECTORIES=", "GIT_COMMON_DIR=", "GIT_PREFIX=", "GIT_NAMESPACE="}

// Git runs git in a folder, without hooks, and returns what it prints without the last line end, even where it fails. Its error is what
// git says.
func Git(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", slices.Concat(plain, args)...)
	cmd.Dir = dir
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return slices.ContainsFunc(elsewhere, func(name string) bool { return strings.HasPrefix(v, name) })
	})
	var says bytes.Buffer
	cmd.Stderr = &says
	out, err := cmd.Output()
	if err != nil {
		for len(args) > 2 && args[0] == "-c" {
			args = args[2:]
		}
		err = fmt.Errorf("git %s: %w\n%s", args[0], err, strings.TrimSpace(says.String()))
	}
	return strings.TrimRight(string(out), "\n"), err
}

// Add notes that these parts were taken out, too.
func (s *Stamp) Add(names ...string) {
	for _, name := range names {
		if !slices.Contains(s.Without, name) {
			s.Without = append(s.Without, name)
		}
	}
	slices.Sort(s.Without)
}
