/* The ledger: one SQLite file that remembers every run.
 *
 * A run is a row from before its first input byte is read (status running, committed) until it is sealed: done, failed or interrupted.
 * Whoever opens the ledger seals running rows whose process is gone as killed.  Any number of processes may write at once (WAL).  What
 * the tables and views hold is told in schema.h; all of it is plain SQL for `sqlite3`.
 *
 * A tool uses it through tools/tool.h, which seals the row on every way out:
 *
 *     static struct cp_ledger_opts lo;
 *     static const struct cp_opt opts[] = { ..., CP_LEDGER_OPTS(lo), { 0 } };
 *     struct cp_run *run = cp_tool_begin(&lo, &(struct cp_run_facts){ .threads = n, .blas = "OpenBLAS SkylakeX" });
 *     cp_run_input(run, &(struct cp_run_file){ .role = "train", .path = path, .rows = n_rows });
 *     cp_run_metric(run, "test", NULL, -1, "auc", auc);
 *     cp_run_output(run, &(struct cp_run_file){ .role = "model", .path = "m.cpm" });
 *     return cp_tool_finish(...);
 *
 * CP_TAGS="NAME=VALUE,..." in the environment says what the run is for; a grid says which cell it belongs to.
 *
 * A NULL run (--no-ledger) is taken by every call and means "remember nothing".  A ledger that cannot be written is refused at the start,
 * before any work; one that fails later costs no work: the first failure is kept, the calls after it do nothing, and cp_run_end tells.
 * The calls on one run may come from any thread.
 */
#ifndef CP_LEDGER_H
#define CP_LEDGER_H

#include <stdint.h>

#include "base/err.h"
#include "base/opts.h"

struct cp_run;

/* --ledger FILE and --no-ledger: the same two in every tool that has a row.  All zero is the default place. */
struct cp_ledger_opts {
	const char *path;
	int off;
};
#define CP_LEDGER_OPTS(o) \
	{ 0, "ledger", CP_OPT_STR, &(o).path, "FILE", "record the run in FILE, not in $CP_LEDGER or ~/.local/state/clickprompt/ledger.db", .use = CP_USE_INPUT }, \
	{ 0, "no-ledger", CP_OPT_SET, &(o).off, NULL, "do not record the run", .set = 1 }

/* The ledger's place: --ledger, else CP_LEDGER, else $XDG_STATE_HOME/clickprompt/ledger.db, else ~/.local/state/clickprompt/ledger.db.
 * The caller frees it; NULL with a sentence where none of them is set. */
char *cp_ledger_path(const char *option, struct cp_err *);

/* What a run is.  Strings may be NULL: unknown. */
struct cp_run_facts {
	int threads;				/* in force; 0: not told */
	const char *blas;			/* name and kernel in force */
	const char *tool, *version, *build, *source;	/* these six are filled in by cp_tool_begin; source: which, as git names it */
	char *const *argv;			/* NULL-terminated, as given */
	const struct cp_opts *opts;		/* every option's value, and whether it was given; --seed among them is the run's seed */
};

/* Open (making the file, and at the default place its folder, where missing) and commit the row. *run is NULL and 0 is returned where
 * o->off is set. */
int cp_run_begin(struct cp_run **run, const struct cp_ledger_opts *o, const struct cp_run_facts *, struct cp_err *);

/* Its name, the same wherever the row is copied; NULL for a NULL run. */
const char *cp_run_uid(const struct cp_run *);

/* More about the run, each committed at once. */
void cp_run_param(struct cp_run *, const char *name, const char *value);	/* found, not given: the default that was used, sizes, ... */
void cp_run_decides(struct cp_run *, const char *name, const char *value);	/* the same, of what the output depends on: part of the recipe */

/* A file read or written. Record an input when it is opened where it has a name, when it has been read where it is a pipe; an output
 * when whole. */
struct cp_run_file {
	const char *role;	/* train, valid, test, init, plm, model, scores, records, ... */
	const char *path;	/* as the tool was given it; NULL or "-": the standard stream (its file's name is found where it is one) */
	const char *digest;	/* XXH3-128 of the bytes, 32 hex digits (base/hash.h).  NULL: the file is read and digested here; a pipe's stays unknown
				   and the run cannot be rerun */
	const char *content;	/* digest of the content, as a stream's trailer has it; NULL: none */
	int64_t rows;		/* 0: unknown */
};
void cp_run_input(struct cp_run *, const struct cp_run_file *);
void cp_run_output(struct cp_run *, const struct cp_run_file *);

/* A figure. split: train, valid, test or NULL; stratum: a part of the rows, or NULL; epoch: passes over the rows so far, 1 after the first, 0.25
 * within it; -1: at the end. key: auc, logloss, rows_per_s, ... NaN is stored as NULL. A second value for the same place replaces the first. */
void cp_run_metric(struct cp_run *, const char *split, const char *stratum, double epoch, const char *key, double value);

/* A test of a against b (names of score columns, files or runs). */
struct cp_run_comparison {
	const char *method;		/* delong, paired-t */
	const char *split, *stratum, *key;	/* key: auc */
	const char *a, *b;
	double value_a, value_b, diff, se, statistic, p;
	int64_t n;
};
void cp_run_compare(struct cp_run *, const struct cp_run_comparison *);

#define CP_RUN_STATUSES "running|done|failed|interrupted|killed"
enum cp_run_status { CP_RUN_RUNNING, CP_RUN_DONE, CP_RUN_FAILED, CP_RUN_INTERRUPTED, CP_RUN_KILLED };

/* The times and the peak of memory so far, for a run that may be killed: what its row has then is what it took until here. */
void cp_run_took(struct cp_run *);

/* Seal the row: done, failed or interrupted, exit status, one sentence of why (or NULL), times, CPU, peak memory.  <0 where this or an earlier call could not be
 * written.  Only the first seal counts.  The run stays valid until it is freed. */
int cp_run_end(struct cp_run *, enum cp_run_status, int exit_status, const char *why, struct cp_err *);
void cp_run_free(struct cp_run *);

#endif
