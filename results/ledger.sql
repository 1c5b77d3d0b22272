-- A clickprompt ledger as text, without hosts and folders.  cp-ledger import reads it, and so does sqlite3.
PRAGMA application_id = 1129335879;
PRAGMA user_version = 1;
BEGIN;
CREATE TABLE runs(
  id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE,
  tool TEXT NOT NULL, version TEXT, build TEXT, argv TEXT NOT NULL, cwd TEXT,
  seed, threads INTEGER, blas TEXT,
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
DROP VIEW IF EXISTS edges;
CREATE VIEW edges AS
  SELECT i.run AS run, min(o.run) AS made_by, i.role AS role, i.digest AS digest
    FROM inputs i JOIN outputs o ON o.digest = i.digest AND o.run <> i.run GROUP BY i.run, i.n;
DROP VIEW IF EXISTS trained;
CREATE VIEW trained AS
  SELECT id AS run, id AS train FROM runs WHERE tool = 'cp-train'
  UNION ALL
  SELECT p.id, t.id FROM runs p JOIN edges e ON e.run = p.id JOIN runs t ON t.id = e.made_by
    WHERE p.tool = 'cp-predict' AND t.tool = 'cp-train'
  UNION ALL
  SELECT a.id, t.id FROM runs a JOIN edges s ON s.run = a.id JOIN runs p ON p.id = s.made_by
      JOIN edges e ON e.run = p.id JOIN runs t ON t.id = e.made_by
    WHERE a.tool = 'cp-auc' AND p.tool = 'cp-predict' AND t.tool = 'cp-train';
DROP VIEW IF EXISTS results;
CREATE VIEW results AS
  SELECT r.id AS run, r.uid AS uid, r.tool AS tool, t.train AS train,
      (SELECT value FROM params WHERE run = t.train AND name = 'model') AS model,
      (SELECT value FROM params WHERE run = t.train AND name = 'stage') AS stage,
      m.split AS split, m.stratum AS stratum,
      max(CASE m.key WHEN 'auc' THEN m.value END) AS auc, max(CASE m.key WHEN 'logloss' THEN m.value END) AS logloss,
      CAST(max(CASE m.key WHEN 'n' THEN m.value END) AS INTEGER) AS n
    FROM runs r JOIN metrics m ON m.run = r.id AND m.epoch = -1 LEFT JOIN trained t ON t.run = r.id
    WHERE r.status = 'done' AND m.key IN ('auc', 'logloss', 'n') GROUP BY r.id, m.split, m.stratum;
DROP VIEW IF EXISTS runs_wide;
CREATE VIEW runs_wide AS
  SELECT r.id AS id, r.uid AS uid, r.tool AS tool, r.version AS version, r.status AS status, r.started AS started, r.wall_s AS wall_s,
      r.cpu_s AS cpu_s, r.peak_mb AS peak_mb, r.seed AS seed, r.threads AS threads, r.blas AS blas,
      (SELECT value FROM params WHERE run = r.id AND name = 'stage') AS stage,
      (SELECT value FROM params WHERE run = r.id AND name = 'model') AS model,
      (SELECT value FROM params WHERE run = r.id AND name = 'epochs') AS epochs,
      (SELECT value FROM params WHERE run = r.id AND name = 'batch') AS batch,
      (SELECT value FROM params WHERE run = r.id AND name = 'lr') AS lr,
      (SELECT value FROM metrics WHERE run = r.id AND split = 'valid' AND stratum = '' AND epoch = -1 AND key = 'auc') AS valid_auc,
      (SELECT value FROM metrics WHERE run = r.id AND split = 'test' AND stratum = '' AND epoch = -1 AND key = 'auc') AS test_auc,
      (SELECT value FROM metrics WHERE run = r.id AND split = 'test' AND stratum = '' AND epoch = -1 AND key = 'logloss') AS test_logloss,
      r.argv AS argv
    FROM runs r;
DROP VIEW IF EXISTS disagreements;
CREATE VIEW disagreements AS
  SELECT a.id AS a, b.id AS b, a.tool AS tool, a.version AS version_a, b.version AS version_b, x.role AS role,
      x.digest AS digest_a, y.digest AS digest_b
    FROM runs a JOIN runs b ON b.recipe = a.recipe AND b.id > a.id JOIN outputs x ON x.run = a.id
      JOIN outputs y ON y.run = b.id AND y.n = x.n AND y.role = x.role
    WHERE a.status = 'done' AND b.status = 'done' AND x.digest <> y.digest;
INSERT INTO runs (id, uid, tool, version, build, argv, seed, threads, blas, rerun_of, recipe, started, ended, wall_s, cpu_s, peak_mb, status, exit, why) VALUES (1, 'a17d2cdac1abff64', 'cp-train', '0.1.0', 'cc (Debian 12.2.0-14+deb12u1) 12.2.0; -std=c11 -O2 -g -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -ffp-contract=off', '../bin/cp-train --resume --seed 1 -o demo/made/dcnv2-1/ctr.cpm --stage ctr --model dcnv2 --epochs 2 --train ../pipelines/movietweetings/movietweetings.train.cps --valid ../pipelines/movietweetings/movietweetings.valid.cps', 1, 2, 'OpenBLAS 0.3.21 Zen', NULL, '61958d36c9e83992', '2026-11-22T20:34:05.881Z', '2026-11-22T20:34:52.084Z', 46.222, 20.788, 37.4, 'done', 0, NULL);
INSERT INTO runs (id, uid, tool, version, build, argv, seed, threads, blas, rerun_of, recipe, started, ended, wall_s, cpu_s, peak_mb, status, exit, why) VALUES (2, '33a00eb0eb9b7bf0', 'cp-predict', '0.1.0', 'cc (Debian 12.2.0-14+deb12u1) 12.2.0; -std=c11 -O2 -g -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -ffp-contract=off', '../bin/cp-predict -m demo/made/dcnv2-1/ctr.cpm -o demo/made/dcnv2-1/ctr.tsv', NULL, 2, 'OpenBLAS 0.3.21 Zen', NULL, '81b3dd539099da2b', '2026-11-22T20:34:52.120Z', '2026-11-22T20:34:53.322Z', 1.203, 0.485, 21.2, 'done', 0, NULL);
INSERT INTO runs (id, uid, tool, version, build, argv, seed, threads, blas, rerun_of, recipe, started, ended, wall_s, cpu_s, peak_mb, status, exit, why) VALUES (3, 'aa417184ea36c616', 'cp-auc', '0.1.0', 'cc (Debian 12.2.0-14+deb12u1) 12.2.0; -std=c11 -O2 -g -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -ffp-contract=off', '../bin/cp-auc --split test -o demo/made/dcnv2-1/ctr.auc demo/made/dcnv2-1/ctr.tsv', NULL, NULL, NULL, NULL, '719e13673ff519b2', '2026-11-22T20:34:53.344Z', '2026-11-22T20:34:53.358Z', 0.016, 0.007, 4.5, 'done', 0, NULL);
INSERT INTO runs (id, uid, tool, version, build, argv, seed, threads, blas, rerun_of, recipe, started, ended, wall_s, cpu_s, peak_mb, status, exit, why) VALUES (4, '2d5844d1e8102432', 'cp-train', '0.1.0', 'cc (Debian 12.2.0-14+deb12u1) 12.2.0; -std=c11 -O2 -g -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -ffp-contract=off', '../bin/cp-train --resume --seed 1 -o demo/made/dcnv2-1/pretrained.cpm --stage pretrain --model dcnv2 --plm scratch:layers=2,hidden=64,heads=2,ffn=256,positions=128 --epochs 1 --train demo/made/text.cps', 1, 2, 'OpenBLAS 0.3.21 Zen', NULL, 'd38127a19273dce5', '2026-11-22T20:34:53.856Z', '2026-11-22T20:38:43.579Z', 229.724, 95.449, 226.5, 'done', 0, NULL);
INSERT INTO runs (id, uid, tool, version, build, argv, seed, threads, blas, rerun_of, recipe, started, ended, wall_s, cpu_s, peak_mb, status, exit, why) VALUES (5, 'ad5ca908457348be', 'cp-train', '0.1.0', 'cc (Debian 12.2.0-14+deb12u1) 12.2.0; -std=c11 -O2 -g -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -ffp-contract=off', '../bin/cp-train --resume --seed 1 -o demo/made/dcnv2-1/without-plm.cpm --stage finetune --without-plm --epochs 2 --init demo/made/dcnv2-1/pretrained.cpm --train ../pipelines/movietweetings/movietweetings.train.cps --valid ../pipelines/movietweetings/movietweetings.valid.cps', 1, 2, 'OpenBLAS 0.3.21 Zen', NULL, '42db55efb1c7de31', '2026-11-22T20:38:43.672Z', '2026-11-22T20:39:45.461Z', 61.799, 23.935, 39.4, 'done', 0, NULL);
INSERT INTO runs (id, uid, tool, version, build, argv, seed, threads, blas, rerun_of, recipe, started, ended, wall_s, cpu_s, peak_mb, status, exit, why) VALUES (6, 'e8e984338b2b133e', 'cp-predict', '0.1.0', 'cc (Debian 12.2.0-14+deb12u1) 12.2.0; -std=c11 -O2 -g -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -ffp-contract=off', '../bin/cp-predict -m demo/made/dcnv2-1/without-plm.cpm -o demo/made/dcnv2-1/without-plm.tsv', NULL, 2, 'OpenBLAS 0.3.21 Zen', NULL, 'b5d317cef4ba166b', '2026-11-22T20:39:45.519Z', '2026-11-22T20:39:47.095Z', 1.582, 0.521, 21.5, 'done', 0, NULL);
INSERT INTO runs (id, uid, tool, version, build, argv, seed, threads, blas, rerun_of, recipe, started, ended, wall_s, cpu_s, peak_mb, status, exit, why) VALUES (7, 'b162540cb05e57a1', 'cp-auc', '0.1.0', 'cc (Debian 12.2.0-14+deb12u1) 12.2.0; -std=c11 -O2 -g -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -ffp-contract=off', '../bin/cp-auc --split test -o demo/made/dcnv2-1/without-plm.auc demo/made/dcnv2-1/without-plm.tsv', NULL, NULL, NULL, NULL, 'a244563199d61e13', '2026-11-22T20:39:47.118Z', '2026-11-22T20:39:47.151Z', 0.035, 0.008, 4.5, 'done', 0, NULL);
INSERT INTO runs (id, uid, tool, version, build, argv, seed, threads, blas, rerun_of, recipe, started, ended, wall_s, cpu_s, peak_mb, status, exit, why) VALUES (8, '325ae8c87a181ae3', 'cp-train', '0.1.0', 'cc (Debian 12.2.0-14+deb12u1) 12.2.0; -std=c11 -O2 -g -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -ffp-contract=off', '../bin/cp-train --resume --seed 1 -o demo/made/dcnv2-1/with-plm.cpm --stage finetune --with-plm --epochs 2 --plm-lr 1e-4 --init demo/made/dcnv2-1/pretrained.cpm --train ../pipelines/movietweetings/movietweetings.train.cps --valid ../pipelines/movietweetings/movietweetings.valid.cps', 1, 2, 'OpenBLAS 0.3.21 Zen', NULL, '00d401ae7d0bfe07', '2026-11-22T20:39:47.182Z', '2026-11-22T20:45:32.045Z', 344.865, 137.443, 219.2, 'done', 0, NULL);
INSERT INTO runs (id, uid, tool, version, build, argv, seed, threads, blas, rerun_of, recipe, started, ended, wall_s, cpu_s, peak_mb, status, exit, why) VALUES (9, '1bffd1af3951853a', 'cp-predict', '0.1.0', 'cc (Debian 12.2.0-14+deb12u1) 12.2.0; -std=c11 -O2 -g -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -ffp-contract=off', '../bin/cp-predict -m demo/made/dcnv2-1/with-plm.cpm -o demo/made/dcnv2-1/with-plm.tsv', NULL, 2, 'OpenBLAS 0.3.21 Zen', NULL, 'afb86c42c7fab635', '2026-11-22T20:45:32.093Z', '2026-11-22T20:45:41.187Z', 9.099, 3.382, 110.0, 'done', 0, NULL);
INSERT INTO runs (id, uid, tool, version, build, argv, seed, threads, blas, rerun_of, recipe, started, ended, wall_s, cpu_s, peak_mb, status, exit, why) VALUES (10, 'd610a267b165bf3c', 'cp-auc', '0.1.0', 'cc (Debian 12.2.0-14+deb12u1) 12.2.0; -std=c11 -O2 -g -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -ffp-contract=off', '../bin/cp-auc --split test -o demo/made/dcnv2-1/with-plm.auc demo/made/dcnv2-1/with-plm.tsv', NULL, NULL, NULL, NULL, 'f996359e5a5c9170', '2026-11-22T20:45:41.211Z', '2026-11-22T20:45:41.230Z', 0.021, 0.01, 4.6, 'done', 0, NULL);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'batch', '256', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'best epoch', '2', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'checkpoint', '60', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'decoder', 'auto', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'epochs', '2', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'full-vocab', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'fusion', 'sum', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'init', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'kernels', 'v3', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'label', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'lr', '0.001', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'max-length', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'min-count', '1', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'model', 'dcnv2', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'no-shift', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'output', 'demo/made/dcnv2-1/ctr.cpm', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'parameters', '1004321', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'patience', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'plm', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'plm-lr', '-1', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'plm-weight-decay', '0.01', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'pooler', 'avg', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'precision', 'auto', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'prompt-mlp', 'shared', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'prompt-usage', 'no', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'prompt-where', 'layers', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'prompts', '5', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'resume', '1', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'schedule', 'linear', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'seed', '1', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'set', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'stage', 'ctr', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'static', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'test', '', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'threads', '0', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'train', '../pipelines/movietweetings/movietweetings.train.cps', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'unseen-rate', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'valid', '../pipelines/movietweetings/movietweetings.valid.cps', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'warmup', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'weight-decay', '0.5', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'with-plm', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (1, 'without-plm', '1', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (2, 'bad-utf8', 'refuse', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (2, 'columns', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (2, 'csv', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (2, 'delimiter', ',', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (2, 'kernels', 'v3', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (2, 'label', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (2, 'model', 'demo/made/dcnv2-1/ctr.cpm', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (2, 'output', 'demo/made/dcnv2-1/ctr.tsv', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (2, 'score-only', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (2, 'skip-bad', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (2, 'threads', '0', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (3, 'expect-rows', '0', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (3, 'group', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (3, 'json', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (3, 'label', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (3, 'output', 'demo/made/dcnv2-1/ctr.auc', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (3, 'score', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (3, 'score2', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (3, 'split', 'test', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (3, 'stratum', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'batch', '256', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'best epoch', '1', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'checkpoint', '60', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'decoder', 'auto', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'epochs', '1', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'full-vocab', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'fusion', 'sum', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'init', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'kernels', 'v3', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'label', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'lr', '0.001', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'max-length', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'min-count', '1', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'model', 'dcnv2', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'no-shift', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'output', 'demo/made/dcnv2-1/pretrained.cpm', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'parameters', '1689496', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'patience', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'plm', 'scratch:layers=2,hidden=64,heads=2,ffn=256,positions=128', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'plm-lr', '-1', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'plm-weight-decay', '0.01', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'pooler', 'avg', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'precision', 'auto', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'prompt-mlp', 'shared', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'prompt-usage', 'no', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'prompt-where', 'layers', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'prompts', '5', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'resume', '1', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'schedule', 'linear', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'seed', '1', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'set', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'stage', 'pretrain', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'static', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'test', '', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'threads', '0', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'train', 'demo/made/text.cps', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'unseen-rate', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'valid', '', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'warmup', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'weight-decay', '0.5', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'with-plm', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (4, 'without-plm', '1', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'batch', '256', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'best epoch', '2', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'checkpoint', '60', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'decoder', 'auto', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'epochs', '2', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'full-vocab', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'fusion', 'sum', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'init', 'demo/made/dcnv2-1/pretrained.cpm', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'kernels', 'v3', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'label', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'lr', '0.001', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'max-length', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'min-count', '1', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'model', 'dcnv2', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'no-shift', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'output', 'demo/made/dcnv2-1/without-plm.cpm', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'parameters', '1012321', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'patience', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'plm', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'plm-lr', '-1', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'plm-weight-decay', '0.01', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'pooler', 'avg', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'precision', 'auto', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'prompt-mlp', 'shared', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'prompt-usage', 'no', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'prompt-where', 'layers', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'prompts', '5', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'resume', '1', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'schedule', 'linear', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'seed', '1', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'set', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'stage', 'finetune', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'static', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'test', '', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'threads', '0', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'train', '../pipelines/movietweetings/movietweetings.train.cps', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'unseen-rate', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'valid', '../pipelines/movietweetings/movietweetings.valid.cps', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'warmup', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'weight-decay', '0.5', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'with-plm', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (5, 'without-plm', '1', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (6, 'bad-utf8', 'refuse', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (6, 'columns', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (6, 'csv', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (6, 'delimiter', ',', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (6, 'kernels', 'v3', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (6, 'label', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (6, 'model', 'demo/made/dcnv2-1/without-plm.cpm', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (6, 'output', 'demo/made/dcnv2-1/without-plm.tsv', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (6, 'score-only', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (6, 'skip-bad', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (6, 'threads', '0', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (7, 'expect-rows', '0', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (7, 'group', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (7, 'json', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (7, 'label', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (7, 'output', 'demo/made/dcnv2-1/without-plm.auc', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (7, 'score', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (7, 'score2', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (7, 'split', 'test', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (7, 'stratum', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'batch', '256', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'best epoch', '2', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'checkpoint', '60', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'decoder', 'auto', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'epochs', '2', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'full-vocab', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'fusion', 'sum', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'init', 'demo/made/dcnv2-1/pretrained.cpm', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'kernels', 'v3', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'label', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'lr', '0.001', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'max-length', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'min-count', '1', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'model', 'dcnv2', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'no-shift', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'output', 'demo/made/dcnv2-1/with-plm.cpm', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'parameters', '1682850', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'patience', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'plm', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'plm-lr', '0.0001', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'plm-weight-decay', '0.01', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'pooler', 'avg', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'precision', 'auto', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'prompt-mlp', 'shared', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'prompt-usage', 'no', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'prompt-where', 'layers', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'prompts', '5', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'resume', '1', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'schedule', 'linear', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'seed', '1', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'set', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'stage', 'finetune', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'static', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'test', '', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'threads', '0', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'train', '../pipelines/movietweetings/movietweetings.train.cps', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'unseen-rate', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'valid', '../pipelines/movietweetings/movietweetings.valid.cps', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'warmup', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'weight-decay', '0.5', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'with-plm', '1', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (8, 'without-plm', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (9, 'bad-utf8', 'refuse', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (9, 'columns', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (9, 'csv', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (9, 'delimiter', ',', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (9, 'kernels', 'v3', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (9, 'label', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (9, 'model', 'demo/made/dcnv2-1/with-plm.cpm', 1, 1);
INSERT INTO params (run, name, value, given, content) VALUES (9, 'output', 'demo/made/dcnv2-1/with-plm.tsv', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (9, 'score-only', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (9, 'skip-bad', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (9, 'threads', '0', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (10, 'expect-rows', '0', 0, 0);
INSERT INTO params (run, name, value, given, content) VALUES (10, 'group', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (10, 'json', '0', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (10, 'label', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (10, 'output', 'demo/made/dcnv2-1/with-plm.auc', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (10, 'score', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (10, 'score2', '', 0, 1);
INSERT INTO params (run, name, value, given, content) VALUES (10, 'split', 'test', 1, 0);
INSERT INTO params (run, name, value, given, content) VALUES (10, 'stratum', '', 0, 1);
INSERT INTO inputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (1, 1, 'train', '../pipelines/movietweetings/movietweetings.train.cps', 'file', 'ab9e26e1f3a96fa32f8925310f5be1af', '4dc2dce12cbceb664a77678f80f09d9a', 86423, 4109411);
INSERT INTO inputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (1, 2, 'valid', '../pipelines/movietweetings/movietweetings.valid.cps', 'file', 'b8a87fdf4060c18d25f1ccc75e22c51d', '943ae29cbd2826e86efdbf7681171c92', 10803, 540820);
INSERT INTO inputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (2, 1, 'model', 'demo/made/dcnv2-1/ctr.cpm', 'file', '97ebf5411a27fc5c15c14928fdadab43', NULL, NULL, 4260660);
INSERT INTO inputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (2, 2, 'records', 'movietweetings.test.cps', 'stdin', '502768075305d6e46addf5a105ab343b', NULL, 10803, 527673);
INSERT INTO inputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (3, 1, 'scores', 'demo/made/dcnv2-1/ctr.tsv', 'file', 'bdd52a750ca5dc410ccb831185dda264', NULL, 10803, 151596);
INSERT INTO inputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (4, 1, 'train', 'demo/made/text.cps', 'file', 'e5a4fd5e9bf3684cf922cef85d597088', 'c307878a057d638fb1d003c736f7c616', 97226, 8362660);
INSERT INTO inputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (5, 1, 'train', '../pipelines/movietweetings/movietweetings.train.cps', 'file', 'ab9e26e1f3a96fa32f8925310f5be1af', '4dc2dce12cbceb664a77678f80f09d9a', 86423, 4109411);
INSERT INTO inputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (5, 2, 'valid', '../pipelines/movietweetings/movietweetings.valid.cps', 'file', 'b8a87fdf4060c18d25f1ccc75e22c51d', '943ae29cbd2826e86efdbf7681171c92', 10803, 540820);
INSERT INTO inputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (5, 3, 'init', 'demo/made/dcnv2-1/pretrained.cpm', 'file', '92a716f4c894e9db534bc6deb82207bc', NULL, NULL, 7102710);
INSERT INTO inputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (6, 1, 'model', 'demo/made/dcnv2-1/without-plm.cpm', 'file', '0af818a355fd7892fa6dde5cd2cd0bd1', NULL, NULL, 4296724);
INSERT INTO inputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (6, 2, 'records', 'movietweetings.test.cps', 'stdin', '502768075305d6e46addf5a105ab343b', NULL, 10803, 527673);
INSERT INTO inputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (7, 1, 'scores', 'demo/made/dcnv2-1/without-plm.tsv', 'file', 'd086f369c12d81c6833a6772eb2b790d', NULL, 10803, 151465);
INSERT INTO inputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (8, 1, 'train', '../pipelines/movietweetings/movietweetings.train.cps', 'file', 'ab9e26e1f3a96fa32f8925310f5be1af', '15564b98a681a3e42df83372216d7e9b', 86423, 4109411);
INSERT INTO inputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (8, 2, 'valid', '../pipelines/movietweetings/movietweetings.valid.cps', 'file', 'b8a87fdf4060c18d25f1ccc75e22c51d', 'bbd86c8eb9ddc47cfa080ef5030de595', 10803, 540820);
INSERT INTO inputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (8, 3, 'init', 'demo/made/dcnv2-1/pretrained.cpm', 'file', '92a716f4c894e9db534bc6deb82207bc', NULL, NULL, 7102710);
INSERT INTO inputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (9, 1, 'model', 'demo/made/dcnv2-1/with-plm.cpm', 'file', '5faabcbf8e0f43f8f285c7305b5b0779', NULL, NULL, 7076054);
INSERT INTO inputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (9, 2, 'records', 'movietweetings.test.cps', 'stdin', '502768075305d6e46addf5a105ab343b', NULL, 10803, 527673);
INSERT INTO inputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (10, 1, 'scores', 'demo/made/dcnv2-1/with-plm.tsv', 'file', '875b0c9f3bfe2d89997e7e2bda328c5c', NULL, 10803, 151618);
INSERT INTO outputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (1, 1, 'model', 'demo/made/dcnv2-1/ctr.cpm', 'file', '97ebf5411a27fc5c15c14928fdadab43', NULL, NULL, 4260660);
INSERT INTO outputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (2, 1, 'scores', 'demo/made/dcnv2-1/ctr.tsv', 'file', 'bdd52a750ca5dc410ccb831185dda264', NULL, 10803, 151596);
INSERT INTO outputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (3, 1, 'report', 'demo/made/dcnv2-1/ctr.auc', 'file', '6ab26520de50a914f3ac89a8ec646ceb', NULL, NULL, 122);
INSERT INTO outputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (4, 1, 'model', 'demo/made/dcnv2-1/pretrained.cpm', 'file', '92a716f4c894e9db534bc6deb82207bc', NULL, NULL, 7102710);
INSERT INTO outputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (5, 1, 'model', 'demo/made/dcnv2-1/without-plm.cpm', 'file', '0af818a355fd7892fa6dde5cd2cd0bd1', NULL, NULL, 4296724);
INSERT INTO outputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (6, 1, 'scores', 'demo/made/dcnv2-1/without-plm.tsv', 'file', 'd086f369c12d81c6833a6772eb2b790d', NULL, 10803, 151465);
INSERT INTO outputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (7, 1, 'report', 'demo/made/dcnv2-1/without-plm.auc', 'file', '2a42cecf85e62a42102b5365f1fc5df4', NULL, NULL, 122);
INSERT INTO outputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (8, 1, 'model', 'demo/made/dcnv2-1/with-plm.cpm', 'file', '5faabcbf8e0f43f8f285c7305b5b0779', NULL, NULL, 7076054);
INSERT INTO outputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (9, 1, 'scores', 'demo/made/dcnv2-1/with-plm.tsv', 'file', '875b0c9f3bfe2d89997e7e2bda328c5c', NULL, 10803, 151618);
INSERT INTO outputs (run, n, role, path, via, digest, content, rows, bytes) VALUES (10, 1, 'report', 'demo/made/dcnv2-1/with-plm.auc', 'file', 'b94f07191021a87b34af6f9361d30e1a', NULL, NULL, 122);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (1, 'train', '', -1, 'rows_per_s', 3939.62005234926);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (1, 'train', '', 1, 'loss', 5.6619674234200567664e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (1, 'train', '', 2, 'loss', 4.64203307309183299533e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (1, 'valid', '', -1, 'auc', 8.056786396915017745e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (1, 'valid', '', -1, 'logloss', 5.46717897908406524898e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (1, 'valid', '', 1, 'auc', 8.02166703226538491122e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (1, 'valid', '', 1, 'logloss', 5.4007994240421941523e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (1, 'valid', '', 2, 'auc', 8.056786396915017745e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (1, 'valid', '', 2, 'logloss', 5.46717897908406524898e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (3, 'test', '', -1, 'auc', 7.67924867784977926987e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (3, 'test', '', -1, 'auc_hi', 7.76714298887664855719e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (3, 'test', '', -1, 'auc_lo', 0.759135436682291);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (3, 'test', '', -1, 'auc_se', 4.48448602730295436957e-03);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (3, 'test', '', -1, 'calibration', 1.06078735696472370442e+00);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (3, 'test', '', -1, 'logloss', 5.91751023310259527399e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (3, 'test', '', -1, 'n', 10803.0);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (3, 'test', '', -1, 'positives', 4882.0);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (4, 'train', '', -1, 'rows_per_s', 4.24365885599450848525e+02);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (4, 'train', '', -1, 'tokens_per_s', 1.28763310279246197752e+04);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (4, 'train', '', 1, 'loss', 3.44147789924359);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (5, 'train', '', -1, 'rows_per_s', 2.92237946309451490384e+03);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (5, 'train', '', 1, 'loss', 5.67560301747424778007e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (5, 'train', '', 2, 'loss', 4.64279690249721044281e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (5, 'valid', '', -1, 'auc', 8.04911847507970179549e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (5, 'valid', '', -1, 'logloss', 5.45540498281291363902e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (5, 'valid', '', 1, 'auc', 8.01000021646385507168e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (5, 'valid', '', 1, 'logloss', 5.40442237803074099211e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (5, 'valid', '', 2, 'auc', 8.04911847507970179549e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (5, 'valid', '', 2, 'logloss', 5.45540498281291363902e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (7, 'test', '', -1, 'auc', 7.68661523247405886749e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (7, 'test', '', -1, 'auc_hi', 7.77435489869898632697e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (7, 'test', '', -1, 'auc_lo', 7.59887556624913140801e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (7, 'test', '', -1, 'auc_se', 4.47659584140352832803e-03);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (7, 'test', '', -1, 'calibration', 1.05422792957196853613e+00);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (7, 'test', '', -1, 'logloss', 5.87935451639628903208e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (7, 'test', '', -1, 'n', 10803.0);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (7, 'test', '', -1, 'positives', 4882.0);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (8, 'train', '', -1, 'rows_per_s', 5.26942483358348795268e+02);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (8, 'train', '', -1, 'tokens_per_s', 1.60056058423077975016e+04);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (8, 'train', '', 1, 'loss', 0.567360405430301);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (8, 'train', '', 2, 'loss', 4.64578533958710349072e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (8, 'valid', '', -1, 'auc', 8.05454213551657582925e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (8, 'valid', '', -1, 'logloss', 5.45442850834573444984e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (8, 'valid', '', 1, 'auc', 8.00310043109397128979e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (8, 'valid', '', 1, 'logloss', 5.41276835690885915752e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (8, 'valid', '', 2, 'auc', 8.05454213551657582925e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (8, 'valid', '', 2, 'logloss', 5.45442850834573444984e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (10, 'test', '', -1, 'auc', 7.68271418273137607357e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (10, 'test', '', -1, 'auc_hi', 7.77054191799128268769e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (10, 'test', '', -1, 'auc_lo', 0.759488644747147);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (10, 'test', '', -1, 'auc_se', 4.48108924208205205291e-03);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (10, 'test', '', -1, 'calibration', 1.04840604673077408826e+00);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (10, 'test', '', -1, 'logloss', 5.89233442640423432656e-01);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (10, 'test', '', -1, 'n', 10803.0);
INSERT INTO metrics (run, split, stratum, epoch, key, value) VALUES (10, 'test', '', -1, 'positives', 4882.0);
COMMIT;
