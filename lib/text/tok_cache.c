/* Words met before, with their ids.
 *
 * A table, which grows to its full size, and an arena; when either is full, both are emptied and filled anew.  That keeps memory bounded and, sentences being what
 * they are, costs next to nothing: the frequent words are back at once.
 */
#include "text/tok_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum {
	FIRST_SLOTS = 1 << 8,
	MOST_SLOTS = 1 << 16,		/* 3 MiB */
	LONGEST_WORD = 64,		/* a longer one is not likely to come again */
	ARENA_BYTES = 8 << 20,
};

struct cp_tok_cache *cp_tok_cache_new(void)
{
	struct cp_tok_cache *c = cp_xcalloc(1, sizeof *c);
	c->n_slots = FIRST_SLOTS;
	c->slot = cp_xcalloc(c->n_slots, sizeof *c->slot);
	cp_buf_init(&c->word);
	cp_buf_init(&c->text);
	cp_buf_init(&c->work);
	return c;
}

void cp_tok_cache_free(struct cp_tok_cache *c)
{
	if (!c)
		return;
	free(c->slot);
	cp_arena_release(&c->arena);
	cp_ids_release(&c->runes);
	cp_ids_release(&c->ids);
	cp_buf_release(&c->word);
	cp_buf_release(&c->text);
	cp_buf_release(&c->work);
	free(c);
}

static struct cp_tok_word *probe(const struct cp_tok_cache *c, const char *s, size_t n, uint64_t hash)
{
	size_t i = hash & (c->n_slots - 1);
	while (c->slot[i].s && !(c->slot[i].hash == hash && c->slot[i].n == n && !memcmp(c->slot[i].s, s, n)))
		i = (i + 1) & (c->n_slots - 1);
	return &c->slot[i];
}

static const struct cp_tok_word *find_word(const struct cp_tok_cache *c, const char *s, size_t n, uint64_t *hash)
{
	if (n > LONGEST_WORD)
		return NULL;
	*hash = cp_hash64(s, n, 0);
	const struct cp_tok_word *w = probe(c, s, n, *hash);
	return w->s ? w : NULL;
}

int cp_tok_cache_replay(const struct cp_tok_cache *c, const char *s, size_t n, uint64_t *hash, struct cp_ids *ids)
{
	const struct cp_tok_word *known = find_word(c, s, n, hash);
	for (uint32_t i = 0; known && i < known->n_ids; i++)
		cp_ids_push(ids, known->ids[i]);
	return known != NULL;
}

static void grow(struct cp_tok_cache *c)
{
	struct cp_tok_word *old = c->slot;
	size_t n_old = c->n_slots;
	c->n_slots *= 2;
	c->slot = cp_xcalloc(c->n_slots, sizeof *c->slot);
	for (size_t i = 0; i < n_old; i++)
		if (old[i].s)
			*probe(c, old[i].s, old[i].n, old[i].hash) = old[i];
	free(old);
}

static void empty(struct cp_tok_cache *c)
{
	memset(c->slot, 0, c->n_slots * sizeof *c->slot);
	cp_arena_reset(&c->arena);
	c->n = c->arena_bytes = 0;
}

void cp_tok_cache_put(struct cp_tok_cache *c, const char *s, size_t n, uint64_t hash, const struct cp_ids *ids, size_t start)
{
	size_t n_ids = ids->n - start, id_bytes = n_ids * sizeof *ids->v;
	if (n > LONGEST_WORD)
		return;
	int is_full = 2 * (c->n + 1) > c->n_slots;
	if (c->arena_bytes > ARENA_BYTES || (is_full && c->n_slots == MOST_SLOTS))
		empty(c);
	else if (is_full)
		grow(c);
	char *keep = cp_arena_alloc(&c->arena, id_bytes + n);	/* ids first, for their alignment */
	if (n_ids)
		memcpy(keep, ids->v + start, id_bytes);
	memcpy(keep + id_bytes, s, n);
	*probe(c, s, n, hash) = (struct cp_tok_word){ keep + id_bytes, (uint32_t)n, (uint32_t)n_ids, (const uint32_t *)(void *)keep, hash };
	c->n++;
	c->arena_bytes += id_bytes + n + 64;
}
