/* Which rows of a stream are wanted.  In this order:
 *
 *     where         rows that fulfil all conditions (where.h)
 *     first, last   of those, by their number from 0; or the last `tail` of them
 *     sample        of those, each with this probability; or just sample_rows of them (all, if there are fewer): those with the smallest
 *                   random numbers, so that a smaller sample is part of a larger one
 *
 * What is random depends on the seed and the row's number (its row column, or where there is none its place in the input), and on nothing
 * else.  `tail` and `sample_rows` take two passes; sample_rows takes 8 bytes of memory a row of the sample.
 *
 *     struct cp_pick *p = cp_pick_new(&opts);
 *     cp_pick_first_pass(p, reader, err);
 *     then a segment:  cp_pick_bind(p, reader, err);  cp_pick_choose(p, reader, columns, n_columns);
 *     a block:         n = cp_pick_rows(p, &block, &rows);
 */
#ifndef CP_PICK_H
#define CP_PICK_H

#include "stream/stream.h"
#include "stream/where.h"

struct cp_pick_opts {
	const struct cp_opt_list *where;	/* or NULL */
	cp_key_of *key_of;			/* for conditions on keys */
	uint64_t first, last;	/* rows first .. last-1; last UINT64_MAX: to the end */
	int64_t tail;		/* -1: not asked for */
	double sample;		/* share; 1: all */
	int64_t sample_rows;	/* -1: not asked for */
	uint64_t seed;
};
#define CP_PICK_ALL { .last = UINT64_MAX, .tail = -1, .sample = 1, .sample_rows = -1 }

struct cp_pick;

struct cp_pick *cp_pick_new(const struct cp_pick_opts *);
void cp_pick_free(struct cp_pick *);

int cp_pick_is_all(const struct cp_pick_opts *);	/* every row is wanted */

/* Take the reader's schema from the next block on. */
int cp_pick_bind(struct cp_pick *, const struct cp_reader *, struct cp_err *);

/* cp_reader_choose() of these columns and of those that rows are chosen by. */
void cp_pick_choose(const struct cp_pick *, struct cp_reader *, const int *columns, int n);

/* The rows wanted, ascending, until the next call; how many.  Blocks come one after another from the first on. */
size_t cp_pick_rows(struct cp_pick *, const struct cp_block *, const uint32_t **rows);

/* Will no later row be wanted? */
int cp_pick_done(const struct cp_pick *);

/* Both passes of a reader that is not to keep its seams: the first, and the rewind (nothing where one pass is enough).  All segments have the
 * schema of the first. */
int cp_pick_first_pass(struct cp_pick *, struct cp_reader *, struct cp_err *);

#endif
