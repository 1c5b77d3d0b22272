/* Digests of columns that can be joined: Horner's rule over the hashes of rows, two lanes modulo 2^61 - 1.  See sum.h. */
#define XXH_INLINE_ALL	/* most values are 8 bytes: a call would cost more than the hash */
#include "stream/sum.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <xxhash.h>

#include "stream/stream.h"

#define P ((UINT64_C(1) << 61) - 1)
#define A UINT64_C(0x1e3779b97f4a7c1a)	/* primitive roots of p */
#define B UINT64_C(0x1476d1ce4e5b9bf6)

static inline uint64_t reduce(uint64_t x)	/* mod p, but may be p itself */
{
	return (x & P) + (x >> 61);
}

static inline uint64_t mul(uint64_t x, uint64_t y)
{
	unsigned __int128 z = (unsigned __int128)x * y;
	return reduce(((uint64_t)z & P) + (uint64_t)(z >> 61));
}

static inline void step(struct cp_sum *s, const void *p, size_t n)
{
	XXH128_hash_t h = XXH3_128bits(p, n);
	s->a = reduce(mul(s->a, A) + reduce(h.low64));
	s->b = reduce(mul(s->b, B) + reduce(h.high64));
}

static void finish(struct cp_sum *s)
{
	s->a %= P;
	s->b %= P;
}

void cp_sum_add(struct cp_sum *out, struct cp_store store, size_t n_rows, const struct cp_values *v)
{
	struct cp_sum s = *out;
	size_t width = (size_t)store.width;
	const char *p = v->data;
	if (store.is_list)
		for (size_t i = 0; i < n_rows; i++)
			step(&s, p + v->offsets[i] * width, (v->offsets[i + 1] - v->offsets[i]) * width);
	else if (width == 8)
		for (size_t i = 0; i < n_rows; i++)
			step(&s, p + 8 * i, 8);
	else
		for (size_t i = 0; i < n_rows; i++)
			step(&s, p + width * i, width);
	finish(&s);
	*out = s;
}

static uint64_t power(uint64_t x, uint64_t n)
{
	uint64_t y = 1;
	for (; n; n >>= 1, x = mul(x, x))
		if (n & 1)
			y = mul(y, x);
	return y;
}

void cp_sum_join(struct cp_sum *s, struct cp_sum t, uint64_t n_rows)
{
	s->a = reduce(mul(s->a, power(A, n_rows)) + t.a);
	s->b = reduce(mul(s->b, power(B, n_rows)) + t.b);
	finish(s);
}

void cp_sum_hex(struct cp_sum s, char hex[33])
{
	snprintf(hex, 33, "%016" PRIx64 "%016" PRIx64, s.a, s.b);
}

int cp_sum_parse(struct cp_sum *s, const char *hex)
{
	uint64_t v[2] = { 0, 0 };
	if (strlen(hex) != 32 || strspn(hex, "0123456789abcdef") != 32)
		return -1;
	for (int i = 0; i < 32; i++)
		v[i / 16] = v[i / 16] << 4 | (uint64_t)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
	*s = (struct cp_sum){ v[0], v[1] };
	return v[0] < P && v[1] < P ? 0 : -1;
}
