/* cp-cat: look at records, check, count, cut, join and convert them (lib/stream/copy.h, show.h, twin.h). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "stream/copy.h"
#include "stream/show.h"
#include "tool.h"

static struct {
	const char *output, *to, *from, *rows, *compress;
	struct cp_opt_list columns, drop;
	int show, check, count, bare, edited, join;
	int64_t head, tail, block_rows, expect_rows;
	double sample;
	uint64_t seed;
} o = { .to = "records", .from = "records", .head = -1, .tail = -1, .expect_rows = -1, .sample = 1 };

#define MOST 9e18

static const struct cp_opt opts[] = {
	{ 'o', "output", CP_OPT_STR, &o.output, "FILE", "write here instead of standard output" },
	{ 0, "show", CP_OPT_SET, &o.show, NULL, "tell columns, attributes, provenance, totals and digests", .set = 1 },
	{ 0, "check", CP_OPT_SET, &o.check, NULL, "verify everything, say one line", .set = 1 },
	{ 0, "count", CP_OPT_SET, &o.count, NULL, "print the number of rows", .set = 1 },
	{ 0, "expect-rows", CP_OPT_INT, &o.expect_rows, "N", "fail unless the input has just N rows; -1: any", .min = -1, .max = MOST },
	{ 0, "choosing", CP_OPT_HEAD },
	{ 'c', "columns", CP_OPT_LIST, &o.columns, "NAME,...", "only these columns, in this order" },
	{ 0, "drop", CP_OPT_LIST, &o.drop, "NAME,...", "all columns but these" },
	{ 'n', "head", CP_OPT_INT, &o.head, "N", "the first N rows; -1: all", .min = -1, .max = MOST },
	{ 0, "tail", CP_OPT_INT, &o.tail, "N", "the last N rows; -1: all", .min = -1, .max = MOST },
	{ 0, "rows", CP_OPT_STR, &o.rows, "FROM:TO", "rows FROM to TO-1, counted from 0; either may be left out" },
	{ 0, "sample", CP_OPT_REAL, &o.sample, "SHARE", "each row with this probability", .min = 0, .max = 1 },
	{ 0, "seed", CP_OPT_SEED, &o.seed, "N", "of --sample" },
	{ 0, "form", CP_OPT_HEAD },
	{ 0, "to", CP_OPT_CHOICE, &o.to, "FORM", "what to write", .choices = "records|tsv|jsonl" },
	{ 0, "from", CP_OPT_CHOICE, &o.from, "FORM", "what to read", .choices = "records|tsv|jsonl" },
	{ 0, "bare", CP_OPT_SET, &o.bare, NULL, "text without the lines that the way back needs", .set = 1 },
	{ 0, "edited", CP_OPT_SET, &o.edited, NULL, "the text's rows were changed: make digests and blocks anew", .set = 1 },
	{ 0, "join", CP_OPT_SET, &o.join, NULL, "make one segment of several", .set = 1 },
	{ 0, "block-rows", CP_OPT_INT, &o.block_rows, "N", "cut blocks anew, at N rows; 0: leave them", .min = 0, .max = 1 << 20 },
	{ 0, "compress", CP_OPT_CHOICE, &o.compress, "METHOD", "compress blocks anew", .choices = "lz4|none" },
	{ 0 },
};

static const struct cp_tool tool = { "cp-cat", "[OPTION...] [FILE...]", "look at records, check, count, cut, join and convert them", opts,
				     .max_operands = -1 };

static int from_text(void) { return strcmp(o.from, "records") != 0; }
static int to_text(void) { return strcmp(o.to, "records") != 0; }
static int asks(void) { return o.show || o.check || o.count; }
static int chooses_rows(void) { return o.head >= 0 || o.tail >= 0 || o.rows || o.sample < 1; }
static int chooses(void) { return chooses_rows() || o.columns.n || o.drop.n; }

static void check_options(void)
{
	if (o.show + o.check + o.count > 1)
		cp_usage("--show, --check and --count exclude each other");
	if ((o.head >= 0) + (o.tail >= 0) + (o.rows != NULL) > 1)
		cp_usage("--head, --tail and --rows exclude each other");
	if (o.columns.n && o.drop.n)
		cp_usage("--columns and --drop exclude each other");
	if (cp_opts_given(&cp_tool_opts, "seed") && !cp_opts_given(&cp_tool_opts, "sample"))
		cp_usage("--seed goes with --sample");
	if (asks() && (chooses() || from_text() || to_text() || o.join || o.block_rows || o.compress))
		cp_usage("--show, --check and --count take the whole of the records: no option that chooses or converts goes with them");
	if (from_text() && (chooses() || to_text() || o.join || o.expect_rows >= 0))
		cp_usage("--from %s only makes records: pipe them to another cp-cat for the rest", o.from);
	if (o.edited && !from_text())
		cp_usage("--edited goes with --from tsv or --from jsonl");
	if (from_text() && !o.edited && (o.block_rows || o.compress))
		cp_usage("the text says how blocks were cut and compressed: --block-rows and --compress go with --edited");
	if (o.bare && !to_text())
		cp_usage("--bare goes with --to tsv or --to jsonl");
	if (to_text() && (o.block_rows || o.compress || o.join))
		cp_usage("--block-rows, --compress and --join go with --to records");
}

/* ---- Records ---- */

/* The options given that choose rows, as a step of provenance. */
static json_t *provenance(void)
{
	json_t *step = cp_step_new("cp-cat", CP_VERSION, NULL);
	for (const struct cp_opt *opt = opts; opt->type != CP_OPT_END; opt++) {
		struct cp_buf b = CP_BUF_INIT;
		if (opt->value == &o.head || opt->value == &o.tail || opt->value == &o.rows || opt->value == &o.sample || opt->value == &o.seed)
			cp_opt_value(opt, &b);
		if (b.len && cp_opts_given(&cp_tool_opts, opt->name))
			cp_step_set(step, opt->name, b.data);
		cp_buf_release(&b);
	}
	return step;
}

static int parse_row(const char *s, size_t n, uint64_t *v)
{
	char *text = cp_xstrndup(s, n);
	int rc = n ? cp_parse_u64(text, v) : 0;
	free(text);
	return rc;
}

static struct cp_copy copy_options(void)
{
	struct cp_copy c = {
		.columns = &o.columns, .drop = &o.drop, .last = o.head >= 0 ? (uint64_t)o.head : UINT64_MAX, .tail = o.tail, .sample = o.sample,
		.seed = o.seed, .expect_rows = o.expect_rows, .to_text = to_text(), .bare = o.bare, .join = o.join || o.bare,
		.kind = !strcmp(o.to, "tsv") ? CP_TWIN_TSV : CP_TWIN_JSONL, .block_rows = (size_t)o.block_rows,
		.compress = o.compress != NULL, .codec = o.compress && !strcmp(o.compress, "none") ? CP_RAW : CP_LZ4,
	};
	const char *colon = o.rows ? strchr(o.rows, ':') : NULL;
	if (o.rows && (!colon || parse_row(o.rows, (size_t)(colon - o.rows), &c.first) < 0 || parse_row(colon + 1, strlen(colon + 1), &c.last) < 0))
		cp_usage("--rows %s: FROM:TO is expected", o.rows);
	return c;
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

/* --show, --check, --count */
static int answer(struct cp_reader *r, FILE *out, uint64_t *n_in, struct cp_err *err)
{
	struct cp_buf b = CP_BUF_INIT;
	int rc = o.show ? cp_stream_show(r, &b, err) : read_through(r, o.check, err);
	*n_in = cp_reader_rows(r);
	if (rc == 0 && o.expect_rows >= 0 && *n_in != (uint64_t)o.expect_rows)
		rc = cp_err_set(err, "%s: %" PRIu64 " rows, expected %" PRId64, cp_reader_name(r), *n_in, o.expect_rows);
	if (rc == 0 && o.check)
		cp_buf_printf(&b, "%s: whole: %" PRIu64 " rows, %" PRIu64 " blocks, %" PRIu64 " segments\n", cp_reader_name(r), *n_in,
			      cp_reader_blocks(r), cp_reader_segments(r));
	if (rc == 0 && o.count)
		cp_buf_printf(&b, "%" PRIu64 "\n", *n_in);
	if (rc == 0 && fputs(b.data, out) == EOF)
		rc = cp_err_set(err, "write:");
	cp_buf_release(&b);
	return rc;
}

static int read_records(const char *const *paths, int n_paths, FILE *out, uint64_t *n_in, uint64_t *n_out, struct cp_err *err)
{
	struct cp_copy c = copy_options();
	struct cp_reader *r = (o.tail >= 0 ? cp_reader_open_again : cp_reader_open_all)(paths, n_paths, err);
	if (!r)
		return -1;
	c.step = provenance();
	int rc = asks() ? answer(r, out, n_in, err) : cp_copy(&c, r, out, n_in, n_out, err);
	json_decref(c.step);
	cp_reader_close(r);
	return rc;
}

/* ---- Text ---- */

static int read_text_file(const char *path, FILE *out, uint64_t *n_rows, struct cp_err *err)
{
	struct cp_twin_opts to = { o.edited, { .raw = o.compress && !strcmp(o.compress, "none"), .block_rows = (size_t)o.block_rows } };
	const char *name;
	uint64_t n = 0;
	FILE *f = cp_in_open(path, &name, err);
	if (!f)
		return -1;
	int rc = cp_twin_read(!strcmp(o.from, "tsv") ? CP_TWIN_TSV : CP_TWIN_JSONL, f, name, out, &to, &n, err);
	*n_rows += n;
	if (f != stdin)
		fclose(f);
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
	uint64_t n_in = 0, n_out = 0;
	cp_tool_start(&tool, &argc, argv);
	check_options();
	if (!o.output && !to_text() && !asks())
		cp_no_binary_tty();
	if (cp_out_open(&out, o.output, &err) < 0)
		cp_die("%s", err.msg);
	const char *const *paths = (const char *const *)argv + 1;
	int rc = from_text() ? read_text(paths, argc - 1, out.f, &n_in, &err) : read_records(paths, argc - 1, out.f, &n_in, &n_out, &err);
	if (rc < 0 || cp_out_commit(&out, &err) < 0)
		cp_die("%s", err.msg);
	return cp_tool_finish(n_in, from_text() ? n_in : n_out, NULL);
}
