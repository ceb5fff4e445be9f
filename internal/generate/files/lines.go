package files

import (
	"fmt"
	"go/format"
	"regexp"
	"strings"
)

// Features is the file with the list of features.
const Features = "internal/app/features.go"

// AddFeature adds the lines of a package in internal/sections to the list of features: its import, and line, which
// goes below the others of "Yours".
func (p *Project) AddFeature(pkg, line string, imports ...string) error {
	text := p.Read(Features)
	module, err := p.Module()
	if err != nil {
		return err
	}
	const begin, end = "\t\t// Yours.\n", "\n\t\t// Ours.\n"
	from, to := strings.Index(text, begin), strings.Index(text, end)
	if strings.Count(text, begin) != 1 || strings.Count(text, end) != 1 || to < from {
		return fmt.Errorf("%s has not the lines `// Yours.` and, below it and after an empty line, `// Ours.`, between which sections are listed", Features)
	}
	const open = "import (\n"
	if strings.Count(text, open) != 1 {
		return fmt.Errorf("%s has no one list of imports, `import (…)`", Features)
	}
	text = text[:to] + "\t\t" + line + "\n" + text[to:]
	for _, path := range append(imports, "internal/sections/"+pkg) {
		if quoted := `"` + module + "/" + path + `"`; !strings.Contains(text, quoted) {
			text = strings.Replace(text, open, open+"\t"+quoted+"\n", 1)
		}
	}
	formatted, err := format.Source([]byte(text)) // which sorts the imports
	if err != nil {
		return fmt.Errorf("%s: %w", Features, err)
	}
	p.changes[Features] = string(formatted)
	return nil
}

var limitRow = regexp.MustCompile("(?m)^\\|.*`LIMIT_[A-Z_]+`.*\\|\n")

// AddLimit adds the rows of a limit to README and to the table of limits, before that of new visitors or at the end.
func (p *Project) AddLimit(setting, act string) error {
	readme := "docs/starter.md"
	if !p.Exists(readme) {
		readme = "README.md"
	}
	for file, row := range map[string]string{
		readme:                     fmt.Sprintf("| `%s` | `300` | tries to %s, by account |\n", setting, act),
		"docs/reference/limits.md": fmt.Sprintf("| %s | account | `%s` | 300 |\n", act, setting),
	} {
		text := p.Read(file)
		rows := limitRow.FindAllStringIndex(text, -1)
		if rows == nil {
			return fmt.Errorf("%s has no row of a limit, `LIMIT_…`, below which that of the section could stand", file)
		}
		at := rows[len(rows)-1][1]
		p.changes[file] = text[:at] + row + text[at:]
	}
	return nil
}
