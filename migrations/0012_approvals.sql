-- Questions to people about what an agent wants to do, the buttons of each, and what people have allowed
-- for longer than once.

CREATE TABLE approval_kinds  (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE approval_states (name TEXT PRIMARY KEY, open INTEGER NOT NULL CHECK (open IN (0, 1))) STRICT, WITHOUT ROWID;
CREATE TABLE approval_routes (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE grant_reaches   (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

INSERT INTO approval_kinds VALUES ('call'), ('plan'), ('choice');
INSERT INTO approval_states VALUES
  ('pending', 1),
  ('allowed', 0), ('denied', 0), ('answered', 0), ('expired', 0), ('cancelled', 0), ('lost', 0);
INSERT INTO approval_routes VALUES ('dm'), ('thread'), ('channel'), ('veiled');
INSERT INTO grant_reaches VALUES ('once'), ('session'), ('project');
INSERT INTO delivery_kinds VALUES ('question'), ('question_end');

CREATE TABLE approvals (
  id             BLOB PRIMARY KEY,
  -- The question as the agent asked it. One that is found again in the journal is the same.
  runner_id      BLOB NOT NULL REFERENCES runners (id),
  ask            TEXT NOT NULL,
  run_id         BLOB NOT NULL REFERENCES runs (id),
  session_id     BLOB NOT NULL REFERENCES sessions (id),
  project        TEXT NOT NULL REFERENCES projects (name),
  kind           TEXT NOT NULL REFERENCES approval_kinds (name),
  tool           TEXT NOT NULL,
  -- JSON, and its SHA-256 in hexadecimal digits.
  input          TEXT NOT NULL,
  input_hash     TEXT NOT NULL,
  directory      TEXT,
  -- Why a person is asked, and which rule wants it so.
  why            TEXT NOT NULL,
  rule           TEXT NOT NULL,
  -- What would be granted if it is allowed for longer; NULL if it can be allowed once only.
  grant_rule     TEXT,
  sub_agent      TEXT,
  -- Of the run, and for whom it works: a JSON list of Discord ids.
  tier           TEXT NOT NULL CHECK (tier IN ('owner', 'member', 'guest', 'blocked')),
  asked_by       TEXT NOT NULL,
  state          TEXT NOT NULL REFERENCES approval_states (name),
  reach          TEXT REFERENCES grant_reaches (name),
  decided_by     INTEGER,
  decided_at     INTEGER,
  reason         TEXT,
  -- JSON: the text of a question of the agent's to the answer; grows until all are answered.
  answers        TEXT,
  created_at     INTEGER NOT NULL,
  expires_at     INTEGER NOT NULL,
  -- The message that asks, once Discord has it, and which way it went.
  posted_channel INTEGER,
  posted_message INTEGER,
  route          TEXT REFERENCES approval_routes (name),
  UNIQUE (runner_id, ask)
) STRICT;
CREATE INDEX approvals_pending ON approvals (expires_at) WHERE state = 'pending';
CREATE INDEX approvals_pending_run ON approvals (run_id) WHERE state = 'pending';

-- Buttons and lists: what Discord is given is an id that says nothing.
CREATE TABLE controls (
  id          TEXT PRIMARY KEY,
  approval_id BLOB NOT NULL REFERENCES approvals (id),
  n           INTEGER NOT NULL,
  choice      TEXT NOT NULL,
  UNIQUE (approval_id, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE grants (
  id         BLOB PRIMARY KEY,
  -- As it is written in the settings, or the very same call by its hash.
  rule       TEXT NOT NULL,
  project    TEXT NOT NULL REFERENCES projects (name),
  -- 'session:ID', 'thread:ID', 'channel:ID' or 'project'
  scope      TEXT NOT NULL,
  -- It holds for runs of this tier and above.
  tier       TEXT NOT NULL CHECK (tier IN ('owner', 'member', 'guest', 'blocked')),
  granted_by INTEGER NOT NULL,
  granted_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  revoked_by INTEGER
) STRICT;
CREATE INDEX grants_live ON grants (project, scope) WHERE revoked_at IS NULL;
