/* The order in which an epoch goes through the training rows: a function of (rows, memory, seed, epoch) and of nothing else.
 *
 * Rows in memory are shuffled as a whole.  Rows in files (data.h) are shuffled in two steps, so that few of them are needed at a time: units
 * of CP_DATA_UNIT rows that follow one another are put in a random order, then as many units as fit into the memory, the window, are read
 * and mixed row by row; then the next.
 *
 *     struct cp_shuffle o;
 *     cp_shuffle_init(&o, &train, seed);
 *     cp_shuffle_take(&o, epoch, at, n, &rows, places, origins, err);   // the rows number at..at+n-1 of that epoch, any time, in any order
 *     cp_shuffle_release(&o);
 */
#ifndef CP_SHUFFLE_H
#define CP_SHUFFLE_H

#include <stddef.h>
#include <stdint.h>

#include "train/data.h"

struct cp_shuffle {
	const struct cp_data *d;
	uint64_t seed;
	size_t n_units, window;		/* in units: of all rows, at a time */
	uint32_t *unit;			/* (n_units) in the epoch's order */
	uint32_t *place;		/* of the window at hand: in d, or in its part */
	uint32_t *origin;		/* of the part: places in d; NULL where they are .place */
	uint64_t epoch;			/* UINT64_MAX: none yet */
	size_t number;			/* of the window in the epoch */
	size_t from, to;		/* rows of the epoch in it */
	struct cp_data part, batch;	/* of rows in files: the window at hand, and what was taken last */
};

/* d outlives it; it has been indexed, and holds fewer than 2^32 rows. */
void cp_shuffle_init(struct cp_shuffle *, const struct cp_data *d, uint64_t seed);
void cp_shuffle_release(struct cp_shuffle *);
/* The rows are *rows at places[0..n-1], until the next call; origins: their places in d. */
int cp_shuffle_take(struct cp_shuffle *, uint64_t epoch, size_t at, size_t n, const struct cp_data **rows, uint32_t *places, uint32_t *origins,
		    struct cp_err *);

/* Rows that are mixed with one another; 0: all. */
size_t cp_shuffle_window(const struct cp_shuffle *);

#endif
