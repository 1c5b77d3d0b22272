/* A map from strings to ids: see vocab.h. */
#include "text/vocab.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { FIRST_SLOTS = 1024 };

void cp_vocab_init(struct cp_vocab *v)
{
	memset(v, 0, sizeof *v);
}

void cp_vocab_release(struct cp_vocab *v)
{
	free(v->slot);
	cp_arena_release(&v->spelling);
	cp_vocab_init(v);
}

void cp_vocab_clear(struct cp_vocab *v)
{
	if (v->n)
		memset(v->slot, 0, v->n_slots * sizeof *v->slot);
	cp_arena_reset(&v->spelling);
	v->n = v->longest = 0;
}

/* The slot of a spelling, or the free one where it would go. */
static inline struct cp_vocab_slot *probe(const struct cp_vocab *v, const char *s, size_t n, uint64_t hash)
{
	size_t i = hash & (v->n_slots - 1);
	while (v->slot[i].s && !(v->slot[i].hash == hash && v->slot[i].n == n && !memcmp(v->slot[i].s, s, n)))
		i = (i + 1) & (v->n_slots - 1);
	return &v->slot[i];
}

static void grow(struct cp_vocab *v)
{
	struct cp_vocab_slot *old = v->slot;
	size_t n_old = v->n_slots;
	v->n_slots = n_old ? 2 * n_old : FIRST_SLOTS;
	v->slot = cp_xcalloc(v->n_slots, sizeof *v->slot);
	for (size_t i = 0; i < n_old; i++)
		if (old[i].s)
			*probe(v, old[i].s, old[i].n, old[i].hash) = old[i];
	free(old);
}

const char *cp_vocab_put(struct cp_vocab *v, const char *s, size_t n, uint32_t id)
{
	uint64_t hash = cp_hash64(s, n, 0);
	if (2 * (v->n + 1) > v->n_slots)
		grow(v);
	struct cp_vocab_slot *slot = probe(v, s, n, hash);
	if (!slot->s) {
		*slot = (struct cp_vocab_slot){ cp_arena_strndup(&v->spelling, s, n), (uint32_t)n, id, hash };
		v->n++;
		if (n > v->longest)
			v->longest = n;
	}
	slot->id = id;
	return slot->s;
}

struct cp_vocab_slot *cp_vocab_slot(const struct cp_vocab *v, const char *s, size_t n)
{
	if (!v->n)
		return NULL;
	struct cp_vocab_slot *slot = probe(v, s, n, cp_hash64(s, n, 0));
	return slot->s ? slot : NULL;
}

uint32_t cp_vocab_get(const struct cp_vocab *v, const char *s, size_t n)
{
	const struct cp_vocab_slot *slot = cp_vocab_slot(v, s, n);
	return slot ? slot->id : CP_VOCAB_NONE;
}
