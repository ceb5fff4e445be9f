package mail

import (
	"context"
	"errors"
	"net"
	"strconv"
)

// ServerAddress returns the host and port that an SMTP_URL leads to.
func ServerAddress(raw string) (string, error) {
	s, err := parseServer(raw, nil)
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(s.host, strconv.Itoa(s.port)), nil
}

// SendDue does what Run does when it starts, by one worker, until nothing is due.
func (o *Outbox) SendDue(ctx context.Context) error {
	if o.server == nil {
		return nil
	}
	err := errors.Join(o.resetFutureDue(ctx), o.expire(ctx))
	for found := true; found && err == nil; {
		found, err = o.sendNext(ctx)
	}
	return err
}
