/* cp-featurize: CSV to records, one 64-bit key a field.  The work is lib/text/prepare.h's. */
#include "prepare.h"

static struct cp_prepare job = CP_PREPARE_INIT;

static const struct cp_opt opts[] = {
	CP_PREPARE_OPTIONS(job),
	CP_PREPARE_LEARN_OPTIONS(job),
	{ 0, "seed", CP_OPT_SEED, &job.seed, "N", "of the sample that --learn takes of many rows" },
	{ 0 },
};

static const struct cp_tool tool = {
	.name = "cp-featurize",
	.synopsis = "[OPTION...] [FILE...] > RECORDS\n--learn [OPTION...] [FILE...] > DECLARATION",
	.summary = "CSV to records: the label, and one 64-bit key a field",
	.opts = opts,
	.notes = "Columns called label, timestamp and weight have these roles; all others are fields.",
	.max_operands = -1,
	.filter = 1,
};

int main(int argc, char **argv)
{
	cp_tool_start(&tool, &argc, argv);
	if (!job.output && !job.learn)
		cp_no_binary_tty();
	job.keys = 1;
	return cp_tool_prepare(&tool, &job, argc, argv);
}
