#include "page/sections.h"

/* A figure that is not known, as a dash. */
#define REAL(digits, x) "CASE WHEN " x " IS NULL THEN '–' ELSE printf('%." digits "f', " x ") END"
#define SIGNED(digits, x) "CASE WHEN " x " IS NULL THEN '–' ELSE printf('%+." digits "f', " x ") END"
#define SHORT(x) "CASE WHEN " x " IS NULL THEN '–' ELSE printf('%.2g', " x ") END"
#define BEST(digits, x, best) "CASE WHEN " x " = " best " THEN bold(" REAL(digits, x) ") ELSE " REAL(digits, x) " END"

/* Settings with their seeds: what is trained to score, with its figures on the test rows where it was scored. */
#define SEEDS \
	"seeds AS (SELECT " \
	"coalesce(s.data, t.data) AS data, t.same AS same, t.setting AS setting, t.run AS run, s.run AS score, t.valid_auc AS valid, " \
	"s.auc AS auc, s.lo AS lo, s.hi AS hi, s.logloss AS logloss, s.ece AS ece, s.calibration AS calibration, t.cpu_s AS cpu_s " \
	"FROM page_trial t LEFT JOIN page_score s ON s.train = t.run AND s.stratum = '' WHERE t.stage <> 'pretrain' ORDER BY t.run)"
#define SETTINGS \
	SEEDS ", setting AS (SELECT data, same, setting, count(*) AS seeds, avg(valid) AS valid, avg(auc) AS auc, deviation(auc) AS sd, " \
	"CASE WHEN count(auc) > 1 THEN min(auc) END AS least, CASE WHEN count(auc) > 1 THEN max(auc) END AS most, avg(logloss) AS logloss, " \
	"avg(ece) AS ece, avg(calibration) AS calibration, avg(cpu_s) AS cpu_s, group_concat(coalesce(score, run)) AS runs, min(run) AS first " \
	"FROM seeds GROUP BY data, same), " \
	"ranked AS (SELECT *, row_number() OVER (PARTITION BY data " \
	"ORDER BY auc IS NULL, auc DESC, valid DESC, first) AS place, count(*) OVER (PARTITION BY data) " \
	"AS of, max(auc) OVER (PARTITION BY data) AS top, min(logloss) OVER (PARTITION BY data) AS low FROM setting)"
#define MOST "40"
#define LEVEL "char(4)"		/* CP_PLOT_LEVEL */
#define PART "data || CASE WHEN of > " MOST " THEN ' (the best " MOST " of ' || of || ' settings)' ELSE '' END"

static const char progress_steps[] =
	"WITH made AS (SELECT o.grid AS grid, o.path AS path, min(julianday(r.ended)) AS ended, min(julianday(r.started)) AS started "
	"FROM page_output o "
	"JOIN params p ON p.name = 'output' AND p.value = o.path JOIN runs r ON r.id = p.run WHERE r.tool = 'cp-train' AND r.status = 'done' "
	"AND r.rerun_of IS NULL AND r.ended IS NOT NULL AND o.grid <> 'other' GROUP BY o.path), "
	"step AS (SELECT grid, 24 * (ended - min(started) OVER (PARTITION BY grid)) AS hours, row_number() OVER (PARTITION BY grid "
	"ORDER BY ended, path) AS n FROM made "
	"UNION ALL SELECT DISTINCT grid, 0, 0 FROM made) SELECT '', grid, hours, n, NULL, NULL FROM step "
	"ORDER BY count(*) OVER (PARTITION BY grid) DESC, grid, n";

/* How many cells a grid has, its runs say (the most that were asked for at once); of older ones, which do not, those begun are known: the models that
 * no other training goes on from. */
static const char progress_table[] =
	"WITH made AS (SELECT grid_name(value) AS grid, run FROM params WHERE name = 'output'), "
	"cost AS (SELECT m.grid AS grid, sum(r.wall_s) / 3600 AS hours, max(r.ended) AS ended, max(t.value + 0) AS asked FROM made m JOIN runs r "
	"ON r.id = m.run "
	"LEFT JOIN tags t ON t.run = m.run AND t.name = 'cells' GROUP BY 1), "
	"scored AS (SELECT grid_name(i.path) AS grid, count(DISTINCT i.path) AS n FROM inputs i JOIN runs r ON r.id = i.run "
	"WHERE r.tool = 'cp-auc' AND r.status = 'done' AND i.role = 'scores' GROUP BY 1), "
	"line AS "
	"(SELECT o.grid AS grid, count(*) AS models, sum(state = 'done') AS trained, sum(state = 'running') AS running, sum(state = 'broken') AS broken, "
	"coalesce(max(s.n), 0) AS scored, max(c.asked) AS asked, sum(o.path NOT IN (SELECT path FROM inputs WHERE role = 'init' "
	"AND path IS NOT NULL)) AS begun, "
	"max(c.hours) AS hours, max(c.ended) AS ended FROM page_output o LEFT JOIN cost c ON c.grid = o.grid LEFT JOIN scored s "
	"ON s.grid = o.grid GROUP BY o.grid), "
	"whole AS (SELECT *, CASE WHEN grid = 'other' THEN NULL WHEN asked THEN max(asked, scored) "
	"WHEN scored THEN max(begun, scored) END AS cells FROM line) "
	"SELECT '', grid, coalesce(share(100 * scored / cells), '–') AS done, scored, coalesce(cells, '–') AS 'of cells', models, trained, running, "
	"broken AS 'not finished', " REAL("1", "hours") " AS 'hours of runs', "
	"replace(substr(ended, 1, 16), 'T', ' ') || ' UTC' AS 'last end' FROM whole ORDER BY grid = 'other', grid";

static const char paper_table[] =
	"SELECT 'Table ' || tab || ': ' || data || coalesce(', scale ' || nullif(scale, ''), ''), trim(block || ' ' || line) AS model, seeds, "
	"CASE WHEN best THEN bold(" REAL("4", "auc") ") ELSE " REAL("4", "auc") " END || CASE WHEN better THEN ' *' ELSE '' END AS AUC, "
	REAL("4", "auc_sd") " AS '±', " REAL("4", "logloss") " AS 'log loss', " REAL("4", "logloss_sd") " AS '± ', "
	SIGNED("2", "impr") " AS 'improvement, %', " SHORT("coalesce(p, delong_p)") " AS p, "
	REAL("4", "paper_auc") " AS 'paper: AUC', " REAL("4", "paper_logloss") " AS 'log loss ', " SIGNED("2", "paper_impr") " AS 'improvement, % ', "
	"runs(runs) AS runs FROM (SELECT *, count(auc) OVER (PARTITION BY tab, scale, data, block) AS beside FROM tables) "
	"WHERE auc IS NOT NULL AND beside > 1 ORDER BY tab, scale, data, place";

static const char results_dots[] =
	"WITH " SETTINGS ", dot AS "
	"(SELECT r.data AS data, 1 AS k, r.setting AS setting, s.auc AS auc, NULL AS lo, NULL AS hi, r.place AS place, s.run AS run "
	"FROM ranked r JOIN seeds s ON s.data = r.data AND s.same = r.same WHERE r.seeds > 1 AND s.auc IS NOT NULL "
	"UNION ALL SELECT data, 0, setting, auc, auc - sd, auc + sd, place, 0 FROM ranked WHERE auc IS NOT NULL) "
	"SELECT data, CASE k WHEN 0 THEN 'mean' ELSE 'seeds' END, setting, auc, lo, hi FROM dot WHERE data IN (SELECT data FROM dot GROUP BY 1 "
	"HAVING count(*) > 1) "
	"ORDER BY data, k, place, run";

static const char results_table[] =
	"WITH " SETTINGS " SELECT " PART ", setting, seeds, " REAL("4", "valid") " AS 'validation AUC', " BEST("4", "auc", "top") " AS 'test AUC', "
	REAL("4", "sd") " AS '±', " BEST("4", "logloss", "low") " AS 'log loss', " REAL("0", "cpu_s") " AS 'CPU s', runs(runs) AS runs "
	"FROM ranked WHERE place <= " MOST " ORDER BY data, place";

/* A curve is the mean over seeds, as far as all of them have come; of data where nothing has two points there is none. */
#define CURVES(name, stages, split, order) \
	"WITH point AS (SELECT t.data AS data, t.same AS same, t.setting AS setting, m.epoch AS epoch, avg(m.value) AS value, count(*) AS n " \
	"FROM page_trial t JOIN page_curve m ON m.run = t.run WHERE t.stage " stages " AND m.split = '" split "' AND m.key = '" name "' " \
	"GROUP BY t.data, t.same, m.epoch), " \
	"whole AS (SELECT *, max(n) OVER (PARTITION BY data, same) AS seeds, max(value) OVER (PARTITION BY data, same) AS most, " \
	"min(value) OVER (PARTITION BY data, same) AS least, count(*) OVER (PARTITION BY data, same) AS points FROM point) " \
	"SELECT data, setting, epoch, value, NULL, NULL FROM (SELECT *, max(points) OVER (PARTITION BY data) AS longest FROM whole) " \
	"WHERE n = seeds AND longest > 1 ORDER BY data, " order ", same, epoch"

static const char time_points[] =
	"WITH " SETTINGS ", point AS (SELECT *, count(*) OVER (PARTITION BY data) AS n FROM ranked WHERE auc IS NOT NULL AND cpu_s > 0) "
	"SELECT data, setting, cpu_s, auc, least, most FROM point WHERE n > 1 ORDER BY data, place";

/* Strata of the long tail are called SHARE=USER,ITEM, with tail or head for each, those of what training never saw new=USER,ITEM, with new or seen. */
#define PART_OF "substr(s.stratum, instr(s.stratum, '=') + 1)"
#define STRATA \
	"WITH stratum AS (SELECT s.data || " \
	"coalesce(', ' || nullif(substr(s.stratum, 1, instr(s.stratum, '=') - 1), ''), '') AS data, t.same AS same, " \
	"t.setting AS setting, CASE " PART_OF " WHEN 'tail,tail' THEN 'user and item' WHEN 'head,tail' THEN 'item only' " \
	"WHEN 'tail,head' THEN 'user only' " \
	"WHEN 'head,head' THEN 'neither' WHEN 'new,new' THEN 'user and item' WHEN 'seen,new' THEN 'item only' WHEN 'new,seen' THEN 'user only' " \
	"WHEN 'seen,seen' THEN 'neither' ELSE " PART_OF " END AS stratum, " \
	"CASE " PART_OF " WHEN 'tail,tail' THEN 0 WHEN 'new,new' THEN 0 WHEN 'head,tail' THEN 1 WHEN 'seen,new' THEN 1 WHEN 'tail,head' THEN 2 " \
	"WHEN 'new,seen' THEN 2 " \
	"WHEN 'head,head' THEN 3 WHEN 'seen,seen' THEN 3 ELSE 4 END AS k, " \
	"count(*) AS seeds, avg(s.auc) AS auc, deviation(s.auc) AS sd, avg(s.logloss) AS logloss, group_concat(s.run) AS runs " \
	"FROM page_score s JOIN page_trial t ON t.run = s.train WHERE s.stratum <> '' AND s.auc IS NOT NULL AND (SELECT count(DISTINCT x.stratum) " \
	"FROM page_score x WHERE x.run = s.run " \
	"AND substr(x.stratum, 1, instr(x.stratum, '=')) = substr(s.stratum, 1, instr(s.stratum, '='))) <= 12 " \
	"GROUP BY s.data, s.stratum, t.same), " \
	"ranked AS (SELECT *, avg(auc) OVER (PARTITION BY data, same) AS mean, max(auc) OVER (PARTITION BY data, stratum) AS top FROM stratum)"
static const char tail_bars[] =
	STRATA " SELECT data, setting, stratum, auc, NULL, NULL FROM ranked ORDER BY data, k, stratum, mean DESC, same";
static const char tail_table[] =
	STRATA " "
	"SELECT data, stratum, setting, seeds, " BEST("4", "auc", "top") " AS 'test AUC', " REAL("4", "sd") " AS '±', " REAL("4", "logloss") " AS 'log loss', "
	"runs(runs) AS runs FROM ranked ORDER BY data, k, stratum, mean DESC, same";

/* -1 stands for a default, which is no number to draw: what it was is said beside (by programs that did not yet, it is not known). */
#define IN_FORCE "CASE p.value WHEN '-1' THEN (SELECT f.value FROM params f WHERE f.run = t.run AND f.name = v.name || ' in force') ELSE p.value END"

/* Settings that differ in nothing but one number, of which there are three values at least; of those with one value that differ in a word of their grid
 * alone, the first. */
static const char option_curves[] =
	"WITH number AS (SELECT t.run AS run, t.same AS same, t.data AS data, t.base AS base, v.name AS name, "
	"CAST(" IN_FORCE " AS REAL) AS x, "
	"coalesce((SELECT group_concat(o.value, ' ') FROM (SELECT q.name || ' ' || q.value AS value FROM page_vary w JOIN page_param q "
	"ON q.run = t.run AND q.name = w.name WHERE w.rows = t.rows AND w.base = t.base AND w.name <> v.name ORDER BY q.name) o), '') AS others "
	"FROM page_vary v JOIN page_trial t ON t.rows = v.rows AND t.base = v.base JOIN page_param p ON p.run = t.run AND p.name = v.name "
	"WHERE " IN_FORCE " GLOB '*[0-9]*' AND p.value NOT GLOB '*[^-+.0-9e]*' AND t.stage <> 'pretrain'), "
	"value AS (SELECT n.*, s.auc AS auc FROM number n JOIN page_score s ON s.train = n.run AND s.stratum = '' "
	"UNION ALL SELECT n.*, t.valid_auc FROM number n JOIN page_trial t ON t.run = n.run "
	"WHERE NOT EXISTS (SELECT 1 FROM number m JOIN page_score s ON s.train = m.run WHERE m.data = n.data AND m.base = n.base)), "
	"point AS (SELECT data, name, base, others, min(run) AS run, x, avg(auc) AS auc, deviation(auc) AS sd FROM (SELECT *, "
	"first_value(same) OVER (PARTITION BY data, name, base, others, x ORDER BY run) AS first FROM value WHERE auc IS NOT NULL) "
	"WHERE same = first GROUP BY data, name, base, others, x), "
	"drawn AS (SELECT * FROM (SELECT *, count(*) OVER line AS n, max(auc) OVER line AS best, min(run) OVER line AS example FROM point "
	"WINDOW line AS (PARTITION BY data, name, base, others)) WHERE n > 2), "
	/* what is said of a line is what others of its base in the picture have not */
	"line AS (SELECT DISTINCT data, name, base, others, example FROM drawn), "
	"said AS (SELECT l.*, q.name || ' ' || q.value AS pair FROM line l JOIN page_trial t ON t.run = l.example "
	"JOIN page_vary w ON w.rows = t.rows AND w.base = t.base AND w.name <> l.name JOIN page_param q ON q.run = t.run AND q.name = w.name), "
	"telling AS (SELECT * FROM (SELECT *, count(*) OVER (PARTITION BY data, name, base, pair) AS n FROM said) s "
	"WHERE n < (SELECT count(*) FROM line l WHERE l.data = s.data AND l.name = s.name AND l.base = s.base)) "
	"SELECT data || ': ' || CASE WHEN name GLOB 'pretrain *' THEN substr(name, 10) || ' of pretraining' ELSE name END, "
	"base || coalesce(' ' || (SELECT group_concat(pair, ', ') FROM (SELECT pair FROM telling g WHERE g.data = d.data AND g.name = d.name "
	"AND g.example = d.example ORDER BY pair)), '') AS label, x, auc, auc - sd, auc + sd FROM drawn d ORDER BY data, name, best DESC, others, x";

static const char calibration_curves[] =
	"SELECT s.data, t.setting, avg(a.value), avg(b.value), NULL, NULL FROM metrics a JOIN metrics b ON b.run = a.run AND b.split = a.split "
	"AND b.stratum = a.stratum AND b.epoch = a.epoch AND b.key = replace(a.key, 'score', 'rate') JOIN page_score s ON s.binned = a.run "
	"AND s.stratum = '' "
	"JOIN page_trial t ON t.run = s.train WHERE a.key GLOB 'bin * score' AND a.split = 'test' AND a.stratum = '' AND a.value IS NOT NULL "
	"GROUP BY s.data, t.same, a.key ORDER BY s.data, (SELECT avg(x.ece) FROM page_score x JOIN page_trial y ON y.run = x.train "
	"WHERE y.same = t.same AND x.stratum = '' AND x.data = s.data), t.same, avg(a.value)";
static const char calibration_table[] =
	"WITH " SETTINGS " "
	"SELECT " PART ", setting, seeds, " REAL("3", "calibration") " AS 'mean score / rate', " BEST("4", "ece", "min(ece) OVER (PARTITION BY data)")
	" AS 'calibration error', runs(runs) AS runs FROM ranked WHERE ece IS NOT NULL AND place <= " MOST " ORDER BY data, place";

/* The last look at each model; what it pays beside what would be even, the greatest quotient first. */
#define ATTENTION \
	"WITH look AS (SELECT t.run AS train, max(m.run) AS run FROM metrics m JOIN runs r ON r.id = m.run JOIN page_train e ON e.run = m.run " \
	"JOIN page_raw o ON o.run = e.train JOIN page_raw w ON w.run = o.run OR w.model_digest = o.model_digest JOIN page_trial t " \
	"ON t.run = w.run " \
	"WHERE r.tool = 'cp-predict' AND r.status = 'done' AND r.rerun_of IS NULL AND m.key = 'attention' GROUP BY t.run), " \
	"paid AS (SELECT t.data AS data, t.same AS same, t.setting AS setting, CAST(substr(m.stratum, 7) AS INTEGER) AS layer, count(*) AS seeds, " \
	"avg(m.value) AS share, deviation(m.value) AS sd, avg(v.value) AS even, group_concat(m.run) AS runs FROM look l JOIN page_trial t " \
	"ON t.run = l.train " \
	"JOIN metrics m ON m.run = l.run AND m.key = 'attention' AND m.stratum GLOB 'layer *' LEFT JOIN metrics v ON v.run = m.run " \
	"AND v.split = m.split " \
	"AND v.stratum = m.stratum AND v.epoch = m.epoch AND v.key = 'attention_even' GROUP BY t.data, t.same, layer), " \
	"ranked AS (SELECT *, dense_rank() OVER (PARTITION BY data ORDER BY times DESC, same) AS place " \
	"FROM (SELECT *, avg(share / even) OVER (PARTITION BY data, same) AS times FROM paid))"
static const char attention_lines[] =
	ATTENTION ", line AS (SELECT data, 0 AS k, place, setting AS label, layer, share, share - sd AS lo, share + sd AS hi FROM ranked UNION ALL "
	"SELECT data, 1, 0, " LEVEL " || printf('if even: %.3f', even), layer, avg(even), NULL, NULL FROM ranked WHERE even IS NOT NULL AND place <= 8 " /* what is drawn */
	"GROUP BY data, 4, layer) SELECT data, label, layer, share, lo, hi FROM line ORDER BY data, k, place, label, layer";
static const char attention_table[] =
	ATTENTION ", line AS "
	"(SELECT *, group_concat(printf('%.3f', share), ' ') OVER w AS shares, max(seeds) OVER w AS n, avg(even) OVER w AS even_share, "
	"layer = min(layer) OVER w AS first FROM ranked WINDOW w AS (PARTITION BY data, place ORDER BY layer ROWS BETWEEN UNBOUNDED PRECEDING "
	"AND UNBOUNDED FOLLOWING)) "
	"SELECT data, setting, n AS seeds, shares AS 'share, layer by layer', " REAL("3", "even_share") " AS 'if even', "
	REAL("2", "times") " AS 'times even', runs(runs) AS runs FROM line WHERE first ORDER BY data, place";

static const char comparisons_table[] =
	"SELECT CASE c.split WHEN '' THEN 'other rows' ELSE c.split || ' rows' END, c.method, coalesce(c.a, '') AS a, coalesce(c.b, '') AS b, "
	"c.stratum AS stratum, " REAL("4", "c.value_a") " AS 'AUC of a', " REAL("4", "c.value_b") " AS 'of b', " SIGNED("4", "c.diff") " AS difference, "
	REAL("4", "c.se") " AS 'its standard error', " SHORT("c.p") " || CASE WHEN c.p < 0.05 THEN ' *' ELSE '' END AS p, runs(c.run) AS run "
	"FROM comparisons c JOIN runs r ON r.id = c.run WHERE r.status = 'done' AND r.rerun_of IS NULL ORDER BY c.split, c.run DESC, c.n LIMIT 60";

static const char broken_table[] =
	"SELECT '', runs(r.id) AS run, r.status AS status, replace(substr(r.started, 1, 16), 'T', ' ') || ' UTC' AS started, "
	"coalesce(r.why, '–') AS why, r.argv AS command "
	"FROM runs r WHERE r.status IN ('failed', 'killed', 'interrupted') AND NOT EXISTS (SELECT 1 FROM runs d WHERE d.id > r.id "
	"AND d.tool = r.tool "
	"AND d.argv = r.argv AND d.status IN ('done', 'running')) ORDER BY r.id DESC LIMIT 30";

#define BETWEEN(column, name) \
	"CASE WHEN " column "_a IS NOT " column "_b THEN '; " name " ' || coalesce(" column "_a, '–') || ', ' || coalesce(" column "_b, '–') ELSE '' END || "
static const char disagreements_table[] =
	"SELECT '', tool, role AS output, runs(a) AS 'one run', runs(b) AS another, digest_a AS 'its bytes', digest_b AS 'the other''s', "
	"coalesce(nullif(substr(" BETWEEN("version", "version") BETWEEN("source", "source") BETWEEN("blas", "BLAS") BETWEEN("cpu", "processor")
	"CASE WHEN build_a IS NOT build_b THEN '; build' ELSE '' END, 3), ''), 'nothing that is known') AS 'what else differs' "
	"FROM disagreements "
	"ORDER BY a, b LIMIT 30";

const struct cp_section cp_sections[] = {
	{ "progress", "Grids",
	  "What is trained and scored so far. A model is <i>not finished</i> where its training was interrupted, killed or failed and nothing took it up "
	  "again; runs that belong to no grid are <i>other</i>. A cell is done when it is scored.",
	  "The ledger has no training yet.",
	  { { "trained", "models trained", CP_PLOT_STEPS, 0, "hours since the grid's first training began", "models", progress_steps } }, progress_table },
	{ "tables", "Tables of the paper",
	  "Means over seeds, with their deviation; the best of a model’s lines in bold. Improvement is of the AUC: in table 2 over the best of the others, in 3 over "
	  "the CTR model alone, in 4 over prompts in the input, in 5 over the full method, in 6 over DCNv2. A star: better at <i>p</i> &lt; 0.05, paired over "
	  "seeds or, where there is one seed, by DeLong’s test. On the right what the paper prints. Models with nothing to compare with are not here.",
	  "The ledger has no cells of tables 2 to 6.", { { 0 } }, paper_table },
	{ "results", "Results",
	  "Every setting that was trained, the best on the test rows first. A filled mark is the mean over seeds, its bar one deviation to each side; circles "
	  "are the seeds. AUCs may be compared within one picture: it has one set of test rows.",
	  "The ledger has no scored model yet.",
	  { { "auc", "AUC on the test rows", CP_PLOT_DOTS, 0, "AUC", "", results_dots } }, results_table },
	{ "learning", "Learning curves",
	  "The validation rows after each epoch, or as often as <code>--eval-every</code> says; means over seeds. A setting with one evaluation is a mark. "
	  "What pretraining loses is in nats: the mean of &minus;ln of the probability of the right word, or of ctrl of the right row.",
	  "No training in the ledger has two evaluations or two epochs.",
	  { { "auc", "AUC, validation rows", CP_PLOT_LINES, CP_PLOT_WHOLE_X | CP_PLOT_LOG_X, "epoch", "AUC", CURVES("auc", "<> ''", "valid", "most DESC") },
	    { "logloss", "log loss, validation rows", CP_PLOT_LINES, CP_PLOT_WHOLE_X | CP_PLOT_LOG_X, "epoch", "log loss", CURVES("logloss", "<> ''", "valid", "least") },
	    { "lm-loss", "masked-LM loss, validation rows", CP_PLOT_LINES, CP_PLOT_WHOLE_X | CP_PLOT_LOG_X, "epoch", "nats a masked word",
	      CURVES("lm_loss", "<> ''", "valid", "least") },
	    { "lm-accuracy", "masked words found, validation rows", CP_PLOT_LINES, CP_PLOT_WHOLE_X | CP_PLOT_LOG_X, "epoch", "share of masked words",
	      CURVES("lm_accuracy", "<> ''", "valid", "most DESC") },
	    { "pair-loss", "contrastive loss (ctrl), validation rows", CP_PLOT_LINES, CP_PLOT_WHOLE_X | CP_PLOT_LOG_X, "epoch", "nats a row",
	      CURVES("pair_loss", "<> ''", "valid", "least") },
	    { "pretraining", "loss of pretraining, training rows", CP_PLOT_LINES, CP_PLOT_WHOLE_X | CP_PLOT_LOG_X, "epoch", "nats a masked word",
	      CURVES("loss", "= 'pretrain'", "train", "least") } }, NULL },
	{ "time", "AUC against time",
	  "What a point of AUC costs: processor time of the training and of those that it went on from. One that was broken off and gone on with counts with all "
	  "its parts, or is left out where the time of one is not known. A bar goes from the worst seed to the best.",
	  "The ledger has no scored model whose time is known.",
	  { { "auc", "test AUC and time to train", CP_PLOT_POINTS, CP_PLOT_LOG_X, "processor time, s", "AUC", time_points } }, NULL },
	{ "tail", "Long tail",
	  "AUC within each part of the test rows. Bars begin at 0.5, the AUC of chance, or below it where one is worse. What has more than 12 "
	  "strata, a column of users say, is left out.",
	  "The ledger has no figures by stratum (<code>cp-auc --stratum</code>).",
	  { { "auc", "AUC by stratum", CP_PLOT_BARS, 0, "", "AUC", tail_bars } }, tail_table },
	{ "options", "One option varied",
	  "Settings that are equal but for one number, such as the number of prompts <i>K</i>, the learning rate or the share of masked words; with one deviation over "
	  "seeds to each side.",
	  "The ledger has no three settings that differ in one number alone.",
	  { { "auc", "AUC", CP_PLOT_LINES, CP_PLOT_LOG_X, "value", "AUC", option_curves } }, NULL },
	{ "calibration", "Calibration",
	  "Whether a score is the probability that it claims to be. In the pictures, bins of scores: on the diagonal a bin’s rate of clicks is its mean score. "
	  "The table has the quotient of mean score and rate (1 is right) and the expected calibration error.",
	  "The ledger has no figures of calibration.",
	  { { "bins", "rate of clicks by score", CP_PLOT_LINES, CP_PLOT_DIAGONAL, "mean score", "rate of clicks", calibration_curves } }, calibration_table },
	{ "attention", "Attention to prompts",
	  "The share of attention that each layer of the language model pays to its prompts: the mean over words, heads and test rows, and over seeds, with one "
	  "deviation to each side. Were attention even, <i>K</i> prompts would have <i>K</i> / (<i>K</i> + words) of it in every layer: the grey lines without marks.",
	  "The ledger has no run of <code>cp-predict --attention</code>.",
	  { { "layers", "share of attention paid to prompts", CP_PLOT_LINES, CP_PLOT_WHOLE_X, "layer", "share", attention_lines } }, attention_table },
	{ "comparisons", "Comparisons",
	  "Two score columns on the same rows. A star: <i>p</i> &lt; 0.05. The latest 60.",
	  "The ledger has no comparisons (<code>cp-auc --score2</code>).", { { 0 } }, comparisons_table },
	{ "broken", "Runs that did not end well",
	  "Failed, killed or interrupted, with nothing since that did the same and was done. The latest 30.",
	  "There are none.", { { 0 } }, broken_table },
	{ "disagreements", "Runs that disagree",
	  "Runs of one command on the same bytes whose outputs differ, though they should not, and in what else they differ: a source that was changed after "
	  "its commit, another BLAS or processor.",
	  "There are none.", { { 0 } }, disagreements_table },
};
const size_t cp_n_sections = sizeof cp_sections / sizeof *cp_sections;
