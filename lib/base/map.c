#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void cp_map_init(struct cp_map *m)
{
	*m = (struct cp_map){ .n_slots = 1 << 10 };
	m->slot = cp_xcalloc(m->n_slots, sizeof *m->slot);
}

void cp_map_release(struct cp_map *m)
{
	free(m->slot);
	*m = (struct cp_map){ 0 };
}

void cp_map_clear(struct cp_map *m)
{
	memset(m->slot, 0, m->n_slots * sizeof *m->slot);
	m->n_used = 0;
}

struct cp_slot *cp_map_find(const struct cp_map *m, uint64_t key)
{
	size_t i = (size_t)cp_mix64(key) & (m->n_slots - 1);
	while (m->slot[i].value && m->slot[i].key != key)
		i = (i + 1) & (m->n_slots - 1);
	return &m->slot[i];
}

int cp_map_is_full(const struct cp_map *m)
{
	return 4 * (m->n_used + 1) > 3 * m->n_slots;
}

static void grow(struct cp_map *m)
{
	struct cp_map old = *m;
	m->n_slots *= 2;
	m->slot = cp_xcalloc(m->n_slots, sizeof *m->slot);
	for (size_t i = 0; i < old.n_slots; i++)
		if (old.slot[i].value)
			*cp_map_find(m, old.slot[i].key) = old.slot[i];
	free(old.slot);
}

struct cp_slot *cp_map_at(struct cp_map *m, uint64_t key)
{
	struct cp_slot *s = cp_map_find(m, key);
	if (s->value)
		return s;
	if (cp_map_is_full(m)) {
		grow(m);
		s = cp_map_find(m, key);
	}
	m->n_used++;
	s->key = key;
	return s;
}
