/* cp-split: shards of a record stream, for training, validation and test (lib/stream/split.h). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/choice.h"
#include "base/file.h"
#include "base/list.h"
#include "base/num.h"
#include "stream/split.h"
#include "stream/stream.h"
#include "tool.h"

static struct {
	const char *output, *ratio, *group, *per, *names;
	int by;				/* enum cp_split_by */
	struct cp_opt_list rows;
	int64_t folds;
	uint64_t seed;
} o = { .ratio = "8:1:1", .by = CP_SPLIT_RANDOM };

static const struct cp_opt opts[] = {
	{ 'o', "output", CP_OPT_STR, &o.output, "PREFIX", "write PREFIX.train.cps and so on (required)", .use = CP_USE_OUTPUT },
	{ 0, "ratio", CP_OPT_STR, &o.ratio, "A:B:C", "sizes of the parts", .content = 1 },
	{ 0, "by", CP_OPT_CHOICE, &o.by, "RULE", "what decides", .choices = CP_SPLIT_RULES, .content = 1 },
	{ 0, "group", CP_OPT_STR, &o.group, "NAME", "the key column of --by group", .content = 1 },
	{ 0, "per", CP_OPT_STR, &o.per, "NAME", "do it for each value of this column (--by random, time, order, last)" },
	{ 0, "rows", CP_OPT_LIST, &o.rows, "FILE", "of --by rows: lines NUMBER<tab>PART, or PART=FILE with numbers", .use = CP_USE_INPUT },
	{ 0, "folds", CP_OPT_INT, &o.folds, "K", "K equal parts fold0 ... instead of --ratio; 0: none", .min = 0, .max = CP_SPLIT_MAX },
	{ 0, "seed", CP_OPT_SEED, &o.seed, "N", "of --by random, hash and group", .content = 1 },
	{ 0, "names", CP_OPT_STR, &o.names, "A,B,C", "of the parts; train,valid,test where there are three, train,test where two",
	  .use = CP_USE_NAME },
	{ 0 },
};

static const struct cp_tool tool = {
	.name = "cp-split",
	.synopsis = "[OPTION...] -o PREFIX [FILE...]",
	.summary = "shards of records for training, validation and test",
	.opts = opts,
	.max_operands = -1,
};

struct part {
	char *name;
	struct cp_out out;
	struct cp_writer *w;
};

struct job {
	struct cp_reader *r;
	struct cp_split_opts so;
	struct cp_split *split;
	struct part part[CP_SPLIT_MAX];
	unsigned char *parts;	/* of the rows of a block */
};

/* ---- Options ---- */

static int given(const char *name) { return cp_opts_given(&cp_tool_opts, name); }

/* The pieces of s between `sep`: copies, at most CP_SPLIT_MAX; how many there are. */
static int pieces(const char *s, char sep, char *out[CP_SPLIT_MAX])
{
	const char *p;
	size_t len;
	int n = 0;
	for (; n <= CP_SPLIT_MAX && cp_next_piece(&s, sep, &p, &len); n++)
		if (n < CP_SPLIT_MAX)
			out[n] = cp_xstrndup(p, len);
	return n;
}

static void read_ratio(struct cp_split_opts *so)
{
	char *s[CP_SPLIT_MAX];
	so->n_parts = pieces(o.ratio, ':', s);
	if (so->n_parts < 2 || so->n_parts > CP_SPLIT_MAX)
		cp_usage("--ratio %s: 2 to %d numbers separated by ':' are expected", o.ratio, CP_SPLIT_MAX);
	for (int i = 0; i < so->n_parts; i++) {
		uint64_t v;
		if (cp_parse_u64(s[i], &v) < 0 || v < 1 || v > 1000000)
			cp_usage("--ratio %s: '%s' is not a whole number from 1 to 1000000", o.ratio, s[i]);
		so->ratio[i] = (uint32_t)v;
		free(s[i]);
	}
}

/* The names; they say how many parts there are where nothing else does. */
static void read_names(struct job *j)
{
	char *s[CP_SPLIT_MAX];
	int n = j->so.n_parts;
	const char *names = o.names ? o.names : n == 3 || n == 0 ? "train,valid,test" : n == 2 ? "train,test" : NULL;
	if (!names)
		cp_usage("%d parts: --names is needed", n);
	int got = pieces(names, ',', s);
	if (n && got != n)
		cp_usage("--names %s: %d names are expected", names, n);
	if (got < 2 || got > CP_SPLIT_MAX)
		cp_usage("--names %s: 2 to %d names are expected", names, CP_SPLIT_MAX);
	for (int i = 0; i < got; i++) {
		if (!*s[i] || strchr(s[i], '/'))
			cp_usage("--names %s: '%s' cannot be part of a file's name", names, s[i]);
		for (int k = 0; k < i; k++)
			if (!strcmp(s[i], s[k]))
				cp_usage("--names %s: '%s' stands twice", names, s[i]);
		j->part[i].name = s[i];
	}
	j->so.n_parts = got;
}

static void make_folds(struct job *j)
{
	if (o.folds == 1)
		cp_usage("--folds 1: at least 2, or 0 for none");
	if (given("ratio") || o.names)
		cp_usage("--folds makes equal parts named fold0 and so on: no --ratio and no --names");
	j->so.n_parts = (int)o.folds;
	for (int i = 0; i < j->so.n_parts; i++) {
		j->so.ratio[i] = 1;
		j->part[i].name = cp_xasprintf("fold%d", i);
	}
}

static void check_rule(void)
{
	enum cp_split_by by = (enum cp_split_by)o.by;
	char word[CP_WORD];
	if (!o.output)
		cp_usage("-o PREFIX is needed: the parts are PREFIX.train.cps and so on");
	if ((by == CP_SPLIT_GROUP) != (o.group != NULL))
		cp_usage("--by group and --group NAME go together");
	if ((by == CP_SPLIT_ROWS) != (o.rows.n > 0))
		cp_usage("--by rows and --rows FILE go together");
	if (by == CP_SPLIT_LAST && !o.per)
		cp_usage("--by last needs --per NAME: the last row of each value of NAME is the test's");
	if (o.per && (by == CP_SPLIT_HASH || by == CP_SPLIT_GROUP || by == CP_SPLIT_ROWS))
		cp_usage("--per goes with --by random, time, order and last");
	if ((by == CP_SPLIT_LAST || by == CP_SPLIT_ROWS) && (given("ratio") || o.folds))
		cp_usage("--by %s has no sizes: no --ratio and no --folds", cp_choice_word(CP_SPLIT_RULES, o.by, word));
}

static void check_options(struct job *j)
{
	check_rule();
	j->so.by = (enum cp_split_by)o.by;
	j->so.seed = o.seed;
	j->so.group = o.group;
	j->so.per = o.per;
	j->so.rows = &o.rows;
	if (o.folds)
		make_folds(j);
	else if (j->so.by != CP_SPLIT_LAST && j->so.by != CP_SPLIT_ROWS)
		read_ratio(&j->so);
	if (!o.folds)
		read_names(j);
	for (int i = 0; i < j->so.n_parts; i++)
		j->so.name[i] = j->part[i].name;
}

/* ---- Work ---- */

/* The next block, of a segment that may stand there. */
static int next_block(struct job *j, struct cp_block *b, struct cp_err *err)
{
	int rc = cp_reader_next(j->r, b, err);
	if (rc == 1 && cp_split_segment(j->split, cp_reader_header(j->r), err) < 0)
		return cp_err_wrap(err, "%s", cp_reader_name(j->r));
	return rc;
}

static int first_pass(struct job *j, struct cp_err *err)
{
	struct cp_block b;
	int rc, columns[2];
	if (cp_split_passes(j->split) == 1)
		return 0;
	cp_reader_choose(j->r, columns, cp_split_columns(j->split, columns));
	while ((rc = next_block(j, &b, err)) == 1)
		if (cp_split_look(j->split, &b, err) < 0)
			return -1;
	cp_split_ready(j->split);
	return rc < 0 ? -1 : cp_reader_rewind(j->r, err);
}

static int open_part(struct job *j, struct part *p, struct cp_err *err)
{
	struct cp_schema s;
	char folds[32];
	json_t *step = cp_step_new("cp-split", CP_VERSION, opts);
	snprintf(folds, sizeof folds, "%d", (int)o.folds);
	char *path = cp_xasprintf("%s.%s.cps", o.output, p->name);
	cp_tool_spare(path);
	enum cp_split_by by = j->so.by;
	if (by != CP_SPLIT_RANDOM && by != CP_SPLIT_HASH && by != CP_SPLIT_GROUP)
		cp_step_set(step, "seed", "0");		/* nothing is drawn: the same rows, the same bytes */
	if (o.per)
		cp_step_set(step, "per", o.per);
	if (o.folds)
		cp_step_set(step, "folds", folds);
	cp_step_set(step, "part", p->name);
	cp_schema_copy(&s, cp_reader_schema(j->r));
	cp_split_step(j->split, step);
	cp_schema_step(&s, step);
	int rc = cp_out_open(&p->out, path, err);
	if (rc == 0 && !(p->w = cp_writer_open(p->out.f, &s, NULL, err)))
		rc = cp_err_wrap(err, "%s", path);
	cp_schema_release(&s);
	json_decref(step);
	free(path);
	return rc;
}

static int put_rows(struct job *j, const struct cp_block *b, struct cp_err *err)
{
	for (size_t i = 0; i < b->n_rows; i++) {
		struct part *p = &j->part[j->parts[i]];
		for (int k = 0; k < b->n_columns; k++)
			cp_add_from(cp_writer_column(p->w, k), &b->column[k], i);
		if (cp_writer_row(p->w, err) < 0)
			return cp_err_wrap(err, "%s.%s.cps", o.output, p->name);
	}
	return 0;
}

static int second_pass(struct job *j, struct cp_err *err)
{
	struct cp_block b;
	int rc;
	cp_reader_choose_all(j->r);
	if (cp_schema_known(cp_reader_schema(j->r), err) < 0)
		return cp_err_wrap(err, "%s", cp_reader_name(j->r));
	for (int i = 0; i < j->so.n_parts; i++)
		if (open_part(j, &j->part[i], err) < 0)
			return -1;
	j->parts = cp_xmalloc(CP_BLOCK_ROWS_LIMIT);
	while ((rc = next_block(j, &b, err)) == 1) {
		if (cp_split_parts(j->split, &b, j->parts, err) < 0)
			return cp_err_wrap(err, "%s", cp_reader_name(j->r));
		if (put_rows(j, &b, err) < 0)
			return -1;
	}
	if (rc == 0 && cp_split_done(j->split, err) < 0)
		return cp_err_wrap(err, "%s", cp_reader_name(j->r));
	return rc;
}

/* Every part is closed and on the disk before the first gets its name. */
static int finish(struct job *j, struct cp_buf *sizes, struct cp_err *err)
{
	struct cp_out *out[CP_SPLIT_MAX];
	for (int i = 0; i < j->so.n_parts; i++) {
		struct part *p = &j->part[i];
		cp_writer_inherit(p->w, j->r);
		cp_buf_printf(sizes, "%s%s %" PRIu64, i ? ", " : "", p->name, cp_writer_rows(p->w));
		int rc = cp_writer_close(p->w, err);
		p->w = NULL;
		if (rc < 0)
			return cp_err_wrap(err, "%s.%s.cps", o.output, p->name);
		out[i] = &p->out;
	}
	return cp_out_commit_all(out, (size_t)j->so.n_parts, err);
}

static int split(struct job *j, const char *const *paths, int n_paths, struct cp_buf *sizes, struct cp_err *err)
{
	if (!(j->split = cp_split_new(&j->so, err)))
		return -1;
	j->r = (cp_split_passes(j->split) == 2 ? cp_reader_open_again : cp_reader_open_all)(paths, n_paths, err);
	if (!j->r)
		return -1;
	if (cp_split_bind(j->split, cp_reader_schema(j->r), err) < 0)
		return cp_err_wrap(err, "%s", cp_reader_name(j->r));
	if (first_pass(j, err) < 0 || second_pass(j, err) < 0)
		return -1;
	return finish(j, sizes, err);
}

int main(int argc, char **argv)
{
	struct cp_err err;
	struct job j = { 0 };
	struct cp_buf sizes = CP_BUF_INIT;
	cp_tool_start(&tool, &argc, argv);
	check_options(&j);
	if (split(&j, (const char *const *)argv + 1, argc - 1, &sizes, &err) < 0)
		cp_die("%s", err.msg);
	uint64_t n = cp_reader_rows(j.r);
	struct cp_buf account = CP_BUF_INIT;
	cp_split_account(j.split, &account);
	if (account.len)
		cp_buf_printf(&sizes, "; %s", account.data);
	cp_buf_release(&account);
	cp_reader_close(j.r);
	cp_split_free(j.split);
	free(j.parts);
	for (int i = 0; i < j.so.n_parts; i++)
		free(j.part[i].name);
	int status = cp_tool_finish(n, n, sizes.data);
	cp_buf_release(&sizes);
	return status;
}
