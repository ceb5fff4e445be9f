-- +goose Up
CREATE TABLE passkeys (
    id              TEXT   NOT NULL PRIMARY KEY, -- ours: what addresses name
    user_id         TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id   TEXT   NOT NULL UNIQUE,      -- the authenticator's, base64url
    public_key      TEXT   NOT NULL,             -- COSE_Key (RFC 9052), base64url
    name            TEXT   NOT NULL,
    aaguid          TEXT   NOT NULL,             -- the make of the authenticator, a UUID
    transports      TEXT   NOT NULL,             -- how browsers reach it, with commas between
    sign_count      BIGINT NOT NULL,             -- as last seen; 0 where the authenticator does not count
    backup_eligible BIGINT NOT NULL,             -- 1 if it may be kept on several devices
    backed_up       BIGINT NOT NULL,             -- 1 if it is
    created_at      BIGINT NOT NULL,
    used_at         BIGINT NOT NULL              -- 0 until it is used
);
CREATE INDEX passkeys_user ON passkeys (user_id, id);

-- What browsers were asked to sign: each for one browser, once, for five minutes.
CREATE TABLE passkey_challenges (
    hash       TEXT   NOT NULL PRIMARY KEY, -- SHA-256, hex
    visitor    TEXT   NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    purpose    TEXT   NOT NULL,             -- "login", "register", "confirm", "add"
    data       TEXT   NOT NULL,             -- a JSON object
    expires_at BIGINT NOT NULL
);
CREATE INDEX passkey_challenges_visitor ON passkey_challenges (visitor);
CREATE INDEX passkey_challenges_expires_at ON passkey_challenges (expires_at);

-- +goose Down
DROP TABLE passkey_challenges;
DROP TABLE passkeys;
