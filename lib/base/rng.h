/* Random numbers by counting: no state to carry, so nothing depends on threads, batch order or restarts.
 *
 * A stream is named by (seed, purpose, epoch, row); its i-th number is a function of that name and i alone (SplitMix64 over a mixed key;
 * Steele, Lea, Flood, OOPSLA 2014).  Never seeded from the clock.
 *
 *     struct cp_rng r = cp_rng(seed, CP_RNG_MASK, epoch, row);
 *     if (cp_rng_real(&r) < 0.15) ...
 */
#ifndef CP_RNG_H
#define CP_RNG_H

#include <stdint.h>

/* What the numbers are for.  Values are part of the results: append, never renumber. */
enum cp_rng_purpose {
	CP_RNG_MASK = 1,	/* which tokens are masked, and with what */
	CP_RNG_SHUFFLE,		/* order of rows */
	CP_RNG_SPLIT,		/* which part a row goes to */
	CP_RNG_INIT,		/* initial parameters; epoch = tensor, row = row of the tensor */
	CP_RNG_DROPOUT,
	CP_RNG_UNSEEN,		/* keys shown to training as unseen */
	CP_RNG_FIELDS,		/* order of fields in a sentence */
	CP_RNG_SAMPLE,		/* cp-cat --sample */
	CP_RNG_BOOTSTRAP,
	CP_RNG_TEST,
};

struct cp_rng {
	uint64_t key, i;
};

/* The finaliser of SplitMix64 (a bijection of 64-bit words). */
static inline uint64_t cp_mix64(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

#define CP_GOLDEN UINT64_C(0x9e3779b97f4a7c15)

static inline struct cp_rng cp_rng(uint64_t seed, enum cp_rng_purpose purpose, uint64_t epoch, uint64_t row)
{
	uint64_t k = cp_mix64(seed + CP_GOLDEN * (uint64_t)purpose);
	k = cp_mix64(k + CP_GOLDEN * (epoch + 1));
	k = cp_mix64(k + CP_GOLDEN * (row + 1));
	return (struct cp_rng){ k, 0 };
}

static inline uint64_t cp_rng_u64(struct cp_rng *r)
{
	return cp_mix64(r->key + CP_GOLDEN * ++r->i);
}

/* Uniform in [0, 1), 53 bits. */
static inline double cp_rng_real(struct cp_rng *r)
{
	return (double)(cp_rng_u64(r) >> 11) * 0x1p-53;
}

/* Uniform in 0..n-1, without bias; n > 0. */
uint64_t cp_rng_below(struct cp_rng *, uint64_t n);

/* Standard normal (Box-Muller; two uniforms a number). */
double cp_rng_normal(struct cp_rng *);

#endif
