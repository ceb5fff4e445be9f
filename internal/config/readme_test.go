package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/latchkey/internal/config"
)

// TestReadmeListsEverySetting holds the README's table to what the program reads. In a project that was made from the
// starter, the starter's README is docs/starter.md.
func TestReadmeListsEverySetting(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "docs", "starter.md"))
	if errors.Is(err, os.ErrNotExist) {
		readme, err = os.ReadFile(filepath.Join("..", "..", "README.md"))
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range config.Help() {
		value := s.Default
		if value == "" {
			value = "-"
		}
		if row := fmt.Sprintf("| `%s` | `%s` | %s |\n", s.Name, value, s.Doc); !strings.Contains(string(readme), row) {
			t.Errorf("the README lacks the row\n%s", row)
		}
	}
}
