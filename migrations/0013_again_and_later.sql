-- A run whose turn was cut off may begin anew by itself. Its prompt has another number each time: an agent
-- program that knows a prompt already does not answer it again.
ALTER TABLE runs ADD COLUMN attempt INTEGER NOT NULL DEFAULT 0;

-- When that was done because of trouble. It is done once.
ALTER TABLE runs ADD COLUMN retried_at INTEGER;

-- Until when it waits, or waited last, without a place in the queue.
ALTER TABLE runs ADD COLUMN parked_until INTEGER;
