/* A table of which a batch touches few rows: its gradient lies by the rows touched, and the other rows may put off their steps.
 *
 * The gradient.  A look-up sorts the batch's ids once (nn_index); its backward adds into one row of `grad` for each row of the table that
 * was named, the places of a row in their order: the same bits for any number of threads, and those of an array of the table's size.
 * Several look-ups of one table add up.  The optimiser works from the list and empties it.
 *
 * Steps put off.  A step of AdamW on a row without gradient needs nothing but the row and the step's constants.  So these are written down
 * (`past`), and a row makes the steps it has missed when it is next read (nn_table_refresh, by the look-up), or when all are wanted
 * (nn_table_settle): the bits are those of a sweep over all rows at every step.  What is put off together is a run of `unit` rows, as many
 * as fill a vector.
 *
 *     struct nn_index *x = nn_index_new(&arena, ids, n);
 *     nn_table_refresh(t, x, team);                        // now rows may be read
 *     const uint32_t *slot = nn_table_open(t, x, &arena);  // the gradient of row x->row[i] lies at t->grad + slot[i] cols
 */
#ifndef NN_TABLE_H
#define NN_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/team.h"
#include "nn/float.h"
#include "nn/kernels.h"

#define NN_TABLE_UNIT 32	/* elements that put off their steps together, at most, unless they are one row */

struct nn_table {
	size_t n_rows, cols;
	nn_float *val, *m, *v;		/* (n_rows, cols) each, the parameter's */
	uint32_t *row;			/* (n) rows with a gradient, ascending */
	nn_float *grad;			/* (n, cols) */
	size_t n, cap;

	size_t unit;			/* rows that put off their steps together */
	uint32_t *made;			/* (units) how many of the past's steps they have made; NULL: nothing is put off */
	struct nn_adamw_step *past;
	size_t n_past, cap_past;
	struct nn_adamw_rule rule;	/* of the past */
};

struct nn_table *nn_table_new(size_t n_rows, size_t cols, nn_float *val, nn_float *m, nn_float *v);	/* arrays are borrowed */
void nn_table_free(struct nn_table *);

/* A row is on its way into the cache while others are worked on. */
void nn_table_fetch(const struct nn_table *, uint32_t row);
#define NN_TABLE_AHEAD 8	/* so many rows before it is needed */

/* The rows that ids name, and where. */
struct nn_index {
	size_t n;
	uint32_t *row;			/* (n) ascending, each once */
	uint32_t *first;		/* (n+1) row i is named at place[first[i]] .. place[first[i+1]-1], ascending */
	uint32_t *place;
};
struct nn_index *nn_index_new(struct cp_arena *, const uint32_t *ids, size_t n);

/* Room for the gradients of these rows, zero where there was none; slots live in the arena. */
const uint32_t *nn_table_open(struct nn_table *, const struct nn_index *, struct cp_arena *);

/* One more step is pending for all rows.  nn_table_made: this unit, which owed none, has made it already (it had a gradient). */
void nn_table_put_off(struct nn_table *, const struct nn_adamw *, double l2);
void nn_table_made(struct nn_table *, size_t unit);
/* The list is empty again.  Where nothing is gained by waiting, all rows make their steps now. */
void nn_table_stepped(struct nn_table *, struct cp_team *);
/* These rows, or all, make the steps they have missed. */
void nn_table_refresh(struct nn_table *, const struct nn_index *, struct cp_team *);
void nn_table_settle(struct nn_table *, struct cp_team *);

#endif
