/* A team of threads that runs numbered tasks.
 *
 * cp_team_run() calls fn(ctx, task) for task 0..n_tasks-1, each once, by whichever thread is free, and returns when all are done.
 * What a task computes must not depend on which thread runs it or on the order: then 1, 2 or 16 threads give the same bits.  The caller
 * takes part; a team of 1 starts no thread.  Calls do not nest; one caller at a time.
 */
#ifndef CP_TEAM_H
#define CP_TEAM_H

#include "base/err.h"

struct cp_team;

struct cp_team *cp_team_new(int n_threads, struct cp_err *);	/* NULL on failure */
void cp_team_free(struct cp_team *);
void cp_team_run(struct cp_team *, int n_tasks, void (*fn)(void *ctx, int task), void *ctx);	/* team NULL: in this thread */
int cp_team_size(const struct cp_team *);

#endif
