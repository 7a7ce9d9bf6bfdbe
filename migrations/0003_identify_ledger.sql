-- Whether the connection that an IDENTIFY began lasted, or was ended on request. Those that were cut
-- short in a row say how long the next one has to wait.
ALTER TABLE identifies ADD COLUMN lasted INTEGER NOT NULL DEFAULT 0 CHECK (lasted IN (0, 1));
