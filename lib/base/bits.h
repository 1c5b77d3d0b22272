/* Encodings that keep order: doubles as uint64_t, integers as big-endian bytes, for radix sorts and memcmp. */
#ifndef CP_BITS_H
#define CP_BITS_H

#include <stdint.h>
#include <string.h>

/* A bijection of the doubles into 64-bit words that keeps their order (-0 and 0 become one).  Never 0, which may mean "none". */
static inline uint64_t cp_ordered_bits(double x)
{
	uint64_t u;
	x += 0.0;
	memcpy(&u, &x, sizeof u);
	return u >> 63 ? ~u : u | UINT64_C(1) << 63;
}

/* The double that such a word stands for. */
static inline double cp_ordered_real(uint64_t u)
{
	double x;
	u = u >> 63 ? u & ~(UINT64_C(1) << 63) : ~u;
	memcpy(&x, &u, sizeof x);
	return x;
}

/* The n lowest bytes, the highest of them first, as memcmp wants them. */
static inline void cp_put_big_endian(char *p, uint64_t v, int n)
{
	for (int i = n - 1; i >= 0; i--, v >>= 8)
		p[i] = (char)v;
}

#endif
