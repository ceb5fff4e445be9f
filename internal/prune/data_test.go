package main

import (
	"database/sql"
	"os"
	"strings"
	"testing"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/clone"
)

// A store is the database of a small project, which each use opens and closes.
type store struct {
	t   *testing.T
	dsn string
}

// open returns the database, and what closes it.
func (s store) open() (*sql.DB, func()) {
	s.t.Helper()
	db, err := database.Open(s.t.Context(), s.dsn)
	if err != nil {
		s.t.Fatal(err)
	}
	return db.Writer(), func() { db.Close() }
}

func (s store) exec(queries ...string) {
	s.t.Helper()
	db, done := s.open()
	defer done()
	for _, query := range queries {
		if _, err := db.Exec(query); err != nil {
			s.t.Fatal(err)
		}
	}
}

// count returns what a query counts, or -1 if it fails.
func (s store) count(query string) (n int) {
	s.t.Helper()
	db, done := s.open()
	defer done()
	if err := db.QueryRow(query).Scan(&n); err != nil {
		return -1
	}
	return n
}

// full makes a database as the migrations of a small project leave it, with two rows of shout.
func full(t *testing.T, dsn string) store {
	t.Helper()
	s := store{t, dsn}
	s.exec(`CREATE TABLE goose_db_version (version_id INTEGER, is_applied BOOLEAN)`, `CREATE TABLE migrations (version INTEGER)`,
		`INSERT INTO goose_db_version VALUES (1, true), (2, true), (10001, true)`, `INSERT INTO migrations VALUES (1), (2), (10001)`,
		`CREATE TABLE shouts (id TEXT, how TEXT)`, `INSERT INTO shouts VALUES ('a', ''), ('b', '')`)
	return s
}

// TestDataIsKept holds that rows are deleted only when asked for, and that the database fits the program afterwards: of files
// in the data folder, whatever the folders above it are called, and of what DATABASE_URL names.
func TestDataIsKept(t *testing.T) {
	kept := func(t *testing.T, c *clone.Copy, s store) {
		if _, err := take(c, options{}, "shout"); err == nil || !strings.Contains(err.Error(), "2 rows") || !strings.Contains(err.Error(), "FORCE_DATA=1") {
			t.Errorf("it is refused: %v", err)
		}
		if s.count(`SELECT count(*) FROM shouts`) != 2 || c.Read("migrations/00002_loud.sql") == "" {
			t.Error("a refusal deletes")
		}
		if _, err := take(c, options{forceData: true}, "shout"); err != nil {
			t.Fatal(err)
		}
		if s.count(`SELECT count(*) FROM shouts`) >= 0 {
			t.Error("the table stays")
		}
		if a, b := s.count(`SELECT sum(version_id) FROM goose_db_version`), s.count(`SELECT sum(version) FROM migrations`); a != 1 || b != 1 {
			t.Errorf("the database remembers: %d %d", a, b)
		}
	}
	t.Run("data", func(t *testing.T) {
		c := small(t)
		kept(t, c, full(t, inData(t, c)))
	})
	t.Run("a folder with signs in its name", func(t *testing.T) {
		c := small(t)
		dir := c.Dir + "/Möwe [am] 100%20 #2"
		c.Run("mkdir", dir)
		c.Run("sh", "-c", "cp -r .git .gitignore $(git ls-files | cut -d/ -f1 | sort -u) '"+dir+"'")
		c.Dir = dir
		kept(t, c, full(t, inData(t, c)))
	})
	testkit.Databases(t, func(t *testing.T, dsn string) {
		c := small(t)
		c.Write(".env", "DATABASE_URL="+dsn+"\n")
		kept(t, c, full(t, dsn))
	})
}

// inData makes the data folder, and returns the name of a database in it.
func inData(t *testing.T, c *clone.Copy) (dsn string) {
	t.Helper()
	if err := os.Mkdir(c.Dir+"/data", 0o755); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + c.Dir + "/data/small.db"
}

// TestAProgramThatRunsKeepsItsTables holds that none is taken from under a program that has the database open.
func TestAProgramThatRunsKeepsItsTables(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		c := small(t)
		c.Write(".env", "DATABASE_URL="+dsn+"\n")
		s := full(t, dsn)
		s.exec(`DELETE FROM shouts`)
		db, done := s.open()
		if err := db.Ping(); err != nil {
			t.Fatal(err)
		}
		for _, o := range []options{{}, {force: true, forceData: true}} {
			if _, err := take(c, o, "shout"); err == nil || !strings.Contains(err.Error(), "a program has ") || !strings.Contains(err.Error(), "end it first") {
				t.Errorf("it is refused: %v", err)
			}
		}
		if c.Read("internal/features/shout/a.go") == "" {
			t.Error("a refusal deletes")
		}
		done()
		if _, err := take(c, options{}, "shout"); err != nil || s.count(`SELECT count(*) FROM shouts`) >= 0 {
			t.Errorf("when it has ended: %v", err)
		}
	})
}

// TestADatabaseThatCannotFollow holds that the project stays as it is if a database cannot be changed: here for a view of its own.
func TestADatabaseThatCannotFollow(t *testing.T) {
	c := small(t)
	s := full(t, inData(t, c))
	s.exec(`DELETE FROM shouts`, `CREATE TABLE quotes (id TEXT REFERENCES shouts (id), how TEXT)`, `CREATE VIEW heard AS SELECT how FROM shouts`)
	before := c.Tree()
	_, err := take(c, options{}, "shout")
	if err == nil || !strings.Contains(err.Error(), "nothing was taken out") || !strings.Contains(err.Error(), "small.db") {
		t.Errorf("it is refused: %v", err)
	}
	for name, text := range before {
		if !strings.HasPrefix(name, "data/") && c.Read(name) != text {
			t.Errorf("%s was changed", name)
		}
	}
	if out := c.Run("git", "status", "--porcelain"); out != "" {
		t.Errorf("there is more: %s", out)
	}
}

// TestWhereDataMayBe holds that a database which does not answer is not taken for an empty one.
func TestWhereDataMayBe(t *testing.T) {
	c := small(t)
	c.Write(".env", "DATABASE_URL=postgres://ada:secret@127.0.0.1:1/shouts\n")
	_, err := take(c, options{}, "shout")
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") || !strings.Contains(err.Error(), "FORCE_DATA=1") || strings.Contains(err.Error(), "secret") {
		t.Errorf("it is refused: %v", err)
	}
	if _, err := take(c, options{forceData: true}, "shout"); err != nil {
		t.Error(err)
	}
}
