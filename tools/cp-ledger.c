/* cp-ledger: what the ledger remembers, as text, and a run again from its row. Everything but rerun, import and the sealing of killed
 * runs only reads; all of it is open to plain SQL too. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ledger/query.h"
#include "ledger/rerun.h"
#include "ledger/store.h"
#include "tool.h"

static const char *ledger, *output, *only_tool, *only_status;
static struct cp_best best = { .key = "auc" };
static int64_t limit = 20;

static const struct cp_opt opts[] = {
	{ 0, "ledger", CP_OPT_STR, &ledger, "FILE", "this ledger, not $CP_LEDGER or ~/.local/state/clickprompt/ledger.db" },
	{ 'n', "limit", CP_OPT_INT, &limit, "N", "ls, best: at most N lines (0: all)", .min = 0, .max = 1e15 },
	{ 0, "tool", CP_OPT_STR, &only_tool, "NAME", "ls: runs of this tool" },
	{ 0, "status", CP_OPT_CHOICE, &only_status, "NAME", "ls: runs of this status", .choices = "running|done|failed|interrupted|killed" },
	{ 0, "metric", CP_OPT_STR, &best.key, "KEY", "best: by this figure" },
	{ 0, "split", CP_OPT_STR, &best.split, "NAME", "best: on these rows (train, valid, test)" },
	{ 0, "trained-on", CP_OPT_STR, &best.rows, "GLOB", "best: where the path of the training rows is such" },
	{ 0, "over-seeds", CP_OPT_SET, &best.over_seeds, NULL, "best: by the mean of trainings that differ in their seed alone", .set = 1 },
	{ 0, "lowest", CP_OPT_SET, &best.lowest, NULL, "best: smaller is better (so it is for logloss)", .set = 1 },
	{ 'o', "output", CP_OPT_STR, &output, "PATH", "write to this file; rerun: keep what it writes in this folder" },
	{ 0 },
};

static const struct cp_tool tool = {
	"cp-ledger",
	"ls [--tool NAME] [--status NAME] [-n N]\nshow RUN\ndiff RUN RUN\nbest [--over-seeds] [--metric KEY] [--split NAME] [--trained-on GLOB] [-n N]\n"
	"verify [RUN]\nrerun [-o FOLDER] RUN\nexport [-o FILE]\nimport [FILE]",
	"list, show, compare and repeat the runs that the ledger remembers", opts,
	"A RUN is its number, or its uid or the beginning of it.", -1,
};

/* What a command works on, and how many lines it made of how many. */
struct work {
	sqlite3 *db;
	char *path;
	int n_runs;
	int64_t run[2];
	const char *file;	/* import */
	struct cp_buf out;
};

static int do_ls(struct work *w, struct cp_err *err)
{
	return cp_ledger_list(w->db, only_tool, only_status, limit, &w->out, err);
}

static int do_show(struct work *w, struct cp_err *err)
{
	return cp_ledger_show(w->db, w->run[0], &w->out, err);
}

static int do_diff(struct work *w, struct cp_err *err)
{
	return cp_ledger_diff(w->db, w->run[0], w->run[1], &w->out, err);
}

static int do_best(struct work *w, struct cp_err *err)
{
	best.lowest |= !strcmp(best.key, "logloss");
	best.limit = limit;
	return cp_ledger_best(w->db, &best, &w->out, err);
}

static int do_verify(struct work *w, struct cp_err *err)
{
	int64_t n_bad;
	if (cp_ledger_verify(w->db, w->n_runs ? w->run[0] : 0, &w->out, &n_bad, err) < 0)
		return -1;
	return n_bad ? cp_err_set(err, "%lld files are not where and what they were", (long long)n_bad) : 0;
}

static int do_rerun(struct work *w, struct cp_err *err)
{
	struct cp_rerun_opts o = { w->path, output, cp_quiet };
	int same = cp_ledger_rerun(w->db, w->run[0], &o, &w->out, err);
	return same == 0 ? cp_err_set(err, "run %lld, repeated, does not give the same bytes", (long long)w->run[0]) : same < 0 ? -1 : 0;
}

static int do_export(struct work *w, struct cp_err *err)
{
	return cp_ledger_export(w->db, &w->out, err);
}

static int do_import(struct work *w, struct cp_err *err)
{
	struct cp_buf sql = CP_BUF_INIT;
	int64_t n = 0;
	int bad = cp_read_file(w->file, &sql, err);
	if (!bad && (!sql.len || strlen(sql.data) != sql.len))
		bad = cp_err_set(err, "%s: no ledger's text; expected what cp-ledger export writes", w->file ? w->file : "standard input");
	if (!bad)
		bad = cp_ledger_import(w->db, sql.data, w->file ? w->file : "standard input", &n, err);
	if (!bad)
		cp_buf_printf(&w->out, "%lld new runs\n", (long long)n);
	cp_buf_release(&sql);
	return bad;
}

static const struct command {
	const char *name;
	int min_runs, max_runs;		/* -1: takes a file */
	int (*work)(struct work *, struct cp_err *);
} commands[] = {
	{ "ls", 0, 0, do_ls }, { "show", 1, 1, do_show }, { "diff", 2, 2, do_diff }, { "best", 0, 0, do_best }, { "verify", 0, 1, do_verify },
	{ "rerun", 1, 1, do_rerun }, { "export", 0, 0, do_export }, { "import", 0, -1, do_import },
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	cp_usage("unknown command '%s'; expected ls, show, diff, best, verify, rerun, export or import", name);
}

static void check_operands(const struct command *c, int n)
{
	int max = c->max_runs < 0 ? 1 : c->max_runs;
	if (n < c->min_runs || n > max)
		cp_usage("%s takes %s, not %d", c->name, c->max_runs < 0 ? "one file at most" : max == 0 ? "no operand" : max == 2 ? "two runs" :
			 c->min_runs ? "one run" : "one run at most", n);
}

static void find_operands(struct work *w, const struct command *c, int n, char **operand)
{
	struct cp_err err;
	if (c->max_runs < 0) {
		w->file = n ? operand[0] : NULL;
		return;
	}
	for (w->n_runs = 0; w->n_runs < n; w->n_runs++)
		if (cp_ledger_find(w->db, operand[w->n_runs], &w->run[w->n_runs], &err) < 0)
			cp_die("%s: %s", w->path, err.msg);
}

int main(int argc, char **argv)
{
	struct cp_err err;
	struct work w = { .out = CP_BUF_INIT };
	cp_tool_start(&tool, &argc, argv);
	if (argc < 2)
		cp_usage("a command is expected: ls, show, diff, best, verify, rerun, export or import");
	const struct command *c = find_command(argv[1]);
	check_operands(c, argc - 2);
	w.path = cp_ledger_path(ledger, &err);
	if (!w.path || cp_store_open(&w.db, w.path, c->work == do_import, &err) < 0)
		cp_die("%s", err.msg);
	find_operands(&w, c, argc - 2, argv + 2);
	int bad = c->work(&w, &err);
	if (!bad || w.out.len)		/* what verify and rerun found is to be seen even where it is bad */
		cp_tool_write(&w.out, c->work == do_rerun ? NULL : output);
	sqlite3_close(w.db);
	free(w.path);
	uint64_t n = cp_tool_lines(&w.out);
	cp_buf_release(&w.out);
	if (bad)
		cp_die("%s", err.msg);
	return cp_tool_finish(0, n, NULL);
}
