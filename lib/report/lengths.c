/* A plain array of counts: lengths are small numbers. */
#include "report/lengths.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void cp_lengths_add(struct cp_lengths *l, uint64_t length)
{
	size_t at = length < CP_LENGTHS_MAX ? (size_t)length : CP_LENGTHS_MAX;
	if (at >= l->cap) {
		size_t cap = at + at / 2 + 16;
		l->count = cp_xrealloc(l->count, cap, sizeof *l->count);
		memset(l->count + l->cap, 0, (cap - l->cap) * sizeof *l->count);
		l->cap = cap;
	}
	l->count[at]++;
	if (!l->n++ || length < l->shortest)
		l->shortest = length;
	l->longest = length > l->longest ? length : l->longest;
	l->sum += length;
}

void cp_lengths_release(struct cp_lengths *l)
{
	free(l->count);
	*l = (struct cp_lengths){0};
}

double cp_lengths_mean(const struct cp_lengths *l)
{
	return l->n ? (double)l->sum / (double)l->n : NAN;
}

uint64_t cp_lengths_quantile(const struct cp_lengths *l, double share)
{
	uint64_t below = 0, want = (uint64_t)ceil(share * (double)l->n);
	for (size_t i = 0; i < l->cap; i++) {
		below += l->count[i];
		if (below && below >= want)
			return i < CP_LENGTHS_MAX ? i : l->longest;
	}
	return 0;
}

uint64_t cp_lengths_above(const struct cp_lengths *l, uint64_t length)
{
	uint64_t n = l->n;
	for (size_t i = 0; i < l->cap && i <= length; i++)
		n -= l->count[i];
	return n;
}

uint64_t cp_lengths_equal(const struct cp_lengths *l, uint64_t length)
{
	return length < l->cap ? l->count[length] : 0;
}
