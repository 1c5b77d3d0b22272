/* A hash map from uint64_t keys to uint64_t values other than 0, by linear probing.
 *
 *     struct cp_map m;
 *     cp_map_init(&m);
 *     cp_map_at(&m, key)->value++;                         // a new key has 0: set it before the next call
 *     uint64_t n = cp_map_find(&m, key)->value;            // 0: it is not there
 *     cp_map_release(&m);
 *
 * 16 bytes a slot, of which at most three in four are taken.  Pointers hold until the next cp_map_at.  Any word is a key. */
#ifndef CP_MAP_H
#define CP_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

struct cp_slot {
	uint64_t key, value;		/* value 0: an empty slot */
};

struct cp_map {
	struct cp_slot *slot;
	size_t n_slots, n_used;
};

void cp_map_init(struct cp_map *);
void cp_map_release(struct cp_map *);
void cp_map_clear(struct cp_map *);				/* keeps the slots */

struct cp_slot *cp_map_find(const struct cp_map *, uint64_t key);
struct cp_slot *cp_map_at(struct cp_map *, uint64_t key);
/* Would a key that is not there yet double the slots? */
int cp_map_is_full(const struct cp_map *);

/* Where a key's place begins, to have it at hand some keys later. */
static inline void cp_map_prefetch(const struct cp_map *m, uint64_t key)
{
	__builtin_prefetch(&m->slot[(size_t)cp_mix64(key) & (m->n_slots - 1)], 1);
}

#endif
