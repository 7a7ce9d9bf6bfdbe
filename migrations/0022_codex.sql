-- A second agent program.
INSERT INTO runtimes VALUES ('codex');
