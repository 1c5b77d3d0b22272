/* The job that cp-featurize and cp-textify share: CSV files in, a record stream or plain lines out.
 *
 *     static struct cp_prepare job = CP_PREPARE_INIT;
 *     static const struct cp_opt opts[] = { CP_PREPARE_OPTIONS(job), { 0 } };
 *     job.keys = 1;
 *     json_t *step = cp_step_new("cp-featurize", CP_VERSION, opts);
 *     if (cp_prepare_run(&job, argv + 1, argc - 1, step, &count, &err) < 0) ...
 *
 * Several files are one input: their columns must agree, and row numbers go on from one to the next.
 */
#ifndef CP_PREPARE_H
#define CP_PREPARE_H

#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/opts.h"
#include "text/rows.h"

struct cp_prepare {
	/* what the options set */
	const char *output, *label, *time, *weight, *fields, *delimiter, *declare, *nulls;
	struct cp_opt_list lines_given;		/* --field */
	int no_header, skip_bad, replace_utf8;
	int64_t first_row, threads;
	uint64_t seed;
	const char *rows_of;		/* of learning alone: a stream that has the rows to learn from; NULL: all */
	int learn;
	/* of cp-textify alone */
	const char *sentence, *sentence_file, *missing, *item_fields;
	int form;		/* enum cp_sentence_form */
	int lines, omit_empty, shuffle;
	/* what the tool sets */
	int keys, text;
};

#define CP_PREPARE_INIT { .delimiter = ",", .missing = CP_MISSING_WORD }

#define CP_PREPARE_OPTIONS(o) \
	{ 'o', "output", CP_OPT_STR, &(o).output, "FILE", "write here instead of standard output", .use = CP_USE_OUTPUT }, \
	{ 0, "fields", CP_OPT_STR, &(o).fields, "NAMES", "these fields in this order (a line of CSV); without it, all", .use = CP_USE_NAME, .content = 1 }, \
	{ 0, "declare", CP_OPT_STR, &(o).declare, "FILE", "what the columns are: lines of NAME: KIND (section FIELDS of cp-featurize(1))", .use = CP_USE_INPUT }, \
	{ 'f', "field", CP_OPT_LIST, &(o).lines_given, "LINE", "one such line, behind those of --declare; again for more" }, \
	{ 0, "null", CP_OPT_STR, &(o).nulls, "VALUES", "these count as no value in every column (a line of CSV), beside the empty one" }, \
	{ 0, "label", CP_OPT_STR, &(o).label, "NAME", "the column that is the label, instead of 'label'", .content = 1 }, \
	{ 0, "time", CP_OPT_STR, &(o).time, "NAME", "the column that is the timestamp, instead of 'timestamp'", .content = 1 }, \
	{ 0, "weight", CP_OPT_STR, &(o).weight, "NAME", "the column that is the weight, instead of 'weight'", .content = 1 }, \
	{ 'd', "delimiter", CP_OPT_STR, &(o).delimiter, "CHAR", "between fields; \\t is a tab", .content = 1 }, \
	{ 0, "no-header", CP_OPT_SET, &(o).no_header, NULL, "the first line is a row; columns are f1, f2, ... or as --fields names them", \
	  .set = 1, .content = 1 }, \
	{ 0, "bad-utf8", CP_OPT_CHOICE, &(o).replace_utf8, "HOW", "bytes that are not UTF-8: a bad row, or U+FFFD in their place", \
	  .choices = "refuse|replace", .content = 1 }, \
	{ 0, "skip-bad", CP_OPT_SET, &(o).skip_bad, NULL, "leave bad rows out and say how many", .set = 1, .content = 1 }, \
	{ 0, "first-row", CP_OPT_INT, &(o).first_row, "N", "number of the first row, for a part of a larger input", .min = 0, .max = 0x1p53 }, \
	{ 0, "threads", CP_OPT_INT, &(o).threads, "N", "0: as many as there are processors; the bytes are the same for any number", \
	  .min = 0, .max = 1024 }

#define CP_PREPARE_LEARN_OPTIONS(o) \
	{ 0, "learn", CP_OPT_SET, &(o).learn, NULL, "write the declaration, what the rows teach of \"buckets N\" and \"standard\" in it, not records", \
	  .set = 1 }, \
	{ 0, "rows-of", CP_OPT_STR, &(o).rows_of, "RECORDS", "of --learn: from the rows alone whose numbers are there, say those to train on", \
	  .use = CP_USE_INPUT }

/* A line of CSV into words, so one may hold a comma, in quotes; v and its words live in the arena.  line NULL: none. */
int cp_prepare_words(const char *line, const char *option, const char *const **v, size_t *n, struct cp_arena *, struct cp_err *);

struct cp_prepare_count {
	uint64_t rows_in, rows_out, n_bad;
	size_t n_learnt;	/* columns, by cp_prepare_learn */
	char *first_bad;	/* what was wrong with the first bad row, or NULL; the caller frees */
};

/* The spec the options amount to, with what it points to (some of it are the options).  Files that they name are read only if read_files. */
struct cp_prepared {
	struct cp_rows_spec spec;
	struct cp_declaration *declared;	/* NULL: nothing is */
	struct cp_arena arena;
};
int cp_prepare_spec(const struct cp_prepare *, int read_files, struct cp_prepared *, struct cp_err *);
void cp_prepared_release(struct cp_prepared *);
void cp_prepare_counted(struct cp_prepare_count *, const struct cp_rows *);	/* add these */

/* Are the options in order, as far as that can be said without the input? */
int cp_prepare_check(const struct cp_prepare *, struct cp_err *);

/* The whole job.  No files: standard input. `step` is the provenance of every column; the template is added to
 * that of the text. */
int cp_prepare_run(const struct cp_prepare *, char *const *files, int n_files, json_t *step, struct cp_prepare_count *, struct cp_err *);

/* The other job: learn buckets, means and deviations, and write the declaration with them, to the output that the options name; as it is where
 * there are none. */
int cp_prepare_learn(const struct cp_prepare *, char *const *files, int n_files, struct cp_prepare_count *, struct cp_err *);

#endif
