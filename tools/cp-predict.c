/* cp-predict: the scores of a model for records or CSV, a line a row, or what its language model does.  The work is lib/train/predict.h's and
 * lib/train/look.h's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"
#include "base/file.h"
#include "nn/cpu.h"
#include "nn/gemm.h"
#include "text/declared.h"
#include "text/prepare.h"
#include "tool.h"
#include "train/look.h"

static struct {
	const char *model, *output, *label, *delimiter, *fields;
	int replace_utf8, precision;	/* precision: enum nn_precision */
	struct cp_opt_list columns;
	int csv, no_header, score_only, skip_bad, blank_bad, fill, attention;
	int64_t threads, top;
} o = { .top = 5, .delimiter = "," };
static struct cp_ledger_opts ledger;
static char delimiter;

static const struct cp_opt opts[] = {
	{ 'm', "model", CP_OPT_STR, &o.model, "FILE", "the model, from cp-train", .use = CP_USE_INPUT, .content = 1 },
	{ 0, "score-only", CP_OPT_SET, &o.score_only, NULL, "no label before the score", .set = 1, .content = 1 },
	{ 0, "columns", CP_OPT_LIST, &o.columns, "NAME", "print this column behind the score; again for more", .content = 1 },
	{ 0, "fill", CP_OPT_SET, &o.fill, NULL, "no scores: the words a pretrained model fills in for masked ones, with and without prompts",
	  .set = 1, .content = 1 },
	{ 0, "top", CP_OPT_INT, &o.top, "N", "fill: so many words", .min = 1, .max = CP_FILL_MASK_TOP, .content = 1 },
	{ 0, "attention", CP_OPT_SET, &o.attention, NULL, "no scores: the share of attention that each layer pays to its prompts", .set = 1,
	  .content = 1 },
	{ 0, "label", CP_OPT_STR, &o.label, "NAME", "the label's column, if not 'label'", .content = 1 },
	{ 'o', "output", CP_OPT_STR, &o.output, "FILE", "write here instead of standard output", .use = CP_USE_OUTPUT },
	{ 0, "csv", CP_OPT_SET, &o.csv, NULL, "read CSV, not records; a line that comes alone is answered at once", .set = 1, .content = 1 },
	{ 'd', "delimiter", CP_OPT_STR, &o.delimiter, "CHAR", "of CSV; \\t or tab is a tab", .content = 1 },
	{ 0, "no-header", CP_OPT_SET, &o.no_header, NULL, "of CSV: the first line is a row; columns are f1, f2, ... or as --fields names them", .set = 1,
	  .content = 1 },
	{ 0, "fields", CP_OPT_STR, &o.fields, "NAMES", "with --no-header: what the columns are called (a line of CSV)",
	  .use = CP_USE_NAME, .content = 1 },
	{ 0, "bad-utf8", CP_OPT_CHOICE, &o.replace_utf8, "HOW", "bytes of CSV that are not UTF-8: a bad row, or U+FFFD", .choices = "refuse|replace",
	  .content = 1 },
	{ 0, "skip-bad", CP_OPT_SET, &o.skip_bad, NULL, "leave bad rows out and say how many", .set = 1, .content = 1 },
	{ 0, "blank-bad", CP_OPT_SET, &o.blank_bad, NULL, "print an empty line for a bad row and say how many", .set = 1, .content = 1 },
	{ 0, "precision", CP_OPT_CHOICE, &o.precision, "HOW", "of matrix products; bf16 and int8 are faster where the processor has them, and scores differ a little",
	  .choices = NN_PACK_PRECISIONS, .content = 1 },
	{ 0, "threads", CP_OPT_INT, &o.threads, "N", "0: one a processor; scores do not depend on it", .min = 0, .max = 1024 },
	CP_LEDGER_OPTS(ledger),
	{ 0 },
};

static void print_kernels(struct cp_buf *b)
{
	cp_buf_printf(b, "matrix products: %s\nother kernels: %s\n", nn_gemm_info(), nn_cpu_level());
}

static const struct cp_tool tool = {
	.name = "cp-predict",
	.synopsis = "-m MODEL [OPTION...] [FILE] > SCORES\n-m MODEL --csv [OPTION...] [FILE] > SCORES\n-m MODEL --fill [--top N] [OPTION...] [FILE] > WORDS\n"
		    "-m MODEL --attention [OPTION...] [FILE] > LAYERS",
	.summary = "score rows with a model: label<TAB>score, a line a row",
	.opts = opts,
	.version = print_kernels,
	.notes = "Without labels in the rows a line is the score alone.  Values the model has not met are counted and said at the end.",
	.max_operands = 1,
};

static const char *check_options(void)
{
	static const char *const of_csv[] = { "delimiter", "bad-utf8", "no-header" };
	if (!o.model)
		return "--model FILE is needed";
	for (size_t i = 0; !o.csv && i < sizeof of_csv / sizeof *of_csv; i++)
		if (cp_opts_given(&cp_tool_opts, of_csv[i]))
			return "--delimiter, --bad-utf8 and --no-header go with --csv";
	if (o.fields && !o.no_header)
		return "--fields goes with --no-header: it says what the columns are called";
	if (o.fill && o.attention)
		return "--fill and --attention are two questions";
	if ((o.fill || o.attention) && (o.score_only || o.columns.n || o.blank_bad))
		return "--score-only, --columns and --blank-bad go with scores";
	if (o.skip_bad && o.blank_bad)
		return "--skip-bad prints nothing for a bad row, --blank-bad an empty line";
	if (!o.fill && cp_opts_given(&cp_tool_opts, "top"))
		return "--top goes with --fill";
	if (o.columns.n > CP_PREDICT_COLUMNS)
		return "--columns is given more than 64 times";
	return NULL;
}

static int predict(struct cp_predict *p, const char *path, struct cp_err *err)
{
	struct cp_out out;
	struct cp_rows_spec spec = { 0 };
	struct cp_arena names = { 0 };
	spec.csv.delimiter = delimiter;
	spec.csv.replace_utf8 = o.replace_utf8;
	spec.csv.no_header = o.no_header;
	if (cp_prepare_words(o.fields, "--fields", &spec.csv.names, &spec.csv.n_names, &names, err) < 0 || cp_out_open(&out, o.output, err) < 0)
		return -1;
	p->out = out.f;
	int rc = cp_out_end(&out, o.csv ? cp_predict_csv(p, path, &spec, err) : cp_predict_records(p, path, err), err);
	cp_arena_release(&names);
	return rc;
}

/* A sentence where the model cannot do what is asked. */
static void check_model(const struct cp_model *m)
{
	int fills = m->c.objective == CP_OBJECTIVE_LM;
	if (o.fill && !fills)
		cp_die("%s: a model of stage %s fills in no words; one of cp-train --stage pretrain does", o.model, m->stage);
	if (o.attention && !m->c.prompting.k)
		cp_die("%s: a model without prompts", o.model);
	if (m->c.objective == CP_OBJECTIVE_PAIRS && !o.attention)
		cp_die("%s: a model of stage %s has no score; cp-train --stage finetune --init makes one that scores", o.model, m->stage);
	if (!o.fill && !o.attention && fills)
		cp_die("%s: a model of stage %s fills in words and has no score; --fill shows them, and cp-train --stage finetune --init makes one that "
		       "scores", o.model, m->stage);
}

static struct cp_fill_mask fill;
static struct cp_attention attention;

static void choose(struct cp_predict *p)
{
	struct cp_err err;
	if (o.fill) {
		fill.top = (int)o.top;
		if (p->model->c.prompting.k && !(fill.plain = cp_model_plain(p->model, &err)))
			cp_die("%s", err.msg);
		p->show = cp_fill_mask_show;
		p->ctx = &fill;
		p->masked = 1;
	} else if (o.attention) {
		p->show = cp_attention_show;
		p->last = cp_attention_last;
		p->ctx = &attention;
	}
}

/* Scores do not depend on it, but what is measured by them and these labels does. */
static void tell_labels(const struct cp_predict *p)
{
	const char *here = json_string_value(json_object_get(p->data.label_made, "declare")), *there = p->model->label_made;
	if (p->data.label_made && !p->score_only && !cp_declared_same_rule(here, there))
		cp_note("the labels beside the scores were made otherwise than in training: %s here, %s there", here ? here : "without a declaration",
			there ? there : "without a declaration");
}

static void tell(const struct cp_predict *p)
{
	double n = (double)fill.n;
	if (o.fill && !fill.n)
		cp_note("no word is masked in these rows; cp-mask marks some");
	else if (o.fill && fill.plain)
		cp_note("%llu masked words; the likeliest is right for %.2f %% with prompts, for %.2f %% without", (unsigned long long)fill.n,
			100 * (double)fill.right / n, 100 * (double)fill.right_plain / n);
	else if (o.fill)
		cp_note("%llu masked words; the likeliest is right for %.2f %%", (unsigned long long)fill.n, 100 * (double)fill.right / n);
	if (!o.fill && !o.attention)
		tell_labels(p);
	if (p->bad)
		cp_note(o.blank_bad ? "%llu bad rows have an empty line each" : "%llu bad rows were left out", (unsigned long long)p->bad);
	if (p->unseen)
		cp_note("%llu of %llu values were not in the training rows (%.2f %%)", (unsigned long long)p->unseen, (unsigned long long)p->values,
			100.0 * (double)p->unseen / (double)p->values);
}

static void record_attention(struct cp_run *run, const struct cp_predict *p)
{
	char stratum[32];
	for (size_t l = 0; l < p->model->c.plm.layers; l++) {
		snprintf(stratum, sizeof stratum, "layer %02zu", l + 1);
		cp_run_metric(run, NULL, stratum, -1, "attention", cp_attention_paid(&attention, l));
		cp_run_metric(run, NULL, stratum, -1, "attention_even", cp_attention_even(&attention, l));
	}
}

static void record(struct cp_run *run, const struct cp_predict *p, const char *path)
{
	int standard = cp_is_standard(path);		/* of a file the bytes are digested */
	cp_run_input(run, &(struct cp_run_file){ .role = o.csv ? "csv" : "records", .path = path, .rows = (int64_t)(p->rows + p->bad),
						 .digest = standard && *p->csv_digest ? p->csv_digest : NULL,
						 .content = standard && *p->content ? p->content : NULL });
	cp_run_output(run, &(struct cp_run_file){ .role = "scores", .path = o.output, .digest = p->digest, .rows = (int64_t)p->rows });
	cp_run_param(run, "kernels", nn_cpu_level());
	if (o.precision != NN_IN_F32)
		cp_run_param(run, "products", nn_product_of((enum nn_precision)o.precision)->name);
	if (o.attention)
		record_attention(run, p);
}

int main(int argc, char **argv)
{
	struct cp_err err;
	nn_blas_prepare(argv);
	cp_tool_start(&tool, &argc, argv);
	const char *wrong = check_options(), *path = argc > 1 ? argv[1] : NULL;
	if (wrong)
		cp_usage("%s", wrong);
	if (cp_csv_delimiter(o.delimiter, &delimiter, &err) < 0)
		cp_usage("%s", err.msg);
	int threads = o.threads ? (int)o.threads : cp_cpu_count();
	struct cp_run *run = cp_tool_begin(&ledger, &(struct cp_run_facts){ .threads = threads, .blas = nn_gemm_info() });
	cp_run_input(run, &(struct cp_run_file){ .role = "model", .path = o.model });
	enum nn_precision precision = (enum nn_precision)o.precision;
	struct cp_team *team = cp_team_new(threads, &err);
	struct cp_predict p = { .team = team, .score_only = o.score_only, .skip_bad = o.skip_bad || o.blank_bad,
			      .blank_bad = o.blank_bad, .label = o.label, .columns = o.columns.v, .n_columns = o.columns.n };
	if (!team || nn_gemm_check(threads, &err) < 0 || !(p.model = cp_model_open(o.model, team, precision, &err)))
		cp_die("%s", err.msg);
	check_model(p.model);
	choose(&p);
	if (predict(&p, path, &err) < 0)
		cp_die("%s", err.msg);
	record(run, &p, path);
	tell(&p);
	uint64_t rows = p.rows, bad = p.bad;
	cp_model_free(fill.plain);
	cp_predict_release(&p);
	cp_model_free(p.model);
	cp_team_free(team);
	free(o.columns.v);
	return cp_tool_finish(rows + bad, rows, NULL);
}
