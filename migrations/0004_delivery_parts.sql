-- Every message that came of a delivery: a part of an answer that is looked for must not be taken
-- for another part, or another delivery, that says the same.
CREATE TABLE delivery_parts (
  message_id  INTEGER PRIMARY KEY,
  delivery_id BLOB NOT NULL REFERENCES deliveries (id)
) STRICT;

INSERT INTO delivery_parts (message_id, delivery_id)
  SELECT message_id, id FROM deliveries WHERE message_id IS NOT NULL GROUP BY message_id;
