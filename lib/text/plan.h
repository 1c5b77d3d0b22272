/* What the rows of a CSV become: a plan, compiled once, and blocks that are filled by it.
 *
 * The plan (columns, kinds, seeds, bounds, the sentence) does not change once it is made, so any number of threads may use one.  A fill is
 * the changing part: the columns of one block.  Each thread has its own; nothing else is written to.
 *
 *     struct cp_plan *plan = cp_plan_new(csv, &spec, err);             // against the names of this CSV
 *     struct cp_fill *fill = cp_fill_new(plan);
 *     cp_fill_reset(fill);
 *     while (!cp_fill_is_full(fill) && (row = next...))
 *             if (cp_fill_row(fill, fields, row_number, line, err) < 0) ...    // a bad row leaves nothing behind
 *     cp_fill_block(fill, &block);                                     // columns as in cp_plan_schema(plan); points into fill
 *
 * The same fields and numbers give the same values, whichever fill they go to.
 */
#ifndef CP_PLAN_H
#define CP_PLAN_H

#include <stdint.h>

#include "base/err.h"
#include "stream/schema.h"
#include "stream/stream.h"
#include "text/csv.h"
#include "text/declare.h"
#include "text/template.h"

#define CP_MISSING_WORD "unknown"	/* what a sentence says where there is no value, unless told otherwise */

struct cp_rows_spec {
	struct cp_csv_opts csv;		/* .digest is set by cp_rows itself */
	const char *label, *time, *weight;	/* NULL: the declared ones, else the usual names, if they are there */
	const char *const *fields;	/* these, in this order; NULL: every column without a role, as they come, then the new fields */
	size_t n_fields;
	const struct cp_declaration *declared;	/* NULL: all are categories */
	const char *const *nulls;	/* values that count as none in every column, beside the empty one */
	size_t n_nulls;
	const struct cp_schema *like;	/* fields are made as these columns say (their attribute "declare"), the sentence as "text" says; a role
					   is one of its columns too, and taken if it is there.  NULL: as above */
	int keys, text;			/* which columns to make */
	const char *const *also;	/* columns of the CSV whose values are kept as they stand, beside the block; or names of its columns */
	size_t n_also;
	int learn;			/* lines still to be learnt are no fault: number columns */
	const char *sentence;		/* a template (template.h); NULL: by form */
	enum cp_sentence_form form;
	const char *missing;		/* NULL: CP_MISSING_WORD */
	const char *const *item_fields;	/* of form ctrl: the item's; the others are the user's */
	size_t n_item_fields;
	int omit_empty, shuffle;
	uint64_t seed;			/* of the shuffle */
	int skip_bad;
	int tell_gaps;			/* with skip_bad: where a block lacks bad rows is kept (cp_rows_gaps), and it may lack all it had */
	int eager;			/* end a block where more rows would have to be waited for */
	uint64_t first_row;
	int no_file;			/* a fault names the row and the column, and no line */
};

struct cp_plan;
struct cp_fill;

/* NULL: a sentence (an unknown name lists those there are).  Nothing of the spec is kept.  Without a header the CSV's columns may get their
 * names from .fields. */
struct cp_plan *cp_plan_new(struct cp_csv *, const struct cp_rows_spec *, struct cp_err *);
void cp_plan_free(struct cp_plan *);
const struct cp_schema *cp_plan_schema(const struct cp_plan *);
/* The line that a column of the schema is made by, as it holds for it; NULL: none. */
const struct cp_declare *cp_plan_line(const struct cp_plan *, int column);
/* The column of the CSV that a column of the schema, not the row's number or the text, is made of. */
size_t cp_plan_from(const struct cp_plan *, int column);

/* The key of one value (of a list, of one member) in a field that is made by this line, NULL: as it stands.  Buckets are asked for by a number
 * in them, hours and weekdays by their own names.  -1: such a value there is not. */
int cp_declare_key(const struct cp_declare *, const char *field, const char *value, uint64_t *key, struct cp_err *);

struct cp_fill *cp_fill_new(const struct cp_plan *);	/* outlived by the plan */
void cp_fill_free(struct cp_fill *);
void cp_fill_reset(struct cp_fill *);
int cp_fill_row(struct cp_fill *, const struct cp_csv_field *fields, uint64_t row, uint64_t line, struct cp_err *);
int cp_fill_is_full(const struct cp_fill *);
size_t cp_fill_rows(const struct cp_fill *);
void cp_fill_block(const struct cp_fill *, struct cp_block *);	/* all but first_row */
/* The values of .also[i] in the block, as of a text column; -1: the CSV has no such column, a column of the schema is called so. */
int cp_fill_also(const struct cp_fill *, size_t i, struct cp_values *);

#endif
