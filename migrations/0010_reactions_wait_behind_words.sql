-- What waits is looked through for what goes out next: words before signs.
DROP INDEX deliveries_waiting;
CREATE INDEX deliveries_waiting ON deliveries (lane, n, kind, session_id) WHERE state = 'pending';
