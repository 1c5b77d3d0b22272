/* cp-auc: how well scores order and predict clicks.
 *
 * Reads what cp-predict prints (or any label<TAB>score), and prints figures, one a line, or one JSON object.  The figures themselves are
 * lib/eval's.  It does not choose a threshold and knows no weights. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/cpus.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/num.h"
#include "base/team.h"
#include "eval/beside.h"
#include "eval/metrics.h"
#include "eval/scores.h"
#include "tool.h"

static struct cp_scores_columns columns;
static struct cp_ledger_opts ledger;
static int json;
static const char *output, *split_name, *against, *strata_file;
static int64_t expect_rows = -1, replicates, reliability, threads;
static int by_width;
static uint64_t seed = 1;
static struct cp_team *team;

#define DEFAULT_BINS 10

static const struct cp_opt opts[] = {
	{ 0, "score", CP_OPT_STR, &columns.score, "COLUMN", "the score: a column's name or number (otherwise 'score', or the second)", .content = 1 },
	{ 0, "label", CP_OPT_STR, &columns.label, "COLUMN", "the label, 0 or 1 (otherwise 'label', or the first)", .content = 1 },
	{ 0, "score2", CP_OPT_STR, &columns.score2, "COLUMN", "compare with this score on the same rows", .content = 1 },
	{ 0, "against", CP_OPT_STR, &against, "FILE", "compare with the scores of this file, of the same rows", .use = CP_USE_INPUT },
	{ 0, "group", CP_OPT_STR, &columns.group, "COLUMN", "also the AUC within each group, averaged by rows (GAUC)", .content = 1 },
	{ 0, "stratum", CP_OPT_STR, &columns.stratum, "COLUMN", "also everything for each value of this column", .content = 1 },
	{ 0, "strata", CP_OPT_STR, &strata_file, "FILE", "also everything for each stratum of each column of this file (see cp-strata)", .use = CP_USE_INPUT },
	{ 0, "reliability", CP_OPT_INT, &reliability, "N", "also a table of N bins of scores: mean score and rate in each", .max = 100000, .content = 1 },
	{ 0, "bins", CP_OPT_CHOICE, &by_width, "HOW", "bins of equal count of rows or of equal width", .choices = "count|width", .content = 1 },
	{ 0, "bootstrap", CP_OPT_INT, &replicates, "N", "also an interval from N replicates, drawn by --group if that is given", .max = 1000000,
	  .content = 1 },
	{ 0, "seed", CP_OPT_SEED, &seed, "N", "of --bootstrap", .content = 1 },
	{ 0, "threads", CP_OPT_INT, &threads, "N", "0: as many as there are processors", .max = 1024 },
	{ 0, "json", CP_OPT_SET, &json, NULL, "one JSON object, with all digits", .set = 1, .content = 1 },
	{ 'o', "output", CP_OPT_STR, &output, "FILE", "write here, not to standard output", .use = CP_USE_OUTPUT },
	{ 0, "expect-rows", CP_OPT_INT, &expect_rows, "N", "fail unless there are just N rows; -1: any", .min = -1, .max = 4294967295. },
	{ 0, "split", CP_OPT_STR, &split_name, "NAME", "what the ledger calls these rows: train, valid, test" },
	CP_LEDGER_OPTS(ledger),
	{ 0 },
};

static const struct cp_tool tool = {
	.name = "cp-auc",
	.synopsis = "[OPTION...] [FILE]",
	.summary = "AUC, log loss and their relatives of label<TAB>score lines",
	.opts = opts,
	.notes = "A COLUMN is a name in the first line, if that line has no number in it, or a number from 1.",
	.max_operands = 1,
};

/* The figures of some rows: all, or a stratum's. */
struct figures {
	struct cp_measures m;
	double logloss2, rela_impr;
	struct cp_delong_pair pair;
	struct cp_gauc gauc;
	struct cp_bootstrap boot;
};

static void measure(struct figures *f, const struct cp_scores *s)
{
	struct cp_measure_opts how = { reliability ? (int)reliability : DEFAULT_BINS, by_width };
	cp_measure(&f->m, s->score, s->label, s->n, &how, team);
	if (s->score2) {
		cp_delong_pair(&f->pair, s->score, s->score2, s->label, s->n, team);
		f->logloss2 = cp_logloss_team(s->score2, s->label, s->n, team);
		f->rela_impr = f->pair.auc2 == 0.5 ? NAN : (f->pair.auc1 - 0.5) / (f->pair.auc2 - 0.5) - 1;
	}
	if (s->group)
		cp_gauc(&f->gauc, s->score, s->label, s->group, s->n, team);
	if (replicates)
		cp_bootstrap(&f->boot, s->score, s->score2, s->label, s->group, s->n, (int)replicates, seed, team);
}

/* ---- one list of figures for text, JSON and ledger ---- */

struct item {
	const char *object;	/* NULL: at the top */
	const char *key;	/* in JSON, within the object */
	const char *word;	/* in text and ledger */
	double value;
	enum { REAL, COUNT, LOW, HIGH } kind;	/* LOW and HIGH, next to each other: one array in JSON */
};

#define MAX_ITEMS 40

static size_t add_items(struct item *out, size_t n, const struct item *more, size_t n_more)
{
	memcpy(out + n, more, n_more * sizeof *more);
	return n + n_more;
}

#define ADD(items) n = add_items(out, n, items, sizeof (items) / sizeof *(items))

static size_t list_items(struct item *out, const struct figures *f, const struct cp_scores *s)
{
	const struct item all[] = {
		{ NULL, "auc", "auc", f->m.auc.auc, REAL },
		{ NULL, "logloss", "logloss", f->m.logloss, REAL },
		{ NULL, "n", "n", (double)f->m.n, COUNT },
		{ NULL, "positives", "positives", (double)f->m.positives, COUNT },
		{ NULL, "calibration", "calibration", f->m.calibration, REAL },
		{ "delong", "var", NULL, f->m.auc.var, REAL },
		{ "delong", "se", "auc_se", f->m.auc.se, REAL },
		{ "delong", "ci95", "auc_lo", f->m.auc.lo, LOW },
		{ "delong", NULL, "auc_hi", f->m.auc.hi, HIGH },
		{ NULL, "pr_auc", "pr_auc", f->m.average_precision, REAL },
		{ NULL, "ece", "ece", f->m.ece, REAL },
	};
	const struct item groups[] = {
		{ NULL, "gauc", "gauc", f->gauc.gauc, REAL },
		{ NULL, "gauc_groups_used", "gauc_groups_used", (double)f->gauc.n_groups, COUNT },
		{ NULL, "gauc_rows_used", "gauc_rows_used", (double)f->gauc.n_rows, COUNT },
	};
	const struct item two[] = {
		{ NULL, "auc2", "auc2", f->pair.auc2, REAL },
		{ NULL, "logloss2", "logloss2", f->logloss2, REAL },
		{ NULL, "rela_impr", "rela_impr", f->rela_impr, REAL },
		{ "paired_delong", "diff", "auc_diff", f->pair.diff, REAL },
		{ "paired_delong", "var_diff", NULL, f->pair.var_diff, REAL },
		{ "paired_delong", "cov", NULL, f->pair.cov, REAL },
		{ "paired_delong", "z", "auc_z", f->pair.z, REAL },
		{ "paired_delong", "p", "auc_p", f->pair.p, REAL },
	};
	const struct item boot[] = {
		{ "bootstrap", "replicates", "boot_replicates", (double)f->boot.auc.n, COUNT },
		{ "bootstrap", "groups", "boot_groups", (double)f->boot.n_groups, COUNT },
		{ "bootstrap", "se", "boot_auc_se", f->boot.auc.se, REAL },
		{ "bootstrap", "ci95", "boot_auc_lo", f->boot.auc.lo, LOW },
		{ "bootstrap", NULL, "boot_auc_hi", f->boot.auc.hi, HIGH },
	};
	const struct item boot_diff[] = {
		{ "bootstrap", "diff_se", "boot_diff_se", f->boot.diff.se, REAL },
		{ "bootstrap", "diff_ci95", "boot_diff_lo", f->boot.diff.lo, LOW },
		{ "bootstrap", NULL, "boot_diff_hi", f->boot.diff.hi, HIGH },
	};
	size_t n = 0;
	ADD(all);
	if (s->group)
		ADD(groups);
	if (s->score2)
		ADD(two);
	if (replicates)
		ADD(boot);
	if (replicates && s->score2)
		ADD(boot_diff);
	return n;
}

static void print_text(struct cp_buf *b, const struct item *item, size_t n, const char *stratum)
{
	for (size_t i = 0; i < n; i++) {
		double v = item[i].value;
		if (!item[i].word)
			continue;
		cp_buf_printf(b, "%s\t", item[i].word);
		if (isnan(v))
			cp_buf_str(b, "undefined");
		else	/* a small p value has six digits as well */
			cp_buf_printf(b, item[i].kind == COUNT ? "%.0f" : v != 0 && fabs(v) < 1e-3 ? "%.6g" : "%.6f", v);
		cp_buf_printf(b, stratum ? "\t%s\n" : "\n", stratum);
	}
}

/* ---- the reliability table ---- */

static void print_bin_text(struct cp_buf *b, const struct cp_bin *bin, int number, const char *stratum)
{
	cp_buf_printf(b, "bin\t%d\t%zu\t%zu", number, bin->n, bin->positives);
	if (bin->n)
		cp_buf_printf(b, "\t%.6f\t%.6f\t%.6f\t%.6f", bin->lowest, bin->highest, bin->mean_score, bin->rate);
	else
		cp_buf_str(b, "\tundefined\tundefined\tundefined\tundefined");
	cp_buf_printf(b, stratum ? "\t%s\n" : "\n", stratum);
}

static void print_bin_json(struct cp_buf *b, const struct cp_bin *bin)
{
	const char *const name[] = { "lowest", "highest", "mean_score", "rate" };
	const double value[] = { bin->lowest, bin->highest, bin->mean_score, bin->rate };
	char num[32];
	cp_buf_printf(b, "{\"n\": %zu, \"positives\": %zu", bin->n, bin->positives);
	for (int i = 0; i < 4; i++)
		cp_buf_printf(b, ", \"%s\": %s", name[i], bin->n ? cp_print_real(value[i], num) : "null");
	cp_buf_char(b, '}');
}

static void print_bins(struct cp_buf *b, const struct cp_measures *m, const char *stratum)
{
	if (json)
		cp_buf_str(b, ", \"reliability\": [");
	else if (!stratum)
		cp_buf_str(b, "bin\tnumber\tn\tpositives\tlowest\thighest\tmean_score\trate\n");
	for (int i = 0; i < m->n_bins; i++) {
		if (!json) {
			print_bin_text(b, &m->bin[i], i + 1, stratum);
			continue;
		}
		cp_buf_str(b, i ? ", " : "");
		print_bin_json(b, &m->bin[i]);
	}
	cp_buf_str(b, json ? "]" : "");
}

/* ---- JSON ---- */

static void print_value(struct cp_buf *b, const struct item *item)
{
	char num[32];
	if (item->kind != HIGH)
		cp_buf_printf(b, "\"%s\": %s", item->key, item->kind == LOW ? "[" : "");
	cp_buf_str(b, isfinite(item->value) ? cp_print_real(item->value, num) : "null");
	if (item->kind == HIGH)
		cp_buf_char(b, ']');
}

/* Members of the object that `b` has opened; items of one inner object follow each other. */
static void print_json(struct cp_buf *b, const struct item *item, size_t n)
{
	const char *open = "";
	for (size_t i = 0; i < n; i++) {
		const char *object = item[i].object ? item[i].object : "";
		int other = strcmp(object, open);
		if (*open && other)
			cp_buf_char(b, '}');
		if (i)
			cp_buf_str(b, ", ");
		if (*object && other)
			cp_buf_printf(b, "\"%s\": {", object);
		open = object;
		print_value(b, &item[i]);
	}
	if (*open)
		cp_buf_char(b, '}');
}

static void print_json_string(struct cp_buf *b, const char *name)
{
	json_t *j = json_string(name);
	char *quoted = j ? json_dumps(j, JSON_ENCODE_ANY) : NULL;
	json_decref(j);
	if (!quoted)
		cp_die("stratum '%s' is not UTF-8, which JSON cannot hold; leave --json out", name);
	cp_buf_str(b, quoted);
	free(quoted);
}

/* The table of bins of all rows, each figure under a key of its own: "bin 03 score", "bin 03 rate", "bin 03 n". */
static void record_bins(struct cp_run *run, const struct cp_measures *m)
{
	char key[40];
	for (int i = 0; i < m->n_bins; i++) {
		const struct { const char *name; double value; } figure[] = {
			{ "score", m->bin[i].mean_score }, { "rate", m->bin[i].rate }, { "n", (double)m->bin[i].n } };
		for (int k = m->bin[i].n ? 0 : 2; k < 3; k++) {
			snprintf(key, sizeof key, "bin %02d %s", i + 1, figure[k].name);
			cp_run_metric(run, split_name, NULL, -1, key, figure[k].value);
		}
	}
}

static void record(struct cp_run *run, const struct item *item, size_t n, const struct figures *f, const struct cp_scores *s, const char *stratum)
{
	for (size_t i = 0; i < n; i++)
		if (item[i].word)
			cp_run_metric(run, split_name, stratum, -1, item[i].word, item[i].value);
	if (reliability && !stratum)
		record_bins(run, &f->m);
	if (s->score2)
		cp_run_compare(run, &(struct cp_run_comparison){
			.method = "delong", .split = split_name, .stratum = stratum, .key = "auc",
			.a = columns.score ? columns.score : "score", .b = against ? against : columns.score2,
			.value_a = f->pair.auc1, .value_b = f->pair.auc2, .diff = f->pair.diff, .se = sqrt(f->pair.var_diff),
			.statistic = f->pair.z, .p = f->pair.p, .n = (int64_t)f->m.n,
		});
}

static void report(struct cp_buf *b, struct cp_run *run, const struct cp_scores *s, const char *stratum)
{
	struct figures f = {0};
	struct item item[MAX_ITEMS];
	measure(&f, s);
	size_t n = list_items(item, &f, s);
	record(run, item, n, &f, s, stratum);
	if (json)
		print_json(b, item, n);
	else
		print_text(b, item, n, stratum);
	if (reliability)
		print_bins(b, &f.m, stratum);
	cp_measures_release(&f.m);
}

struct sink {
	struct cp_buf *b;
	struct cp_run *run;
	int n;
};

static void report_stratum(void *ctx, const char *name, const struct cp_scores *part)
{
	struct sink *sink = ctx;
	if (json) {
		cp_buf_str(sink->b, sink->n++ ? ", " : "");
		print_json_string(sink->b, name);
		cp_buf_str(sink->b, ": {");
	}
	report(sink->b, sink->run, part, name);
	if (json)
		cp_buf_char(sink->b, '}');
}

static void report_all(struct cp_buf *b, struct cp_run *run, struct cp_scores *s, struct cp_strata *strata)
{
	struct sink sink = { b, run, 0 };
	int parted = s->stratum || strata->n_columns;
	cp_buf_str(b, json ? "{" : "");
	report(b, run, s, NULL);
	cp_buf_str(b, json && parted ? ", \"strata\": {" : "");
	if (s->stratum)
		cp_scores_each_stratum(s, report_stratum, &sink);
	for (int k = 0; k < strata->n_columns; k++) {
		cp_strata_choose(strata, k, s);
		cp_scores_each_stratum(s, report_stratum, &sink);
	}
	if (strata->n_columns)
		cp_strata_release(strata, s);
	cp_buf_str(b, json && parted ? "}" : "");
	cp_buf_str(b, json ? "}\n" : "");
}

/* ---- the rest ---- */

static void say_why_undefined(const struct cp_scores *s)
{
	int both[2] = {0}, beyond = 0;
	for (size_t i = 0; i < s->n; i++) {
		both[s->label[i]] = 1;
		beyond |= s->score[i] < 0 || s->score[i] > 1;
	}
	if (!both[0] || !both[1])
		cp_note("every label is %d: the AUC is undefined", both[1]);
	if (beyond)
		cp_note("scores outside [0, 1] are no probabilities: the log loss is undefined");
}

static void write_report(const struct cp_buf *b, struct cp_run *run)
{
	char hex[33];
	cp_digest_bytes(b->data, b->len, hex);
	cp_tool_write(b, output);
	cp_run_output(run, &(struct cp_run_file){ .role = "report", .path = output, .digest = hex });
}

static void read_beside(struct cp_scores *s, struct cp_strata *strata, struct cp_run *run)
{
	struct cp_err err;
	char digest[33];
	if (against) {
		if (cp_scores_against(s, against, &columns, team, digest, &err) < 0)
			cp_die("%s", err.msg);
		cp_run_input(run, &(struct cp_run_file){ .role = "against", .path = against, .digest = digest, .rows = (int64_t)s->n });
	}
	if (strata_file) {
		if (cp_strata_read(strata, strata_file, s->n, &err) < 0)
			cp_die("%s", err.msg);
		cp_run_input(run, &(struct cp_run_file){ .role = "strata", .path = strata_file, .digest = strata->digest, .rows = (int64_t)s->n });
	}
}

static void check_options(const char *path)
{
	if (cp_is_standard(path) + (against && cp_is_standard(against)) + (strata_file && cp_is_standard(strata_file)) > 1)
		cp_usage("standard input can be read once only, and it is named twice (it is the scores' where no file is)");
	if (cp_opts_given(&cp_tool_opts, "seed") && !replicates)
		cp_usage("--seed goes with --bootstrap");
	if (against && columns.score2)
		cp_usage("--against and --score2 both name what to compare with");
	if (strata_file && columns.stratum)
		cp_usage("--strata and --stratum both name strata");
}

int main(int argc, char **argv)
{
	struct cp_err err;
	struct cp_scores s;
	static struct cp_strata strata;
	struct cp_buf b = CP_BUF_INIT;
	const char *name, *path = NULL;
	cp_tool_start(&tool, &argc, argv);
	if (argc > 1)
		path = argv[1];
	check_options(path);
	struct cp_run *run = cp_tool_begin(&ledger, NULL);
	team = cp_team_new(threads ? (int)threads : cp_cpu_count(), &err);
	if (!team)
		cp_die("%s", err.msg);
	FILE *f = cp_in_open(path, &name, &err);
	if (!f || cp_scores_read(&s, f, name, &columns, team, &err) < 0)
		cp_die("%s", err.msg);
	if (expect_rows >= 0 && (size_t)expect_rows != s.n)
		cp_die("%s: %zu rows, expected %lld", name, s.n, (long long)expect_rows);
	cp_run_input(run, &(struct cp_run_file){ .role = "scores", .path = path, .digest = s.digest, .rows = (int64_t)s.n });
	say_why_undefined(&s);
	read_beside(&s, &strata, run);
	report_all(&b, run, &s, &strata);
	write_report(&b, run);
	size_t n = s.n;
	cp_scores_release(&s);
	cp_buf_release(&b);
	cp_team_free(team);
	cp_in_close(f);
	return cp_tool_finish(n, 0, NULL);
}
