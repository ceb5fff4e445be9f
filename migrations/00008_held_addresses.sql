-- +goose Up
-- Addresses that an account had, and can take back for a while: until then nobody else may have them.
CREATE TABLE held_addresses (
    email_key  TEXT   NOT NULL,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (email_key, user_id)
);
CREATE INDEX held_addresses_user ON held_addresses (user_id, email_key);
CREATE INDEX held_addresses_expires_at ON held_addresses (expires_at);

CREATE INDEX users_registered_by ON users (registered_by);

-- +goose Down
DROP INDEX users_registered_by;
DROP TABLE held_addresses;
