-- With which account of its agent program a session works; NULL before its first run.
ALTER TABLE sessions ADD COLUMN slot TEXT;
-- What was begun before there were several was begun with the one.
UPDATE sessions SET slot = 'main' WHERE agent_acknowledged = 1;

-- What turns have told of an account, so that the next server knows it too.
CREATE TABLE account_limits (
    runtime       TEXT    NOT NULL REFERENCES runtimes (name),
    slot          TEXT    NOT NULL,
    -- It takes no more before this time, which was heard at that.
    limited_until INTEGER NOT NULL,
    heard_at      INTEGER NOT NULL,
    PRIMARY KEY (runtime, slot)
) STRICT;
