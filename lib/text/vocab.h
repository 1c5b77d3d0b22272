/* A map from strings to ids: open addressing over spellings kept in one arena.  For vocabularies; entries are not removed one by one.
 *
 *     struct cp_vocab v;
 *     cp_vocab_init(&v);
 *     cp_vocab_put(&v, "##ing", 5, 2075);
 *     uint32_t id = cp_vocab_get(&v, s, n);          // CP_VOCAB_NONE: not in it
 *     cp_vocab_release(&v);
 */
#ifndef CP_VOCAB_H
#define CP_VOCAB_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

#define CP_VOCAB_NONE UINT32_MAX

struct cp_vocab_slot {
	const char *s;		/* NUL after its n bytes; NULL: free */
	uint32_t n, id;
	uint64_t hash;
};

struct cp_vocab {
	struct cp_vocab_slot *slot;
	size_t n_slots, n;	/* n_slots is a power of two, or 0 */
	size_t longest;		/* bytes of the longest spelling */
	struct cp_arena spelling;
};

void cp_vocab_init(struct cp_vocab *);
void cp_vocab_release(struct cp_vocab *);
void cp_vocab_clear(struct cp_vocab *);			/* keeps the slots */

/* Put a spelling (shorter than 4 GiB), or give one that is there a new id.  Returns the spelling as kept. */
const char *cp_vocab_put(struct cp_vocab *, const char *s, size_t n, uint32_t id);

/* The id, or CP_VOCAB_NONE.  _slot: the entry itself, to change its id, or NULL. */
uint32_t cp_vocab_get(const struct cp_vocab *, const char *s, size_t n);
struct cp_vocab_slot *cp_vocab_slot(const struct cp_vocab *, const char *s, size_t n);

#endif
