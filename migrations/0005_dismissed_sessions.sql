-- Whether Baton was there when the session of an IDENTIFY ended early: then it was Discord or the network
-- that ended it, not a crash, and the next one need not wait as long.
ALTER TABLE identifies ADD COLUMN dismissed INTEGER NOT NULL DEFAULT 0 CHECK (dismissed IN (0, 1));
