-- A question whose call leads elsewhere by now ends, and is asked anew. What an agent asks once may so be asked of
-- people several times, one after the other: `round` counts them. The table is rebuilt without its old UNIQUE, and
-- the one that points at it with it, so that nothing points at what is dropped.
INSERT INTO approval_states VALUES ('asked_anew', 0);

CREATE TABLE approvals_anew (
  id             BLOB PRIMARY KEY,
  -- The question as the agent asked it, and how often people were asked it before. One that is found again in
  -- the journal is the same.
  runner_id      BLOB NOT NULL REFERENCES runners (id),
  ask            TEXT NOT NULL,
  round          INTEGER NOT NULL,
  run_id         BLOB NOT NULL REFERENCES runs (id),
  session_id     BLOB NOT NULL REFERENCES sessions (id),
  project        TEXT NOT NULL REFERENCES projects (name),
  kind           TEXT NOT NULL REFERENCES approval_kinds (name),
  tool           TEXT NOT NULL,
  -- JSON, and its SHA-256 in hexadecimal digits.
  input          TEXT NOT NULL,
  input_hash     TEXT NOT NULL,
  directory      TEXT,
  -- Where the call led when people were asked, behind all links; a yes is for that.
  leads_to       TEXT,
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
  -- What was granted, if the yes was for longer than once.
  grant_id       BLOB REFERENCES grants (id),
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
  UNIQUE (runner_id, ask, round)
) STRICT;

INSERT INTO approvals_anew (id, runner_id, ask, round, run_id, session_id, project, kind, tool, input,
    input_hash, directory, leads_to, why, rule, grant_rule, sub_agent, tier, asked_by, state, reach, grant_id,
    decided_by, decided_at, reason, answers, created_at, expires_at, posted_channel, posted_message, route)
  SELECT id, runner_id, ask, 0, run_id, session_id, project, kind, tool, input,
    input_hash, directory, leads_to, why, rule, grant_rule, sub_agent, tier, asked_by, state, reach, grant_id,
    decided_by, decided_at, reason, answers, created_at, expires_at, posted_channel, posted_message, route
  FROM approvals;

CREATE TABLE controls_anew (
  id          TEXT PRIMARY KEY,
  approval_id BLOB NOT NULL REFERENCES approvals_anew (id),
  n           INTEGER NOT NULL,
  choice      TEXT NOT NULL,
  UNIQUE (approval_id, n)
) STRICT, WITHOUT ROWID;

INSERT INTO controls_anew (id, approval_id, n, choice) SELECT id, approval_id, n, choice FROM controls;
DROP TABLE controls;
DROP TABLE approvals;
ALTER TABLE approvals_anew RENAME TO approvals;
ALTER TABLE controls_anew RENAME TO controls;
CREATE INDEX approvals_pending ON approvals (expires_at) WHERE state = 'pending';
CREATE INDEX approvals_pending_run ON approvals (run_id) WHERE state = 'pending';
