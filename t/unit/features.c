/* Which row of the table a key has, and how far it is searched for: no crafted set of keys makes the searches long. */
#include "train/features.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"

#define N 60000
#define LONGEST 128		/* at a load of N / 2^17; chance makes some 50 of it */

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, what);
}

/* Slots taken in a row: no search is longer. */
static size_t longest_run(const struct cp_features_field *f)
{
	size_t longest = 0, run = 0;
	for (size_t i = 0; i < 2 * f->n_slots; i++) {
		run = f->slot[i & (f->n_slots - 1)] ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

static int rows_follow(const struct cp_features *v, const uint64_t *key)
{
	for (size_t i = 0; i < N; i++)
		if (cp_features_row(v, 0, key[i]) != v->field[0].base + 1 + i)
			return 0;
	return cp_features_row(v, 0, ~UINT64_C(0)) == v->field[0].base;
}

static void keys(const struct cp_fields *fields, const uint64_t *key, const char *what)
{
	struct cp_features v;
	uint64_t *count = cp_xcalloc(N, sizeof *count);
	char *name = cp_xasprintf("%s: met from the last to the first, they have rows by rising key, and no search is long", what);
	cp_features_init(&v, fields);
	for (size_t i = N; i-- > 0;)
		cp_features_count(&v, 0, key[i]);
	size_t counting = longest_run(&v.field[0]);
	cp_features_join(&v, 1);
	size_t joined = longest_run(&v.field[0]);
	ok(counting <= LONGEST && joined <= LONGEST && rows_follow(&v, key), name);
	printf("# %zu and %zu slots\n", counting, joined);
	cp_features_release(&v);
	free(name);

	name = cp_xasprintf("%s: restored in their order, no search is long", what);
	cp_features_init(&v, fields);
	cp_features_restore(&v, 0, key, count, N);
	ok(longest_run(&v.field[0]) <= LONGEST && rows_follow(&v, key), name);
	cp_features_release(&v);
	free(name);
	free(count);
}

static int by_key(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

int main(void)
{
	struct cp_fields fields = { 0 };
	uint64_t *key = cp_xcalloc(N, sizeof *key);
	cp_fields_add(&fields, "item", CP_KEY, NULL);
	for (size_t i = 0; i < N; i++)
		key[i] = cp_mix64(i);
	qsort(key, N, sizeof *key, by_key);
	keys(&fields, key, "hashes");
	for (int shift = 0; shift <= 48; shift += 16) {
		char *name = cp_xasprintf("multiples of 2^%d", shift);
		for (uint64_t i = 0; i < N; i++)
			key[i] = i << shift;
		keys(&fields, key, name);
		free(name);
	}
	cp_fields_release(&fields);
	free(key);
	printf("1..%d\n", n_tests);
	return n_failed > 0;
}
