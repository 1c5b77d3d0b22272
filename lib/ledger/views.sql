-- Views that only join (lib/ledger/schema.h says what each is for); each dropped and made.

-- Of several runs that made the same bytes, the first: the others repeated it.
DROP VIEW IF EXISTS edges;
CREATE VIEW edges AS
  SELECT i.run AS run, min(o.run) AS made_by, i.role AS role, i.digest AS digest
    FROM inputs i JOIN outputs o ON o.digest = i.digest AND o.run <> i.run GROUP BY i.run, i.n;

-- Before runs said whose state they go on from: the last one of the same recipe towards the same file, if it saved one.
DROP VIEW IF EXISTS resumed;
CREATE VIEW resumed AS
  SELECT p.run AS run, (SELECT id FROM runs WHERE uid = p.value) AS before FROM params p WHERE p.name = 'resumed from' AND p.value <> 'nothing'
  UNION ALL
  SELECT r.id, b.id FROM runs r JOIN params o ON o.run = r.id AND o.name = 'resume' AND o.value = '1' JOIN runs b
      ON b.id = (SELECT max(x.id) FROM runs x JOIN params w ON w.run = x.id AND w.name = 'output' JOIN params v ON v.run = r.id AND v.name = 'output'
        AND v.value = w.value WHERE x.recipe = r.recipe AND x.id < r.id AND x.rerun_of IS NULL)
    WHERE b.why GLOB 'interrupted; the state is saved in *' AND r.rerun_of IS NULL
      AND NOT EXISTS (SELECT 1 FROM params WHERE run = r.id AND name = 'resumed from');

DROP VIEW IF EXISTS parts;
CREATE VIEW parts AS
  WITH RECURSIVE part(run, part) AS (SELECT id, id FROM runs WHERE tool = 'cp-train'
    UNION SELECT part.run, resumed.before FROM part JOIN resumed ON resumed.run = part.part)
  SELECT part.run AS run, part.part AS part, r.wall_s AS wall_s, r.cpu_s AS cpu_s, r.peak_mb AS peak_mb
    FROM part LEFT JOIN runs r ON r.id = part.part;

-- Scores lead to a model by what cp-auc read as 'scores', not as 'against'.
DROP VIEW IF EXISTS trained;
CREATE VIEW trained AS
  SELECT id AS run, id AS train FROM runs WHERE tool = 'cp-train'
  UNION ALL
  SELECT p.id, t.id FROM runs p JOIN edges e ON e.run = p.id JOIN runs t ON t.id = e.made_by
    WHERE p.tool = 'cp-predict' AND e.role = 'model' AND t.tool = 'cp-train'
  UNION ALL
  SELECT a.id, t.id FROM runs a JOIN edges s ON s.run = a.id JOIN runs p ON p.id = s.made_by
      JOIN edges e ON e.run = p.id JOIN runs t ON t.id = e.made_by
    WHERE a.tool = 'cp-auc' AND s.role = 'scores' AND p.tool = 'cp-predict' AND e.role = 'model' AND t.tool = 'cp-train';

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
      x.digest AS digest_a, y.digest AS digest_b, a.blas AS blas_a, b.blas AS blas_b, a.cpu AS cpu_a, b.cpu AS cpu_b,
      a.source AS source_a, b.source AS source_b, a.build AS build_a, b.build AS build_b
    FROM runs a JOIN runs b ON b.recipe = a.recipe AND b.id > a.id JOIN outputs x ON x.run = a.id
      JOIN outputs y ON y.run = b.id AND y.n = x.n AND y.role = x.role
    WHERE a.status = 'done' AND b.status = 'done' AND x.digest <> y.digest;
