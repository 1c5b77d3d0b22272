/* Reading the ledger back as text: what cp-ledger prints.  All append to a buffer, and take a database opened by cp_db_open
 * that has the views of cp_db_queries. */
#ifndef CP_LEDGER_QUERY_H
#define CP_LEDGER_QUERY_H

#include <stdint.h>

#include <sqlite3.h>

#include "base/err.h"
#include "base/mem.h"

/* A run by its number, or by its uid or the beginning of it (4 characters at least).  <0: none, or several. */
int cp_ledger_find(sqlite3 *, const char *word, int64_t *id, struct cp_err *);

/* The latest `limit` runs (0: all) of this tool (NULL: any) and status (enum cp_run_status; -1: any), oldest first: a head and a line each, tabs between. */
int cp_ledger_list(sqlite3 *, const char *tool, int status, int64_t limit, struct cp_buf *, struct cp_err *);

/* Everything about a run. */
int cp_ledger_show(sqlite3 *, int64_t id, struct cp_buf *, struct cp_err *);

/* What two runs do not share: a line each, what it is, the first's value, the second's. */
int cp_ledger_diff(sqlite3 *, int64_t a, int64_t b, struct cp_buf *, struct cp_err *);

/* The best by a figure at the end of runs, best first: run by run, or trainings that differ in nothing but the seed, by their mean. */
struct cp_best {
	const char *key;		/* auc */
	const char *split;		/* NULL: any */
	const char *rows;		/* NULL: any; else a pattern as GLOB takes it of the path of the training rows */
	int lowest;			/* smaller is better */
	int over_seeds;
	int64_t limit;			/* 0: all */
};
/* A figure that no run has, or not on such rows or of such a model, is a sentence; a ledger without figures is not. */
int cp_ledger_best(sqlite3 *, const struct cp_best *, struct cp_buf *, struct cp_err *);

/* Whether the files that a run (0: any run but repetitions, whose files were temporary) read and wrote lie where they were, with the
 * bytes they had: a line each; *n_bad counts those that do not. */
int cp_ledger_verify(sqlite3 *, int64_t id, struct cp_buf *, int64_t *n_bad, struct cp_err *);

/* Every sealed row as SQL text that builds an equal ledger, ordered by id: no hosts, processes or folders, and of absolute paths the
 * last part. */
int cp_ledger_export(sqlite3 *, struct cp_buf *, struct cp_err *);

/* Add to the ledger of this name the runs of a file that are not there yet, by uid; an id that is taken becomes the next free one.  The file is such
 * a text or another ledger; that one is only read, of any version up to ours, and its running rows are left out.  A ledger that is missing is made
 * once the file is read. */
int cp_ledger_merge(const char *ledger, const char *path, int64_t *n_new, struct cp_err *);

#endif
