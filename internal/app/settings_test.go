package app_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"example.com/latchkey/internal/app"
	"example.com/latchkey/internal/config"
)

// TestReadmeListsEverySetting holds the README's table to what the program reads: its own settings, those of features,
// those of limits.
func TestReadmeListsEverySetting(t *testing.T) {
	readme := read(t, filepath.Join("..", "..", "README.md"))
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
