#include "base/rng.h"

#include <math.h>

uint64_t cp_rng_below(struct cp_rng *r, uint64_t n)
{
	uint64_t reject = -n % n;	/* 2^64 mod n: below it the last, incomplete round would show */
	for (;;) {
		uint64_t x = cp_rng_u64(r);
		if (x >= reject)
			return x % n;
	}
}

double cp_rng_normal(struct cp_rng *r)
{
	double u = 1 - cp_rng_real(r), v = cp_rng_real(r);	/* u in (0, 1] */
	return sqrt(-2 * log(u)) * cos(6.283185307179586476925 * v);
}
