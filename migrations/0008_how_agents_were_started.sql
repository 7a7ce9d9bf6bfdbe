-- An agent keeps the rules that it was started with. By this a server knows whether they are still those
-- of the settings; NULL for agents that were started before.
ALTER TABLE runners ADD COLUMN launched_as TEXT;
