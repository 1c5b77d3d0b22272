/* The digest of values of 8 bytes, 16 rows a step; see sum.h.  Compiled once a level (base/cpu.h). */
#include "stream/sum.h"

#include "base/cpu.h"

enum { LANES = CP_SUM_STEP };

static inline uint64_t rotated(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

/* XXH3_64bits of the 8 bytes of v, as its specification has it for 4 to 8 bytes: with the secret's bytes 8 to 23. */
static inline uint64_t hash(uint64_t v)
{
	uint64_t x = rotated(v, 32) ^ UINT64_C(0xc73ab174c5ecd5a2);
	x ^= rotated(x, 49) ^ rotated(x, 24);
	x *= UINT64_C(0x9fb21c651e98df25);
	x ^= (x >> 35) + 8;
	x *= UINT64_C(0x9fb21c651e98df25);
	return x ^ x >> 28;
}

static uint64_t power(uint64_t x, int n)
{
	uint64_t y = 1;
	while (n--)
		y *= x;
	return y;
}

/* A sum a lane, of every 16th row; the last row of each step stands highest. */
static struct cp_sum words(const uint64_t *v, size_t n)
{
	const uint64_t step_a = power(CP_SUM_A, LANES), step_b = power(CP_SUM_B, LANES);
	uint64_t a[LANES] = { 0 }, b[LANES] = { 0 };
	for (size_t i = 0; i < n; i += LANES)
		for (int k = 0; k < LANES; k++) {
			uint64_t h = hash(v[i + (size_t)k]);
			a[k] = a[k] * step_a + h;
			b[k] = b[k] * step_b + rotated(h, 32);
		}
	struct cp_sum s = { 0, 0 };
	for (int k = 0; k < LANES; k++) {
		s.a = s.a * CP_SUM_A + a[k];
		s.b = s.b * CP_SUM_B + b[k];
	}
	return s;
}

extern const cp_sum_kernel CP_AT_LEVEL(cp_sum);
const cp_sum_kernel CP_AT_LEVEL(cp_sum) = words;
