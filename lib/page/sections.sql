-- What the sections of the page show (lib/page/sections.c): a view for each picture and each table, over the tables of trials.sql.
-- fixed(4, x) is x with four digits, signed(4, x) with its sign too, short(x) has two digits that count; best(4, x, top) is bold where x is the top.
-- A figure that is not known is a dash in all of them.  bold(), runs() and share() mark a cell, deviation() is over n - 1.

-- ---- Grids ----

CREATE TEMP VIEW page_progress AS
  WITH made AS (SELECT o.grid AS grid, o.path AS path, min(julianday(r.ended)) AS ended, min(julianday(r.started)) AS started
      FROM page_output o JOIN params p ON p.name = 'output' AND p.value = o.path JOIN runs r ON r.id = p.run
      WHERE r.tool = 'cp-train' AND r.status = 'done' AND r.rerun_of IS NULL AND r.ended IS NOT NULL AND o.grid <> 'other'
      GROUP BY o.path),
    step AS (SELECT grid, 24 * (ended - min(started) OVER (PARTITION BY grid)) AS hours,
        row_number() OVER (PARTITION BY grid ORDER BY ended, path) AS n
      FROM made
      UNION ALL
      SELECT DISTINCT grid, 0, 0 FROM made)
  SELECT '', grid, hours, n, NULL, NULL FROM step ORDER BY count(*) OVER (PARTITION BY grid) DESC, grid, n;

-- How many cells a grid has, its runs say (the most that were asked for at once); of older ones, which do not, those begun are known: the models
-- that no other training goes on from.
CREATE TEMP VIEW page_progress_table AS
  WITH made AS (SELECT grid_name(value) AS grid, run FROM params WHERE name = 'output'),
    cost AS (SELECT m.grid AS grid, sum(r.wall_s) / 3600 AS hours, max(r.ended) AS ended, max(t.value + 0) AS asked
      FROM made m JOIN runs r ON r.id = m.run LEFT JOIN tags t ON t.run = m.run AND t.name = 'cells' GROUP BY 1),
    scored AS (SELECT grid_name(i.path) AS grid, count(DISTINCT i.path) AS n FROM inputs i JOIN runs r ON r.id = i.run
      WHERE r.tool = 'cp-auc' AND r.status = 'done' AND i.role = 'scores' GROUP BY 1),
    line AS (SELECT o.grid AS grid, count(*) AS models, sum(state = 'done') AS trained, sum(state = 'running') AS running,
        sum(state = 'broken') AS broken, coalesce(max(s.n), 0) AS scored, max(c.asked) AS asked,
        sum(o.path NOT IN (SELECT path FROM inputs WHERE role = 'init' AND path IS NOT NULL)) AS begun,
        max(c.hours) AS hours, max(c.ended) AS ended
      FROM page_output o LEFT JOIN cost c ON c.grid = o.grid LEFT JOIN scored s ON s.grid = o.grid GROUP BY o.grid),
    whole AS (SELECT *, CASE WHEN grid = 'other' THEN NULL WHEN asked THEN max(asked, scored) WHEN scored THEN max(begun, scored) END AS cells
      FROM line)
  SELECT '', grid, coalesce(share(100 * scored / cells), '–') AS done, scored, coalesce(cells, '–') AS 'of cells', models, trained, running,
      broken AS 'not finished', fixed(1, hours) AS 'hours of runs', replace(substr(ended, 1, 16), 'T', ' ') || ' UTC' AS 'last end'
    FROM whole ORDER BY grid = 'other', grid;

-- ---- Tables of the paper ----

CREATE TEMP VIEW page_paper_table AS
  SELECT 'Table ' || tab || ': ' || data || coalesce(', scale ' || nullif(scale, ''), ''), trim(block || ' ' || line) AS model, seeds, coalesce(n, '–') AS rows,
      CASE WHEN best THEN bold(fixed(4, auc)) ELSE fixed(4, auc) END || CASE WHEN better THEN ' *' ELSE '' END AS AUC,
      fixed(4, auc_sd) AS '±', fixed(4, logloss) AS 'log loss', fixed(4, logloss_sd) AS '± ',
      signed(2, impr) AS 'improvement, %', short(p) AS p, short(delong_p) AS 'p, DeLong',
      fixed(4, paper_auc) AS 'paper: AUC', fixed(4, paper_logloss) AS 'log loss ', signed(2, paper_impr) AS 'improvement, % ', runs(runs) AS runs
    FROM (SELECT *, count(auc) OVER (PARTITION BY tab, scale, data, block) AS beside FROM tables)
    WHERE auc IS NOT NULL AND beside > 1 ORDER BY tab, scale, data, place;

-- ---- Results, time, calibration: settings with their seeds ----

-- What is trained to score, with its figures on the test rows where it was scored.
CREATE TEMP TABLE page_seed AS
  SELECT coalesce(s.data, t.data) AS data, t.same AS same, t.setting AS setting, t.run AS run, s.run AS score, t.valid_auc AS valid, s.auc AS auc,
      s.lo AS lo, s.hi AS hi, s.logloss AS logloss, s.ece AS ece, s.calibration AS calibration, t.cpu_s AS cpu_s
    FROM page_trial t LEFT JOIN page_score s ON s.train = t.run AND s.stratum = '' WHERE t.stage <> 'pretrain' ORDER BY t.run;

-- place: from the best AUC on; of: how many the data has; top, low: the best AUC and log loss of the data.
CREATE TEMP TABLE page_ranked AS
  WITH setting AS (SELECT data, same, setting, count(*) AS seeds, avg(valid) AS valid, avg(auc) AS auc, deviation(auc) AS sd,
      CASE WHEN count(auc) > 1 THEN min(auc) END AS least, CASE WHEN count(auc) > 1 THEN max(auc) END AS most, avg(logloss) AS logloss,
      avg(ece) AS ece, avg(calibration) AS calibration, avg(cpu_s) AS cpu_s, group_concat(coalesce(score, run)) AS runs, min(run) AS first
    FROM page_seed GROUP BY data, same)
  SELECT *, row_number() OVER (PARTITION BY data ORDER BY auc IS NULL, auc DESC, valid DESC, first) AS place,
      count(*) OVER (PARTITION BY data) AS of, max(auc) OVER (PARTITION BY data) AS top, min(logloss) OVER (PARTITION BY data) AS low
    FROM setting;

-- Of a table only the best.
CREATE TEMP VIEW page_listed AS
  SELECT *, data || CASE WHEN of > 40 THEN ' (the best 40 of ' || of || ' settings)' ELSE '' END AS part FROM page_ranked WHERE place <= 40;

CREATE TEMP VIEW page_results AS
  WITH dot AS (
      SELECT r.data AS data, 1 AS k, r.setting AS setting, s.auc AS auc, NULL AS lo, NULL AS hi, r.place AS place, s.run AS run
        FROM page_ranked r JOIN page_seed s ON s.data = r.data AND s.same = r.same WHERE r.seeds > 1 AND s.auc IS NOT NULL
      UNION ALL
      SELECT data, 0, setting, auc, auc - sd, auc + sd, place, 0 FROM page_ranked WHERE auc IS NOT NULL)
  SELECT data, CASE k WHEN 0 THEN 'mean' ELSE 'seeds' END, setting, auc, lo, hi FROM dot
    WHERE data IN (SELECT data FROM dot GROUP BY 1 HAVING count(*) > 1) ORDER BY data, k, place, run;

CREATE TEMP VIEW page_results_table AS
  SELECT part, setting, seeds, fixed(4, valid) AS 'validation AUC', best(4, auc, top) AS 'test AUC', fixed(4, sd) AS '±',
      best(4, logloss, low) AS 'log loss', fixed(0, cpu_s) AS 'CPU s', runs(runs) AS runs
    FROM page_listed ORDER BY data, place;

CREATE TEMP VIEW page_time AS
  SELECT data, setting, cpu_s, auc, least, most
    FROM (SELECT *, count(*) OVER (PARTITION BY data) AS n FROM page_ranked WHERE auc IS NOT NULL AND cpu_s > 0)
    WHERE n > 1 ORDER BY data, place;

CREATE TEMP VIEW page_calibration AS
  SELECT s.data, t.setting, avg(a.value), avg(b.value), NULL, NULL
    FROM metrics a JOIN metrics b ON b.run = a.run AND b.split = a.split AND b.stratum = a.stratum AND b.epoch = a.epoch
        AND b.key = replace(a.key, 'score', 'rate')
      JOIN page_score s ON s.binned = a.run AND s.stratum = ''
      JOIN page_trial t ON t.run = s.train
    WHERE a.key GLOB 'bin * score' AND a.split = 'test' AND a.stratum = '' AND a.value IS NOT NULL
    GROUP BY s.data, t.same, a.key
    ORDER BY s.data,
      (SELECT avg(x.ece) FROM page_score x JOIN page_trial y ON y.run = x.train WHERE y.same = t.same AND x.stratum = '' AND x.data = s.data),
      t.same, avg(a.value);

CREATE TEMP VIEW page_calibration_table AS
  SELECT part, setting, seeds, fixed(3, calibration) AS 'mean score / rate', best(4, ece, min(ece) OVER (PARTITION BY data)) AS 'calibration error',
      runs(runs) AS runs
    FROM page_listed WHERE ece IS NOT NULL ORDER BY data, place;

-- ---- Learning curves ----

-- A curve is the mean over seeds, as far as all of them have come; of data where nothing has two points there is none.  The loss of the training rows
-- is told of pretraining alone.
CREATE TEMP TABLE page_learning AS
  WITH point AS (SELECT m.split AS split, m.key AS key, t.data AS data, t.same AS same, t.setting AS setting, m.epoch AS epoch,
        avg(m.value) AS value, count(*) AS n
      FROM page_trial t JOIN page_curve m ON m.run = t.run
      WHERE t.stage <> '' AND (m.split = 'valid' OR t.stage = 'pretrain') GROUP BY m.split, m.key, t.data, t.same, m.epoch),
    curve AS (SELECT *, max(n) OVER one AS seeds, max(value) OVER one AS most, min(value) OVER one AS least, count(*) OVER one AS points FROM point
      WINDOW one AS (PARTITION BY split, key, data, same))
  SELECT * FROM (SELECT *, max(points) OVER (PARTITION BY split, key, data) AS longest FROM curve) WHERE n = seeds AND longest > 1;

-- ---- Long tail ----

-- Strata of the long tail are called SHARE=USER,ITEM, with tail or head for each, those of what training never saw new=USER,ITEM, with new or seen.
CREATE TEMP TABLE page_rare(said, called, k);
INSERT INTO page_rare VALUES
  ('tail,tail', 'user and item', 0), ('head,tail', 'item only', 1), ('tail,head', 'user only', 2), ('head,head', 'neither', 3),
  ('new,new', 'user and item', 0), ('seen,new', 'item only', 1), ('new,seen', 'user only', 2), ('seen,seen', 'neither', 3);

CREATE TEMP VIEW page_stratum AS
  SELECT run, train, data, stratum, auc, logloss, n, substr(stratum, 1, instr(stratum, '=') - 1) AS word, substr(stratum, instr(stratum, '=') + 1) AS said
    FROM page_score WHERE stratum <> '';

CREATE TEMP TABLE page_tail_ranked AS
  WITH line AS (SELECT s.data AS rows, s.data || coalesce(', ' || nullif(s.word, ''), '') AS data, t.same AS same, t.setting AS setting,
        coalesce(r.called, s.said) AS stratum, coalesce(r.k, 4) AS k, count(*) AS seeds, avg(s.auc) AS auc, deviation(s.auc) AS sd,
        avg(s.logloss) AS logloss, max(s.n) AS n, group_concat(s.run) AS runs
      FROM page_stratum s JOIN page_trial t ON t.run = s.train LEFT JOIN page_rare r ON r.said = s.said
      WHERE s.auc IS NOT NULL AND (SELECT count(DISTINCT x.stratum) FROM page_stratum x WHERE x.run = s.run AND x.word = s.word) <= 12
      GROUP BY s.data, s.stratum, t.same)
  SELECT l.*, r.place AS place, max(l.auc) OVER (PARTITION BY l.data, l.stratum) AS top
    FROM line l LEFT JOIN page_ranked r ON r.data = l.rows AND r.same = l.same;

-- The pictures of one set of test rows have the same settings in one order, for that is what their colours and patterns go by.
CREATE TEMP VIEW page_tail AS
  WITH setting AS (SELECT DISTINCT rows, same, setting, place FROM page_tail_ranked), part AS (SELECT DISTINCT rows, data, k, stratum FROM page_tail_ranked)
  SELECT p.data, s.setting, p.stratum, l.auc, l.auc - l.sd, l.auc + l.sd
    FROM part p JOIN setting s ON s.rows = p.rows LEFT JOIN page_tail_ranked l ON l.data = p.data AND l.stratum = p.stratum AND l.same = s.same
    ORDER BY p.data, p.k, p.stratum, s.place IS NULL, s.place, s.same;

CREATE TEMP VIEW page_tail_table AS
  SELECT data, stratum, coalesce(n, '–') AS rows, setting, seeds, best(4, auc, top) AS 'test AUC', fixed(4, sd) AS '±', fixed(4, logloss) AS 'log loss', runs(runs) AS runs
    FROM page_tail_ranked ORDER BY data, k, stratum, place IS NULL, place, same;

-- ---- One option varied ----

-- What an option was.  -1 stands for a default, which is no number to draw: what it was is said beside (by programs that did not yet, it is not known).
CREATE TEMP VIEW page_in_force AS
  SELECT t.run AS run, t.rows AS rows, t.base AS base, t.data AS data, t.same AS same, v.name AS name, p.value AS value,
      CASE p.value WHEN '-1' THEN (SELECT f.value FROM params f WHERE f.run = t.run AND f.name = v.name || ' in force') ELSE p.value END AS x
    FROM page_vary v JOIN page_trial t ON t.rows = v.rows AND t.base = v.base JOIN page_param p ON p.run = t.run AND p.name = v.name
    WHERE t.stage <> 'pretrain';

-- Where it is a number, with what else varies, in words.
CREATE TEMP TABLE page_number AS
  SELECT n.run AS run, n.same AS same, n.data AS data, n.base AS base, n.name AS name, CAST(n.x AS REAL) AS x,
      coalesce((SELECT group_concat(o.value, ' ') FROM (SELECT q.name || ' ' || q.value AS value
        FROM page_vary w JOIN page_param q ON q.run = n.run AND q.name = w.name
        WHERE w.rows = n.rows AND w.base = n.base AND w.name <> n.name ORDER BY q.name) o), '') AS others
    FROM page_in_force n WHERE n.x GLOB '*[0-9]*' AND n.value NOT GLOB '*[^-+.0-9e]*';

-- Settings that differ in nothing but one number, of which there are three values at least, by the test rows or, where none of them was scored, the
-- validation rows; of those with one value that differ in a word of their grid alone, the first.
CREATE TEMP TABLE page_varied AS
  WITH value AS (
      SELECT n.*, s.auc AS auc FROM page_number n JOIN page_score s ON s.train = n.run AND s.stratum = ''
      UNION ALL
      SELECT n.*, t.valid_auc FROM page_number n JOIN page_trial t ON t.run = n.run
        WHERE NOT EXISTS (SELECT 1 FROM page_number m JOIN page_score s ON s.train = m.run WHERE m.data = n.data AND m.base = n.base)),
    point AS (SELECT data, name, base, others, min(run) AS run, x, avg(auc) AS auc, deviation(auc) AS sd
      FROM (SELECT *, first_value(same) OVER (PARTITION BY data, name, base, others, x ORDER BY run) AS first FROM value WHERE auc IS NOT NULL)
      WHERE same = first GROUP BY data, name, base, others, x)
  SELECT * FROM (SELECT *, count(*) OVER line AS n, max(auc) OVER line AS best, min(run) OVER line AS example FROM point
      WINDOW line AS (PARTITION BY data, name, base, others))
    WHERE n > 2;

-- What is said of a line is what others of its base in the picture have not.
CREATE TEMP VIEW page_varied_told AS
  WITH line AS (SELECT DISTINCT data, name, base, others, example FROM page_varied),
    said AS (SELECT l.*, q.name || ' ' || q.value AS pair
      FROM line l JOIN page_trial t ON t.run = l.example JOIN page_vary w ON w.rows = t.rows AND w.base = t.base AND w.name <> l.name
        JOIN page_param q ON q.run = t.run AND q.name = w.name)
  SELECT * FROM (SELECT *, count(*) OVER (PARTITION BY data, name, base, pair) AS n FROM said) s
    WHERE n < (SELECT count(*) FROM line l WHERE l.data = s.data AND l.name = s.name AND l.base = s.base);

-- What the axis of an option is called; that of any other by its own name.
CREATE TEMP TABLE page_axis(name, called);
INSERT INTO page_axis VALUES
  ('prompts', 'number of prompts K'), ('mask rate', 'share of masked tokens'), ('rows', 'training rows'), ('lr', 'learning rate'),
  ('plm-lr', 'learning rate of the language model'), ('unseen-rate', 'share of values shown as unseen'),
  ('warmup', 'share of steps in which the rate rises'), ('batch', 'rows a step'), ('epochs', 'epochs'), ('weight-decay', 'weight decay');

CREATE TEMP VIEW page_options AS
  SELECT data || ': ' || CASE WHEN name GLOB 'pretrain *' THEN substr(name, 10) || ' of pretraining' ELSE name END,
      base || coalesce(' ' || (SELECT group_concat(pair, ', ') FROM (SELECT pair FROM page_varied_told g
        WHERE g.data = d.data AND g.name = d.name AND g.example = d.example ORDER BY pair)), ''),
      x, auc, auc - sd, auc + sd,
      coalesce((SELECT called FROM page_axis a WHERE d.name IN (a.name, 'pretrain ' || a.name)), d.name)
    FROM page_varied d ORDER BY data, name, best DESC, others, x;

-- ---- Attention to prompts ----

-- The last look at each model.
CREATE TEMP VIEW page_look AS
  SELECT t.run AS train, max(m.run) AS run
    FROM metrics m JOIN runs r ON r.id = m.run JOIN page_train e ON e.run = m.run JOIN page_raw o ON o.run = e.train
      JOIN page_raw w ON w.run = o.run OR w.model_digest = o.model_digest JOIN page_trial t ON t.run = w.run
    WHERE r.tool = 'cp-predict' AND r.status = 'done' AND r.rerun_of IS NULL AND m.key = 'attention' GROUP BY t.run;

-- What it pays beside what would be even, the greatest quotient first.
CREATE TEMP TABLE page_paid AS
  WITH paid AS (SELECT t.data AS data, t.same AS same, t.setting AS setting, CAST(substr(m.stratum, 7) AS INTEGER) AS layer, count(*) AS seeds,
        avg(m.value) AS share, deviation(m.value) AS sd, avg(v.value) AS even, group_concat(m.run) AS runs
      FROM page_look l JOIN page_trial t ON t.run = l.train
        JOIN metrics m ON m.run = l.run AND m.key = 'attention' AND m.stratum GLOB 'layer *'
        LEFT JOIN metrics v ON v.run = m.run AND v.split = m.split AND v.stratum = m.stratum AND v.epoch = m.epoch AND v.key = 'attention_even'
      GROUP BY t.data, t.same, layer)
  SELECT *, dense_rank() OVER (PARTITION BY data ORDER BY times DESC, same) AS place
    FROM (SELECT *, avg(share / even) OVER (PARTITION BY data, same) AS times FROM paid);

-- char(4) begins the name of a level (CP_PLOT_LEVEL); eight settings are drawn.
CREATE TEMP VIEW page_attention AS
  WITH line AS (
      SELECT data, 0 AS k, place, setting AS label, layer, share, share - sd AS lo, share + sd AS hi FROM page_paid
      UNION ALL
      SELECT data, 1, 0, char(4) || printf('if even: %.3f', even), layer, avg(even), NULL, NULL FROM page_paid
        WHERE even IS NOT NULL AND place <= 8 GROUP BY data, 4, layer)
  SELECT data, label, layer, share, lo, hi FROM line ORDER BY data, k, place, label, layer;

CREATE TEMP VIEW page_attention_table AS
  SELECT data, setting, n AS seeds, shares AS 'share, layer by layer', fixed(3, even_share) AS 'if even', fixed(2, times) AS 'times even',
      runs(runs) AS runs
    FROM (SELECT *, group_concat(printf('%.3f', share), ' ') OVER w AS shares, max(seeds) OVER w AS n, avg(even) OVER w AS even_share,
        layer = min(layer) OVER w AS first
      FROM page_paid WINDOW w AS (PARTITION BY data, place ORDER BY layer ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))
    WHERE first ORDER BY data, place;

-- ---- Comparisons, and what went wrong ----

CREATE TEMP VIEW page_comparisons_table AS
  SELECT CASE c.split WHEN '' THEN 'other rows' ELSE c.split || ' rows' END, c.method, coalesce(c.a, '') AS a, coalesce(c.b, '') AS b,
      c.stratum AS stratum, fixed(4, c.value_a) AS 'AUC of a', fixed(4, c.value_b) AS 'of b', signed(4, c.diff) AS difference,
      fixed(4, c.se) AS 'its standard error', short(c.p) || CASE WHEN c.p < 0.05 THEN ' *' ELSE '' END AS p, runs(c.run) AS run
    FROM comparisons c JOIN runs r ON r.id = c.run WHERE r.status = 'done' AND r.rerun_of IS NULL ORDER BY c.split, c.run DESC, c.n LIMIT 60;

CREATE TEMP VIEW page_broken_table AS
  SELECT '', runs(r.id) AS run, r.status AS status, replace(substr(r.started, 1, 16), 'T', ' ') || ' UTC' AS started,
      coalesce(r.why, '–') AS why, r.argv AS command
    FROM runs r WHERE r.status IN ('failed', 'killed', 'interrupted')
      AND NOT EXISTS (SELECT 1 FROM runs d WHERE d.id > r.id AND d.tool = r.tool AND d.argv = r.argv AND d.status IN ('done', 'running'))
    ORDER BY r.id DESC LIMIT 30;

CREATE TEMP VIEW page_disagreements_table AS
  SELECT '', tool, role AS output, runs(a) AS 'one run', runs(b) AS another, digest_a AS 'its bytes', digest_b AS 'the other''s',
      coalesce(nullif(substr(differs('version', version_a, version_b) || differs('source', source_a, source_b) || differs('BLAS', blas_a, blas_b)
        || differs('processor', cpu_a, cpu_b) || CASE WHEN build_a IS NOT build_b THEN '; build' ELSE '' END, 3), ''), 'nothing that is known')
        AS 'what else differs'
    FROM disagreements ORDER BY a, b LIMIT 30;
