-- no-transaction
-- Sessions that are started, named, bound to a channel and ended by commands. A place can have a
-- session again after the last one has ended, so the table is rebuilt without its UNIQUE column.
--
-- While foreign keys are on, dropping a table empties those that point at it; the switch does nothing
-- within a transaction, hence the first line. A server that dies half-way does all of this again: what
-- is copied are columns that the old table has as well as the new one.
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;

CREATE TABLE sessions_anew (
  id                 BLOB PRIMARY KEY,
  project            TEXT NOT NULL REFERENCES projects (name),
  runtime            TEXT NOT NULL REFERENCES runtimes (name),
  guild_id           INTEGER NOT NULL,
  channel_id         INTEGER NOT NULL,
  -- Where it lives: its thread, or the channel itself for a session that is bound to a channel. For a
  -- session that was started by a message in a channel this is the message's id, because the thread
  -- that grows from a message has its id; for one whose thread is still to be opened, the command's id.
  thread_id          INTEGER NOT NULL,
  -- Where its messages are posted: where it lives, or the channel if Discord refused the thread.
  post_channel_id    INTEGER NOT NULL,
  -- Why Discord refuses messages there, in its words; NULL while it takes them.
  unreachable        TEXT,
  -- What was said in the thread before this message is given to the agent once, as context.
  context_before     INTEGER,
  -- For a session that is bound to a channel: what was said there after this message, and not yet
  -- given, is context of its next turn.
  context_after      INTEGER,
  title              TEXT NOT NULL,
  -- What a person called it; NULL for one that a message began.
  name               TEXT,
  -- The model that was asked for; NULL for the project's.
  model              TEXT,
  -- The agent program's own id of the conversation, and whether it has ever taken up a message.
  agent_session      BLOB NOT NULL,
  agent_acknowledged INTEGER NOT NULL CHECK (agent_acknowledged IN (0, 1)),
  created_at         INTEGER NOT NULL,
  used_at            INTEGER NOT NULL,
  -- When it was ended, and by whom. It is kept for its history.
  ended_at           INTEGER,
  ended_by           INTEGER
) STRICT;

INSERT INTO sessions_anew (id, project, runtime, guild_id, channel_id, thread_id, post_channel_id,
    unreachable, context_before, title, agent_session, agent_acknowledged, created_at, used_at)
  SELECT id, project, runtime, guild_id, channel_id, thread_id, post_channel_id,
    unreachable, context_before, title, agent_session, agent_acknowledged, created_at, used_at
  FROM sessions;
DROP TABLE sessions;
ALTER TABLE sessions_anew RENAME TO sessions;

CREATE INDEX sessions_used ON sessions (used_at);
CREATE INDEX sessions_post_channel ON sessions (post_channel_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX one_session_a_place ON sessions (thread_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX one_name_a_channel ON sessions (channel_id, name COLLATE NOCASE)
  WHERE ended_at IS NULL AND name IS NOT NULL;

-- For "where do I stand in the queue".
CREATE INDEX IF NOT EXISTS requests_open_of_person ON requests (person_id, n) WHERE state IN ('waiting', 'taken');
-- For a reply to something that a session said.
CREATE INDEX IF NOT EXISTS deliveries_message ON deliveries (message_id) WHERE message_id IS NOT NULL;

INSERT OR IGNORE INTO delivery_kinds VALUES ('opening');

COMMIT;
PRAGMA foreign_keys = ON;
