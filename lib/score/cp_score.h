/* Scores of a clickprompt CTR model inside another program: the library call behind cp-predict, for C and C++ (cp_score(3)).
 *
 * A scorer is a model, read once and never changed: any number of threads may share one.  A context is what one thread scores with; it is made
 * for batches of at most max_rows rows, has all the memory it will ever need when it is made, and starts no thread.  A row is given as text,
 * a value for each column of the CSV that the model was trained on (cp_scorer_column), and becomes what the training rows were by the
 * declaration stored with the model.  Its score is that of cp-predict, to the bit, alone or in a batch of any size.
 *
 *     struct cp_score_error err;
 *     struct cp_scorer *model = cp_scorer_open("ctr.cpm", CP_SCORE_F32, &err);        // NULL: err.text says why, in one sentence
 *     struct cp_score_context *score = cp_score_context_new(model, 1, &err);          // one a thread
 *     struct cp_score_value row[] = { { "u17", 3 }, { "Heat", 4 } };                  // in the order of cp_scorer_column(model, 0 ...)
 *     double p;
 *     if (cp_score_row(score, row, &p, &err) < 0) ...                                 // a value that is no number where one is needed
 *     cp_score_context_free(score);
 *     cp_scorer_close(model);                                                         // after its contexts
 *
 * Nothing here prints or ends the process, and after cp_score_context_new nothing allocates.  A thread needs 256 KB of stack.  Any error pointer may
 * be NULL.  Of the program around it two things change: OpenBLAS, where it is used there too, has one thread from the start, and from the first model
 * that is opened jansson, likewise, asks for memory by a function that falls back on the one it had.
 */
#ifndef CP_SCORE_H
#define CP_SCORE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CP_SCORE_MAX_ROWS (1 << 20)	/* of a context's batch */
#define CP_SCORE_MAX_LIST 4095		/* members of a list; the lists of a batch have 64 a row and field on an average and 4096 more */

struct cp_scorer;
struct cp_score_context;

struct cp_score_error {
	char text[1024];
};

struct cp_score_value {
	const char *text;		/* UTF-8, need not end in NUL; NULL is allowed where len is 0 */
	size_t len;			/* 0: missing */
};

enum cp_score_precision {
	CP_SCORE_F32,
	CP_SCORE_BF16,			/* weights and rows rounded, as cp-predict --precision bf16: other scores, faster; needs AVX512_BF16 */
	CP_SCORE_INT8			/* to whole numbers of eight bits, as --precision int8: faster again, and coarser; needs AVX512_VNNI */
};

/* NULL: a sentence.  Memory that runs out is one too (what had been allocated by then is not given back).  A model with a language model in it is
 * refused.  Afterwards the file may go; while it is being opened nobody may write into it (put another in its place by rename, as cp-train does). */
struct cp_scorer *cp_scorer_open(const char *path, enum cp_score_precision, struct cp_score_error *);
void cp_scorer_close(struct cp_scorer *);			/* NULL allowed */

/* The columns a row consists of.  Names live as long as the scorer. */
size_t cp_scorer_columns(const struct cp_scorer *);
const char *cp_scorer_column(const struct cp_scorer *, size_t i);	/* NULL past the last */

/* The fields that these become: mostly a column each; a declaration may make several of one column. */
enum cp_score_kind { CP_SCORE_KEY, CP_SCORE_LIST, CP_SCORE_NUMBER };
struct cp_score_field {
	const char *name;
	enum cp_score_kind kind;
	const char *declared;		/* its line of the declaration; NULL: the value as it stands */
	size_t n_values;		/* known from training; 0 where values are hashed into a table of a fixed size */
};
size_t cp_scorer_fields(const struct cp_scorer *);
int cp_scorer_field(const struct cp_scorer *, size_t i, struct cp_score_field *);	/* -1: past the last; strings live as long as the scorer */

/* max_rows: 1 to CP_SCORE_MAX_ROWS.  NULL: a sentence.  The scorer must outlive it. */
struct cp_score_context *cp_score_context_new(const struct cp_scorer *, size_t max_rows, struct cp_score_error *);
void cp_score_context_free(struct cp_score_context *);		/* NULL allowed */

/* The probability of a click, 0 to 1, of
 *
 *     a row           (columns) values
 *     n rows          (n, columns) values, row by row, to (n) scores; any n, by batches of max_rows
 *     a named row     n values and their columns' names, in any order; others among them are passed over, one that is missing is an error
 *
 * -1: a sentence, no score is to be used (some may have been written), and none counts. */
int cp_score_row(struct cp_score_context *, const struct cp_score_value *row, double *score, struct cp_score_error *);
int cp_score_rows(struct cp_score_context *, const struct cp_score_value *rows, size_t n, double *scores, struct cp_score_error *);
int cp_score_named(struct cp_score_context *, const char *const *names, const struct cp_score_value *values, size_t n, double *score,
		   struct cp_score_error *);

/* Of all rows that this context has given a score.  A value not met in training is scored by its field's row for such; each member of a list counts. */
struct cp_score_counts {
	uint64_t rows, values, unseen;
};
struct cp_score_counts cp_score_context_counts(const struct cp_score_context *);

#ifdef __cplusplus
}
#endif

#endif
