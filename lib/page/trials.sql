-- The trainings of a ledger as the page tells of them, in tables of this connection alone, each made once from those before it; functions are those of
-- lib/page/functions.h.  What the sections ask (sections.sql):
--
--     page_trial   a line a training that is done: run, rows (digest of the validation rows, else of the training rows), data (their name), model,
--                  setting (model, stage, a grid's words for the rest, and options in which it differs from others called so on the same rows),
--                  same (equal for trainings that differ in their seed alone), seed, cpu_s (of all its parts, and with the trainings it went on
--                  from; NULL where some of that is not known), valid_auc, valid_logloss, stage
--     page_score   a line a trial, test rows and stratum: train, data, stratum, run (the cp-auc run; the last where there were several), auc, lo,
--                  hi, logloss, ece, calibration, n (rows); binned (the last of them that has bins of scores, or NULL)
--     page_curve   run, split, key, epoch, value: figures of a training by epoch, of all runs that it took
--     page_param   run, name, value: the options of a trial that say what comes out, and those of its pretraining as "pretrain NAME"
--     page_vary    rows, base, name: options in which trials of one model and stage on the same rows differ
--     page_output  a line an output path of cp-train: its grid ("other" for none), state (done, running, broken), the last run

CREATE TEMP TABLE page_edge AS
  SELECT run, made_by, role FROM edges;
CREATE INDEX temp.page_edge_run ON page_edge(run, role);

CREATE TEMP TABLE page_train AS
  WITH predicted AS (SELECT p.id AS run, e.made_by AS train
      FROM runs p JOIN page_edge e ON e.run = p.id AND e.role = 'model' WHERE p.tool = 'cp-predict')
  SELECT run, train FROM predicted
  UNION ALL
  SELECT a.id, p.train FROM runs a JOIN page_edge e ON e.run = a.id AND e.role = 'scores' JOIN predicted p ON p.run = e.made_by
    WHERE a.tool = 'cp-auc';
CREATE INDEX temp.page_train_run ON page_train(run);

-- Rows are known by their content as who first read that file saw it: who reads other columns of it sees another content.
CREATE TEMP TABLE page_seen AS
  SELECT digest, content, min(run) AS run FROM inputs WHERE content IS NOT NULL AND digest IS NOT NULL GROUP BY digest;
CREATE INDEX temp.page_seen_digest ON page_seen(digest);
CREATE TEMP TABLE page_rows AS
  SELECT i.run AS run, i.n AS n, i.role AS role, coalesce(s.content, i.content, i.digest) AS key
    FROM inputs i LEFT JOIN page_seen s ON s.digest = i.digest;
CREATE INDEX temp.page_rows_run ON page_rows(run, role);

-- A training that was broken off and gone on with is several runs, and one curve; what two parts have both measured is the same.
CREATE TEMP TABLE page_part AS
  SELECT run, part, cpu_s FROM parts;
CREATE INDEX temp.page_part_run ON page_part(run);
CREATE TEMP TABLE page_curve AS
  SELECT p.run AS run, m.split AS split, m.key AS key, m.epoch AS epoch, m.value AS value, max(m.run) AS part
    FROM page_part p JOIN metrics m ON m.run = p.part
    WHERE m.epoch > 0 AND m.stratum = '' GROUP BY p.run, m.split, m.key, m.epoch;
CREATE INDEX temp.page_curve_run ON page_curve(run, split, key);

-- Of repetitions (cp-ledger rerun) and of trainings that found everything done, which leave no figures, nothing is told.
CREATE TEMP TABLE page_raw AS
  SELECT r.id AS run, r.started || printf(' %012d', r.id) AS begun, r.seed AS seed,
      (SELECT CASE WHEN count(cpu_s) = count(*) THEN sum(cpu_s) END FROM page_part WHERE run = r.id) AS cpu_s,
      (SELECT value FROM params WHERE run = r.id AND name = 'stage') AS stage,
      (SELECT value FROM params WHERE run = r.id AND name = 'model') AS model,
      (SELECT value FROM params WHERE run = r.id AND name = 'with-plm') AS with_plm,
      (SELECT made_by FROM page_edge WHERE run = r.id AND role = 'init') AS init,
      (SELECT key FROM page_rows WHERE run = r.id AND role = 'valid' ORDER BY n LIMIT 1) AS valid,
      (SELECT key FROM page_rows WHERE run = r.id AND role = 'train' ORDER BY n LIMIT 1) AS train_rows,
      coalesce((SELECT path FROM inputs WHERE run = r.id AND role = 'valid' ORDER BY n LIMIT 1),
        (SELECT path FROM inputs WHERE run = r.id AND role = 'train' ORDER BY n LIMIT 1), '') AS path,
      (SELECT value FROM metrics WHERE run = r.id AND split = 'valid' AND stratum = '' AND epoch = -1 AND key = 'auc') AS valid_auc,
      (SELECT value FROM metrics WHERE run = r.id AND split = 'valid' AND stratum = '' AND epoch = -1 AND key = 'logloss') AS valid_logloss,
      EXISTS (SELECT 1 FROM inputs WHERE run = r.id AND role = 'init') AS goes_on,
      (SELECT digest FROM outputs WHERE run = r.id AND role = 'model' ORDER BY n LIMIT 1) AS model_digest
    FROM runs r
    WHERE r.tool = 'cp-train' AND r.status = 'done' AND r.rerun_of IS NULL
      AND EXISTS (SELECT 1 FROM page_part p JOIN metrics m ON m.run = p.part WHERE p.run = r.id);
CREATE INDEX temp.page_raw_run ON page_raw(run);
CREATE INDEX temp.page_raw_model ON page_raw(model_digest);

-- Before there was --precision every product was in f32.
CREATE TEMP TABLE page_param AS
  SELECT t.run AS run, p.name AS name, CASE WHEN p.name = 'plm' THEN leaf(p.value) ELSE p.value END AS value
    FROM page_raw t JOIN params p ON p.run = t.run
    WHERE p.content AND p.name NOT IN ('seed', 'mask seed', 'init', 'precision', 'stage', 'model', 'with-plm', 'without-plm')
  UNION ALL
  SELECT t.run, 'precision', coalesce((SELECT value FROM params WHERE run = t.run AND name = 'precision'), 'f32') FROM page_raw t
  UNION ALL
  SELECT t.run, 'rows', i.rows FROM page_raw t JOIN inputs i ON i.run = t.run AND i.role = 'train' AND i.rows > 0
  UNION ALL
  SELECT t.run, 'pretrain ' || p.name, CASE WHEN p.name = 'plm' THEN leaf(p.value) ELSE p.value END
    FROM page_raw t JOIN params p ON p.run = t.init
    WHERE p.content AND p.name NOT IN ('seed', 'mask seed', 'init', 'precision');
CREATE INDEX temp.page_param_run ON page_param(run, name);

-- What a training did not know of was as its default is since: an option that not all of them know counts where it was given.
CREATE TEMP TABLE page_known AS
  SELECT name, stage FROM page_param p JOIN page_raw r ON r.run = p.run GROUP BY 1, 2
    HAVING count(*) = (SELECT count(*) FROM page_raw x WHERE x.stage IS r.stage AND (name NOT GLOB 'pretrain *' OR x.init IS NOT NULL));
DELETE FROM page_param
  WHERE name NOT IN (SELECT name FROM page_known k JOIN page_raw r ON r.stage = k.stage WHERE r.run = page_param.run)
    AND NOT EXISTS (SELECT 1 FROM params p WHERE p.run = page_param.run AND p.name = page_param.name AND p.given);

-- A cell of a grid that was trained again, with other options or on other rows, is what it was trained as last, as in the paper's tables.
CREATE TEMP TABLE page_base AS
  SELECT run, coalesce(valid, train_rows, '') AS rows,
      coalesce(nullif(model, 'none'), '') || CASE
        WHEN stage = 'ctr' THEN ''
        WHEN stage = 'pretrain' THEN ' pretraining'
        WHEN stage = 'finetune' AND with_plm = '1' AND NOT goes_on THEN ' + PLM, not pretrained'
        WHEN stage = 'finetune' AND with_plm = '1' THEN ' + PLM'
        WHEN stage = 'finetune' THEN ' pretrained'
        ELSE ' ' || coalesce(stage, '') END AS base,
      '' AS called
    FROM page_raw WHERE run NOT IN (SELECT run FROM tags) OR run IN (SELECT run FROM trainings);
CREATE INDEX temp.page_base_run ON page_base(run);

-- A grid has words of its own for language models, variants and ways, which say more in less room than the options that they stand for.
UPDATE page_base SET called = replace(base, ', not pretrained', '')
  || coalesce((SELECT coalesce(' ' || nullif(t.plm, ''), '') || coalesce(' ' || nullif(t.variant, ''), '')
      || CASE WHEN t.way IN ('ctr', 'pretrained', 'without-plm', 'with-plm', 'no-pretrain') OR page_base.base GLOB '*' || t.way THEN ''
        ELSE coalesce(' ' || t.way, '') END
      FROM tagged t WHERE t.run = page_base.run), '')
  || CASE WHEN base GLOB '*, not pretrained' THEN ', not pretrained' ELSE '' END;

-- What varies among trainings on the same rows that have one base, or one name.  An option that some of them do not know is one of an older version.
CREATE TEMP TABLE page_vary AS
  SELECT b.rows AS rows, b.base AS base, p.name AS name FROM page_base b JOIN page_param p ON p.run = b.run GROUP BY 1, 2, 3
    HAVING count(DISTINCT p.value) > 1 AND count(*) = (SELECT count(*) FROM page_base x WHERE x.rows = b.rows AND x.base = b.base);
CREATE TEMP TABLE page_tell AS
  SELECT b.rows AS rows, b.called AS called, p.name AS name FROM page_base b JOIN page_param p ON p.run = b.run GROUP BY 1, 2, 3
    HAVING count(DISTINCT p.value) > 1 AND count(*) = (SELECT count(*) FROM page_base x WHERE x.rows = b.rows AND x.called = b.called);

-- Rows are called what most of the trainings on them call them.
CREATE TEMP TABLE page_name AS
  WITH told AS (SELECT b.rows AS rows, data_name(r.path) AS name, count(*) AS n, min(b.run) AS first
      FROM page_base b JOIN page_raw r ON r.run = b.run GROUP BY 1, 2)
  SELECT rows, name, first
    FROM (SELECT rows, name, first, row_number() OVER (PARTITION BY rows ORDER BY n DESC, first) AS k FROM told) WHERE k = 1;

-- setting: its name, and of what varies among those of that name what it has; same: all that trainings which differ in their seed have in common;
-- cpu_s: with what it goes on from, where all of that is known.
CREATE TEMP TABLE page_trial AS
  SELECT r.run AS run, r.begun AS begun, b.rows AS rows, n.name AS data, r.model AS model, r.stage AS stage, r.seed AS seed,
      trim(b.called || coalesce(' ' || (SELECT group_concat(name || ' ' || coalesce(nullif(value, ''), '-'), ', ')
        FROM (SELECT CASE WHEN p.name GLOB 'pretrain *' AND NOT EXISTS (SELECT 1 FROM page_tell w
              WHERE w.rows = b.rows AND w.called = b.called AND w.name = substr(p.name, 10)) THEN substr(p.name, 10) ELSE p.name END AS name,
            p.value AS value
          FROM page_tell v JOIN page_param p ON p.run = r.run AND p.name = v.name
          WHERE v.rows = b.rows AND v.called = b.called ORDER BY p.name)), '')) AS setting,
      b.rows || ' ' || b.called || ' ' || coalesce(r.train_rows, '') || (SELECT group_concat(x, ' ')
        FROM (SELECT name || '=' || coalesce(value, '') AS x FROM page_param WHERE run = r.run ORDER BY name)) AS same,
      b.base AS base, r.valid_auc AS valid_auc, r.valid_logloss AS valid_logloss,
      (WITH RECURSIVE before(run, cpu_s, init, goes_on) AS (
          SELECT run, cpu_s, init, goes_on FROM page_raw WHERE run = r.run
          UNION
          SELECT p.run, p.cpu_s, p.init, p.goes_on FROM before JOIN page_raw p ON p.run = before.init)
        SELECT CASE WHEN count(cpu_s) = count(*) AND count(*) = 1 + sum(goes_on) THEN sum(cpu_s) END FROM before) AS cpu_s
    FROM page_raw r JOIN page_base b ON b.run = r.run JOIN page_name n ON n.rows = b.rows;
-- of several with one seed the last counts
DELETE FROM page_trial WHERE run NOT IN (SELECT run FROM (SELECT run, max(begun) FROM page_trial GROUP BY same, seed));

-- Different rows, and on the same rows different settings, that are called the same get a number behind their name, all but the first.
UPDATE page_trial SET data = data || ' (' || x.k || ')'
  FROM (SELECT rows AS key, row_number() OVER (PARTITION BY data ORDER BY min(run)) AS k FROM page_trial GROUP BY data, rows) x
  WHERE x.key = page_trial.rows AND x.k > 1;
UPDATE page_trial SET setting = setting || ' (' || x.k || ')'
  FROM (SELECT same AS key, row_number() OVER (PARTITION BY rows, setting ORDER BY min(run)) AS k FROM page_trial GROUP BY rows, setting, same) x
  WHERE x.key = page_trial.same AND x.k > 1;
CREATE INDEX temp.page_trial_run ON page_trial(run);

-- The scores of a model are those of every training that made these very bytes.
CREATE TEMP TABLE page_score AS
  SELECT t.run AS train, '' AS data, coalesce(i.key, '') AS rows, m.stratum AS stratum, a.id AS run,
      a.started || printf(' %012d', a.id) AS begun,
      max(CASE m.key WHEN 'auc' THEN m.value END) AS auc, max(CASE m.key WHEN 'auc_lo' THEN m.value END) AS lo,
      max(CASE m.key WHEN 'auc_hi' THEN m.value END) AS hi, max(CASE m.key WHEN 'logloss' THEN m.value END) AS logloss,
      max(CASE m.key WHEN 'ece' THEN m.value END) AS ece, max(CASE m.key WHEN 'calibration' THEN m.value END) AS calibration,
      CAST(max(CASE m.key WHEN 'n' THEN m.value END) AS INTEGER) AS n,
      CASE WHEN EXISTS (SELECT 1 FROM metrics b
          WHERE b.run = a.id AND b.split = 'test' AND b.stratum = m.stratum AND b.key GLOB 'bin * rate') THEN a.id END AS binned
    FROM runs a JOIN page_train c ON c.run = a.id JOIN page_raw o ON o.run = c.train
      JOIN page_raw w ON w.run = o.run OR w.model_digest = o.model_digest
      JOIN page_trial t ON t.run = w.run
      JOIN metrics m ON m.run = a.id AND m.epoch = -1 AND m.split = 'test'
        AND m.key IN ('auc', 'auc_lo', 'auc_hi', 'logloss', 'ece', 'calibration', 'n')
      JOIN page_edge e ON e.run = a.id AND e.role = 'scores'
      JOIN page_rows i ON i.run = e.made_by AND i.role IN ('records', 'csv')
    WHERE a.tool = 'cp-auc' AND a.status = 'done' AND a.rerun_of IS NULL GROUP BY a.id, t.run, m.stratum;
CREATE INDEX temp.page_score_same ON page_score(train, rows, stratum);
UPDATE page_score SET binned = (SELECT max(o.binned) FROM page_score o
  WHERE o.train = page_score.train AND o.rows = page_score.rows AND o.stratum = page_score.stratum);
DELETE FROM page_score WHERE rowid NOT IN (SELECT rowid FROM (SELECT rowid, max(begun) FROM page_score GROUP BY train, rows, stratum));

-- Test rows are called as the rows that most of the models scored on them were trained with.
CREATE TEMP TABLE page_test AS
  SELECT rows, data FROM (SELECT s.rows AS rows, t.data AS data, row_number() OVER (PARTITION BY s.rows ORDER BY count(*) DESC, min(t.run)) AS k
      FROM page_score s JOIN page_trial t ON t.run = s.train GROUP BY s.rows, t.data) WHERE k = 1;
UPDATE page_score SET data = (SELECT data FROM page_test x WHERE x.rows = page_score.rows);
UPDATE page_score SET data = data || ' (test rows ' || x.k || ')'
  FROM (SELECT rows AS key, row_number() OVER (PARTITION BY data ORDER BY min(run)) AS k FROM page_score GROUP BY data, rows) x
  WHERE x.key = page_score.rows AND x.k > 1;
CREATE INDEX temp.page_score_train ON page_score(train);

CREATE TEMP TABLE page_output AS
  SELECT o.path AS path, grid_name(o.path) AS grid, max(o.run) AS run,
      CASE WHEN max(r.status = 'done') THEN 'done' WHEN max(r.status = 'running') THEN 'running' ELSE 'broken' END AS state
    FROM (SELECT run, value AS path FROM params WHERE name = 'output') o JOIN runs r ON r.id = o.run
    WHERE r.tool = 'cp-train' AND r.rerun_of IS NULL GROUP BY o.path;
