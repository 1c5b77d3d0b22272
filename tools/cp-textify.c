/* cp-textify: CSV to records with a sentence a row, or to the sentences alone.  The work is lib/text/prepare.h's. */
#include "prepare.h"

static struct cp_prepare job = CP_PREPARE_INIT;

static const struct cp_opt opts[] = {
	{ 't', "template", CP_OPT_STR, &job.sentence, "TEXT", "another sentence: {Name} for a value, {{ and }} for braces" },
	{ 0, "text", CP_OPT_SET, &job.lines, NULL, "write the sentences as plain lines, not records", .set = 1 },
	CP_PREPARE_OPTIONS(job),
	{ 0 },
};

static const struct cp_tool tool = {
	.name = "cp-textify",
	.synopsis = "[OPTION...] [FILE...] > RECORDS\n--text [OPTION...] [FILE...] > LINES",
	.summary = "CSV to records: the label, one 64-bit key a field, and the row as a sentence",
	.opts = opts,
	.notes = "The sentence is \"FIELD is VALUE.\" for each field, joined by one space.\n"
		 "Columns called label, timestamp and weight have these roles; all others are fields.",
	.max_operands = -1,
};

int main(int argc, char **argv)
{
	cp_tool_start(&tool, &argc, argv);
	if (!job.output && !job.lines)
		cp_no_binary_tty();
	job.keys = !job.lines;
	job.text = 1;
	return prepare_main(&tool, &job, argc, argv);
}
