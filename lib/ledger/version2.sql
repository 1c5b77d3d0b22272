-- From version 1 to 2.
ALTER TABLE runs ADD COLUMN cpu TEXT;
ALTER TABLE runs ADD COLUMN source TEXT;
CREATE TABLE tags(
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  name TEXT NOT NULL, value NOT NULL, PRIMARY KEY (run, name)) WITHOUT ROWID;
-- A grid of version 1 said it in its paths only: GRID/made/MODEL[.VARIANT]-SEED/WAY.tsv
WITH path AS (SELECT run, substr(path, 1, instr(path, '/made/') - 1) AS data, substr(path, instr(path, '/made/') + 6) AS cell FROM outputs
    WHERE path GLOB '*/made/*-[0-9]*/*.*' GROUP BY run),
  part AS (SELECT run, data, substr(cell, 1, instr(cell, '-') - 1) || '.' AS name, substr(cell, instr(cell, '-') + 1) + 0 AS seed,
    substr(cell, instr(cell, '/') + 1) AS file FROM path)
INSERT INTO tags SELECT run, 'data', data FROM part UNION ALL SELECT run, 'model', substr(name, 1, instr(name, '.') - 1) FROM part
  UNION ALL SELECT run, 'variant', rtrim(substr(name, instr(name, '.') + 1), '.') FROM part
  UNION ALL SELECT run, 'way', substr(file, 1, instr(file, '.') - 1) FROM part UNION ALL SELECT run, 'seed', seed FROM part;
