-- A new ledger.
CREATE TABLE runs(
  id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE,
  tool TEXT NOT NULL, version TEXT, build TEXT, argv TEXT NOT NULL, cwd TEXT,
  seed,	-- no affinity: one above 2^63 is kept as text, and not rounded
  threads INTEGER, blas TEXT,
  host TEXT, boot TEXT, pidns INTEGER, pid INTEGER, born INTEGER,
  rerun_of TEXT, recipe TEXT,
  started TEXT NOT NULL, ended TEXT, wall_s REAL, cpu_s REAL, peak_mb REAL,
  status TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed', 'interrupted', 'killed')), exit INTEGER, why TEXT);
CREATE INDEX runs_running ON runs(status) WHERE status = 'running';
CREATE INDEX runs_recipe ON runs(recipe) WHERE recipe IS NOT NULL;
CREATE TABLE params(
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  name TEXT NOT NULL, value TEXT, given INTEGER NOT NULL, content INTEGER NOT NULL, PRIMARY KEY (run, name)) WITHOUT ROWID;
CREATE TABLE inputs(
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, n INTEGER NOT NULL,
  role TEXT NOT NULL, path TEXT, via TEXT NOT NULL, digest TEXT, content TEXT, rows INTEGER, bytes INTEGER,
  PRIMARY KEY (run, n)) WITHOUT ROWID;
CREATE INDEX inputs_digest ON inputs(digest);
CREATE TABLE outputs(
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, n INTEGER NOT NULL,
  role TEXT NOT NULL, path TEXT, via TEXT NOT NULL, digest TEXT, content TEXT, rows INTEGER, bytes INTEGER,
  PRIMARY KEY (run, n)) WITHOUT ROWID;
CREATE INDEX outputs_digest ON outputs(digest);
CREATE TABLE metrics(
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  split TEXT NOT NULL, stratum TEXT NOT NULL, epoch INTEGER NOT NULL, key TEXT NOT NULL, value REAL,
  PRIMARY KEY (run, split, stratum, epoch, key)) WITHOUT ROWID;
CREATE TABLE comparisons(
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, n INTEGER NOT NULL,
  method TEXT NOT NULL, split TEXT NOT NULL, stratum TEXT NOT NULL, key TEXT NOT NULL, a TEXT, b TEXT,
  value_a REAL, value_b REAL, diff REAL, se REAL, statistic REAL, p REAL, rows INTEGER, PRIMARY KEY (run, n)) WITHOUT ROWID;
