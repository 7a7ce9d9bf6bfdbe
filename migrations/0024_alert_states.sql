-- How it is with what lasts and operators are told of: since when, how often it was raised, how far it has come, and when
-- they were last told. `cleared` is NULL while it is so.
CREATE TABLE alert_states (
  kind    TEXT NOT NULL,
  subject TEXT NOT NULL,
  tier    INTEGER NOT NULL,
  raised  INTEGER NOT NULL,
  told    INTEGER,
  times   INTEGER NOT NULL,
  cleared INTEGER,
  PRIMARY KEY (kind, subject)
) STRICT;

-- Whether operators were told of a row: so many are in an hour, and no more.
ALTER TABLE alerts ADD COLUMN told INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1));
CREATE INDEX alerts_told ON alerts (at) WHERE told = 1;

INSERT INTO delivery_kinds VALUES ('person_notice');
