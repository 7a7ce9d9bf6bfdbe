-- Runs that nobody asked for: what an agent goes on with by itself when its turn is over. Each works for
-- those for whom the run worked that caused it, and begins behind a line of the agent's journal instead
-- of with a prompt.
CREATE TABLE follow_ups (
  run_id    BLOB PRIMARY KEY REFERENCES runs (id),
  caused_by BLOB NOT NULL REFERENCES runs (id),
  runner_id BLOB NOT NULL REFERENCES runners (id),
  after_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
