-- +goose Up
-- Codes to log in with that were asked for: each for one browser, once, for ten minutes.
CREATE TABLE mail_logins (
    token_hash TEXT   NOT NULL PRIMARY KEY, -- SHA-256 of the link's token, hex
    code_hash  TEXT   NOT NULL,             -- SHA-256 of token_hash and the code, which follows from the token
    visitor    TEXT   NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, -- the browser that asked, where alone it works
    user_id    TEXT            REFERENCES users (id) ON DELETE CASCADE,    -- NULL where no mail was sent
    email      TEXT   NOT NULL,             -- as it was typed
    remember   BIGINT NOT NULL,             -- 1 to be kept logged in
    next       TEXT   NOT NULL,             -- the page that was asked for, '' for none
    asked_from TEXT   NOT NULL,             -- that browser in words, with its network, truncated
    opened_in  TEXT            REFERENCES sessions (id) ON DELETE SET NULL, -- the browser that opened the link last
    shown      TEXT   NOT NULL,             -- the code, which that browser shows or sends; '' until then
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX mail_logins_visitor ON mail_logins (visitor, created_at);
CREATE INDEX mail_logins_user ON mail_logins (user_id);
CREATE INDEX mail_logins_opened_in ON mail_logins (opened_in);
CREATE INDEX mail_logins_expires_at ON mail_logins (expires_at);

-- +goose Down
DROP TABLE mail_logins;
