package pgtest

import "testing"

// Server is a temporary cluster that belongs to one test, which may stop and
// restart it.
type Server struct {
	t       testing.TB
	cluster *cluster
}

// StartServer starts a cluster for this test alone and removes it at the end
// of the test. It skips the test where the server programs are missing, even
// if TEST_POSTGRES_URL is set: that server is not ours to stop. It skips it
// with -short, too.
func StartServer(t testing.TB) *Server {
	t.Helper()
	notShort(t)
	programs, err := findPrograms(debianPrograms)
	if err != nil {
		t.Skip(err)
	}
	c, err := startCluster(programs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.close(); err != nil {
			t.Errorf("remove the PostgreSQL cluster: %v", err)
		}
	})
	return &Server{t, c}
}

// URL returns the postgres:// URL of a new, empty database. The database stays
// valid when the server restarts; it goes with the server.
func (s *Server) URL(t testing.TB) string {
	t.Helper()
	_, database := createDatabase(t, s.cluster.url("postgres"))
	return database
}

// Stop shuts the server down and returns when it is down: open connections
// break, new ones are refused.
func (s *Server) Stop() {
	s.t.Helper()
	if err := s.cluster.say("stop"); err != nil {
		s.t.Fatal(err)
	}
}

// Start brings a stopped server back, under the same URLs and with the same
// data, and returns when it accepts connections.
func (s *Server) Start() {
	s.t.Helper()
	if err := s.cluster.say("start"); err != nil {
		s.t.Fatal(err)
	}
}
