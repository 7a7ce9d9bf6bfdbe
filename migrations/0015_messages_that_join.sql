-- What a message does that comes while the agent works: NULL is what the project says.
ALTER TABLE sessions ADD COLUMN busy TEXT;

-- Requests that were given to an agent at work, beside its prompt, and when it heard each. What it has
-- not heard when its turn ends waits for another.
CREATE TABLE joined_requests (
  request_id BLOB PRIMARY KEY REFERENCES requests (id),
  run_id     BLOB NOT NULL REFERENCES runs (id),
  joined_at  INTEGER NOT NULL,
  heard_at   INTEGER
) STRICT;
CREATE INDEX joined_requests_run ON joined_requests (run_id);
