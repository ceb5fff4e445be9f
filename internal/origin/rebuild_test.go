package origin_test

import (
	"maps"
	"path/filepath"
	"testing"

	"example.com/latchkey/internal/origin"
	"example.com/latchkey/internal/testkit/clone"
)

// TestAFolderOfARepositoryIsRebuilt as if it were one of its own: make prune compares with what it was when it came.
func TestAFolderOfARepositoryIsRebuilt(t *testing.T) {
	c := clone.Empty(t)
	c.Write("other.txt", "Other.\n")
	c.Init()
	files := map[string]string{
		"go.mod": "module example.com/small\n", "views/page.go": "package views\n\nconst Site = \"Small\"\n", "CHANGELOG.md": "# Changelog\n\n## 0.1.0\n",
	}
	for name, text := range files {
		c.Write("my apps/web/"+name, text)
	}
	c.Commit("The starter")
	c.Write("my apps/web/views/page.go", "package views\n\nconst Site = \"Mine\"\n")
	c.Commit("Mine")
	root := filepath.Join(c.Dir, "my apps", "web")
	s, err := origin.Read(root)
	if err != nil || s.Version != "0.1.0" {
		t.Fatal(s, err)
	}
	s.Name = "Small"
	commit, err := s.Find(root, "")
	if err != nil {
		t.Fatal(err)
	}
	c.Dir = filepath.Join(t.TempDir(), "made")
	if _, err := s.Rebuild(root, commit, c.Dir); err != nil {
		t.Fatal(err)
	}
	if got := c.Tree(); !maps.Equal(got, files) {
		t.Errorf("it is %v", got)
	}
}
