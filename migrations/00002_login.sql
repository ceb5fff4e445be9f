-- +goose Up
CREATE TABLE users (
    id                  TEXT   NOT NULL PRIMARY KEY,
    email               TEXT   NOT NULL,        -- as the user wrote it; mail goes there
    email_key           TEXT   NOT NULL UNIQUE, -- normalised: what a user logs in with
    name                TEXT   NOT NULL,
    timezone            TEXT   NOT NULL DEFAULT '', -- IANA name; '' is UTC
    role                TEXT   NOT NULL,        -- '' or 'admin'
    password_hash       TEXT   NOT NULL,        -- '' for an account without a password
    password_changed_at BIGINT NOT NULL,
    created_at          BIGINT NOT NULL,
    verified_at         BIGINT NOT NULL DEFAULT 0, -- 0 until the address was verified
    disabled_at         BIGINT NOT NULL,        -- 0 while the account is enabled
    registered_by       TEXT   NOT NULL DEFAULT '' -- hash of the known-browser token of the browser that registered
);
CREATE INDEX users_registered_by ON users (registered_by);

-- Addresses that an account had and can take back for a while: until then nobody else may have them.
CREATE TABLE reserved_emails (
    email_key  TEXT   NOT NULL,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (email_key, user_id)
);
CREATE INDEX reserved_emails_user ON reserved_emails (user_id, email_key);
CREATE INDEX reserved_emails_expires_at ON reserved_emails (expires_at);

-- A login is a user on a session. This row is the whole authority: nothing about rights is stored elsewhere.
CREATE TABLE logins (
    id         TEXT   NOT NULL PRIMARY KEY,
    session_id TEXT   NOT NULL UNIQUE REFERENCES sessions (id) ON DELETE CASCADE,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,                 -- the absolute limit
    remembered BIGINT NOT NULL,                 -- 1 with "keep me logged in"
    fresh_at   BIGINT NOT NULL,                 -- when the password was last confirmed
    ip         TEXT   NOT NULL,                 -- truncated to /24 or /48
    user_agent TEXT   NOT NULL
);
CREATE INDEX logins_user ON logins (user_id, created_at);
CREATE INDEX logins_expires_at ON logins (expires_at);
CREATE INDEX logins_seen_at ON logins (remembered, seen_at);

-- Browsers that have logged in to an account. They give no rights: only a rate limit of their own, against lock-out.
CREATE TABLE known_browsers (
    token_hash TEXT   NOT NULL,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (token_hash, user_id)
);
CREATE INDEX known_browsers_user ON known_browsers (user_id);
CREATE INDEX known_browsers_expires_at ON known_browsers (expires_at);

-- One-use tokens: what the links in mails carry. The table holds only the SHA-256.
CREATE TABLE tokens (
    hash       TEXT   NOT NULL PRIMARY KEY,
    purpose    TEXT   NOT NULL,                 -- "verify", "reset", "register", "email", "undo", "not-me", "invite"
    subject    TEXT   NOT NULL,                 -- the user's id or, before there is an account, the normalised address
    user_id    TEXT            REFERENCES users (id) ON DELETE CASCADE,
    payload    TEXT   NOT NULL,                 -- a JSON object
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT                           -- NULL until it is used
);
CREATE INDEX tokens_subject ON tokens (subject, purpose, created_at);
CREATE INDEX tokens_user ON tokens (user_id);
CREATE INDEX tokens_expires_at ON tokens (expires_at);

-- The security history of accounts, kept for 90 days. user_id is NULL for a try that was about no account.
CREATE TABLE events (
    id         TEXT   NOT NULL PRIMARY KEY,
    user_id    TEXT            REFERENCES users (id) ON DELETE CASCADE,
    at         BIGINT NOT NULL,
    name       TEXT   NOT NULL,                 -- a stable name: docs/reference/events.md
    detail     TEXT   NOT NULL,
    ip         TEXT   NOT NULL,                 -- truncated to /24 or /48
    user_agent TEXT   NOT NULL
);
CREATE INDEX events_user ON events (user_id, id);
CREATE INDEX events_at ON events (at);

-- Which browser used a link, by the hash of its session's token: pressed twice, the link's button is read as done.
CREATE TABLE token_uses (
    browser    TEXT   NOT NULL,
    token_hash TEXT   NOT NULL REFERENCES tokens (hash) ON DELETE CASCADE,
    PRIMARY KEY (browser, token_hash)
);
CREATE INDEX token_uses_token ON token_uses (token_hash);

-- Events of acts outside of a request, such as an operator's command: until a running server has written them to its log.
CREATE TABLE unlogged_events (
    id      TEXT   NOT NULL PRIMARY KEY,
    user_id TEXT   NOT NULL,                 -- no reference: the account may be what was deleted
    at      BIGINT NOT NULL,
    name    TEXT   NOT NULL,
    detail  TEXT   NOT NULL,
    login   TEXT   NOT NULL                  -- the login that it was about; '' for none
);

-- +goose Down
DROP TABLE unlogged_events;
DROP TABLE token_uses;
DROP TABLE events;
DROP TABLE tokens;
DROP TABLE known_browsers;
DROP TABLE logins;
DROP TABLE reserved_emails;
DROP TABLE users;
