-- The views that print the paper's tables (arXiv 2310.09234, tables 2 to 6) from cells: what tags say of a run is the only thing they look at to know
-- where its figures belong.  The paper's own figures stand here as well, to be shown beside ours.

-- A line a cell, split and stratum; where a cell was scored more than once, the last time.  A training that found everything done, which leaves no
-- figures, took no time that tells anything.  The last of several is the one begun last (started, and the number behind it): ledgers that were merged
-- have runs with higher numbers that are older.
DROP VIEW IF EXISTS tagged;
CREATE VIEW tagged AS
  SELECT run, coalesce(max(CASE name WHEN 'scale' THEN value END), '') AS scale, coalesce(max(CASE name WHEN 'data' THEN value END), '') AS data,
      coalesce(max(CASE name WHEN 'model' THEN value END), '') AS model, coalesce(max(CASE name WHEN 'plm' THEN value END), '') AS plm,
      coalesce(max(CASE name WHEN 'variant' THEN value END), '') AS variant, max(CASE name WHEN 'way' THEN value END) AS way,
      max(CASE name WHEN 'seed' THEN value END) AS seed
    FROM tags GROUP BY run;

DROP VIEW IF EXISTS trainings;
CREATE VIEW trainings AS
  WITH training AS MATERIALIZED (SELECT t.*, r.id AS last, max(r.started || printf(' %012d', r.id)) FROM tagged t JOIN runs r ON r.id = t.run
      WHERE r.tool = 'cp-train' AND r.status = 'done' AND r.rerun_of IS NULL
        AND EXISTS (SELECT 1 FROM parts p JOIN metrics m ON m.run = p.part WHERE p.run = r.id)
      GROUP BY t.scale, t.data, t.model, t.plm, t.variant, t.way, t.seed)
  SELECT t.scale AS scale, t.data AS data, t.model AS model, t.plm AS plm, t.variant AS variant, t.way AS way, t.seed AS seed, t.last AS run,
      CASE WHEN count(p.wall_s) = count(*) THEN sum(p.wall_s) END AS wall_s, CASE WHEN count(p.cpu_s) = count(*) THEN sum(p.cpu_s) END AS cpu_s,
      max(p.peak_mb) AS peak_mb, count(*) AS parts
    FROM training t JOIN parts p ON p.run = t.last GROUP BY t.last;

DROP VIEW IF EXISTS cells;
CREATE VIEW cells AS
  SELECT scale, data, model, plm, variant, way, seed, split, stratum, run, auc, logloss, n, scores, path FROM (SELECT t.*, m.split AS split,
      m.stratum AS stratum, m.auc AS auc, m.logloss AS logloss, m.n AS n, i.digest AS scores, i.path AS path, max(r.started || printf(' %012d', r.id))
    FROM tagged t JOIN runs r ON r.id = t.run JOIN inputs i ON i.run = r.id AND i.role = 'scores'
      JOIN (SELECT run, split, stratum, max(CASE key WHEN 'auc' THEN value END) AS auc, max(CASE key WHEN 'logloss' THEN value END) AS logloss,
          CAST(max(CASE key WHEN 'n' THEN value END) AS INTEGER) AS n
        FROM metrics WHERE epoch = -1 AND key IN ('auc', 'logloss', 'n') GROUP BY run, split, stratum) m ON m.run = r.id
    WHERE r.tool = 'cp-auc' AND r.status = 'done' AND r.rerun_of IS NULL AND t.way IS NOT NULL
    GROUP BY t.scale, t.data, t.model, t.plm, t.variant, t.way, t.seed, m.split, m.stratum);

-- Which cells a table shows, in which order (n), under which names, and what each is compared with: the n of another (NULL: with none, -1: with the best
-- of those that are compared with none).
DROP VIEW IF EXISTS layout;
CREATE VIEW layout AS
  WITH generator(g, model, name) AS (VALUES (0, 'dcnv2', 'DCNv2'), (10, 'autoint', 'AutoInt'), (20, 'dnn', 'DNN')),
    two(n, line, model, plm, way, against) AS (VALUES
      (1, 'FM', 'fm', '', 'ctr', NULL), (2, 'DNN', 'dnn', '', 'ctr', NULL), (3, 'DeepFM', 'deepfm', '', 'ctr', NULL),
      (4, 'xDeepFM', 'xdeepfm', '', 'ctr', NULL), (5, 'IPNN', 'ipnn', '', 'ctr', NULL), (6, 'DCN', 'dcn', '', 'ctr', NULL),
      (7, 'AutoInt', 'autoint', '', 'ctr', NULL), (8, 'FiGNN', 'fignn', '', 'ctr', NULL), (9, 'FGCNN', 'fgcnn', '', 'ctr', NULL),
      (10, 'DCNv2', 'dcnv2', '', 'ctr', NULL), (11, 'CTR-BERT', 'none', 'base', 'ctr-bert', NULL), (12, 'P5', 'none', 't5', 'p5', NULL),
      (13, 'PTab', 'none', 'base', 'ptab', NULL), (14, 'CTRL', 'dcnv2', 'base', 'ctrl', NULL),
      (15, 'ClickPrompt without PLM', 'dcnv2', 'base', 'without-plm', -1), (16, 'ClickPrompt with PLM', 'dcnv2', 'base', 'with-plm', -1)),
    three(n, line, plm, way, against) AS (VALUES (1, 'alone', '', 'ctr', NULL),
      (2, 'tiny, without PLM', 'tiny', 'without-plm', 1), (3, 'base, without PLM', 'base', 'without-plm', 1),
      (4, 'large, without PLM', 'large', 'without-plm', 1), (5, 'tiny, with PLM', 'tiny', 'with-plm', 1),
      (6, 'base, with PLM', 'base', 'with-plm', 1), (7, 'large, with PLM', 'large', 'with-plm', 1)),
    four(n, line, variant, against) AS (VALUES (1, 'input-only', 'input', NULL), (2, 'layer-wise', '', 1)),
    five(n, line, variant, way, against) AS (VALUES (1, 'full', '', 'with-plm', NULL), (2, 'w/o prompt', 'noprompt', 'with-plm', 1),
      (3, 'w/o pretrain', '', 'no-pretrain', 1), (4, 'w/o both', 'noprompt', 'no-pretrain', 1)),
    share(s, name, yes, no) AS (VALUES (0, 'tail20', 'tail', 'head'), (100, 'tail10', 'tail', 'head'),
      (200, 'tail30', 'tail', 'head'), (300, 'new', 'new', 'seen')),
    part(p, what) AS (VALUES (0, 'user and item'), (10, 'item only'), (20, 'user only'), (30, 'neither')),
    six(n, line, plm, way, against) AS (VALUES (1, 'DCNv2', '', 'ctr', NULL), (2, 'ClickPrompt', 'base', 'with-plm', 1))
  SELECT 2 AS tab, n, '' AS block, line, model, plm, '' AS variant, way, '' AS stratum, against FROM two
  UNION ALL SELECT 3, g + n, name, line, model, plm, '', way, '', g + against FROM generator, three
  UNION ALL SELECT 4, g + n, name, line, model, 'base', variant, 'with-plm', '', g + against FROM generator, four
  UNION ALL SELECT 5, g + n, name, line, model, 'base', variant, way, '', g + against FROM generator, five
  UNION ALL SELECT 6, s + p + n, name || ': ' || what, line, 'dcnv2', plm, '', way, name || '=' || CASE WHEN p IN (0, 20) THEN yes ELSE no END || ','
      || CASE WHEN p IN (0, 10) THEN yes ELSE no END, s + p + against FROM share, part, six;

-- The paper's figures; of tables 3 to 6 it gives AUC alone, on MovieLens-1M.
DROP VIEW IF EXISTS paper;
CREATE VIEW paper AS
  WITH two(line, a1, l1, a2, l2, a3, l3, a4, l4) AS (VALUES
      ('FM', .8371, .4090, .7871, .5202, .6668, .4059, .7614, .5190), ('DNN', .8413, .3944, .7940, .5124, .6686, .3982, .7685, .5082),
      ('DeepFM', .8443, .3915, .7959, .5106, .6692, .3978, .7690, .5136), ('xDeepFM', .8435, .3950, .7943, .5122, .6681, .3967, .7697, .5072),
      ('IPNN', .8437, .3926, .7953, .5111, .6687, .3980, .7722, .5148), ('DCN', .8423, .3964, .7952, .5116, .6688, .3964, .7693, .5074),
      ('AutoInt', .8399, .4004, .7954, .5113, .6678, .3977, .7682, .5084), ('FiGNN', .8399, .3991, .7970, .5105, .6700, .3947, .7667, .5094),
      ('FGCNN', .8416, .3957, .7985, .5082, .6675, .3978, .7705, .5064), ('DCNv2', .8439, .3954, .7970, .5096, .6701, .3961, .7711, .5059),
      ('CTR-BERT', .8296, .4208, .7848, .5268, .6649, .3988, .7457, .5292), ('P5', .8173, .4171, .7695, .5360, .6470, .4018, .7367, .5531),
      ('PTab', .8353, .4081, .7979, .5208, .6685, .3995, .7566, .5203), ('CTRL', .8453, .3932, .7992, .5092, .6704, .3960, .7735, .5038),
      ('ClickPrompt without PLM', .8467, .3939, .8013, .5051, .6719, .3933, .7744, .5034),
      ('ClickPrompt with PLM', .8499, .3905, .8030, .5037, .6755, .3890, .7755, .5022)),
    rest(tab, block, line, auc) AS (VALUES
      (3, 'DCNv2', 'alone', .8439), (3, 'DCNv2', 'tiny, without PLM', .8464), (3, 'DCNv2', 'base, without PLM', .8467),
      (3, 'DCNv2', 'large, without PLM', .8476), (3, 'DCNv2', 'tiny, with PLM', .8470), (3, 'DCNv2', 'base, with PLM', .8499),
      (3, 'DCNv2', 'large, with PLM', .8498), (3, 'AutoInt', 'alone', .8399), (3, 'AutoInt', 'tiny, without PLM', .8422),
      (3, 'AutoInt', 'base, without PLM', .8439), (3, 'AutoInt', 'large, without PLM', .8454), (3, 'AutoInt', 'tiny, with PLM', .8458),
      (3, 'AutoInt', 'base, with PLM', .8465), (3, 'AutoInt', 'large, with PLM', .8481), (3, 'DNN', 'alone', .8413),
      (3, 'DNN', 'tiny, without PLM', .8435), (3, 'DNN', 'base, without PLM', .8448), (3, 'DNN', 'large, without PLM', .8455),
      (3, 'DNN', 'tiny, with PLM', .8446), (3, 'DNN', 'base, with PLM', .8455), (3, 'DNN', 'large, with PLM', .8462),
      (4, 'DCNv2', 'input-only', .8468), (4, 'DCNv2', 'layer-wise', .8499), (4, 'AutoInt', 'input-only', .8445),
      (4, 'AutoInt', 'layer-wise', .8465), (4, 'DNN', 'input-only', .8433), (4, 'DNN', 'layer-wise', .8455),
      (5, 'DCNv2', 'full', .8499), (5, 'DCNv2', 'w/o prompt', .8470), (5, 'DCNv2', 'w/o pretrain', .8439), (5, 'DCNv2', 'w/o both', .8438),
      (5, 'AutoInt', 'full', .8465), (5, 'AutoInt', 'w/o prompt', .8443), (5, 'AutoInt', 'w/o pretrain', .8450), (5, 'AutoInt', 'w/o both', .8448),
      (5, 'DNN', 'full', .8455), (5, 'DNN', 'w/o prompt', .8437), (5, 'DNN', 'w/o pretrain', .8445), (5, 'DNN', 'w/o both', .8441),
      (6, 'tail20: user and item', 'DCNv2', .6000), (6, 'tail20: user and item', 'ClickPrompt', .6500),
      (6, 'tail20: item only', 'DCNv2', .6886), (6, 'tail20: item only', 'ClickPrompt', .7003),
      (6, 'tail20: user only', 'DCNv2', .8149), (6, 'tail20: user only', 'ClickPrompt', .8186),
      (6, 'tail20: neither', 'DCNv2', .8485), (6, 'tail20: neither', 'ClickPrompt', .8520))
  SELECT 2 AS tab, '' AS block, line, 'ml-1m-time' AS data, a1 AS auc, l1 AS logloss FROM two
  UNION ALL SELECT 2, '', line, 'book-crossing-random', a2, l2 FROM two UNION ALL SELECT 2, '', line, 'amazon-toys-time', a3, l3 FROM two
  UNION ALL SELECT 2, '', line, 'goodreads-time', a4, l4 FROM two UNION ALL SELECT tab, block, line, 'ml-1m-time', auc, NULL FROM rest;

-- averages: every cell over its seeds; entries: the cells of each table; means: their averages; pairs: a cell of a line and the one of the same seed of the
-- line it is compared with, and DeLong's test of the two where cp-auc --against made it.  Improvement and tests are of pairs alone.
DROP VIEW IF EXISTS averages;
CREATE VIEW averages AS
  SELECT scale, data, model, plm, variant, way, split, stratum, count(auc) AS seeds,
      avg(auc) AS auc, sqrt(max(0, avg(auc * auc) - avg(auc) * avg(auc)) * count(auc) / nullif(count(auc) - 1, 0)) AS auc_sd,
      avg(logloss) AS logloss, sqrt(max(0, avg(logloss * logloss) - avg(logloss) * avg(logloss))
        * count(logloss) / nullif(count(logloss) - 1, 0)) AS logloss_sd,
      max(n) AS n, group_concat(run) AS runs
    FROM cells GROUP BY scale, data, model, plm, variant, way, split, stratum;

DROP VIEW IF EXISTS entries;
CREATE VIEW entries AS
  SELECT l.tab AS tab, l.n AS place, l.block AS block, l.line AS line, l.against AS against, c.*
    FROM layout l JOIN cells c ON c.model = l.model AND c.plm = l.plm AND c.variant = l.variant AND c.way = l.way AND c.stratum = l.stratum
    WHERE c.split = 'test';

DROP VIEW IF EXISTS means;
CREATE VIEW means AS
  WITH mean AS MATERIALIZED (SELECT l.tab AS tab, v.scale AS scale, v.data AS data, l.n AS place, l.block AS block, l.line AS line, l.against AS against,
      v.seeds AS seeds, v.auc AS auc, v.auc_sd AS auc_sd, v.logloss AS logloss, v.logloss_sd AS logloss_sd, v.n AS n, v.runs AS runs
      FROM layout l JOIN averages v ON v.model = l.model AND v.plm = l.plm AND v.variant = l.variant AND v.way = l.way AND v.stratum = l.stratum
      WHERE v.split = 'test')
  SELECT *, CASE against WHEN -1 THEN (SELECT b.place FROM mean b WHERE b.tab = a.tab AND b.scale = a.scale AND b.data = a.data
        AND b.against IS NULL ORDER BY b.auc DESC LIMIT 1) ELSE against END AS base,
      auc = max(auc) OVER (PARTITION BY tab, scale, data, block) AS best FROM mean a;

DROP VIEW IF EXISTS pairs;
CREATE VIEW pairs AS
  WITH cell AS MATERIALIZED (SELECT * FROM entries), test AS MATERIALIZED (SELECT i.digest AS a, j.digest AS b, c.stratum AS stratum, c.p AS p
      FROM comparisons c JOIN inputs i ON i.run = c.run AND i.role = 'scores' JOIN inputs j ON j.run = c.run AND j.role = 'against'
      WHERE c.method = 'delong')
  SELECT a.tab AS tab, a.scale AS scale, a.data AS data, a.place AS place, a.seed AS seed, a.run AS run, b.run AS base_run,
      a.path AS path, b.path AS base_path, a.auc AS auc, b.auc AS base_auc, a.auc - b.auc AS auc_diff, a.logloss - b.logloss AS logloss_diff,
      (SELECT max(p) FROM test WHERE test.stratum = a.stratum AND test.a = a.scores AND test.b = b.scores) AS delong_p,
      EXISTS (SELECT 1 FROM test WHERE test.a = a.scores AND test.b = b.scores) AS compared
    FROM means m JOIN cell a ON a.tab = m.tab AND a.scale = m.scale AND a.data = m.data AND a.place = m.place
      JOIN cell b ON b.tab = m.tab AND b.scale = m.scale AND b.data = m.data AND b.place = m.base AND b.seed = a.seed;

-- Student's t, two-sided, by the finite sums for whole degrees of freedom (Abramowitz and Stegun 26.7.3 and 26.7.4): with theta = atan(t / sqrt(df)),
-- s holds j, cos^j theta with its factor, and their sum, for j of df's parity below df - 1.
DROP VIEW IF EXISTS tests;
CREATE VIEW tests AS
  WITH RECURSIVE sums AS MATERIALIZED (SELECT tab, scale, data, place, count(auc_diff) AS seeds, avg(auc_diff) AS diff,
      100 * (sum(auc) / sum(base_auc) - 1) AS impr,
      sqrt(max(0, avg(auc_diff * auc_diff) - avg(auc_diff) * avg(auc_diff))
        * count(auc_diff) / nullif(count(auc_diff) - 1, 0)) AS sd,
      min(auc_diff) AS least, max(delong_p) AS delong_p, count(auc_diff) = count(delong_p) AS delong_all
      FROM pairs GROUP BY tab, scale, data, place),
    stat AS MATERIALIZED (SELECT *, abs(diff) / nullif(sd, 0) * sqrt(seeds) AS t, seeds - 1 AS df FROM sums),
    s(tab, scale, data, place, df, c2, j, term, total) AS (
      SELECT tab, scale, data, place, df, df / (df + t * t), df % 2, CASE df % 2 WHEN 0 THEN 1 ELSE sqrt(df / (df + t * t)) END,
        CASE WHEN df = 1 THEN 0 WHEN df % 2 THEN sqrt(df / (df + t * t)) ELSE 1 END FROM stat WHERE t IS NOT NULL
      UNION ALL SELECT tab, scale, data, place, df, c2, j + 2, term * c2 * (j + 1) / (j + 2), total + term * c2 * (j + 1) / (j + 2)
        FROM s WHERE j + 2 <= df - 2)
  SELECT tab, scale, data, place, seeds, diff, impr, sd, t, df, CASE WHEN sd = 0 AND diff <> 0 AND seeds > 1 THEN 0 ELSE
      (SELECT max(0, CASE WHEN df % 2 THEN 1 - 0.636619772367581343 * (atan(t / sqrt(df)) + t / sqrt(df + t * t) * total)
        ELSE 1 - t / sqrt(df + t * t) * total END)
        FROM s WHERE s.tab = x.tab AND s.scale = x.scale AND s.data = x.data AND s.place = x.place ORDER BY j DESC LIMIT 1)
      END AS p, least, CASE WHEN delong_all THEN delong_p END AS delong_p FROM stat x;

-- better: t of two seeds has one degree of freedom, and is small by chance where they happen to agree; there the test rows decide, with each seed.
DROP VIEW IF EXISTS tables;
CREATE VIEW tables AS
  WITH m AS MATERIALIZED (SELECT * FROM means)	-- the paper's improvement is over its own best; what is printed is rounded once, there
  SELECT m.tab AS tab, m.scale AS scale, m.data AS data, m.place AS place, m.block AS block, m.line AS line, m.seeds AS seeds,
      round(m.auc, 9) AS auc, round(m.auc_sd, 9) AS auc_sd, round(m.logloss, 9) AS logloss, round(m.logloss_sd, 9) AS logloss_sd, m.n AS n,
      m.best AS best, b.line AS base, round(t.impr, 9) AS impr, t.p AS p, t.delong_p AS delong_p,
      CASE WHEN t.seeds > 2 THEN t.p < 0.05 AND t.diff > 0 ELSE t.delong_p < 0.05 AND t.least > 0 END AS better, k.auc AS paper_auc, k.logloss AS paper_logloss,
      round(100 * (k.auc / CASE WHEN m.against = -1 THEN (SELECT max(auc) FROM paper p WHERE p.tab = m.tab AND p.data = m.data
        AND p.line NOT LIKE 'ClickPrompt%') ELSE kb.auc END - 1), 9) AS paper_impr, m.runs AS runs
    FROM m LEFT JOIN m b ON b.tab = m.tab AND b.scale = m.scale AND b.data = m.data AND b.place = m.base
      LEFT JOIN tests t ON t.tab = m.tab AND t.scale = m.scale AND t.data = m.data AND t.place = m.place
      LEFT JOIN paper k ON k.tab = m.tab AND k.block = m.block AND k.line = m.line AND k.data = m.data
      LEFT JOIN paper kb ON kb.tab = m.tab AND kb.block = b.block AND kb.line = b.line AND kb.data = m.data
    ORDER BY m.tab, m.scale, m.data, m.place;
