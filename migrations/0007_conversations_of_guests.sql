-- For whom a conversation is. In one that a guest began agents only look, whoever speaks to it: its
-- memory holds a guest's words. In a member's no guest has a say: its agent can do more.
ALTER TABLE sessions ADD COLUMN circle TEXT NOT NULL DEFAULT 'members'
  CHECK (circle IN ('members', 'guests'));

-- When a run was broken off because somebody who asked for it was blocked.
ALTER TABLE runs ADD COLUMN broken_off_at INTEGER;

-- Counts the changes of memberships, whoever makes them: another process may.
CREATE TABLE membership_changes (n INTEGER NOT NULL) STRICT;
INSERT INTO membership_changes VALUES (0);
CREATE TRIGGER a_membership_is_new AFTER INSERT ON memberships
BEGIN UPDATE membership_changes SET n = n + 1; END;
CREATE TRIGGER a_membership_is_changed AFTER UPDATE ON memberships
BEGIN UPDATE membership_changes SET n = n + 1; END;
CREATE TRIGGER a_membership_is_gone AFTER DELETE ON memberships
BEGIN UPDATE membership_changes SET n = n + 1; END;
