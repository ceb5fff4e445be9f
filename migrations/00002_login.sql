-- +goose Up
CREATE TABLE users (
    id                  TEXT   NOT NULL PRIMARY KEY,
    email               TEXT   NOT NULL,        -- as the user wrote it; mail goes there
    email_key           TEXT   NOT NULL UNIQUE, -- normalised: what a user logs in with
    name                TEXT   NOT NULL,
    role                TEXT   NOT NULL,        -- '' or 'admin'
    password_hash       TEXT   NOT NULL,        -- '' for an account without a password
    password_changed_at BIGINT NOT NULL,
    created_at          BIGINT NOT NULL,
    disabled_at         BIGINT NOT NULL         -- 0 while the account is enabled
);

-- A login is a user on a session. This row is the whole authority: nothing about rights is kept elsewhere.
CREATE TABLE logins (
    id         TEXT   NOT NULL PRIMARY KEY,
    session_id TEXT   NOT NULL UNIQUE REFERENCES sessions (id) ON DELETE CASCADE,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,                 -- the absolute limit
    remembered BIGINT NOT NULL,                 -- 1 with "keep me logged in"
    fresh_at   BIGINT NOT NULL,                 -- when a password was last proven
    factors    TEXT   NOT NULL,                 -- what was proven, as "password"; '' is half logged in: no rights yet
    ip         TEXT   NOT NULL,                 -- cut to /24 or /48
    user_agent TEXT   NOT NULL
);
CREATE INDEX logins_user ON logins (user_id, created_at);
CREATE INDEX logins_expires_at ON logins (expires_at);

-- Browsers that have logged in to an account. They give no rights: a bucket of their own against lock-out.
CREATE TABLE known_browsers (
    token_hash TEXT   NOT NULL,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (token_hash, user_id)
);
CREATE INDEX known_browsers_user ON known_browsers (user_id);
CREATE INDEX known_browsers_expires_at ON known_browsers (expires_at);

-- +goose Down
DROP TABLE known_browsers;
DROP TABLE logins;
DROP TABLE users;
