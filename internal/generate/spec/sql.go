package spec

import (
	"fmt"
	"strings"
)

// columns are those of a field in its table: name and what follows it.
func (f Field) columns() [][2]string {
	k := kinds[f.Kind]
	null := " NOT NULL"
	if !f.Required && (f.Kind == "int" || f.Kind == "decimal") {
		null = ""
	}
	switch f.Kind {
	case "money":
		return [][2]string{{f.Name, "BIGINT NOT NULL"}, {f.Name + "_currency", "TEXT NOT NULL"}}
	case "ref":
		return [][2]string{{f.Column(), "TEXT REFERENCES " + f.Other.Table() + " (id) ON DELETE SET NULL"}}
	}
	return [][2]string{{f.Name, k.column + null}}
}

// searchColumn is what follows the name of the column that searches look into.
const searchColumn = "TEXT NOT NULL"

// DDL are the columns of the table.
func (s *Section) DDL() string {
	all := [][2]string{{"id", "TEXT NOT NULL PRIMARY KEY"}, {"owner_id", "TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE"}}
	for _, f := range s.Fields {
		all = append(all, f.columns()...)
	}
	if s.Searched() != nil {
		all = append(all, [2]string{"search", searchColumn})
	}
	all = append(all, [2]string{"version", "BIGINT NOT NULL"}, [2]string{"created_at", "BIGINT NOT NULL"}, [2]string{"changed_at", "BIGINT NOT NULL"})
	width := 0
	for _, c := range all {
		width = max(width, len(c[0]))
	}
	var lines []string
	for i, c := range all {
		kind, rest, _ := strings.Cut(c[1], " ")
		line := strings.TrimRight(fmt.Sprintf("    %-*s %-6s %s", width, c[0], kind, rest), " ")
		if i < len(all)-1 {
			line += ","
		}
		switch c[0] {
		case "search":
			line += " -- the texts that a search looks into, as value.Fold writes them"
		case "version":
			line += " -- grows with every change: two tabs cannot overwrite each other"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// Indexes are those that fields ask for.
func (s *Section) Indexes() (list []string) {
	for _, f := range s.Fields {
		list = append(list, f.indexes()...)
	}
	return list
}

func (f Field) indexes() []string {
	name := f.S.Table() + "_" + f.Column()
	switch {
	case f.Kind == "ref": // for the deletion of what it refers to
		return []string{fmt.Sprintf("CREATE INDEX %s ON %s (%s);", name, f.S.Table(), f.Column())}
	case f.IsUnique && f.Kind == "int":
		return []string{fmt.Sprintf("CREATE UNIQUE INDEX %s ON %s (owner_id, %s);", name, f.S.Table(), f.Column())}
	case f.IsUnique:
		return []string{fmt.Sprintf("CREATE UNIQUE INDEX %s ON %s (owner_id, %s) WHERE %[3]s <> '';", name, f.S.Table(), f.Column())}
	}
	return nil
}

// written are the columns that a row is written with.
func (s *Section) written() (names []string) {
	for _, f := range s.Fields {
		for _, c := range f.columns() {
			names = append(names, c[0])
		}
	}
	if s.Searched() != nil {
		names = append(names, "search")
	}
	return names
}

// InsertColumns and InsertValues are those of INSERT: id, owner, the fields, the version, and one time twice.
func (s *Section) InsertColumns() string {
	return strings.Join(append(append([]string{"id", "owner_id"}, s.written()...), "version", "created_at", "changed_at"), ", ")
}

func (s *Section) InsertValues() string {
	values := []string{"$1", "$2"}
	for _, f := range s.Fields {
		for range f.columns() {
			values = append(values, f.parameter(len(values)+1))
		}
	}
	if s.Searched() != nil {
		values = append(values, fmt.Sprintf("$%d", len(values)+1))
	}
	now := fmt.Sprintf("$%d", len(values)+1)
	return strings.Join(append(values, "1", now, now), ", ")
}

// parameter is the value of a column: of a ref that is not given NULL.
func (f Field) parameter(n int) string {
	if f.Kind == "ref" {
		return fmt.Sprintf("NULLIF($%d, '')", n)
	}
	return fmt.Sprintf("$%d", n)
}

// SetColumns and SetWhere are those of UPDATE.
func (s *Section) SetColumns() string {
	var sets []string
	n := 0
	for _, f := range s.Fields {
		for _, c := range f.columns() {
			n++
			sets = append(sets, c[0]+" = "+f.parameter(n))
		}
	}
	if s.Searched() != nil {
		n++
		sets = append(sets, fmt.Sprintf("search = $%d", n))
	}
	return strings.Join(append(sets, "version = version + 1", fmt.Sprintf("changed_at = $%d", n+1)), ", ")
}

func (s *Section) SetWhere() string {
	n := len(s.written()) + 2
	return fmt.Sprintf("id = $%d AND owner_id = $%d AND version = $%d", n, n+1, n+2)
}

// Columns are what is read.
func (s *Section) Columns() string {
	list := []string{"id"}
	for _, f := range s.Fields {
		switch f.Kind {
		case "bool":
			list = append(list, f.Name+` AS "`+f.Name+`?"`)
		case "ref":
			list = append(list, fmt.Sprintf("coalesce(%s, '') AS %[1]s", f.Column()),
				f.ofOther(f.OtherLabel(), "''")+f.collation()+" AS "+f.Name)
		case "decimal":
			list = append(list, f.Name+" AS "+f.Name+"_in_ten_thousandths")
		case "money":
			list = append(list, f.Name+" AS "+f.Name+"_in_minor_units", f.Name+"_currency")
		default:
			list = append(list, f.Name)
		}
	}
	return strings.Join(append(list, "version", "created_at", "changed_at"), ", ")
}

// AddColumn is the migration for a table that has rows already: they get the kind's zero value. Their search needs nothing of
// it, unless the field is the first that is searched.
func (f Field) AddColumn() string {
	var up, down []string
	columns := f.columns()
	if f.IsSearched() && len(f.S.Searched()) == 1 {
		columns = append(columns, [2]string{"search", searchColumn})
	}
	for i, c := range columns {
		line := fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s", f.S.Table(), c[0], c[1])
		if strings.Contains(c[1], "NOT NULL") {
			old := kinds[f.Kind].old
			if i > 0 { // a currency, or a search
				old = "''"
			}
			line += " DEFAULT " + old
		}
		up = append(up, line+";")
		down = append(down, fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s;", f.S.Table(), c[0]))
	}
	for _, index := range f.indexes() {
		up = append(up, index)
		down = append([]string{"DROP INDEX " + f.S.Table() + "_" + f.Column() + ";"}, down...)
	}
	return "-- +goose Up\n" + strings.Join(up, "\n") + "\n\n-- +goose Down\n" + strings.Join(down, "\n") + "\n"
}
