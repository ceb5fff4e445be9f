-- +goose Up
-- The outbox: every mail, written in the transaction of the act that promises it, and what became of it.
CREATE TABLE outbox (
    id           TEXT   NOT NULL PRIMARY KEY, -- also the Message-ID: a mail that was sent twice can be recognised
    user_id      TEXT            REFERENCES users (id) ON DELETE CASCADE,
    kind         TEXT   NOT NULL,             -- a stable name: "verify", "reset", …
    recipient    TEXT   NOT NULL,             -- '' for a decoy, and for a finished mail that belongs to no account
    subject      TEXT   NOT NULL,
    text         TEXT   NOT NULL,             -- both parts are blanked in the statement that marks the mail sent
    html         TEXT   NOT NULL,
    state        TEXT   NOT NULL,             -- waiting, sent, dead, expired, decoy, mailbox
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,             -- of its link: after that it is not sent
    due_at       BIGINT NOT NULL,             -- the next try
    attempts     BIGINT NOT NULL,
    error        TEXT   NOT NULL,             -- of the last try, without addresses and links
    lease        TEXT   NOT NULL,             -- the try that is under way, '' for none
    leased_until BIGINT NOT NULL,             -- after that another worker may take it
    ended_at     BIGINT NOT NULL              -- when it left "waiting"; 0 before
);
CREATE INDEX outbox_due ON outbox (state, due_at);
CREATE INDEX outbox_ended ON outbox (state, ended_at);
CREATE INDEX outbox_user ON outbox (user_id);

-- +goose Down
DROP TABLE outbox;
