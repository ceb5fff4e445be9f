-- +goose Up
-- Who was told that an account whose address was never verified will be deleted.
CREATE TABLE unverified_warnings (
    user_id TEXT   NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    at      BIGINT NOT NULL
);
CREATE INDEX users_unverified ON users (created_at) WHERE verified_at = 0;

-- +goose Down
DROP INDEX users_unverified;
DROP TABLE unverified_warnings;
