-- The state of a server that answers messages. Times are UTC epoch milliseconds, Discord ids are
-- INTEGER (a snowflake has 63 bits), own ids are UUIDv7 as 16 bytes.
--
-- Sets that can grow are tables with foreign keys rather than CHECKs: a CHECK could only be changed
-- by rebuilding its table, which under foreign_keys=ON empties the tables that point at it.

CREATE TABLE run_states      (name TEXT PRIMARY KEY, open INTEGER NOT NULL CHECK (open IN (0, 1))) STRICT, WITHOUT ROWID;
CREATE TABLE request_states  (name TEXT PRIMARY KEY, open INTEGER NOT NULL CHECK (open IN (0, 1))) STRICT, WITHOUT ROWID;
CREATE TABLE delivery_kinds  (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE delivery_states (name TEXT PRIMARY KEY, open INTEGER NOT NULL CHECK (open IN (0, 1))) STRICT, WITHOUT ROWID;
CREATE TABLE runtimes        (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

INSERT INTO run_states VALUES
  ('queued', 1), ('starting', 1), ('running', 1), ('waiting', 1), ('parked', 1),
  ('completed', 0), ('failed', 0), ('cancelled', 0), ('expired', 0), ('interrupted', 0);
INSERT INTO request_states VALUES
  ('waiting', 1), ('taken', 1),
  ('answered', 0), ('failed', 0), ('refused', 0), ('expired', 0), ('cancelled', 0);
INSERT INTO delivery_kinds VALUES
  ('reaction'), ('thread'), ('live'), ('settle'), ('answer'), ('notice');
INSERT INTO delivery_states VALUES ('pending', 1), ('sent', 0), ('refused', 0), ('dropped', 0);
INSERT INTO runtimes VALUES ('claude');

-- Every IDENTIFY that was sent to the gateway: Discord allows a bounded number a day.
CREATE TABLE identifies (
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX identifies_at ON identifies (at);

-- Per channel or thread the last message that was decided on; what came later is caught up.
CREATE TABLE channel_marks (
  channel_id      INTEGER PRIMARY KEY,
  last_message_id INTEGER NOT NULL
) STRICT;

-- What was last registered with Discord, so that a start registers commands only when they changed.
CREATE TABLE registrations (
  target TEXT PRIMARY KEY,
  hash   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE memberships (
  subject_kind TEXT NOT NULL CHECK (subject_kind IN ('user', 'role')),
  subject_id   INTEGER NOT NULL,
  scope        TEXT NOT NULL,
  tier         TEXT NOT NULL CHECK (tier IN ('owner', 'member', 'guest', 'blocked')),
  granted_by   INTEGER,
  granted_at   INTEGER NOT NULL,
  PRIMARY KEY (subject_kind, subject_id, scope)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  at     INTEGER NOT NULL,
  actor  INTEGER,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_is_never_removed BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

-- Projects as they were loaded, so that history can be read after the settings have changed.
CREATE TABLE projects (
  name      TEXT PRIMARY KEY,
  directory TEXT NOT NULL,
  runtime   TEXT NOT NULL REFERENCES runtimes (name),
  loaded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  id                 BLOB PRIMARY KEY,
  project            TEXT NOT NULL REFERENCES projects (name),
  runtime            TEXT NOT NULL REFERENCES runtimes (name),
  guild_id           INTEGER NOT NULL,
  channel_id         INTEGER NOT NULL,
  -- The thread that the session lives in. For a session that was started by a message in a channel
  -- this is the message's id, because the thread that grows from a message has its id.
  thread_id          INTEGER NOT NULL UNIQUE,
  -- Where its messages are posted: the thread, or the channel if Discord refused the thread.
  post_channel_id    INTEGER NOT NULL,
  -- Why Discord refuses messages there, in its words; NULL while it takes them.
  unreachable        TEXT,
  -- What was said in the thread before this message is given to the agent once, as context.
  context_before     INTEGER,
  title              TEXT NOT NULL,
  -- The agent program's own id of the conversation, and whether it has ever taken up a message.
  agent_session      BLOB NOT NULL,
  agent_acknowledged INTEGER NOT NULL CHECK (agent_acknowledged IN (0, 1)),
  created_at         INTEGER NOT NULL,
  used_at            INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_used ON sessions (used_at);

CREATE TABLE runs (
  id                BLOB PRIMARY KEY,
  session_id        BLOB NOT NULL REFERENCES sessions (id),
  state             TEXT NOT NULL REFERENCES run_states (name),
  principal_id      INTEGER NOT NULL,
  tier              TEXT NOT NULL CHECK (tier IN ('owner', 'member', 'guest', 'blocked')),
  queued_at         INTEGER NOT NULL,
  expires_at        INTEGER NOT NULL,
  started_at        INTEGER,
  ended_at          INTEGER,
  cancelled_by      INTEGER,
  input_tokens      INTEGER NOT NULL DEFAULT 0,
  output_tokens     INTEGER NOT NULL DEFAULT 0,
  cost_microusd     INTEGER NOT NULL DEFAULT 0,
  failure           TEXT
) STRICT;
CREATE UNIQUE INDEX one_open_run_a_session ON runs (session_id)
  WHERE state IN ('queued', 'starting', 'running', 'waiting', 'parked');
CREATE INDEX runs_state ON runs (state);

CREATE TABLE run_events (
  run_id BLOB NOT NULL REFERENCES runs (id),
  n      INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  kind   TEXT NOT NULL,
  data   TEXT NOT NULL,
  PRIMARY KEY (run_id, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE requests (
  n           INTEGER PRIMARY KEY AUTOINCREMENT,
  id          BLOB NOT NULL UNIQUE,
  -- The message that it is; a message is accepted once.
  message_id  INTEGER NOT NULL UNIQUE,
  channel_id  INTEGER NOT NULL,
  session_id  BLOB NOT NULL REFERENCES sessions (id),
  run_id      BLOB REFERENCES runs (id),
  state       TEXT NOT NULL REFERENCES request_states (name),
  person_id   INTEGER NOT NULL,
  person_name TEXT NOT NULL,
  role_ids    TEXT NOT NULL,
  tier        TEXT NOT NULL CHECK (tier IN ('owner', 'member', 'guest', 'blocked')),
  text        TEXT NOT NULL,
  accepted_at INTEGER NOT NULL,
  ended_at    INTEGER
) STRICT;
CREATE INDEX requests_mailbox ON requests (session_id, n) WHERE state = 'waiting';
CREATE INDEX requests_run ON requests (run_id);

-- The processes that own agent processes, and how far their journals have been applied.
CREATE TABLE runners (
  id                 BLOB PRIMARY KEY,
  session_id         BLOB NOT NULL REFERENCES sessions (id),
  applied_seq        INTEGER NOT NULL DEFAULT 0,
  cost_seen_microusd INTEGER NOT NULL DEFAULT 0,
  started_at         INTEGER NOT NULL,
  ended_at           INTEGER
) STRICT;
CREATE UNIQUE INDEX one_runner_a_session ON runners (session_id) WHERE ended_at IS NULL;

-- The outbox. Rows of one lane go out in the order of n.
CREATE TABLE deliveries (
  n             INTEGER PRIMARY KEY AUTOINCREMENT,
  id            BLOB NOT NULL UNIQUE,
  -- The same thing is never queued twice.
  key           TEXT NOT NULL UNIQUE,
  lane          INTEGER NOT NULL,
  kind          TEXT NOT NULL REFERENCES delivery_kinds (name),
  state         TEXT NOT NULL REFERENCES delivery_states (name),
  session_id    BLOB REFERENCES sessions (id),
  run_id        BLOB REFERENCES runs (id),
  payload       TEXT NOT NULL,
  -- Messages of this delivery that Discord has; an answer may take several.
  parts_sent    INTEGER NOT NULL DEFAULT 0,
  -- The first message that came of it.
  message_id    INTEGER,
  -- The attempt in progress: when its nonce was first used, and how often it was renewed.
  attempted_at  INTEGER,
  nonce_round   INTEGER NOT NULL DEFAULT 0,
  error         TEXT,
  created_at    INTEGER NOT NULL,
  ended_at      INTEGER
) STRICT;
CREATE INDEX deliveries_waiting ON deliveries (lane, n) WHERE state = 'pending';
CREATE INDEX deliveries_run ON deliveries (run_id);

CREATE TABLE alerts (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  at      INTEGER NOT NULL,
  kind    TEXT NOT NULL,
  place   TEXT NOT NULL,
  text    TEXT NOT NULL
) STRICT;
