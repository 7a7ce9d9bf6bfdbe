-- What stood where a call writes when people were asked about it, as JSON; NULL where that says nothing.
ALTER TABLE approvals ADD COLUMN found TEXT;

-- How many people were asked in a run is looked up with every question.
CREATE INDEX approvals_of_run ON approvals (run_id);

-- Questions that somebody has called up for himself: there he may decide on them too.
CREATE TABLE approval_copies (
  approval_id BLOB NOT NULL REFERENCES approvals (id),
  person_id   INTEGER NOT NULL,
  channel_id  INTEGER NOT NULL,
  PRIMARY KEY (approval_id, person_id, channel_id)
) STRICT, WITHOUT ROWID;
