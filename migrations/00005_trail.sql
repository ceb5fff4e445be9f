-- +goose Up
-- The recent page views of a visitor.
CREATE TABLE trail (
    id         TEXT   NOT NULL PRIMARY KEY,
    session_id TEXT   NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    at         BIGINT NOT NULL,
    method     TEXT   NOT NULL,
    pattern    TEXT   NOT NULL,             -- the route's pattern, not the address: ids and queries are not stored
    status     BIGINT NOT NULL
);
CREATE INDEX trail_session ON trail (session_id, id);
CREATE INDEX trail_at ON trail (at);

-- +goose Down
DROP TABLE trail;
