/* How often each value occurs, in each split, and with which label: a table from 64-bit keys to counts.
 *
 *     struct cp_tally t;
 *     cp_tally_init(&t, 3);
 *     cp_tally_at(&t, key)[split].n++;                        // there with zero counts, if it was not there
 *     for (size_t at = 0; (c = cp_tally_next(&t, &at, &key)); ) ...
 *     cp_tally_release(&t);
 *
 * Exact.  A distinct value takes 21 to 43 bytes of the map and, with three slots, 24 to 48 of the counts, both being doubled when full.  The order of
 * cp_tally_next is that of the map and means nothing.
 */
#ifndef CP_TALLY_H
#define CP_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

struct cp_count {
	uint32_t n, pos;	/* occurrences, and those with label 1 */
};

struct cp_tally {
	int n_slots;
	struct cp_map place;	/* of a key among the counts, from 1 */
	struct cp_count *count;	/* (n, n_slots), in the order that keys were met */
	size_t n, cap;		/* distinct keys */
};

void cp_tally_init(struct cp_tally *, int n_slots);
void cp_tally_release(struct cp_tally *);

/* Counts of a key, one a slot; valid until the next call. */
struct cp_count *cp_tally_at(struct cp_tally *, uint64_t key);
const struct cp_count *cp_tally_find(const struct cp_tally *, uint64_t key);	/* NULL: not there */

/* Begin with *at = 0; NULL at the end. */
const struct cp_count *cp_tally_next(const struct cp_tally *, size_t *at, uint64_t *key);

size_t cp_tally_bytes(const struct cp_tally *);

#endif
