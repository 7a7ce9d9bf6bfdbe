-- How often the server has started, how often after an end that was none of its own making, and
-- whether one works at the moment. `proved_at` is written to see that the database takes writes.
CREATE TABLE server_life (
  starts       INTEGER NOT NULL,
  unclean_ends INTEGER NOT NULL,
  works        INTEGER NOT NULL CHECK (works IN (0, 1)),
  proved_at    INTEGER NOT NULL
) STRICT;
INSERT INTO server_life VALUES (0, 0, 0, 0);

-- The order in which all runs' events were stored, from here on: by it the transcripts follow.
ALTER TABLE run_events ADD COLUMN seq INTEGER;
CREATE UNIQUE INDEX run_events_seq ON run_events (seq);

-- How far the transcripts are written. NULL while none are kept: what happens meanwhile is not
-- written afterwards.
CREATE TABLE transcript_mark (seq INTEGER) STRICT;
INSERT INTO transcript_mark VALUES (0);
