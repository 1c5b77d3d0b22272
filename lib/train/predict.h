/* Scores of a finished model, as text: one line a row, in order.
 *
 *     LABEL<TAB>SCORE[<TAB>COLUMN...]       where the rows have labels (missing: nan); SCORE alone without
 *
 * The score is the probability of a click, nine digits.  Values that the model has not met are scored by their field's unseen row and
 * counted.  Lines leave at the end of every block: with eager CSV, as soon as the row is there.
 *
 *     struct cp_predict p = { .model = m, .team = team, .out = stdout };
 *     if (cp_predict_records(&p, path, err) < 0) ...
 *     cp_predict_release(&p);                                         // before the model
 */
#ifndef CP_PREDICT_H
#define CP_PREDICT_H

#include <stdio.h>

#include "base/hash.h"
#include "text/rows.h"
#include "train/model.h"

/* Rows of a chunk: their values and one matrix fit the second cache together.  With a language model a row has some fifty tokens. */
enum { CP_PREDICT_ROWS = 96, CP_PREDICT_ROWS_PLM = 8 };

#define CP_PREDICT_COLUMNS 64	/* of the input that can be printed behind the score, at most */

/* What is printed of rows from .. from+n-1 of the data, appended to `to`; the model has been fed with them. */
struct cp_predict;
typedef void (*cp_predict_fn)(struct cp_predict *, size_t from, size_t n, struct cp_buf *to);

struct cp_predict {
	struct cp_model *model;
	struct cp_team *team;		/* the model's */
	cp_predict_fn show;		/* NULL: scores; else called for a chunk at a time, in their order, by one thread */
	void (*last)(struct cp_predict *, struct cp_buf *to);	/* NULL, or what is appended behind the last row */
	void *ctx;			/* of these */
	int masked;			/* words are masked, as the rows say, else as cp-mask does with every chosen one hidden */
	FILE *out;
	int score_only;
	int skip_bad;			/* a row of CSV that cannot be read, or whose score is no number: left out and counted, else it ends the work */
	int blank_bad;			/* with skip_bad, of scores: an empty line stands in its place, so that each row has its line */
	const char *label;		/* NULL: "label" */
	const char *const *columns;	/* of the input, to be printed behind the score */
	int n_columns;

	uint64_t bad;			/* rows left out */
	uint64_t rows, unseen, values;	/* rows scored; values of fields without a row of their own, of all */
	char digest[33];		/* of what was printed */
	char csv_digest[33], content[33];	/* of the bytes of CSV, or of the records' columns; "" where it was not read to its end */

	struct cp_data data;
	struct cp_data_columns at;
	int extra[CP_PREDICT_COLUMNS];	/* schema column of each; -1: one of the CSV, as it stands there */
	const struct cp_rows *csv;	/* NULL: records */
	struct cp_digest *sum;
	struct cp_model **replica;		/* of the model, one a thread; made when there is a block for more than one */
	int n_replicas;
	struct cp_buf *text;		/* of every chunk of a block */
	size_t n_texts;
};

/* Records ("-": standard input), or CSV as spec.csv says (the rest of the spec is filled in here). */
int cp_predict_records(struct cp_predict *, const char *path, struct cp_err *);
int cp_predict_csv(struct cp_predict *, const char *path, struct cp_rows_spec *spec, struct cp_err *);
void cp_predict_release(struct cp_predict *);

#endif
