/* cp-strata: which rows are of the long tail, and which of users and items that training never saw; a line a row, for cp-auc --strata.
 *
 * Counting is lib/report/tail.h's.  It reads streams and keys only: what a rare value is depends on the training rows, and on no model. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "report/tail.h"
#include "stream/stream.h"
#include "tool.h"

#define MAX_COLUMNS 8
#define MAX_SHARES 32

static struct cp_opt_list train, by, shares;
static const char *output;
static struct cp_ledger_opts ledger;

static const struct cp_opt opts[] = {
	{ 0, "train", CP_OPT_LIST, &train, "FILE", "the rows that were trained on (required; again for more)", .use = CP_USE_INPUT },
	{ 0, "by", CP_OPT_LIST, &by, "NAME", "a key column, such as a user's or an item's (required; again for more)", .content = 1 },
	{ 0, "tail", CP_OPT_LIST, &shares, "PERCENT", "the tail's share of the values, rarest first; otherwise 20 (again: a column each)", .content = 1 },
	{ 'o', "output", CP_OPT_STR, &output, "FILE", "write here, not to standard output", .use = CP_USE_OUTPUT },
	CP_LEDGER_OPTS(ledger),
	{ 0 },
};

static const struct cp_tool tool = {
	.name = "cp-strata",
	.synopsis = "--train FILE --by NAME [--by NAME] [--tail PERCENT]... [FILE] > STRATA",
	.summary = "which rows belong to the long tail, or to values that training never saw",
	.opts = opts,
	.max_operands = 1,
};

struct job {
	struct cp_tail tail[MAX_COLUMNS];
	int column[MAX_COLUMNS];
	int n_columns, n_shares;
	double share[MAX_SHARES];
	size_t size[MAX_SHARES][MAX_COLUMNS];
	uint64_t n_in, n_out;
};

static void read_options(struct job *j)
{
	static const char *twenty = "20";
	struct cp_opt_list l = shares.n ? shares : (struct cp_opt_list){ &twenty, 1 };
	if (!train.n || !by.n)
		cp_usage("--train and --by are required: which rows were trained on, and which columns count");
	if (by.n > MAX_COLUMNS || l.n > MAX_SHARES)
		cp_usage("at most %d times --by and %d times --tail", MAX_COLUMNS, MAX_SHARES);
	for (j->n_shares = 0; j->n_shares < l.n; j->n_shares++) {
		double *v = &j->share[j->n_shares];
		if (cp_parse_real(l.v[j->n_shares], v) < 0 || *v < 0 || *v > 100)
			cp_usage("--tail %s: expected a number of per cent, 0 to 100", l.v[j->n_shares]);
		for (int i = 0; i < j->n_shares; i++)
			if (j->share[i] == *v)
				cp_usage("--tail %s is given twice; each makes a column", l.v[j->n_shares]);
	}
	for (j->n_columns = 0; j->n_columns < by.n; j->n_columns++)
		cp_tail_init(&j->tail[j->n_columns], by.v[j->n_columns]);
}

static void learn(struct job *j, struct cp_run *run)
{
	struct cp_err err;
	struct cp_reader *r = cp_reader_open_all(train.v, train.n, &err);
	for (int i = 0; i < train.n; i++)
		cp_run_input(run, &(struct cp_run_file){ .role = "train", .path = train.v[i] });
	if (!r || cp_tail_count(j->tail, j->n_columns, r, &err) < 0)
		cp_die("%s", err.msg);
	j->n_in = cp_reader_rows(r);
	cp_reader_close(r);
	for (int i = 0; i < j->n_columns; i++) {
		cp_tail_rank(&j->tail[i]);
		for (int s = 0; s < j->n_shares; s++)
			j->size[s][i] = cp_tail_size(&j->tail[i], j->share[s]);
	}
}

/* A word of each column of keys, joined by commas: "tail,head". */
static void put_words(const struct job *j, const struct cp_block *b, size_t row, const size_t *size, const char *yes, const char *no, FILE *f)
{
	for (int i = 0; i < j->n_columns; i++) {
		uint64_t key = b->column[j->column[i]].u64[row];
		int is = size ? cp_tail_has(&j->tail[i], key, size[i]) : cp_tail_is_new(&j->tail[i], key);
		fprintf(f, "%s%s", i ? "," : "", is ? yes : no);
	}
}

static int put_block(struct job *j, const struct cp_block *b, FILE *f, struct cp_err *err)
{
	for (size_t row = 0; row < b->n_rows; row++) {
		for (int s = 0; s < j->n_shares; s++) {
			put_words(j, b, row, j->size[s], "tail", "head", f);
			putc('\t', f);
		}
		put_words(j, b, row, NULL, "new", "seen", f);
		putc('\n', f);
		if (ferror(f))
			return cp_err_set(err, "write: %m");
	}
	return 0;
}

static void put_names(const struct job *j, FILE *f)
{
	char num[32];
	for (int s = 0; s < j->n_shares; s++)
		fprintf(f, "tail%s\t", cp_print_real(j->share[s], num));
	fputs("new\n", f);
}

static void part(struct job *j, struct cp_run *run, const char *path)
{
	struct cp_err err;
	struct cp_out out;
	struct cp_block b;
	int rc;
	struct cp_reader *r = cp_reader_open(path, &err);
	if (!r || cp_tail_columns(j->tail, j->n_columns, r, j->column, &err) < 0 || cp_out_open(&out, output, &err) < 0)
		cp_die("%s", err.msg);
	cp_reader_choose(r, j->column, j->n_columns);
	put_names(j, out.f);
	while ((rc = cp_reader_next(r, &b, &err)) == 1 && (rc = put_block(j, &b, out.f, &err)) == 0)
		;
	j->n_out = cp_reader_rows(r);
	char content[33];
	int whole = rc == 0 && cp_is_standard(path) && cp_reader_content(r, content) == 0;	/* of a file the bytes are digested */
	cp_run_input(run, &(struct cp_run_file){ .role = "rows", .path = path, .rows = (int64_t)j->n_out, .content = whole ? content : NULL });
	cp_reader_close(r);
	if (cp_out_end(&out, rc, &err) < 0)
		cp_die("%s", err.msg);
	cp_run_output(run, &(struct cp_run_file){ .role = "strata", .path = output, .rows = (int64_t)j->n_out });
}

int main(int argc, char **argv)
{
	struct job j = {0};
	cp_tool_start(&tool, &argc, argv);
	read_options(&j);
	struct cp_run *run = cp_tool_begin(&ledger, NULL);
	learn(&j, run);
	part(&j, run, argc > 1 ? argv[1] : NULL);
	for (int i = 0; i < j.n_columns; i++)
		cp_tail_release(&j.tail[i]);
	return cp_tool_finish(j.n_in + j.n_out, j.n_out, NULL);
}
