/* cp-cat: look at records, check, count, cut, order, join and convert them.  Options here; the work is in lib/stream: copy.h, reorder.h,
 * keyjoin.h, histogram.h, show.h, twin.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "stream/copy.h"
#include "stream/histogram.h"
#include "stream/keyjoin.h"
#include "stream/reorder.h"
#include "stream/show.h"
#include "stream/where.h"
#include "text/declared.h"
#include "tool.h"

enum from { FROM_RECORDS, FROM_TSV, FROM_JSONL };
enum compress { AS_IT_IS = -1, LZ4, NONE };

static struct {
	const char *output, *rows, *histogram, *join_by_key, *on;
	int to, from, unmatched, compress;	/* enum cp_form, from, cp_unmatched, compress */
	struct cp_opt_list columns, drop, where, sort;
	int show, check, count, bare, edited, join, shuffle;
	int64_t head, tail, block_rows, expect_rows, sample_rows, bins, memory, hash_bits;
	double sample;
	uint64_t seed;
} o = { .compress = AS_IT_IS, .head = -1, .tail = -1, .expect_rows = -1, .sample = 1, .sample_rows = -1,
	.bins = 20, .memory = 100, .hash_bits = 20 };

#define MOST 9e18

static const struct cp_opt opts[] = {
	{ 'o', "output", CP_OPT_STR, &o.output, "FILE", "write here instead of standard output", .use = CP_USE_OUTPUT },
	{ 0, "show", CP_OPT_SET, &o.show, NULL, "tell columns, attributes, provenance, totals and digests", .set = 1 },
	{ 0, "check", CP_OPT_SET, &o.check, NULL, "verify everything, say one line", .set = 1 },
	{ 0, "count", CP_OPT_SET, &o.count, NULL, "print the number of rows", .set = 1 },
	{ 0, "histogram", CP_OPT_STR, &o.histogram, "COLUMN", "print its values or bins of them, and how many rows have each" },
	{ 0, "bins", CP_OPT_INT, &o.bins, "N", "of --histogram of numbers", .min = 1, .max = 1 << 20 },
	{ 0, "expect-rows", CP_OPT_INT, &o.expect_rows, "N", "fail unless the input has just N rows; -1: any", .min = -1, .max = MOST },
	{ 0, "choosing", CP_OPT_HEAD },
	{ 'c', "columns", CP_OPT_LIST, &o.columns, "NAME,...", "only these columns, in this order", .use = CP_USE_NAME },
	{ 0, "drop", CP_OPT_LIST, &o.drop, "NAME,...", "all columns but these", .use = CP_USE_NAME },
	{ 0, "where", CP_OPT_LIST, &o.where, "CONDITION", "rows with COLUMN=VALUE (or != < <= > >=); all conditions must hold", .content = 1 },
	{ 'n', "head", CP_OPT_INT, &o.head, "N", "the first N rows; -1: all", .min = -1, .max = MOST, .content = 1 },
	{ 0, "tail", CP_OPT_INT, &o.tail, "N", "the last N rows; -1: all", .min = -1, .max = MOST, .content = 1 },
	{ 0, "rows", CP_OPT_STR, &o.rows, "FROM:TO", "rows FROM to TO-1, counted from 0; either may be left out", .content = 1 },
	{ 0, "sample", CP_OPT_REAL, &o.sample, "SHARE", "each row with this probability", .min = 0, .max = 1, .content = 1 },
	{ 0, "sample-rows", CP_OPT_INT, &o.sample_rows, "N", "just N rows, at random; -1: all", .min = -1, .max = MOST, .content = 1 },
	{ 0, "seed", CP_OPT_SEED, &o.seed, "N", "of --sample, --sample-rows and --shuffle", .content = 1 },
	{ 0, "ordering and joining", CP_OPT_HEAD },
	{ 0, "sort", CP_OPT_LIST, &o.sort, "NAME[:desc],...", "by these columns; equal rows keep their order", .use = CP_USE_NAME, .content = 1 },
	{ 0, "shuffle", CP_OPT_SET, &o.shuffle, NULL, "by a random number of the seed and the row", .set = 1, .content = 1 },
	{ 0, "join-by-key", CP_OPT_STR, &o.join_by_key, "FILE", "add the columns of the row of FILE that has the same key", .use = CP_USE_INPUT },
	{ 0, "on", CP_OPT_STR, &o.on, "NAME", "the key column of --join-by-key", .content = 1 },
	{ 0, "unmatched", CP_OPT_CHOICE, &o.unmatched, "WHAT", "what to do with rows whose key is not in FILE", .choices = CP_UNMATCHED, .content = 1 },
	{ 0, "memory", CP_OPT_INT, &o.memory, "MB", "for sorting, shuffling, counting and FILE", .min = 1, .max = 1 << 20 },
	{ 0, "form", CP_OPT_HEAD },
	{ 0, "to", CP_OPT_CHOICE, &o.to, "FORM", "what to write", .choices = CP_SINK_FORMS },
	{ 0, "hash-bits", CP_OPT_INT, &o.hash_bits, "N", "of --to libsvm and libffm: keys are 2^N indices", .min = 1, .max = 30 },
	{ 0, "from", CP_OPT_CHOICE, &o.from, "FORM", "what to read", .choices = "records|tsv|jsonl" },
	{ 0, "bare", CP_OPT_SET, &o.bare, NULL, "text without the lines that the way back needs", .set = 1 },
	{ 0, "edited", CP_OPT_SET, &o.edited, NULL, "the text was changed by hand: make digests and blocks anew", .set = 1 },
	{ 0, "join", CP_OPT_SET, &o.join, NULL, "make one segment of several", .set = 1 },
	{ 0, "block-rows", CP_OPT_INT, &o.block_rows, "N", "cut blocks anew, at N rows; 0: leave them", .min = 0, .max = 1 << 20 },
	{ 0, "compress", CP_OPT_CHOICE, &o.compress, "METHOD", "compress blocks anew", .choices = "lz4|none" },
	{ 0 },
};

static const struct cp_tool tool = {
	.name = "cp-cat",
	.synopsis = "[OPTION...] [FILE...]",
	.summary = "look at records, check, count, cut, order, join and convert them",
	.opts = opts,
	.max_operands = -1,
	.filter = 1,
};

static int given(const char *name) { return cp_opts_given(&cp_tool_opts, name); }
static int from_text(void) { return o.from != FROM_RECORDS; }
static int to_text(void) { return o.to != CP_FORM_RECORDS; }
static int to_svm(void) { return o.to == CP_FORM_LIBSVM || o.to == CP_FORM_LIBFFM; }
static int asks(void) { return o.show || o.check || o.count || o.histogram; }
static int reorders(void) { return o.sort.n || o.shuffle; }
static int samples(void) { return o.sample < 1 || o.sample_rows >= 0; }
static int chooses_rows(void) { return o.where.n || o.head >= 0 || o.tail >= 0 || o.rows || samples(); }
static int chooses_columns(void) { return o.columns.n || o.drop.n; }

/* ---- Options ---- */

static void check_choosing(void)
{
	struct cp_err err;
	if (cp_where_check(&o.where, &err) < 0)
		cp_usage("%s", err.msg);
	if ((o.head >= 0) + (o.tail >= 0) + (o.rows != NULL) > 1)
		cp_usage("--head, --tail and --rows exclude each other");
	if (o.columns.n && o.drop.n)
		cp_usage("--columns and --drop exclude each other");
	if (o.sample < 1 && o.sample_rows >= 0)
		cp_usage("--sample and --sample-rows exclude each other");
	if (o.tail >= 0 && o.sample_rows >= 0)
		cp_usage("--tail and --sample-rows each take a pass of their own: pipe one to the other");
	if (given("seed") && !given("sample") && !given("sample-rows") && !o.shuffle)
		cp_usage("--seed goes with --sample, --sample-rows and --shuffle");
}

static void check_asking(void)
{
	if (o.show + o.check + o.count + (o.histogram != NULL) > 1)
		cp_usage("--show, --check, --count and --histogram exclude each other");
	if (given("bins") && !o.histogram)
		cp_usage("--bins goes with --histogram");
	if (asks() && (chooses_columns() || from_text() || to_text() || o.join || o.block_rows || o.compress != AS_IT_IS || reorders() || o.join_by_key))
		cp_usage("--show, --check, --count and --histogram only print: no option that converts goes with them");
	if ((o.show || o.check) && chooses_rows())
		cp_usage("--show and --check take the whole of the records: no option that chooses goes with them");
}

static void check_ordering(void)
{
	if (o.sort.n && o.shuffle)
		cp_usage("--sort and --shuffle exclude each other");
	if (reorders() && (o.tail >= 0 || o.rows))
		cp_usage("--tail and --rows do not go with --sort and --shuffle: pipe one cp-cat to another");
	if (!o.join_by_key != !o.on)
		cp_usage("--join-by-key FILE and --on NAME go together");
	if (o.join_by_key && (reorders() || chooses_rows() || chooses_columns()))
		cp_usage("--join-by-key only joins: choose and order in another cp-cat before or after it");
	if (given("unmatched") && !o.join_by_key)
		cp_usage("--unmatched goes with --join-by-key");
	if (given("memory") && !reorders() && !o.histogram && !o.join_by_key)
		cp_usage("--memory goes with --sort, --shuffle, --histogram and --join-by-key: all else takes no more than a few blocks");
}

static void check_form(void)
{
	if (from_text() && (chooses_rows() || chooses_columns() || to_text() || o.join || o.expect_rows >= 0 || reorders() || o.join_by_key))
		cp_usage("--from %s only makes records: pipe them to another cp-cat for the rest", o.from == FROM_TSV ? "tsv" : "jsonl");
	if (o.edited && !from_text())
		cp_usage("--edited goes with --from tsv or --from jsonl");
	if (from_text() && !o.edited && (o.block_rows || o.compress != AS_IT_IS))
		cp_usage("the text says how blocks were cut and compressed: --block-rows and --compress go with --edited");
	if (o.bare && (!to_text() || to_svm()))
		cp_usage("--bare goes with --to tsv or --to jsonl");
	if (given("hash-bits") && !to_svm())
		cp_usage("--hash-bits goes with --to libsvm and --to libffm");
	if (to_text() && (o.block_rows || o.compress != AS_IT_IS || o.join))
		cp_usage("--block-rows, --compress and --join go with --to records");
}

static int parse_row(const char *s, size_t n, uint64_t *v)
{
	return n ? cp_parse_u64_n(s, n, v) : 0;
}

static struct cp_pick_opts pick_options(void)
{
	struct cp_pick_opts p = { .where = &o.where, .key_of = cp_declared_key, .last = UINT64_MAX, .tail = o.tail, .sample = o.sample,
				  .sample_rows = o.sample_rows, .seed = o.seed };
	const char *colon = o.rows ? strchr(o.rows, ':') : NULL;
	if (o.rows && (!colon || parse_row(o.rows, (size_t)(colon - o.rows), &p.first) < 0 || parse_row(colon + 1, strlen(colon + 1), &p.last) < 0))
		cp_usage("--rows %s: FROM:TO is expected", o.rows);
	if (o.head >= 0 && !reorders())
		p.last = (uint64_t)o.head;
	return p;
}

static void check_options(void)
{
	check_choosing();
	check_asking();
	check_ordering();
	check_form();
	pick_options();
}

/* ---- Records ---- */

/* The options given that change the rows, as a step of provenance. */
static json_t *provenance(void)
{
	json_t *step = cp_step_new("cp-cat", CP_VERSION, NULL);
	for (const struct cp_opt *opt = opts; opt->type != CP_OPT_END; opt++) {
		struct cp_buf b = CP_BUF_INIT;
		if (opt->content && given(opt->name)) {
			cp_opt_value(opt, &b);
			cp_step_set(step, opt->name, b.data);
		}
		cp_buf_release(&b);
	}
	return step;
}

static struct cp_sink_opts sink_options(void)
{
	return (struct cp_sink_opts){
		.form = (enum cp_form)o.to, .bare = o.bare, .hash_bits = (int)o.hash_bits,
		.writer = { .raw = o.compress == NONE, .block_rows = (size_t)o.block_rows },
	};
}

static int read_through(struct cp_reader *r, int decode, struct cp_err *err)
{
	struct cp_block b;
	int rc;
	if (!decode)
		cp_reader_choose(r, NULL, 0);
	while ((rc = cp_reader_next(r, &b, err)) == 1)
		;
	return rc;
}

/* --count of chosen rows */
static int count_chosen(struct cp_reader *r, uint64_t *n, struct cp_err *err)
{
	struct cp_pick_opts po = pick_options();
	struct cp_pick *p = cp_pick_new(&po);
	struct cp_block b;
	const uint32_t *rows;
	int rc = cp_pick_first_pass(p, r, err) < 0 ? -1 : cp_pick_bind(p, r, err);
	if (rc == 0) {
		cp_pick_choose(p, r, NULL, 0);
		while ((rc = cp_reader_next(r, &b, err)) == 1)
			*n += cp_pick_rows(p, &b, &rows);
	}
	cp_pick_free(p);
	return rc;
}

static int ask(struct cp_reader *r, FILE *out, struct cp_buf *b, uint64_t *n_in, struct cp_err *err)
{
	uint64_t n = 0;
	if (o.histogram)
		return cp_histogram(&(struct cp_histogram){ .column = o.histogram, .pick = pick_options(), .n_bins = (uint64_t)o.bins,
							    .memory = (size_t)o.memory << 20 }, r, out, n_in, err);
	int rc = o.show ? cp_stream_show(r, b, err) : o.count && chooses_rows() ? count_chosen(r, &n, err) : read_through(r, o.check, err);
	*n_in = cp_reader_rows(r);
	if (rc == 0 && o.count)
		cp_buf_printf(b, "%" PRIu64 "\n", chooses_rows() ? n : *n_in);
	return rc;
}

/* --show, --check, --count, --histogram */
static int answer(struct cp_reader *r, FILE *out, uint64_t *n_in, struct cp_err *err)
{
	struct cp_buf b = CP_BUF_INIT;
	int rc = ask(r, out, &b, n_in, err);
	if (rc == 0 && o.check)
		cp_buf_printf(&b, "%s: whole: %" PRIu64 " rows, %" PRIu64 " blocks, %" PRIu64 " segments\n", cp_reader_name(r), *n_in,
			      cp_reader_blocks(r), cp_reader_segments(r));
	if (rc == 0 && fputs(b.data, out) == EOF)
		rc = cp_err_set(err, "write: %m");
	cp_buf_release(&b);
	return rc;
}

struct rows {
	uint64_t in, out, unmatched;
};

static int copy(struct cp_reader *r, FILE *out, json_t *step, struct rows *n, struct cp_err *err)
{
	struct cp_copy c = {
		.columns = &o.columns, .drop = &o.drop, .pick = pick_options(), .step = step, .sink = sink_options(),
		.join = o.join || (to_text() && (o.bare || to_svm())), .compress = o.compress != AS_IT_IS, .to_end = o.expect_rows >= 0,
	};
	return cp_copy(&c, r, out, &n->in, &n->out, err);
}

static int reorder(struct cp_reader *r, FILE *out, json_t *step, struct rows *n, struct cp_err *err)
{
	struct cp_reorder c = {
		.sort = &o.sort, .seed = o.seed, .columns = &o.columns, .drop = &o.drop, .pick = pick_options(), .head = o.head,
		.memory = (size_t)o.memory << 20, .step = step, .sink = sink_options(),
	};
	return cp_reorder(&c, r, out, &n->in, &n->out, err);
}

static int join_by_key(struct cp_reader *r, FILE *out, json_t *step, struct rows *n, struct cp_err *err)
{
	struct cp_keyjoin c = {
		.path = o.join_by_key, .on = o.on, .unmatched = (enum cp_unmatched)o.unmatched, .alike = cp_declared_alike,
		.memory = (size_t)o.memory << 20, .step = step, .sink = sink_options(),
	};
	return cp_keyjoin(&c, r, out, &n->in, &n->out, &n->unmatched, err);
}

static int read_records(const char *const *paths, int n_paths, FILE *out, struct rows *n, struct cp_err *err)
{
	int twice = o.tail >= 0 || o.sample_rows >= 0;
	struct cp_reader *r = (twice ? cp_reader_open_again : cp_reader_open_all)(paths, n_paths, err);
	if (!r)
		return -1;
	cp_reader_expect(r, o.expect_rows);
	json_t *step = provenance();
	int rc = asks() ? answer(r, out, &n->in, err) : reorders() ? reorder(r, out, step, n, err) : o.join_by_key ? join_by_key(r, out, step, n, err) :
		 copy(r, out, step, n, err);
	json_decref(step);
	cp_reader_close(r);
	return rc;
}

/* ---- Text ---- */

static int read_text_file(const char *path, FILE *out, uint64_t *n_rows, struct cp_err *err)
{
	struct cp_twin_opts to = { o.edited, { .raw = o.compress == NONE, .block_rows = (size_t)o.block_rows } };
	const char *name;
	uint64_t n = 0;
	FILE *f = cp_in_open(path, &name, err);
	if (!f)
		return -1;
	int rc = cp_twin_read(o.from == FROM_TSV ? CP_TWIN_TSV : CP_TWIN_JSONL, f, name, out, &to, &n, err);
	*n_rows += n;
	cp_in_close(f);
	return rc;
}

static int read_text(const char *const *paths, int n_paths, FILE *out, uint64_t *n_rows, struct cp_err *err)
{
	int rc = n_paths ? 0 : read_text_file("-", out, n_rows, err);
	for (int i = 0; i < n_paths && rc == 0; i++)
		rc = read_text_file(paths[i], out, n_rows, err);
	return rc;
}

int main(int argc, char **argv)
{
	struct cp_err err;
	struct cp_out out;
	struct rows n = { 0 };
	struct cp_buf extra = CP_BUF_INIT;
	cp_tool_start(&tool, &argc, argv);
	check_options();
	const char *const *paths = (const char *const *)argv + 1;
	if (!o.output && !to_text() && !asks())
		cp_no_binary_tty();
	if (cp_out_open(&out, o.output, &err) < 0)
		cp_die("%s", err.msg);
	int rc = from_text() ? read_text(paths, argc - 1, out.f, &n.in, &err) : read_records(paths, argc - 1, out.f, &n, &err);
	if (cp_out_end(&out, rc, &err) < 0)
		cp_die("%s", err.msg);
	if (o.join_by_key)
		cp_buf_printf(&extra, "%" PRIu64 " without a match", n.unmatched);
	int status = cp_tool_finish(n.in, from_text() ? n.in : n.out, extra.len ? extra.data : NULL);
	cp_buf_release(&extra);
	return status;
}
