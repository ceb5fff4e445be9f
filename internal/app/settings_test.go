package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/latchkey/internal/app"
	"example.com/latchkey/internal/config"
)

// TestReadmeListsEverySetting holds the README's table to what the program reads: its own settings, those of features,
// those of limits. In a project that was made from the starter, the starter's README is docs/starter.md.
func TestReadmeListsEverySetting(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "starter.md")
	if _, err := os.Stat(file); err != nil {
		file = filepath.Join("..", "..", "README.md")
	}
	readme := read(t, file)
	for _, s := range config.Help(app.Settings()...) {
		value := s.Default
		if value == "" {
			value = "-"
		}
		if row := fmt.Sprintf("| `%s` | `%s` | %s |\n", s.Name, value, s.Doc); !strings.Contains(readme, row) {
			t.Errorf("the README lacks the row\n%s", row)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
