/* cp-split: shards of a record stream, for training, validation and test (lib/stream/split.h). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "stream/split.h"
#include "stream/stream.h"
#include "tool.h"

static struct {
	const char *output, *ratio, *by, *group, *names;
	uint64_t seed;
} o = { .ratio = "8:1:1", .by = "random" };

static const struct cp_opt opts[] = {
	{ 'o', "output", CP_OPT_STR, &o.output, "PREFIX", "write PREFIX.train.cps and so on (required)" },
	{ 0, "ratio", CP_OPT_STR, &o.ratio, "A:B:C", "sizes of the parts", .content = 1 },
	{ 0, "by", CP_OPT_CHOICE, &o.by, "RULE", "what decides", .choices = "random|time|order|hash|group", .content = 1 },
	{ 0, "group", CP_OPT_STR, &o.group, "NAME", "the key column of --by group", .content = 1 },
	{ 0, "seed", CP_OPT_SEED, &o.seed, "N", "of --by random, hash and group", .content = 1 },
	{ 0, "names", CP_OPT_STR, &o.names, "A,B,C", "of the parts; train,valid,test where there are three, train,test where two" },
	{ 0 },
};

static const struct cp_tool tool = { "cp-split", "[OPTION...] -o PREFIX [FILE...]", "shards of records for training, validation and test", opts,
				     .max_operands = -1 };

struct part {
	char *name;
	struct cp_out out;
	struct cp_writer *w;
};

struct job {
	struct cp_reader *r;
	struct cp_split *split;
	uint32_t ratio[CP_SPLIT_MAX];
	struct part part[CP_SPLIT_MAX];
	int n_parts;
	unsigned char *parts;	/* of the rows of a block */
};

/* ---- Options ---- */

/* The pieces of s between `sep`: copies, at most CP_SPLIT_MAX; how many there are. */
static int pieces(const char *s, char sep, char *out[CP_SPLIT_MAX])
{
	int n = 0;
	for (;;) {
		size_t len = strcspn(s, (char[]){ sep, 0 });
		if (n == CP_SPLIT_MAX)
			return n + 1;
		out[n++] = cp_xstrndup(s, len);
		if (!s[len])
			return n;
		s += len + 1;
	}
}

static void read_ratio(struct job *j)
{
	char *s[CP_SPLIT_MAX];
	j->n_parts = pieces(o.ratio, ':', s);
	if (j->n_parts < 2 || j->n_parts > CP_SPLIT_MAX)
		cp_usage("--ratio %s: 2 to %d numbers separated by ':' are expected", o.ratio, CP_SPLIT_MAX);
	for (int i = 0; i < j->n_parts; i++) {
		uint64_t v;
		if (cp_parse_u64(s[i], &v) < 0 || v < 1 || v > 1000000)
			cp_usage("--ratio %s: '%s' is not a whole number from 1 to 1000000", o.ratio, s[i]);
		j->ratio[i] = (uint32_t)v;
		free(s[i]);
	}
}

static void read_names(struct job *j)
{
	char *s[CP_SPLIT_MAX];
	const char *names = o.names ? o.names : j->n_parts == 3 ? "train,valid,test" : j->n_parts == 2 ? "train,test" : NULL;
	if (!names)
		cp_usage("%d parts: --names is needed", j->n_parts);
	if (pieces(names, ',', s) != j->n_parts)
		cp_usage("--names %s: %d names are expected", names, j->n_parts);
	for (int i = 0; i < j->n_parts; i++) {
		if (!*s[i] || strchr(s[i], '/'))
			cp_usage("--names %s: '%s' cannot be part of a file's name", names, s[i]);
		for (int k = 0; k < i; k++)
			if (!strcmp(s[i], s[k]))
				cp_usage("--names %s: '%s' stands twice", names, s[i]);
		j->part[i].name = s[i];
	}
}

static enum cp_split_by rule(void)
{
	static const char *const names[] = { "random", "time", "order", "hash", "group" };
	int by = 0;
	while (strcmp(o.by, names[by]))
		by++;
	return (enum cp_split_by)by;
}

static void check_options(struct job *j)
{
	if (!o.output)
		cp_usage("-o PREFIX is needed: the parts are PREFIX.train.cps and so on");
	if ((rule() == CP_SPLIT_GROUP) != (o.group != NULL))
		cp_usage("--by group and --group NAME go together");
	read_ratio(j);
	read_names(j);
}

/* ---- Work ---- */

static int first_pass(struct job *j, struct cp_err *err)
{
	struct cp_block b;
	int rc, column = cp_split_column(j->split);
	if (cp_split_passes(j->split) == 1)
		return 0;
	cp_reader_choose(j->r, &column, column >= 0);
	while ((rc = cp_reader_next(j->r, &b, err)) == 1)
		if (cp_split_look(j->split, &b, err) < 0)
			return -1;
	cp_split_ready(j->split);
	return rc < 0 ? -1 : cp_reader_rewind(j->r, err);
}

static int open_part(struct job *j, struct part *p, struct cp_err *err)
{
	struct cp_schema s;
	json_t *step = cp_step_new("cp-split", CP_VERSION, opts);
	char *path = cp_xasprintf("%s.%s.cps", o.output, p->name);
	cp_step_set(step, "part", p->name);
	cp_schema_copy(&s, cp_reader_schema(j->r));
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
	for (int i = 0; i < j->n_parts; i++)
		if (open_part(j, &j->part[i], err) < 0)
			return -1;
	j->parts = cp_xmalloc(CP_BLOCK_ROWS_LIMIT);
	while ((rc = cp_reader_next(j->r, &b, err)) == 1) {
		cp_split_parts(j->split, &b, j->parts);
		if (put_rows(j, &b, err) < 0)
			return -1;
	}
	return rc;
}

/* Every part is closed and on the disk before the first gets its name. */
static int finish(struct job *j, struct cp_buf *sizes, struct cp_err *err)
{
	for (int i = 0; i < j->n_parts; i++) {
		struct part *p = &j->part[i];
		cp_writer_inherit(p->w, j->r);
		cp_buf_printf(sizes, "%s%s %" PRIu64, i ? ", " : "", p->name, cp_writer_rows(p->w));
		int rc = cp_writer_close(p->w, err);
		p->w = NULL;
		if (rc < 0 || (p->out.tmp && fsync(fileno(p->out.f)) < 0))
			return rc < 0 ? cp_err_wrap(err, "%s.%s.cps", o.output, p->name) : cp_err_set(err, "%s.%s.cps: write:", o.output, p->name);
	}
	for (int i = 0; i < j->n_parts; i++)
		if (cp_out_commit(&j->part[i].out, err) < 0)
			return -1;
	return 0;
}

static int split(struct job *j, const char *const *paths, int n_paths, struct cp_buf *sizes, struct cp_err *err)
{
	j->split = cp_split_new(rule(), j->ratio, j->n_parts, o.seed);
	j->r = (cp_split_passes(j->split) == 2 ? cp_reader_open_again : cp_reader_open_all)(paths, n_paths, err);
	if (!j->r)
		return -1;
	if (cp_split_bind(j->split, cp_reader_schema(j->r), o.group, err) < 0)
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
	cp_reader_close(j.r);
	cp_split_free(j.split);
	free(j.parts);
	for (int i = 0; i < j.n_parts; i++)
		free(j.part[i].name);
	int status = cp_tool_finish(n, n, sizes.data);
	cp_buf_release(&sizes);
	return status;
}
