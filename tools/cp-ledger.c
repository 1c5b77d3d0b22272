/* cp-ledger: what the ledger remembers, as text, and a run again from its row. Everything but rerun, import, merge and the sealing of
 * killed runs only reads; all of it is open to plain SQL too. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "base/hash.h"
#include "ledger/db.h"
#include "ledger/paper.h"
#include "ledger/query.h"
#include "ledger/rerun.h"
#include "ledger/trace.h"
#include "stream/stream.h"
#include "tool.h"

static const char *ledger, *output, *only_tool;
static int only_status = -1;	/* enum cp_run_status */
static int format;		/* 0: auto, else 1 + enum cp_paper_form */
static struct cp_paper paper;
static struct cp_trace trace;
static struct cp_best best = { .key = "auc" };
static int64_t limit = 20;

static const struct cp_opt opts[] = {
	{ 0, "ledger", CP_OPT_STR, &ledger, "FILE", "this ledger, not $CP_LEDGER or ~/.local/state/clickprompt/ledger.db", .use = CP_USE_INPUT },
	{ 'n', "limit", CP_OPT_INT, &limit, "N", "ls, best: at most N lines (0: all)", .min = 0, .max = 1e15, .with = "ls|best" },
	{ 0, "tool", CP_OPT_STR, &only_tool, "NAME", "ls: runs of this tool", .with = "ls" },
	{ 0, "status", CP_OPT_CHOICE, &only_status, "NAME", "ls: runs of this status", .choices = CP_RUN_STATUSES, .with = "ls" },
	{ 0, "metric", CP_OPT_STR, &best.key, "KEY", "best: by this figure", .with = "best" },
	{ 0, "split", CP_OPT_STR, &best.split, "NAME", "best: on these rows (train, valid, test)", .with = "best" },
	{ 0, "trained-on", CP_OPT_STR, &best.rows, "GLOB", "best: of models whose training file matches GLOB", .with = "best" },
	{ 0, "over-seeds", CP_OPT_SET, &best.over_seeds, NULL, "best: by the mean of trainings that differ in their seed alone", .set = 1, .with = "best" },
	{ 0, "lowest", CP_OPT_SET, &best.lowest, NULL, "best: smaller is better (so it is for each loss)", .set = 1, .with = "best" },
	{ 0, "scale", CP_OPT_STR, &paper.scale, "NAME", "table: of this scale only", .with = "table" },
	{ 0, "data", CP_OPT_STR, &paper.data, "NAME", "table: of this data set only", .with = "table" },
	{ 0, "format", CP_OPT_CHOICE, &format, "NAME", "table: auto is terminal where the output is one, else text", .choices = "auto|" CP_PAPER_FORMS, .with = "table" },
	{ 0, "dot", CP_OPT_SET, &trace.dot, NULL, "trace: a graph for graphviz", .set = 1, .with = "trace" },
	{ 'o', "output", CP_OPT_STR, &output, "PATH", "write to this file; rerun: keep what it writes in this folder",
	  .use = CP_USE_OUTPUT, .with = "ls|show|diff|best|table|trace|verify|rerun|export" },
	{ 0 },
};

static const struct cp_tool tool = {
	.name = "cp-ledger",
	.synopsis =
	"ls [--tool NAME] [--status NAME] [-n N]\nshow RUN\ndiff RUN RUN\nbest [--over-seeds] [--metric KEY] [--split NAME] [--trained-on GLOB] [--lowest] [-n N]\n"
	"table [N...] [--scale NAME] [--data NAME] [--format NAME]\ntrace [--dot] RUN\nverify [RUN]\nrerun [-o FOLDER] RUN\nexport [-o FILE]\nimport [FILE]\n"
	"merge FILE...",
	.summary = "list, show, compare and repeat the runs that the ledger remembers",
	.opts = opts,
	.notes = "A RUN is its number, or its uid or the beginning of it.",
	.max_operands = -1,
	.n_words = INT_MAX,
};

/* What a command works on, and how many lines it made of how many. */
struct work {
	sqlite3 *db;
	char *path;
	int n_runs;
	int64_t run[2];
	char **file;		/* import, merge */
	int n_files;
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
	size_t n = strlen(best.key);
	best.lowest |= n >= 4 && !strcmp(best.key + n - 4, "loss");
	best.limit = limit;
	return cp_ledger_best(w->db, &best, &w->out, err);
}

static int do_verify(struct work *w, struct cp_err *err)
{
	int64_t n_bad;
	if (cp_ledger_verify(w->db, w->n_runs ? w->run[0] : 0, &w->out, &n_bad, err) < 0)
		return -1;
	if (n_bad)
		return cp_err_set(err, n_bad == 1 ? "%lld file is not where and what it was" : "%lld files are not where and what they were", (long long)n_bad);
	return 0;
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

static int do_merge(struct work *w, struct cp_err *err)
{
	for (int i = 0; i < w->n_files || i == 0; i++) {
		int64_t n = 0;
		if (cp_ledger_merge(w->path, w->n_files ? w->file[i] : NULL, &n, err) < 0)
			return -1;
		cp_buf_printf(&w->out, "%lld new runs\n", (long long)n);
	}
	return 0;
}

/* What made a record stream, by its own account: the tools of the column that most of them made. */
static void describe_stream(const char *path, const char *digest, struct cp_buf *b)
{
	struct cp_err err;
	char hex[33];
	const json_t *longest = NULL, *step;
	size_t i;
	struct cp_reader *r = access(path, R_OK) == 0 && cp_digest_file(path, hex, NULL) == 0 && !strcmp(hex, digest) ? cp_reader_open(path, &err) : NULL;
	if (!r)
		return;
	const struct cp_schema *s = cp_reader_schema(r);
	for (int k = 0; k < s->n; k++)
		if (!longest || json_array_size(s->column[k].chain) > json_array_size(longest))
			longest = s->column[k].chain;
	json_array_foreach(longest, i, step)
		cp_buf_printf(b, "%s%s", i ? " -> " : "made by ", json_string_value(json_object_get(step, "tool")));
	cp_reader_close(r);
}

static int do_trace(struct work *w, struct cp_err *err)
{
	trace.describe = describe_stream;
	return cp_ledger_trace(w->db, w->run[0], &trace, &w->out, err);
}

static int do_table(struct work *w, struct cp_err *err)
{
	paper.form = format ? (enum cp_paper_form)(format - 1) : !output && isatty(STDOUT_FILENO) ? CP_PAPER_TERMINAL : CP_PAPER_TEXT;
	for (int i = 0; i < w->n_files || i == 0; i++) {
		paper.number = w->n_files ? atoi(w->file[i]) : 0;
		if (cp_ledger_paper(w->db, &paper, &w->out, err) < 0)
			return -1;
	}
	cp_buf_str(&w->out, cp_quiet ? "" : cp_paper_notes);
	return 0;
}

static const struct command {
	const char *name;
	int min, max;			/* operands */
	enum { RUNS, FILES, NUMBERS } of;
	int (*work)(struct work *, struct cp_err *);
	int tells;			/* what it found or did before it failed is to be seen; of the others half a text is none */
} commands[] = {
	{ "ls", 0, 0, RUNS, do_ls }, { "show", 1, 1, RUNS, do_show }, { "diff", 2, 2, RUNS, do_diff }, { "best", 0, 0, RUNS, do_best },
	{ "table", 0, 5, NUMBERS, do_table }, { "trace", 1, 1, RUNS, do_trace }, { "verify", 0, 1, RUNS, do_verify, 1 },
	{ "rerun", 1, 1, RUNS, do_rerun, 1 }, { "export", 0, 0, RUNS, do_export }, { "import", 0, 1, FILES, do_merge, 1 },
	{ "merge", 1, INT_MAX, FILES, do_merge, 1 },
};

#define COMMANDS "ls, show, diff, best, table, trace, verify, rerun, export, import or merge"

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	cp_usage("unknown command '%s'; expected " COMMANDS, name);
}

static void check_operands(const struct command *c, int n)
{
	static const char *const word[] = { "run", "file" };
	static const char *const amount[] = { "no", "one", "two" };
	if (n >= c->min && n <= c->max)
		return;
	if (c->max > 2)
		cp_usage("%s takes %s", c->name, c->of == FILES ? "files, one at least" : "the numbers of at most five tables");
	cp_usage("%s takes %s %s%s%s, not %d", c->name, amount[c->max], c->max ? word[c->of] : "operand", c->max == 2 ? "s" : "",
		 c->min < c->max ? " at most" : "", n);
}

static int find_operands(struct work *w, const struct command *c, int n, char **operand, struct cp_err *err)
{
	w->file = operand;
	w->n_files = n;
	for (w->n_runs = 0; c->of == RUNS && w->n_runs < n; w->n_runs++)
		if (cp_ledger_find(w->db, operand[w->n_runs], &w->run[w->n_runs], err) < 0)
			return cp_err_wrap(err, "%s", w->path);
	return 0;
}

/* An import and a merge make their ledger themselves, when they know what comes in. */
static int open_ledger(struct work *w, const struct command *c, struct cp_err *err)
{
	if (!(w->path = cp_ledger_path(ledger, err)))
		return -1;
	return c->work == do_merge ? 0 : cp_db_open(&w->db, w->path, 0, err) < 0 ? -1 : cp_db_queries(w->db, err);
}

int main(int argc, char **argv)
{
	struct cp_err err;
	struct work w = { .out = CP_BUF_INIT };
	cp_tool_start(&tool, &argc, argv);
	if (argc < 2)
		cp_usage("a command is expected: " COMMANDS);
	const struct command *c = find_command(argv[1]);
	check_operands(c, argc - 2);
	cp_tool_command(c->name);
	for (int i = 2; i < argc && c->of == NUMBERS; i++)
		if (strlen(argv[i]) != 1 || *argv[i] < '2' || *argv[i] > '6')
			cp_usage("table %s: the paper's tables are 2 to 6", argv[i]);
	int bad = open_ledger(&w, c, &err) < 0 || find_operands(&w, c, argc - 2, argv + 2, &err) < 0 || c->work(&w, &err) < 0;
	sqlite3_close(w.db);		/* with what SQLite keeps beside it, before anything can end the tool */
	if (!bad || (c->tells && w.out.len))
		cp_tool_write(&w.out, c->work == do_rerun ? NULL : output);
	free(w.path);
	uint64_t n = cp_tool_lines(&w.out);
	cp_buf_release(&w.out);
	if (bad)
		cp_die("%s", err.msg);
	return cp_tool_finish(0, n, NULL);
}
