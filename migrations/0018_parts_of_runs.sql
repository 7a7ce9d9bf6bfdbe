-- Turns of an agent that were only a part of their run, because messages had joined it that the agent went
-- on with: what each answered and used. Known again by the line of the runner's journal that ended it.
CREATE TABLE run_parts (
  n             INTEGER PRIMARY KEY,
  run_id        BLOB NOT NULL REFERENCES runs (id),
  runner_id     BLOB NOT NULL REFERENCES runners (id),
  seq           INTEGER NOT NULL,
  at            INTEGER NOT NULL,
  answer        TEXT NOT NULL,
  input_tokens  INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cost_microusd INTEGER NOT NULL,
  took_ms       INTEGER NOT NULL,
  UNIQUE (run_id, runner_id, seq)
) STRICT;
