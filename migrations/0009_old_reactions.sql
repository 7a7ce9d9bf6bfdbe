-- Reactions that Discord has are removed after a while. Removing looks for what points at them.
CREATE INDEX deliveries_old_reactions ON deliveries (ended_at) WHERE kind = 'reaction' AND state = 'sent';
CREATE INDEX delivery_parts_delivery ON delivery_parts (delivery_id);

-- Messages are looked for in delivery_parts.
DROP INDEX IF EXISTS deliveries_message;
