-- +goose Up
-- One row is one visitor's browser. Times are Unix milliseconds, UTC.
CREATE TABLE sessions (
    id         TEXT   NOT NULL PRIMARY KEY, -- the visitor: survives log in, never leaves the server as a credential
    token_hash TEXT   NOT NULL UNIQUE,      -- SHA-256 of the cookie's token, hex
    data       TEXT   NOT NULL,             -- a JSON object
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    hits       BIGINT NOT NULL,
    ip         TEXT   NOT NULL,             -- truncated to /24 or /48
    user_agent TEXT   NOT NULL
);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- Tokens that were ended or replaced within the last minute, so that a slow request is told apart from a stranger's.
CREATE TABLE revoked_tokens (
    token_hash     TEXT   NOT NULL PRIMARY KEY,
    expires_at     BIGINT NOT NULL,
    session_id     TEXT   NOT NULL DEFAULT '', -- the session that continues under another token of the same login; '' for none
    -- Of a token that a form with a password replaced: what the same form, sent once more, is known by.
    repeat_key     TEXT   NOT NULL DEFAULT '', -- HMAC of the form, keyed by the token; '' for none
    repeat_session TEXT   NOT NULL DEFAULT '', -- the session that the form led to
    repeat_lasting BIGINT NOT NULL DEFAULT 0   -- 1 if its cookie outlives the browser
);
CREATE INDEX revoked_tokens_expires_at ON revoked_tokens (expires_at);

-- Token buckets: one number for each (see internal/ratelimit).
CREATE TABLE rate_limits (
    bucket    TEXT   NOT NULL PRIMARY KEY,
    full_at   BIGINT NOT NULL               -- when the bucket will be full again
);
CREATE INDEX rate_limits_full_at ON rate_limits (full_at);

-- +goose Down
DROP TABLE rate_limits;
DROP TABLE revoked_tokens;
DROP TABLE sessions;
