/* Quicksort with pivots drawn at random (Hoare, Computer Journal 1962), insertion for short stretches.  The shorter side is sorted by the
 * call within, the longer by the loop, so the calls nest no deeper than log2 n. */
#include "stream/pairs.h"

#include "base/rng.h"

#define SHORT 12

static void insert_sort(struct cp_pair *v, size_t n, cp_pair_less *less, const void *ctx)
{
	for (size_t i = 1; i < n; i++) {
		struct cp_pair x = v[i];
		size_t k = i;
		for (; k > 0 && less(&x, &v[k - 1], ctx); k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

static struct cp_pair middle(const struct cp_pair *a, const struct cp_pair *b, const struct cp_pair *c, cp_pair_less *less, const void *ctx)
{
	if (less(b, a, ctx)) {
		const struct cp_pair *t = a;
		a = b;
		b = t;
	}
	return less(c, a, ctx) ? *a : less(c, b, ctx) ? *c : *b;
}

/* v[0 .. j] are not above the pivot, v[j+1 ..] not below it; 0 <= j < n - 1. */
static size_t partition(struct cp_pair *v, size_t n, struct cp_pair pivot, cp_pair_less *less, const void *ctx)
{
	size_t i = 0, j = n - 1;
	for (;;) {
		while (less(&v[i], &pivot, ctx))
			i++;
		while (less(&pivot, &v[j], ctx))
			j--;
		if (i >= j)
			return j;
		struct cp_pair t = v[i];
		v[i++] = v[j];
		v[j--] = t;
	}
}

void cp_pairs_sort(struct cp_pair *v, size_t n, cp_pair_less *less, const void *ctx)
{
	struct cp_rng r = cp_rng(0, CP_RNG_SHUFFLE, 0, n);
	while (n > SHORT) {
		struct cp_pair *a = &v[cp_rng_below(&r, n - 1)], *b = &v[cp_rng_below(&r, n - 1)], *c = &v[cp_rng_below(&r, n - 1)];
		size_t left = partition(v, n, middle(a, b, c, less, ctx), less, ctx) + 1;
		if (left < n - left) {
			cp_pairs_sort(v, left, less, ctx);
			v += left;
			n -= left;
		} else {
			cp_pairs_sort(v + left, n - left, less, ctx);
			n = left;
		}
	}
	insert_sort(v, n, less, ctx);
}
