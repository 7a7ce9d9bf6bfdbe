-- Where the call led when people were asked, behind all links; a yes is for that. And what was granted, if
-- the yes was for longer than once.
ALTER TABLE approvals ADD COLUMN leads_to TEXT;
ALTER TABLE approvals ADD COLUMN grant_id BLOB REFERENCES grants (id);

-- A grant holds as long as its giver could still give it: with these roles (a JSON list of Discord ids), where
-- the conversation lives in which it was given.
ALTER TABLE grants ADD COLUMN giver_roles TEXT NOT NULL DEFAULT '[]';
ALTER TABLE grants ADD COLUMN guild_id INTEGER;
ALTER TABLE grants ADD COLUMN channel_id INTEGER;
ALTER TABLE grants ADD COLUMN thread_id INTEGER;
