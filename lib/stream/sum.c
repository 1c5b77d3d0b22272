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

static uint64_t reduce_wide(unsigned __int128 z)	/* z < 2^125 */
{
	return reduce(((uint64_t)z & P) + (uint64_t)(z >> 61));
}

static void step(struct cp_sum *s, XXH128_hash_t h)
{
	s->a = reduce(mul(s->a, A) + reduce(h.low64));
	s->b = reduce(mul(s->b, B) + reduce(h.high64));
}

struct powers {			/* of A or B: to the power of 4, 3, 2, 1 */
	uint64_t p4, p3, p2, p1;
};

static struct powers powers_of(uint64_t x)
{
	uint64_t x2 = mul(x, x);
	return (struct powers){ mul(x2, x2), mul(x2, x), x2, x };
}

static inline uint64_t four(uint64_t s, struct powers x, uint64_t h0, uint64_t h1, uint64_t h2, uint64_t h3)
{
	return reduce_wide((unsigned __int128)s * x.p4 + (unsigned __int128)reduce(h0) * x.p3 + (unsigned __int128)reduce(h1) * x.p2
			   + (unsigned __int128)reduce(h2) * x.p1 + reduce(h3));
}

/* Four rows at once: one step of the rule waits for the one before, so a step should take many rows. */
static inline void step4(struct cp_sum *s, struct powers a, struct powers b, const XXH128_hash_t h[4])
{
	s->a = four(s->a, a, h[0].low64, h[1].low64, h[2].low64, h[3].low64);
	s->b = four(s->b, b, h[0].high64, h[1].high64, h[2].high64, h[3].high64);
}

static inline void add_rows(struct cp_sum *out, size_t n_rows, const char *p, size_t width, const uint32_t *offsets)
{
	const struct powers a = powers_of(A), b = powers_of(B);
	struct cp_sum s = *out;
	XXH128_hash_t h[4];
	for (size_t i = 0; i < n_rows; i++) {
		h[i % 4] = offsets ? XXH3_128bits(p + offsets[i] * width, (offsets[i + 1] - offsets[i]) * width) : XXH3_128bits(p + i * width, width);
		if (i % 4 == 3)
			step4(&s, a, b, h);
	}
	for (size_t i = 0; i < n_rows % 4; i++)
		step(&s, h[i]);
	out->a = s.a % P;
	out->b = s.b % P;
}

void cp_sum_add(struct cp_sum *s, struct cp_store store, size_t n_rows, const struct cp_values *v)
{
	if (store.is_list)
		add_rows(s, n_rows, v->data, (size_t)store.width, v->offsets);
	else if (store.width == 8)
		add_rows(s, n_rows, v->data, 8, NULL);
	else
		add_rows(s, n_rows, v->data, (size_t)store.width, NULL);
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
	s->a %= P;
	s->b %= P;
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
