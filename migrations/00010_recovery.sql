-- +goose Up
-- Recovery codes, each of which stands in once for a second factor that was lost. A code has 80 random bits or more.
CREATE TABLE recovery_codes (
    hash       TEXT   NOT NULL PRIMARY KEY,     -- SHA-256 of account and code, hex
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL                  -- 0 until it is used
);
CREATE INDEX recovery_codes_user ON recovery_codes (user_id, used_at);

-- +goose Down
DROP TABLE recovery_codes;
