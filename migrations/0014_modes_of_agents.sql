-- How freely an agent goes about its work, as a person chose for his conversation.
ALTER TABLE sessions ADD COLUMN mode TEXT NOT NULL DEFAULT 'default' CHECK (mode IN ('default', 'plan'));
