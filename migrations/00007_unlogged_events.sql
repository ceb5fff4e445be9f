-- +goose Up
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
