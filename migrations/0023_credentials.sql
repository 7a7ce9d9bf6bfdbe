-- What is known of each account's login, without anything secret: a refresh token stands here as a digest of it.
CREATE TABLE account_logins (
    runtime      TEXT    NOT NULL REFERENCES runtimes (name),
    slot         TEXT    NOT NULL,
    -- The refresh token that was seen last, the one that the service takes no more, and the one that may have been
    -- used.
    print        BLOB,
    dead         BLOB,
    doubt        BLOB,
    -- When the login that was seen last is to be renewed.
    due_at       INTEGER,
    failures     INTEGER NOT NULL DEFAULT 0,
    renewed_at   INTEGER,
    left_alone   INTEGER,
    -- How many turns were refused for want of a login.
    refused      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (runtime, slot)
) STRICT;

-- A renewal is noted before anything is sent. One without an end was cut off: its token may have been used.
CREATE TABLE renewals (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    runtime  TEXT    NOT NULL,
    slot     TEXT    NOT NULL,
    print    BLOB    NOT NULL,
    begun_at INTEGER NOT NULL,
    ended_at INTEGER,
    outcome  TEXT,
    FOREIGN KEY (runtime, slot) REFERENCES account_logins (runtime, slot)
) STRICT;
CREATE INDEX renewals_open ON renewals (runtime, slot) WHERE ended_at IS NULL;
