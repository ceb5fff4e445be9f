package config

import "strings"

// serverMisses is databaseMisses of PostgreSQL.
func serverMisses(text string) string {
	const right = "sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME"
	u, misses := address(text, "postgres", "postgresql")
	if misses == escape || misses == "" && u.Host == "" && u.Path == "" {
		return right + ", " + escape
	}
	if misses != "" {
		return right
	}
	for host := range strings.SplitSeq(u.Host, ",") { // pgx tries one after the other
		if host != "" && !isHost(host) {
			return right + ", the port 1 to 65535"
		}
	}
	return ""
}
