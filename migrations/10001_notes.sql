-- +goose Up
-- The example section's table. Every table that holds something of a user names its owner, whose deletion deletes the row.
-- Your own migrations are numbered from 10001.
CREATE TABLE notes (
    id         TEXT   NOT NULL PRIMARY KEY,
    owner_id   TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title      TEXT   NOT NULL,
    body       TEXT   NOT NULL,
    search     TEXT   NOT NULL, -- the texts that a search looks into, as value.Fold writes them
    version    BIGINT NOT NULL, -- grows with every change: two tabs cannot overwrite each other
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX notes_owner ON notes (owner_id, changed_at, id);

-- +goose Down
DROP TABLE notes;
