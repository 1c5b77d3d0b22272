/* Keys to rows: an open-addressing hash table a field.  Its slots are indices of 4 bytes into the array of keys; those of base/map.h have 16.
 * Keys come from files, so their own low bits are no place to look: a file may have them all alike. */
#include "train/features.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"

void cp_features_init(struct cp_features *v, const struct cp_fields *fields)
{
	*v = (struct cp_features){ .n_rows = (size_t)fields->n };
	cp_fields_copy(&v->fields, fields);
	v->field = cp_xcalloc((size_t)fields->n, sizeof *v->field);
	for (int f = 0; f < fields->n; f++)
		v->field[f].base = (size_t)f;
}

void cp_features_hash(struct cp_features *v, int bits)
{
	v->bits = bits;
	v->n_rows = (size_t)1 << bits;
	for (int f = 0; f < v->fields.n; f++)
		v->field[f].base = SIZE_MAX;	/* no row is */
}

void cp_features_release(struct cp_features *v)
{
	for (int f = 0; f < v->fields.n; f++) {
		free(v->field[f].key);
		free(v->field[f].count);
		free(v->field[f].met);
		free(v->field[f].slot);
	}
	free(v->field);
	cp_fields_release(&v->fields);
	*v = (struct cp_features){ 0 };
}

static size_t find_slot(const struct cp_features_field *f, uint64_t key)
{
	size_t i = (size_t)cp_mix64(key) & (f->n_slots - 1);
	while (f->slot[i] && f->key[f->slot[i] - 1] != key)
		i = (i + 1) & (f->n_slots - 1);
	return i;
}

static void rehash(struct cp_features_field *f)
{
	size_t n = 64;
	while (n < 2 * f->cap)
		n *= 2;
	free(f->slot);
	f->n_slots = n;
	f->slot = cp_xcalloc(n, sizeof *f->slot);
	for (size_t i = 0; i < f->n; i++)
		f->slot[find_slot(f, f->key[i])] = (uint32_t)i + 1;
}

static size_t add_key(struct cp_features_field *f, uint64_t key)
{
	if (f->n == f->cap) {
		f->cap = 2 * f->cap + 64;
		f->key = cp_xrealloc(f->key, f->cap, sizeof *f->key);
		f->count = cp_xrealloc(f->count, f->cap, sizeof *f->count);
		f->met = cp_xrealloc(f->met, f->cap, sizeof *f->met);
		rehash(f);
	}
	size_t s = find_slot(f, key);
	if (!f->slot[s]) {
		f->key[f->n] = key;
		f->count[f->n] = f->met[f->n] = 0;
		f->slot[s] = (uint32_t)++f->n;
	}
	return f->slot[s] - 1;
}

static void place(struct cp_features *v)
{
	if (v->bits)
		return;
	v->n_rows = 0;
	for (int f = 0; f < v->fields.n; f++) {
		v->field[f].base = v->n_rows;
		v->n_rows += 1 + v->field[f].n;
	}
}

void cp_features_restore(struct cp_features *v, int field, const uint64_t *key, const uint64_t *count, size_t n)
{
	struct cp_features_field *f = &v->field[field];
	assert(!f->n);
	for (size_t i = 0; i < n; i++) {
		size_t at = add_key(f, key[i]);
		f->count[at] = count[i];
	}
	f->n_old = f->n;
	place(v);
}

void cp_features_mention(struct cp_features *v, int field, uint64_t key)
{
	struct cp_features_field *f = &v->field[field];
	if (v->bits)
		return;
	size_t i = add_key(f, key);
	f->met[i]++;
}

void cp_features_count(struct cp_features *v, int field, uint64_t key)
{
	struct cp_features_field *f = &v->field[field];
	if (v->bits)
		return;
	size_t i = add_key(f, key);
	f->count[i]++;
	f->met[i]++;
}

struct counted {
	uint64_t key, count;
};

static int by_key(const void *a, const void *b)
{
	uint64_t x = ((const struct counted *)a)->key, y = ((const struct counted *)b)->key;
	return (x > y) - (x < y);
}

static void join_field(struct cp_features_field *f, const struct cp_field *of, uint64_t min_count)
{
	size_t n = 0;
	if (of->type == CP_NUMBER)
		add_key(f, of->key_number);
	struct counted *fresh = cp_xcalloc(f->n - f->n_old + 1, sizeof *fresh);
	for (size_t i = f->n_old; i < f->n; i++)
		if (f->met[i] >= min_count || (of->type == CP_NUMBER && f->key[i] == of->key_number))
			fresh[n++] = (struct counted){ f->key[i], f->count[i] };
	qsort(fresh, n, sizeof *fresh, by_key);
	for (size_t i = 0; i < n; i++) {
		f->key[f->n_old + i] = fresh[i].key;
		f->count[f->n_old + i] = fresh[i].count;
	}
	f->n = f->n_old + n;
	free(fresh);
	free(f->met);
	f->met = NULL;
	rehash(f);
}

void cp_features_join(struct cp_features *v, uint64_t min_count)
{
	for (int f = 0; !v->bits && f < v->fields.n; f++)
		join_field(&v->field[f], &v->fields.v[f], min_count);
	place(v);
}

uint32_t cp_features_row(const struct cp_features *v, int field, uint64_t key)
{
	const struct cp_features_field *f = &v->field[field];
	if (v->bits)
		return (uint32_t)(key & (v->n_rows - 1));
	uint32_t at = f->n_slots ? f->slot[find_slot(f, key)] : 0;
	return (uint32_t)f->base + at;
}
