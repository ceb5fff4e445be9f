-- +goose Up
-- Authenticator apps. The secret is encrypted under SECRET_KEY, for its account alone.
CREATE TABLE totp (
    user_id    TEXT   NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret     TEXT   NOT NULL,
    key_id     TEXT   NOT NULL,                 -- which SECRET_KEY it is encrypted under
    last_step  BIGINT NOT NULL,                 -- the 30 seconds whose code was used last: no earlier one counts
    created_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL                  -- 0 until a log in
);
CREATE INDEX totp_key ON totp (key_id, user_id);

-- +goose Down
DROP TABLE totp;
