#include "prepare.h"

#include <stdio.h>
#include <stdlib.h>

#include "stream/schema.h"

int cp_tool_prepare(const struct cp_tool *tool, const struct cp_prepare *job, int argc, char **argv)
{
	struct cp_err err;
	struct cp_prepare_count count;
	char extra[64];
	if (cp_prepare_check(job, &err) < 0)
		cp_usage("%s", err.msg);
	json_t *step = cp_step_new(tool->name, CP_VERSION, tool->opts);
	int rc = job->learn ? cp_prepare_learn(job, argv + 1, argc - 1, &count, &err)
			    : cp_prepare_run(job, argv + 1, argc - 1, step, &count, &err);
	json_decref(step);
	if (rc < 0)
		cp_die("%s", err.msg);
	if (job->learn && !count.n_learnt)
		cp_note("nothing to learn: the declaration says what it said");
	if (count.first_bad)
		cp_note("the first bad row: %s", count.first_bad);
	free(count.first_bad);
	free(job->lines_given.v);
	snprintf(extra, sizeof extra, "%llu bad row%s left out", (unsigned long long)count.n_bad, count.n_bad == 1 ? "" : "s");
	return cp_tool_finish(count.rows_in, count.rows_out, job->skip_bad ? extra : NULL);
}
