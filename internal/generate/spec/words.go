package spec

import (
	"slices"
	"strings"
)

// reservedColumns are what every section has, and what its form's own names are.
var reservedColumns = []string{
	"id", "owner", "owner_id", "version", "created", "created_at", "changed", "changed_at", "problems", "valid", "search", "page", "sort", "q",
	// The last are what every table has by itself
	// in PostgreSQL (5.6, System Columns).
	"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid",
}

// sqlWords are those that SQL does not take as a name. SQLite's are listed at sqlite.org/lang_keywords.html.
// PostgreSQL's are in its appendix C, reserved.
var sqlWords = strings.Fields(`
	abort action add after all alter always analyse analyze and any array as asc asymmetric attach authorization autoincrement before
	begin between binary both by cascade case cast check collate collation column commit concurrently conflict constraint create cross
	current current_catalog current_date current_role current_schema current_time current_timestamp current_user cursor database default
	deferrable deferred delete desc detach distinct do drop each else end escape except exclude exclusive exists explain fail false fetch
	filter first following for foreign freeze from full generated glob grant group groups having if ignore ilike immediate in index
	indexed initially inner insert instead intersect into is isnull join key last lateral leading left like limit localtime
	localtimestamp match materialized natural no not nothing notnull null nulls of offset on only or order others outer over overlaps
	partition placing plan pragma preceding primary query raise range recursive references regexp reindex release rename replace
	restrict returning right rollback row rowid rows savepoint select session_user set similar some symmetric table tablesample temp
	temporary then ties to trailing transaction trigger true unbounded union unique update user using vacuum values variadic verbose
	view virtual when where window with without`)

// IsSQL reports whether SQL reserves the word.
func IsSQL(word string) bool { return slices.Contains(sqlWords, word) }

// IsTableOfDatabase reports whether a table of this name is, or may be, one of the database's own, or of what migrates it.
func IsTableOfDatabase(name string) bool {
	return strings.HasPrefix(name, "sqlite_") || strings.HasPrefix(name, "pg_") || name == "migrations" || name == "goose_db_version"
}
