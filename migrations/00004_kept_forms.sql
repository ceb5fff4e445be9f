-- +goose Up
-- Browsers on which a login expired. A login that was ended leaves no row here: its session is gone.
CREATE TABLE expired_logins (
    session_id TEXT   NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at         BIGINT NOT NULL
);
CREATE INDEX expired_logins_user ON expired_logins (user_id, session_id);

-- Forms that were posted after that, each for that user alone and for an hour.
CREATE TABLE kept_forms (
    session_id TEXT   NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE, -- one for each session
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    path       TEXT   NOT NULL,             -- where it was posted to, with its query
    form       TEXT   NOT NULL,             -- a JSON object, without secrets
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX kept_forms_user ON kept_forms (user_id, session_id);
CREATE INDEX kept_forms_expires_at ON kept_forms (expires_at);

-- +goose Down
DROP TABLE kept_forms;
DROP TABLE expired_logins;
