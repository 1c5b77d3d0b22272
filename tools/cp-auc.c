/* cp-auc: how well scores order and predict clicks.
 *
 * Reads what cp-predict prints (or any label<TAB>score), and prints figures, one a line, or one JSON object.  The figures themselves are
 * lib/eval's.  It does not choose a threshold and knows no weights. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/num.h"
#include "eval/metrics.h"
#include "eval/scores.h"
#include "tool.h"

static struct cp_scores_columns columns;
static struct cp_ledger_opts ledger;
static int json;
static const char *output, *split_name;
static int64_t expect_rows;

static const struct cp_opt opts[] = {
	{ 0, "score", CP_OPT_STR, &columns.score, "COLUMN", "the score: a column's name or number (otherwise 'score', or the second)", .content = 1 },
	{ 0, "label", CP_OPT_STR, &columns.label, "COLUMN", "the label, 0 or 1 (otherwise 'label', or the first)", .content = 1 },
	{ 0, "score2", CP_OPT_STR, &columns.score2, "COLUMN", "compare with this score on the same rows", .content = 1 },
	{ 0, "group", CP_OPT_STR, &columns.group, "COLUMN", "also the AUC within each group, averaged by rows (GAUC)", .content = 1 },
	{ 0, "stratum", CP_OPT_STR, &columns.stratum, "COLUMN", "also everything for each value of this column", .content = 1 },
	{ 0, "json", CP_OPT_SET, &json, NULL, "one JSON object, with all digits", .set = 1, .content = 1 },
	{ 'o', "output", CP_OPT_STR, &output, "FILE", "write here, not to standard output" },
	{ 0, "expect-rows", CP_OPT_INT, &expect_rows, "N", "fail if there are not exactly N rows (0: any number)", .min = 0, .max = 4294967295. },
	{ 0, "split", CP_OPT_STR, &split_name, "NAME", "what the ledger calls these rows: train, valid, test" },
	CP_LEDGER_OPTS(ledger),
	{ 0 },
};

static const struct cp_tool tool = {
	"cp-auc", "[OPTION...] [FILE]", "AUC, log loss and their relatives of label<TAB>score lines", opts,
	"A COLUMN is a name in the first line, if that line has no number in it, or a number from 1.", 1,
};

/* The figures of some rows: all, or a stratum's. */
struct figures {
	size_t n, positives;
	double logloss, logloss2, calibration;
	struct cp_delong auc;
	struct cp_delong_pair pair;
	struct cp_gauc gauc;
};

static void measure(struct figures *f, const struct cp_scores *s)
{
	f->n = s->n;
	f->positives = 0;
	for (size_t i = 0; i < s->n; i++)
		f->positives += s->label[i];
	cp_delong(&f->auc, s->score, s->label, s->n);
	f->logloss = cp_logloss(s->score, s->label, s->n);
	f->calibration = isnan(f->logloss) ? NAN : cp_calibration(s->score, s->label, s->n);
	if (s->score2) {
		cp_delong_pair(&f->pair, s->score, s->score2, s->label, s->n);
		f->logloss2 = cp_logloss(s->score2, s->label, s->n);
	}
	if (s->group)
		cp_gauc(&f->gauc, s->score, s->label, s->group, s->n);
}

/* ---- one list of figures for text, JSON and ledger ---- */

struct item {
	const char *object;	/* NULL: at the top */
	const char *key;	/* in JSON, within the object */
	const char *word;	/* in text and ledger */
	double value;
	enum { REAL, COUNT, LOW, HIGH } kind;	/* LOW and HIGH, next to each other: one array in JSON */
};

#define MAX_ITEMS 32

static size_t list_items(struct item *out, const struct figures *f, const struct cp_scores *s)
{
	const struct item all[] = {
		{ NULL, "auc", "auc", f->auc.auc, REAL },
		{ NULL, "logloss", "logloss", f->logloss, REAL },
		{ NULL, "n", "n", (double)f->n, COUNT },
		{ NULL, "positives", "positives", (double)f->positives, COUNT },
		{ NULL, "calibration", "calibration", f->calibration, REAL },
		{ "delong", "var", NULL, f->auc.var, REAL },
		{ "delong", "se", "auc_se", f->auc.se, REAL },
		{ "delong", "ci95", "auc_lo", f->auc.lo, LOW },
		{ "delong", NULL, "auc_hi", f->auc.hi, HIGH },
	};
	const struct item groups[] = {
		{ NULL, "gauc", "gauc", f->gauc.gauc, REAL },
		{ NULL, "gauc_groups_used", "gauc_groups_used", (double)f->gauc.n_groups, COUNT },
		{ NULL, "gauc_rows_used", "gauc_rows_used", (double)f->gauc.n_rows, COUNT },
	};
	const struct item two[] = {
		{ NULL, "auc2", "auc2", f->pair.auc2, REAL },
		{ NULL, "logloss2", "logloss2", f->logloss2, REAL },
		{ "paired_delong", "diff", "auc_diff", f->pair.diff, REAL },
		{ "paired_delong", "var_diff", NULL, f->pair.var_diff, REAL },
		{ "paired_delong", "cov", NULL, f->pair.cov, REAL },
		{ "paired_delong", "z", "auc_z", f->pair.z, REAL },
		{ "paired_delong", "p", "auc_p", f->pair.p, REAL },
	};
	size_t n = sizeof all / sizeof *all;
	memcpy(out, all, sizeof all);
	if (s->group) {
		memcpy(out + n, groups, sizeof groups);
		n += sizeof groups / sizeof *groups;
	}
	if (s->score2) {
		memcpy(out + n, two, sizeof two);
		n += sizeof two / sizeof *two;
	}
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
	const char *open = NULL;
	for (size_t i = 0; i < n; i++) {
		if (open && open != item[i].object)
			cp_buf_char(b, '}');
		if (i)
			cp_buf_str(b, ", ");
		if (item[i].object && item[i].object != open)
			cp_buf_printf(b, "\"%s\": {", item[i].object);
		open = item[i].object;
		print_value(b, &item[i]);
	}
	if (open)
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

static void record(struct cp_run *run, const struct item *item, size_t n, const struct figures *f, const struct cp_scores *s, const char *stratum)
{
	for (size_t i = 0; i < n; i++)
		if (item[i].word)
			cp_run_metric(run, split_name, stratum, -1, item[i].word, item[i].value);
	if (s->score2)
		cp_run_compare(run, &(struct cp_run_comparison){ "delong", split_name, stratum, "auc", columns.score ? columns.score : "score",
			columns.score2, f->pair.auc1, f->pair.auc2, f->pair.diff, sqrt(f->pair.var_diff), f->pair.z, f->pair.p, (int64_t)f->n });
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

static void report_all(struct cp_buf *b, struct cp_run *run, const struct cp_scores *s)
{
	cp_buf_str(b, json ? "{" : "");
	report(b, run, s, NULL);
	if (s->stratum) {
		cp_buf_str(b, json ? ", \"strata\": {" : "");
		cp_scores_each_stratum(s, report_stratum, &(struct sink){ b, run, 0 });
		cp_buf_str(b, json ? "}" : "");
	}
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
	struct cp_out out;
	struct cp_err err;
	char hex[33];
	struct cp_digest *d = cp_digest_new();
	cp_digest_add(d, b->data, b->len);
	cp_digest_hex(d, hex);
	cp_digest_free(d);
	if (cp_out_open(&out, output, &err) < 0)
		cp_die("%s", err.msg);
	fwrite(b->data, 1, b->len, out.f);
	if (cp_out_commit(&out, &err) < 0)
		cp_die("%s", err.msg);
	cp_run_output(run, &(struct cp_run_file){ .role = "report", .path = output, .digest = hex });
}

int main(int argc, char **argv)
{
	struct cp_err err;
	struct cp_scores s;
	struct cp_buf b = CP_BUF_INIT;
	const char *name, *path = NULL;
	cp_tool_start(&tool, &argc, argv);
	if (argc > 1)
		path = argv[1];
	struct cp_run *run = cp_tool_begin(&ledger, NULL);
	FILE *f = cp_in_open(path, &name, &err);
	if (!f || cp_scores_read(&s, f, name, &columns, &err) < 0)
		cp_die("%s", err.msg);
	if (expect_rows && (size_t)expect_rows != s.n)
		cp_die("%s: %zu rows, expected %lld", name, s.n, (long long)expect_rows);
	cp_run_input(run, &(struct cp_run_file){ .role = "scores", .path = path, .digest = s.digest, .rows = (int64_t)s.n });
	say_why_undefined(&s);
	report_all(&b, run, &s);
	write_report(&b, run);
	size_t n = s.n;
	cp_scores_release(&s);
	cp_buf_release(&b);
	if (f != stdin)
		fclose(f);
	return cp_tool_finish(n, 0, NULL);
}
