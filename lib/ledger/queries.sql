-- What cp-ledger asks of a ledger (query.c, trace.c), as views of its connection alone.

-- Figures by which runs are judged: of clicks, of masked words, of CTRL's pairs.
CREATE TEMP VIEW IF NOT EXISTS judged AS
  SELECT run, ltrim(split || ' ') || key AS name, value FROM metrics
    WHERE epoch = -1 AND stratum = '' AND key IN ('auc', 'logloss', 'lm_loss', 'lm_accuracy', 'pair_loss', 'pair_accuracy');

CREATE TEMP VIEW IF NOT EXISTS listed AS
  SELECT r.id AS id, r.uid AS uid, r.tool AS tool, r.status AS status, substr(r.started, 1, 19) AS started, round(r.wall_s, 2) AS seconds,
      coalesce((SELECT group_concat(name || ' ' || printf('%.6f', value), ', ') FROM judged WHERE run = r.id), '-') AS figures, r.argv AS command
    FROM runs r;

-- A run in a line of a trace; seconds: with the runs whose states it went on from.
CREATE TEMP VIEW IF NOT EXISTS named AS
  SELECT r.id AS id,
      r.tool || coalesce(' ' || (SELECT value FROM params WHERE run = r.id AND name = 'stage'), '')
        || coalesce(' ' || (SELECT value FROM params WHERE run = r.id AND name = 'model' AND r.tool = 'cp-train'), '') AS title,
      r.argv || coalesce(' [' || nullif(r.status, 'done') || ']', '') AS command,
      coalesce((SELECT group_concat(name || ' ' || printf('%.4f', value), ', ') FROM judged WHERE run = r.id), '') AS figures,
      CASE WHEN (SELECT count(*) FROM parts WHERE run = r.id) > 1 THEN
        (SELECT CASE WHEN count(wall_s) = count(*) THEN printf('%.1f s', sum(wall_s)) ELSE 'unknown time' END
            || ' in ' || count(*) || ' runs: ' || group_concat(coalesce(part, 'one not in this ledger'), ' ')
          FROM (SELECT * FROM parts WHERE run = r.id ORDER BY part))
        ELSE coalesce(printf('%.1f s', r.wall_s), '') END AS seconds
    FROM runs r;

-- place: where it lies, or lay.
CREATE TEMP VIEW IF NOT EXISTS files AS
  SELECT f.run AS run, f.written AS written, f.n AS n, f.role AS role, f.path AS path, f.via AS via, f.digest AS digest, f.content AS content,
      f.rows AS rows, CASE WHEN f.path LIKE '/%' OR r.cwd IS NULL THEN f.path ELSE r.cwd || '/' || f.path END AS place
    FROM (SELECT run, 0 AS written, n, role, path, via, digest, content, rows FROM inputs
      UNION ALL SELECT run, 1, n, role, path, via, digest, content, rows FROM outputs) f JOIN runs r ON r.id = f.run;

-- All that two runs may differ in.
CREATE TEMP VIEW IF NOT EXISTS facts(run, about, name, value) AS
  SELECT id, 'run', 'tool', tool FROM runs
  UNION ALL SELECT id, 'run', 'version', version FROM runs
  UNION ALL SELECT id, 'run', 'build', build FROM runs
  UNION ALL SELECT id, 'run', 'seed', seed FROM runs
  UNION ALL SELECT id, 'run', 'threads', threads FROM runs
  UNION ALL SELECT id, 'run', 'blas', blas FROM runs
  UNION ALL SELECT id, 'run', 'status', status FROM runs
  UNION ALL SELECT id, 'run', 'why', why FROM runs
  UNION ALL SELECT id, 'run', 'host', host FROM runs
  UNION ALL SELECT id, 'run', 'cpu', cpu FROM runs
  UNION ALL SELECT id, 'run', 'source', source FROM runs
  UNION ALL SELECT run, 'options', name, value FROM params
  UNION ALL SELECT run, 'inputs', n || ' ' || role, coalesce(content, digest) FROM inputs
  UNION ALL SELECT run, 'outputs', n || ' ' || role, coalesce(content, digest) FROM outputs
  UNION ALL
  SELECT run, 'figures', coalesce(nullif(split, ''), '-') || ' ' || coalesce(nullif(stratum, ''), '-') || ' ' || epoch || ' ' || key, value
    FROM metrics;

-- Figures of runs that are done, each with the training behind it, if any.
CREATE TEMP VIEW IF NOT EXISTS figures AS
  SELECT m.key AS key, m.value AS value, m.split AS split, r.id AS id, r.uid AS uid, r.tool AS tool, r.argv AS command, r.started AS started,
      t.train AS train
    FROM metrics m JOIN runs r ON r.id = m.run LEFT JOIN trained t ON t.run = r.id
    WHERE m.stratum = '' AND m.epoch = -1 AND m.value IS NOT NULL AND r.status = 'done';

-- Options of a run that say what comes out, but for seeds and for files, which are known by what is in them.
CREATE TEMP VIEW IF NOT EXISTS deciding AS
  SELECT run, name, given, name || '=' || coalesce(value, '') AS word FROM params WHERE content AND name NOT IN ('seed', 'mask seed', 'init');

-- Two trainings are of one setting (same) where options and rows are the same, and those of the model they went on from.
CREATE TEMP VIEW IF NOT EXISTS settings AS
  WITH origin AS (SELECT id AS run, (SELECT made_by FROM edges WHERE run = r.id AND role = 'init') AS init FROM runs r WHERE tool = 'cp-train')
  SELECT o.run AS run,
      (SELECT group_concat(word, ' ') FROM (SELECT word FROM deciding WHERE run = o.run ORDER BY name))
        || coalesce(' ' || (SELECT group_concat(word, ' ') FROM (SELECT word FROM deciding WHERE run = o.init ORDER BY name)), '')
        || coalesce(' ' || (SELECT group_concat(x, ' ') FROM (SELECT coalesce(content, digest) AS x FROM inputs
          WHERE run = o.run AND (role IN ('train', 'valid') OR (role = 'init' AND o.init IS NULL)) ORDER BY n)), '') AS same,
      coalesce((SELECT group_concat(word, ' ') FROM (SELECT word FROM deciding WHERE run = o.run AND given ORDER BY name)), '')
        || coalesce(' from ' || (SELECT group_concat(word, ' ') FROM (SELECT word FROM deciding WHERE run = o.init AND given ORDER BY name)), '') AS options
    FROM origin o;
