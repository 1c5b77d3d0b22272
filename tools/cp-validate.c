/* cp-validate: what a person looks at before training (lib/report).
 *
 * Reads each split once, counts, and tells: a page of text or one JSON object.  It changes nothing and chooses nothing. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpus.h"
#include "base/file.h"
#include "base/list.h"
#include "base/team.h"
#include "report/show.h"
#include "report/values.h"
#include "stream/spool.h"
#include "text/prepare.h"
#include "tool.h"

static struct cp_prepare job = CP_PREPARE_INIT;

static struct {
	const char *names;
	int json, csv, strict, no_rows;
	int64_t max_tokens, memory;
} o = { .max_tokens = -1, .memory = 4096 };

static const struct cp_opt opts[] = {
	{ 0, "json", CP_OPT_SET, &o.json, NULL, "one JSON object", .set = 1 },
	{ 0, "names", CP_OPT_STR, &o.names, "NAME,...", "what the splits are called; without it, as the files", .use = CP_USE_NAME },
	{ 0, "strict", CP_OPT_SET, &o.strict, NULL, "exit 1 if there is a warning", .set = 1 },
	{ 0, "max-tokens", CP_OPT_INT, &o.max_tokens, "N", "say how many rows have more than N tokens; -1: do not", .min = -1, .max = 0x1p31 },
	{ 0, "no-rows", CP_OPT_SET, &o.no_rows, NULL, "do not look for equal rows, which takes the most memory", .set = 1 },
	{ 0, "memory", CP_OPT_INT, &o.memory, "MB", "what counting may take before it is given up; 0: no limit", .min = 0, .max = 0x1p31 },
	{ 0, "csv", CP_OPT_SET, &o.csv, NULL, "the files are CSV, read as cp-featurize and cp-textify would", .set = 1 },
	{ 0, "reading CSV", CP_OPT_HEAD },
	CP_PREPARE_OPTIONS(job),
	{ 0 },
};

static const struct cp_tool tool = {
	.name = "cp-validate",
	.synopsis = "[OPTION...] [TRAIN [VALID [TEST...]]]",
	.summary = "look at a data set before training: labels, fields, splits, and what is wrong with them",
	.opts = opts,
	.notes = "The first file is what a model would be fitted to; the others are compared with it.",
	.max_operands = CP_SPLITS_MAX,
};

/* ---- names of the splits ---- */

/* ml1m.train.cps is "train", test.csv is "test". */
static char *name_of_file(const char *path)
{
	char *name = cp_xstrdup(cp_path_leaf(path));
	char *dot = strrchr(name, '.');
	if (dot && dot > name)
		*dot = 0;
	dot = strrchr(name, '.');
	if (dot && dot > name && dot[1])
		memmove(name, dot + 1, strlen(dot + 1) + 1);
	return name;
}

static void name_splits(char **name, char *const *path, int n)
{
	const char *next = o.names, *p;
	size_t len;
	int clash = 0;
	for (int i = 0; i < n; i++) {
		int is_named = cp_next_piece(&next, ',', &p, &len);
		if (o.names && !(is_named && len))
			cp_usage("--names %s: %d names are expected, one a file", o.names, n);
		name[i] = is_named ? cp_xstrndup(p, len) : path[i] ? name_of_file(path[i]) : cp_xstrdup("rows");
		for (int j = 0; j < i; j++)
			clash |= !strcmp(name[i], name[j]);
	}
	if (next)
		cp_usage("--names %s: %d names are expected, one a file", o.names, n);
	if (o.names && clash)
		cp_usage("--names %s: two of them are the same", o.names);
	for (int i = 0; clash && i < n; i++) {		/* a/train.cps b/train.cps */
		free(name[i]);
		name[i] = cp_xstrdup(path[i]);
	}
}

/* ---- reading ---- */

static int read_records(struct cp_profile *p, const char *name, const char *path, struct cp_err *err)
{
	struct cp_block b;
	struct cp_reader *r = cp_reader_open(path, err);
	int rc = -1;
	if (!r)
		return -1;
	if (cp_schema_known(cp_reader_schema(r), err) < 0 || cp_profile_split(p, name, cp_reader_schema(r), err) < 0)
		cp_err_wrap(err, "%s", cp_reader_name(r));
	else
		while ((rc = cp_reader_next(r, &b, err)) > 0)
			if (cp_profile_block(p, &b, err) < 0) {
				rc = cp_err_wrap(err, "%s", cp_reader_name(r));
				break;
			}
	cp_reader_close(r);
	return rc;
}

static int read_rows(struct cp_profile *p, const char *name, struct cp_rows *rows, const char *file, struct cp_err *err)
{
	struct cp_block b;
	int rc;
	if (cp_profile_split(p, name, cp_rows_schema(rows), err) < 0)
		return cp_err_wrap(err, "%s", file);
	while ((rc = cp_rows_next(rows, &b, err)) > 0)
		if (cp_profile_block(p, &b, err) < 0)
			return cp_err_wrap(err, "%s", file);
	p->split[p->n_splits - 1].bad_rows = cp_rows_bad(rows);
	if (rc == 0 && cp_rows_first_bad(rows))
		cp_note("the first bad row: %s", cp_rows_first_bad(rows));
	return rc;
}

/* A CSV is read twice: to count, and, when the counts are known, for the values themselves. */
static FILE *open_csv(const char *path, const char **name, struct cp_err *err)
{
	FILE *f = cp_in_open(path, name, err);
	return f ? cp_spool(f, *name, err) : NULL;
}

static int read_csv(struct cp_profile *p, const char *name, FILE *f, const char *file, const struct cp_rows_spec *spec, struct cp_err *err)
{
	struct cp_rows *rows = cp_rows_open(fileno(f), file, spec, err);
	int rc = rows ? read_rows(p, name, rows, file, err) : -1;
	cp_rows_close(rows);
	return rc;
}

static int look_at_values(struct cp_profile *p, FILE **f, const off_t *begin, const char **file, int n, const struct cp_rows_spec *spec, struct cp_err *err)
{
	struct cp_values_look *v = cp_values_look_new(p);
	int rc = 0;
	for (int i = 0; rc == 0 && i < n; i++) {
		if (lseek(fileno(f[i]), begin[i], SEEK_SET) < 0)
			rc = cp_err_set(err, "%s: read again: %m", file[i]);
		else
			rc = cp_values_look_read(v, fileno(f[i]), file[i], spec, err);
	}
	cp_values_look_close(v);
	return rc;
}

static int read_all_csv(struct cp_profile *p, char **name, char *const *path, int n, struct cp_err *err)
{
	struct cp_prepared csv;
	FILE *f[CP_SPLITS_MAX] = { NULL };
	const char *file[CP_SPLITS_MAX];
	off_t begin[CP_SPLITS_MAX];
	int rc = cp_prepare_spec(&job, 1, &csv, err);
	for (int i = 0; rc == 0 && i < n; i++) {
		f[i] = open_csv(path[i], &file[i], err);
		begin[i] = f[i] ? lseek(fileno(f[i]), 0, SEEK_CUR) : 0;
		rc = f[i] ? read_csv(p, name[i], f[i], file[i], &csv.spec, err) : -1;
	}
	if (rc == 0) {
		cp_profile_finish(p);
		rc = look_at_values(p, f, begin, file, n, &csv.spec, err);
	}
	for (int i = 0; i < n; i++)
		cp_in_close(f[i]);
	cp_prepared_release(&csv);
	return rc;
}

static int read_all(struct cp_profile *p, char **name, char *const *path, int n, struct cp_err *err)
{
	for (int i = 0; i < n; i++)
		if (read_records(p, name[i], path[i], err) < 0)
			return -1;
	cp_profile_finish(p);
	return 0;
}

/* ---- telling ---- */

static int tell(struct cp_profile *p, size_t *n_warnings, struct cp_err *err)
{
	struct cp_findings f;
	struct cp_buf b = CP_BUF_INIT;
	struct cp_out out;
	cp_findings_make(&f, p, &(struct cp_findings_opts){ .max_tokens = o.max_tokens });
	int rc = 0;
	if (o.json)
		rc = cp_report_json(p, &f, &b, err);
	else
		cp_report_text(p, &f, &b);
	if (rc == 0)
		rc = cp_out_open(&out, job.output, err);
	if (rc == 0) {
		fwrite(b.data, 1, b.len, out.f);
		rc = cp_out_commit(&out, err);
	}
	*n_warnings = f.n_warnings;
	cp_findings_release(&f);
	cp_buf_release(&b);
	return rc;
}

static void check_options(void)
{
	struct cp_err err;
	int of_csv = 0;
	for (const struct cp_opt *opt = opts; opt->type != CP_OPT_END; opt++) {
		of_csv |= opt->type == CP_OPT_HEAD;
		int of_both = opt->type == CP_OPT_HEAD || opt->value == &job.output || opt->value == &job.threads;
		if (of_csv && !o.csv && !of_both && cp_opts_given(&cp_tool_opts, opt->name))
			cp_usage("--%s goes with --csv", opt->name);
	}
	job.keys = job.text = 1;
	if (o.csv && cp_prepare_check(&job, &err) < 0)
		cp_usage("%s", err.msg);
}

int main(int argc, char **argv)
{
	struct cp_err err;
	char *name[CP_SPLITS_MAX], *stdin_only[1] = { NULL };
	size_t n_warnings;
	uint64_t n_rows = 0;
	char extra[64];
	cp_tool_start(&tool, &argc, argv);
	check_options();
	int n = argc > 1 ? argc - 1 : 1;
	char **path = argc > 1 ? argv + 1 : stdin_only;
	name_splits(name, path, n);
	struct cp_team *team = cp_team_new(job.threads ? (int)job.threads : cp_cpu_count(), &err);
	if (!team)
		cp_die("%s", err.msg);
	struct cp_profile *p = cp_profile_new(&(struct cp_profile_opts){ .n_splits = n, .no_rows = o.no_rows,
									 .memory = (uint64_t)o.memory << 20, .team = team });
	if ((o.csv ? read_all_csv : read_all)(p, name, path, n, &err) < 0 || tell(p, &n_warnings, &err) < 0)
		cp_die("%s", err.msg);
	for (int i = 0; i < n; i++) {
		n_rows += p->split[i].rows;
		free(name[i]);
	}
	cp_profile_free(p);
	cp_team_free(team);
	snprintf(extra, sizeof extra, "%zu warning%s", n_warnings, n_warnings == 1 ? "" : "s");
	int rc = cp_tool_finish(n_rows, 0, extra);
	return rc ? rc : o.strict && n_warnings ? 1 : 0;
}
