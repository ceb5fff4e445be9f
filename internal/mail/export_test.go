package mail

import (
	"net"
	"strconv"
)

// Address returns the host and port that an SMTP_URL leads to.
func Address(raw string) (string, error) {
	s, err := newServer(raw, nil)
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(s.host, strconv.Itoa(s.port)), nil
}
