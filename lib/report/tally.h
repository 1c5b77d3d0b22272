/* How often each value occurs, in each split, and with which label: a table from 64-bit keys to counts.
 *
 *     struct cp_tally t;
 *     cp_tally_init(&t, 3);
 *     cp_tally_at(&t, key)[split].n++;                        // there with zero counts, if it was not there
 *     for (size_t at = 0; (c = cp_tally_next(&t, &at, &key)); ) ...
 *     cp_tally_release(&t);
 *
 * Exact.  Open addressing, at most seven tenths full and doubled: 8 bytes and 8 more a slot, over what share of the table is in use, so with three
 * slots some 46 to 91 bytes a distinct value.  The order of cp_tally_next is that of the table and means nothing.
 */
#ifndef CP_TALLY_H
#define CP_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

struct cp_count {
	uint32_t n, pos;	/* occurrences, and those with label 1 */
};

struct cp_tally {
	int n_slots;
	size_t n, cap;		/* distinct keys; places, a power of two */
	uint64_t *key;		/* 0: free; key 0 itself has the place behind the last */
	struct cp_count *count;	/* (cap + 1, n_slots) */
	int has_zero;
};

void cp_tally_init(struct cp_tally *, int n_slots);
void cp_tally_release(struct cp_tally *);

/* Counts of a key, one a slot; valid until the next call. */
struct cp_count *cp_tally_at(struct cp_tally *, uint64_t key);
const struct cp_count *cp_tally_find(const struct cp_tally *, uint64_t key);	/* NULL: not there */

/* Begin with *at = 0; NULL at the end. */
const struct cp_count *cp_tally_next(const struct cp_tally *, size_t *at, uint64_t *key);

size_t cp_tally_bytes(const struct cp_tally *);

/* Where a key's place begins, to have it at hand some keys later. */
static inline void cp_tally_prefetch(const struct cp_tally *t, uint64_t key)
{
	size_t at = cp_mix64(key) & (t->cap - 1);
	__builtin_prefetch(&t->key[at]);
	__builtin_prefetch(&t->count[at * (size_t)t->n_slots], 1);
}

#endif
