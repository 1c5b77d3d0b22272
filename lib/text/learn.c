/* A bottom-k sample: a heap of the rows kept, the one of the largest hash on top, which goes when one of a smaller hash comes. */
#include "text/learn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"

#define MOST_ROWS ((size_t)1 << 20)
#define MOST_BYTES ((size_t)128 << 20)

struct cp_learn {
	size_t m, k, n, cap;
	uint64_t seed, n_seen;
	uint64_t *hash;			/* (n) */
	double *value;			/* (n, m) */
	uint32_t *heap;			/* of places in the two, once n == k */
	double *sorted;			/* room for one column */
};

struct cp_learn *cp_learn_new(size_t n_columns, uint64_t seed)
{
	struct cp_learn *l = cp_xcalloc(1, sizeof *l);
	l->m = n_columns;
	l->seed = seed;
	l->k = MOST_BYTES / (8 * (n_columns + 1));
	if (l->k > MOST_ROWS)
		l->k = MOST_ROWS;
	return l;
}

void cp_learn_limit(struct cp_learn *l, size_t k)
{
	l->k = k;
}

void cp_learn_free(struct cp_learn *l)
{
	if (!l)
		return;
	free(l->hash);
	free(l->value);
	free(l->heap);
	free(l->sorted);
	free(l);
}

CP_HEAP(heap, uint32_t, struct cp_learn, in->hash[*a] > in->hash[*b])

static void make_heap(struct cp_learn *l)
{
	l->heap = cp_xcalloc(l->k, sizeof *l->heap);
	for (size_t i = 0; i < l->k; i++)
		l->heap[i] = (uint32_t)i;
	heap_make(l, l->heap, l->k);
}

static void grow(struct cp_learn *l)
{
	l->cap = l->cap ? 2 * l->cap : 1024;
	if (l->cap > l->k)
		l->cap = l->k;
	l->hash = cp_xrealloc(l->hash, l->cap, sizeof *l->hash);
	l->value = cp_xrealloc(l->value, l->cap, l->m * sizeof *l->value);
}

void cp_learn_row(struct cp_learn *l, uint64_t row, const double *values)
{
	struct cp_rng r = cp_rng(l->seed, CP_RNG_SAMPLE, 0, row);
	uint64_t hash = cp_rng_u64(&r);
	size_t at = l->n;
	l->n_seen++;
	if (l->n < l->k) {
		if (l->n == l->cap)
			grow(l);
		l->n++;
	} else {
		if (!l->heap)
			make_heap(l);
		at = l->heap[0];
		if (hash >= l->hash[at])
			return;
	}
	l->hash[at] = hash;
	memcpy(l->value + at * l->m, values, l->m * sizeof *values);
	if (l->heap)
		heap_replace(l, l->heap, l->k, (uint32_t)at);
}

uint64_t cp_learn_rows(const struct cp_learn *l)
{
	return l->n_seen;
}

size_t cp_learn_kept(const struct cp_learn *l)
{
	return l->n;
}

/* The column's values into l->sorted; how many. */
static size_t sort_column(struct cp_learn *l, size_t column)
{
	size_t n = 0;
	l->sorted = cp_xrealloc(l->sorted, l->n + 1, sizeof *l->sorted);
	for (size_t i = 0; i < l->n; i++) {
		double v = l->value[i * l->m + column];
		if (!isnan(v))
			l->sorted[n++] = v + 0.0;	/* no -0 */
	}
	if (n)
		qsort(l->sorted, n, sizeof *l->sorted, cp_compare_reals);
	return n;
}

size_t cp_learn_bounds(struct cp_learn *l, size_t column, size_t n_buckets, double *bound, size_t *n_values)
{
	size_t n = *n_values = sort_column(l, column), n_bounds = 0;
	if (!n)
		return 0;
	double last = l->sorted[0];
	for (size_t i = 1; i < n_buckets; i++) {
		double v = l->sorted[i * n / n_buckets];
		if (v > last)
			bound[n_bounds++] = last = v;
	}
	return n_bounds;
}

/* Of what exceeds the median, so that equal values have no deviation by rounding. */
size_t cp_learn_standard(struct cp_learn *l, size_t column, double *mean, double *deviation)
{
	size_t n = sort_column(l, column);
	double from = n ? l->sorted[n / 2] : 0, sum = 0, squares = 0;
	for (size_t i = 0; i < n; i++)
		sum += l->sorted[i] - from;
	double above = n ? sum / (double)n : 0;
	for (size_t i = 0; i < n; i++) {
		double d = l->sorted[i] - from - above;
		squares += d * d;
	}
	*mean = from + above;
	*deviation = squares > 0 ? sqrt(squares / (double)n) : 1;
	return n;
}
