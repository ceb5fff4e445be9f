-- +goose Up
ALTER TABLE users ADD COLUMN verified_at   BIGINT NOT NULL DEFAULT 0;  -- 0 until the address was proven
ALTER TABLE users ADD COLUMN registered_by TEXT   NOT NULL DEFAULT ''; -- hash of the known-browser token of the browser that registered
ALTER TABLE users ADD COLUMN timezone      TEXT   NOT NULL DEFAULT ''; -- IANA name; '' is UTC

-- One-use tokens: what the links in mails carry. The table knows only the SHA-256.
CREATE TABLE tokens (
    hash       TEXT   NOT NULL PRIMARY KEY,
    purpose    TEXT   NOT NULL,             -- "verify", "reset", "register", "email", "undo", "not-me", "invite"
    subject    TEXT   NOT NULL,             -- whom it is about: the user's id or, before there is one, the normalised address
    user_id    TEXT            REFERENCES users (id) ON DELETE CASCADE,
    payload    TEXT   NOT NULL,             -- a JSON object
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT                       -- NULL until it was used
);
CREATE INDEX tokens_subject ON tokens (subject, purpose, created_at);
CREATE INDEX tokens_user ON tokens (user_id);
CREATE INDEX tokens_expires_at ON tokens (expires_at);

-- The security history of accounts, kept for 90 days. Without a user: a try that was about no account.
CREATE TABLE events (
    id         TEXT   NOT NULL PRIMARY KEY,
    user_id    TEXT            REFERENCES users (id) ON DELETE CASCADE,
    at         BIGINT NOT NULL,
    name       TEXT   NOT NULL,             -- a stable name: docs/reference/events.md
    detail     TEXT   NOT NULL,
    ip         TEXT   NOT NULL,             -- cut to /24 or /48
    user_agent TEXT   NOT NULL
);
CREATE INDEX events_user ON events (user_id, id);
CREATE INDEX events_at ON events (at);

-- +goose Down
DROP TABLE events;
DROP TABLE tokens;
ALTER TABLE users DROP COLUMN timezone;
ALTER TABLE users DROP COLUMN registered_by;
ALTER TABLE users DROP COLUMN verified_at;
