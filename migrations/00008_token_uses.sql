-- +goose Up
-- Which browser used a link, by the hash of its session's token: pressed twice, the link's button is read as done.
CREATE TABLE token_uses (
    browser    TEXT   NOT NULL,
    token_hash TEXT   NOT NULL REFERENCES tokens (hash) ON DELETE CASCADE,
    PRIMARY KEY (browser, token_hash)
);
CREATE INDEX token_uses_token ON token_uses (token_hash);

-- +goose Down
DROP TABLE token_uses;
