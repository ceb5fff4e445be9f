-- +goose Up
-- Within one login a token is replaced, too (the password was confirmed or changed). A log out that comes with the one
-- before still finds what it means to end.
ALTER TABLE dead_tokens ADD COLUMN session_id TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE dead_tokens DROP COLUMN session_id;
