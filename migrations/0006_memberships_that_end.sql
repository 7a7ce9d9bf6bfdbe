-- When a membership ends by itself; NULL for one that holds until somebody takes it away.
ALTER TABLE memberships ADD COLUMN expires_at INTEGER;
