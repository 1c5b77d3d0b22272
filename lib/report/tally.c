#include "report/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FIRST_CAP 64

void cp_tally_init(struct cp_tally *t, int n_slots)
{
	*t = (struct cp_tally){ .n_slots = n_slots };
	cp_map_init(&t->place);
}

void cp_tally_release(struct cp_tally *t)
{
	cp_map_release(&t->place);
	free(t->count);
	*t = (struct cp_tally){ 0 };
}

static struct cp_count *counts_of(const struct cp_tally *t, const struct cp_slot *s)
{
	return t->count + (s->value - 1) * (size_t)t->n_slots;
}

static void add_place(struct cp_tally *t, struct cp_slot *s)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : FIRST_CAP;
		t->count = cp_xrealloc(t->count, t->cap, (size_t)t->n_slots * sizeof *t->count);
	}
	s->value = ++t->n;
	memset(counts_of(t, s), 0, (size_t)t->n_slots * sizeof *t->count);
}

struct cp_count *cp_tally_at(struct cp_tally *t, uint64_t key)
{
	struct cp_slot *s = cp_map_at(&t->place, key);
	if (!s->value)
		add_place(t, s);
	return counts_of(t, s);
}

const struct cp_count *cp_tally_find(const struct cp_tally *t, uint64_t key)
{
	const struct cp_slot *s = cp_map_find(&t->place, key);
	return s->value ? counts_of(t, s) : NULL;
}

const struct cp_count *cp_tally_next(const struct cp_tally *t, size_t *at, uint64_t *key)
{
	const struct cp_map *m = &t->place;
	while (*at < m->n_slots && !m->slot[*at].value)
		++*at;
	if (*at == m->n_slots)
		return NULL;
	const struct cp_slot *s = &m->slot[(*at)++];
	*key = s->key;
	return counts_of(t, s);
}

size_t cp_tally_bytes(const struct cp_tally *t)
{
	return t->place.n_slots * sizeof *t->place.slot + t->cap * (size_t)t->n_slots * sizeof *t->count;
}
