/* Rows in the order of their scores, by radix sort: no comparison, no worst case, the same on every machine.  For lib/eval alone. */
#ifndef CP_ORDER_H
#define CP_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/team.h"

/* Sort keys[0..n-1] ascending (of doubles: base/bits.h); rows (NULL: none) travel along, equal keys keep their order.  n < 2^32.  Scratch: as much again. */
void cp_order_sort(uint64_t *keys, uint32_t *rows, size_t n, struct cp_team *);

/* rows[] = 0..n-1 in ascending order of score, equal scores in ascending order of row. */
void cp_order_by_score(uint32_t *rows, const double *score, size_t n, struct cp_team *);

/* A compensated sum: the error does not grow with the number of terms (A. Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher
 * Summen, ZAMM 54, 1974). */
struct cp_neumaier {
	double s, c;
};

static inline void cp_neumaier_add(struct cp_neumaier *a, double x)
{
	double t = a->s + x;
	double big = a->s, small = x;
	if ((x < 0 ? -x : x) > (a->s < 0 ? -a->s : a->s)) {
		big = x;
		small = a->s;
	}
	a->c += (big - t) + small;
	a->s = t;
}

static inline double cp_neumaier_total(const struct cp_neumaier *a)
{
	return a->s + a->c;
}

#endif
