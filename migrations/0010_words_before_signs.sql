-- What waits is looked through for what goes out next: words before signs.
DROP INDEX deliveries_waiting;
CREATE INDEX deliveries_waiting ON deliveries (lane, n, kind, session_id) WHERE state = 'pending';

-- Reactions are removed after a while however they ended: also those that Discord was not asked for.
DROP INDEX deliveries_old_reactions;
CREATE INDEX deliveries_old_reactions ON deliveries (ended_at) WHERE kind = 'reaction' AND state <> 'pending';
