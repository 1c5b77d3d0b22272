/* Least significant digit first, six digits of 11 bits. All histograms are taken in one reading, and a digit that is the same in every
 * key (the low bits of short decimals, the exponent of probabilities) costs no pass. */
#include "eval/order.h"

#include <stdlib.h>

#include "base/mem.h"

#define BITS 11
#define DIGITS 6
#define SIZE (1u << BITS)

static inline unsigned digit(uint64_t key, int d)
{
	return (unsigned)(key >> (d * BITS)) & (SIZE - 1);
}

/* Counts become the places where each digit's keys begin; 0 if all keys have one digit. */
static int begin_places(size_t *count, size_t n)
{
	size_t at = 0;
	for (unsigned i = 0; i < SIZE; i++) {
		size_t c = count[i];
		if (c == n)
			return 0;
		count[i] = at;
		at += c;
	}
	return 1;
}

static void scatter(size_t *place, int d, const uint64_t *keys, const uint32_t *rows, size_t n, uint64_t *to_keys, uint32_t *to_rows)
{
	for (size_t i = 0; i < n; i++) {
		size_t to = place[digit(keys[i], d)]++;
		to_keys[to] = keys[i];
		if (rows)
			to_rows[to] = rows[i];
	}
}

void cp_order_sort(uint64_t *keys, uint32_t *rows, size_t n)
{
	size_t (*count)[SIZE] = cp_xcalloc(DIGITS, sizeof *count);
	uint64_t *from = keys, *to = cp_xcalloc(n, sizeof *to);
	uint32_t *from_rows = rows, *to_rows = rows ? cp_xcalloc(n, sizeof *to_rows) : NULL;
	for (size_t i = 0; i < n; i++)
		for (int d = 0; d < DIGITS; d++)
			count[d][digit(keys[i], d)]++;
	for (int d = 0; d < DIGITS; d++) {
		if (!begin_places(count[d], n))
			continue;
		scatter(count[d], d, from, from_rows, n, to, to_rows);
		uint64_t *k = from;
		uint32_t *r = from_rows;
		from = to;
		to = k;
		from_rows = to_rows;
		to_rows = r;
	}
	if (from != keys) {
		memcpy(keys, from, n * sizeof *keys);
		if (rows)
			memcpy(rows, from_rows, n * sizeof *rows);
	}
	free(from == keys ? to : from);
	free(from == keys ? to_rows : from_rows);
	free(count);
}

void cp_order_by_score(uint32_t *rows, const double *score, size_t n)
{
	uint64_t *keys = cp_xcalloc(n, sizeof *keys);
	for (size_t i = 0; i < n; i++) {
		keys[i] = cp_order_key(score[i]);
		rows[i] = (uint32_t)i;
	}
	cp_order_sort(keys, rows, n);
	free(keys);
}
