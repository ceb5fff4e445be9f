-- +goose Up
-- Of a token that a form with a password replaced: what the same form, sent once more, is known by.
ALTER TABLE revoked_tokens ADD COLUMN repeat_key TEXT NOT NULL DEFAULT '';     -- HMAC of the form, keyed by the token; '' for none
ALTER TABLE revoked_tokens ADD COLUMN repeat_session TEXT NOT NULL DEFAULT ''; -- the session that the form led to
ALTER TABLE revoked_tokens ADD COLUMN repeat_lasting BIGINT NOT NULL DEFAULT 0; -- 1 if its cookie outlives the browser

-- +goose Down
ALTER TABLE revoked_tokens DROP COLUMN repeat_lasting;
ALTER TABLE revoked_tokens DROP COLUMN repeat_session;
ALTER TABLE revoked_tokens DROP COLUMN repeat_key;
