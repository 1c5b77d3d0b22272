/* Keys and counts lie in arrays of their own, so that looking for a key that is not at its first place reads keys alone. */
#include "report/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FIRST_CAP 64

static void make_table(struct cp_tally *t, size_t cap)
{
	t->cap = cap;
	t->key = cp_xcalloc(cap, sizeof *t->key);
	t->count = cp_xcalloc(cap + 1, (size_t)t->n_slots * sizeof *t->count);
}

void cp_tally_init(struct cp_tally *t, int n_slots)
{
	*t = (struct cp_tally){ .n_slots = n_slots };
	make_table(t, FIRST_CAP);
}

void cp_tally_release(struct cp_tally *t)
{
	free(t->key);
	free(t->count);
	*t = (struct cp_tally){0};
}

static struct cp_count *counts_at(const struct cp_tally *t, size_t place)
{
	return t->count + place * (size_t)t->n_slots;
}

static size_t place_of(const struct cp_tally *t, uint64_t key)
{
	size_t at = cp_mix64(key) & (t->cap - 1);
	while (t->key[at] && t->key[at] != key)
		at = (at + 1) & (t->cap - 1);
	return at;
}

static void double_table(struct cp_tally *t)
{
	struct cp_tally old = *t;
	make_table(t, 2 * old.cap);
	for (size_t i = 0; i <= old.cap; i++) {
		uint64_t key = i < old.cap ? old.key[i] : 0;
		size_t to = i == old.cap ? t->cap : key ? place_of(t, key) : SIZE_MAX;
		if (to == SIZE_MAX)
			continue;
		if (key)
			t->key[to] = key;
		memcpy(counts_at(t, to), counts_at(&old, i), (size_t)t->n_slots * sizeof *t->count);
	}
	free(old.key);
	free(old.count);
}

struct cp_count *cp_tally_at(struct cp_tally *t, uint64_t key)
{
	if (!key) {
		t->n += !t->has_zero;
		t->has_zero = 1;
		return counts_at(t, t->cap);
	}
	size_t at = place_of(t, key);
	if (!t->key[at]) {
		if (t->n >= t->cap / 10 * 7) {
			double_table(t);
			at = place_of(t, key);
		}
		t->key[at] = key;
		t->n++;
	}
	return counts_at(t, at);
}

const struct cp_count *cp_tally_find(const struct cp_tally *t, uint64_t key)
{
	size_t at = key ? place_of(t, key) : t->cap;
	return (key ? t->key[at] != 0 : t->has_zero) ? counts_at(t, at) : NULL;
}

const struct cp_count *cp_tally_next(const struct cp_tally *t, size_t *at, uint64_t *key)
{
	while (*at < t->cap && !t->key[*at])
		++*at;
	if (*at > t->cap || (*at == t->cap && !t->has_zero))
		return NULL;
	*key = *at < t->cap ? t->key[*at] : 0;
	return counts_at(t, (*at)++);
}

size_t cp_tally_bytes(const struct cp_tally *t)
{
	return t->cap * (sizeof *t->key + (size_t)t->n_slots * sizeof *t->count);
}
