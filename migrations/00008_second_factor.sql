-- +goose Up
-- The first step of a log in to an account that asks for a second factor: for one browser, for ten minutes. It gives no
-- rights: whoever may do something has a row in logins.
CREATE TABLE half_logins (
    session_id TEXT   NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    remember   BIGINT NOT NULL,                 -- 1 with "keep me logged in"
    detail     TEXT   NOT NULL,                 -- what the first step was; '' for a password
    next       TEXT   NOT NULL,                 -- the page that was asked for; '' for none
    expires_at BIGINT NOT NULL
);
CREATE INDEX half_logins_user ON half_logins (user_id);
CREATE INDEX half_logins_expires_at ON half_logins (expires_at);

-- A known browser may be trusted for a while: then the account asks it for no second factor.
ALTER TABLE known_browsers ADD COLUMN trust_ends_at BIGINT NOT NULL DEFAULT 0; -- 0: not trusted
ALTER TABLE known_browsers ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';     -- of a trusted one

-- Who has lost their factors and asked to have them removed: after a waiting time, unless somebody cancels it.
CREATE TABLE factor_recoveries (
    user_id   TEXT   NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    asked_at  BIGINT NOT NULL,
    due_at    BIGINT NOT NULL,                  -- when the link that removes them is mailed
    mail_at   BIGINT NOT NULL                   -- when the next mail is
);
CREATE INDEX factor_recoveries_mail_at ON factor_recoveries (mail_at);

-- Who wants to be asked for a second factor that by itself is only offered.
CREATE TABLE second_steps (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE
);

-- +goose Down
DROP TABLE second_steps;
DROP TABLE factor_recoveries;
ALTER TABLE known_browsers DROP COLUMN user_agent;
ALTER TABLE known_browsers DROP COLUMN trust_ends_at;
DROP TABLE half_logins;
