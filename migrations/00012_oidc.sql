-- +goose Up
-- Accounts of other sites that log in to accounts here.
CREATE TABLE identities (
    id         TEXT   NOT NULL PRIMARY KEY, -- ours: what addresses name
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    issuer     TEXT   NOT NULL,             -- the site, as it calls itself (OpenID Connect Core, 2)
    subject    TEXT   NOT NULL,             -- whom the site means: never given to somebody else
    email      TEXT   NOT NULL,             -- as the site said when it was linked, '' for none; nothing goes by it
    created_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL,             -- 0 until it is used
    UNIQUE (issuer, subject)
);
CREATE INDEX identities_user ON identities (user_id, id);

-- Browsers that were sent to another site and should come back: each for one browser, once, for ten minutes.
CREATE TABLE oidc_requests (
    hash       TEXT   NOT NULL PRIMARY KEY, -- of the state, SHA-256, hex
    visitor    TEXT   NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    site       TEXT   NOT NULL,             -- the name in its address here
    data       TEXT   NOT NULL,             -- a JSON object
    expires_at BIGINT NOT NULL
);
CREATE INDEX oidc_requests_visitor ON oidc_requests (visitor);
CREATE INDEX oidc_requests_expires_at ON oidc_requests (expires_at);

-- Identities that wait for the owner of an account to log in and press a button: one for each browser, for ten minutes.
CREATE TABLE oidc_pending (
    visitor    TEXT   NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    data       TEXT   NOT NULL, -- a JSON object
    expires_at BIGINT NOT NULL
);
CREATE INDEX oidc_pending_expires_at ON oidc_pending (expires_at);

-- +goose Down
DROP TABLE oidc_pending;
DROP TABLE oidc_requests;
DROP TABLE identities;
