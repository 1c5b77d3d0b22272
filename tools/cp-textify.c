/* cp-textify: CSV to records with a sentence a row, or to the sentences alone.  The work is lib/text/prepare.h's. */
#include "prepare.h"

static struct cp_prepare job = CP_PREPARE_INIT;

static const struct cp_opt opts[] = {
	{ 't', "template", CP_OPT_STR, &job.sentence, "TEXT", "another sentence: {Name} for a value, {? } for an optional part" },
	{ 0, "template-file", CP_OPT_STR, &job.sentence_file, "FILE", "the same from a file of one line", .use = CP_USE_INPUT },
	{ 0, "form", CP_OPT_CHOICE, &job.form, "NAME", "how the fields are told", .choices = CP_SENTENCE_FORMS },
	{ 0, "item-fields", CP_OPT_STR, &job.item_fields, "NAMES", "of form ctrl: the fields of the item (a line of CSV); else from the second on that is an ID" },
	{ 0, "missing", CP_OPT_STR, &job.missing, "WORD", "what the sentence says where there is no value" },
	{ 0, "omit-empty", CP_OPT_SET, &job.omit_empty, NULL, "leave fields without a value out of the sentence", .set = 1 },
	{ 0, "shuffle-fields", CP_OPT_SET, &job.shuffle, NULL, "another order of the fields in every row, by the seed and the row's number", .set = 1 },
	{ 0, "seed", CP_OPT_SEED, &job.seed, "N", "of --shuffle-fields, and of the sample that --learn takes of many rows" },
	{ 0, "text", CP_OPT_SET, &job.lines, NULL, "write the sentences as plain lines, not records", .set = 1 },
	CP_PREPARE_OPTIONS(job),
	CP_PREPARE_LEARN_OPTIONS(job),
	{ 0 },
};

static const struct cp_tool tool = {
	.name = "cp-textify",
	.synopsis = "[OPTION...] [FILE...] > RECORDS\n--text [OPTION...] [FILE...] > LINES\n--learn [OPTION...] [FILE...] > DECLARATION",
	.summary = "CSV to records: the label, one 64-bit key a field, and the row as a sentence",
	.opts = opts,
	.notes = "The sentence is \"FIELD is VALUE.\" for each field, joined by one space.\n"
		 "Columns called label, timestamp and weight have these roles; all others are fields.",
	.max_operands = -1,
	.filter = 1,
};

int main(int argc, char **argv)
{
	cp_tool_start(&tool, &argc, argv);
	if (!job.output && !job.lines && !job.learn)
		cp_no_binary_tty();
	job.keys = !job.lines;
	job.text = 1;
	return cp_tool_prepare(&tool, &job, argc, argv);
}
