/* What every kernel is written in: vectors as wide as the level's registers.
 *
 * The files of this folder are compiled once a level (Makefile: CP_LEVEL = base, v3, v4); NN_K(gelu_fwd) is nn_gelu_fwd_v3 and so on, and
 * lib/nn/cpu.c chooses.  Loops run over vectors of VL elements and end with a partial one of m < VL lanes:
 *
 *     for (size_t i = 0, m; (m = lanes(n, i)); i += VL)
 *             st(y + i, ld(y + i, m) + ld(x + i, m), m);
 *
 * so an element's value never depends on where in the array it stands.  Contraction is off everywhere (-ffp-contract=off): a fused
 * multiply-add is written vfma(), which makes the result the same for every compiler.  Lanes past m load as 0 and are not stored.
 *
 * In double (NN_DOUBLE) the transcendental functions are libm's, lane by lane.  Compiled with -DNN_VEC_BYTES=n the width is n without
 * intrinsics: for trying widths a machine has not got.
 */
#ifndef NN_SIMD_VEC_H
#define NN_SIMD_VEC_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cpu.h"
#include "base/rng.h"
#include "nn/kernels.h"

#if defined __x86_64__ && !defined NN_VEC_BYTES
#include <immintrin.h>
#if defined __AVX512F__
#define NN_VEC_BYTES 64
#define NN_INTRINSIC(op) NN_PASTE(_mm512_##op, NN_SUFFIX)
#elif defined __AVX2__
#define NN_VEC_BYTES 32
#define NN_INTRINSIC(op) NN_PASTE(_mm256_##op, NN_SUFFIX)
#else
#define NN_VEC_BYTES 16
#define NN_INTRINSIC(op) NN_PASTE(_mm_##op, NN_SUFFIX)
#endif
#endif
#ifndef NN_VEC_BYTES
#define NN_VEC_BYTES 16
#endif

#define NN_PASTE CP_PASTE
#define NN_K(name) CP_AT_LEVEL(nn_##name)
#define NN_DECLARE(name) extern __typeof__(*nn_##name) NN_K(name);
NN_KERNELS(NN_DECLARE)

#ifdef NN_DOUBLE
#define NN_SUFFIX _pd
typedef uint64_t lane_bits;
#else
#define NN_SUFFIX _ps
typedef uint32_t lane_bits;
#endif

#define VL (NN_VEC_BYTES / sizeof(nn_float))
typedef nn_float vec __attribute__((vector_size(NN_VEC_BYTES)));
typedef nn_float vec_anywhere __attribute__((vector_size(NN_VEC_BYTES), aligned(sizeof(nn_float)), may_alias));
typedef lane_bits bits __attribute__((vector_size(NN_VEC_BYTES)));	/* a comparison gives all ones or zeros a lane */
#define INLINE static inline __attribute__((always_inline, unused))

#define WHOLE(m) __builtin_expect((m) == VL, 1)

/* How many lanes there are from i on: VL, fewer at the end, 0 past it. */
INLINE size_t lanes(size_t n, size_t i)
{
	return i >= n ? 0 : n - i < VL ? n - i : VL;
}

INLINE vec splat(nn_float x)
{
	return x - (vec){ 0 };
}

INLINE vec sel(bits mask, vec yes, vec no)
{
	return (vec)(((bits)yes & mask) | ((bits)no & ~mask));
}

INLINE vec vabs(vec x)
{
	return (vec)((bits)x & ~(bits)splat(-0.0f));
}

#ifdef NN_INTRINSIC
/* maximum and minimum give the second operand where one is NaN: a NaN that stands there stays */
INLINE vec vmax(vec a, vec b) { return NN_INTRINSIC(max)(a, b); }
INLINE vec vmin(vec a, vec b) { return NN_INTRINSIC(min)(a, b); }
INLINE vec vsqrt(vec a) { return NN_INTRINSIC(sqrt)(a); }
#else
INLINE vec vmax(vec a, vec b) { return sel((bits)(a > b), a, b); }
INLINE vec vmin(vec a, vec b) { return sel((bits)(a < b), a, b); }
INLINE vec vsqrt(vec a)
{
	for (size_t i = 0; i < VL; i++)
		a[i] = sizeof(nn_float) == 4 ? sqrtf(a[i]) : sqrt(a[i]);
	return a;
}
#endif

/* a b + c, rounded once where the level has the instruction */
INLINE vec vfma(vec a, vec b, vec c)
{
#if defined NN_INTRINSIC && defined __FMA__
	return NN_INTRINSIC(fmadd)(a, b, c);
#else
	return a * b + c;
#endif
}

INLINE vec ld_all(const nn_float *p)
{
	return *(const vec_anywhere *)p;
}

#if defined NN_INTRINSIC && NN_VEC_BYTES == 64
INLINE vec ld_part(const nn_float *p, size_t m) { return NN_INTRINSIC(maskz_loadu)((1u << m) - 1, p); }
INLINE void st_part(nn_float *p, vec v, size_t m) { NN_INTRINSIC(mask_storeu)(p, (1u << m) - 1, v); }
#elif defined NN_INTRINSIC && NN_VEC_BYTES == 32
INLINE __m256i part_mask(size_t m)
{
	static const lane_bits ones[2 * VL] = { -1, -1, -1, -1,
#ifndef NN_DOUBLE
						-1, -1, -1, -1
#endif
	};
	return _mm256_loadu_si256((const __m256i *)(ones + VL - m));
}
INLINE vec ld_part(const nn_float *p, size_t m) { return NN_INTRINSIC(maskload)(p, part_mask(m)); }
INLINE void st_part(nn_float *p, vec v, size_t m) { NN_INTRINSIC(maskstore)(p, part_mask(m), v); }
#else
INLINE vec ld_part(const nn_float *p, size_t m)
{
	vec v = { 0 };

	for (size_t i = 0; i < m; i++)
		v[i] = p[i];
	return v;
}

INLINE void st_part(nn_float *p, vec v, size_t m)
{
	for (size_t i = 0; i < m; i++)
		p[i] = v[i];
}
#endif

INLINE vec ld(const nn_float *p, size_t m)
{
	return WHOLE(m) ? ld_all(p) : ld_part(p, m);
}

INLINE void st(nn_float *p, vec v, size_t m)
{
	if (WHOLE(m))
		*(vec_anywhere *)p = v;
	else
		st_part(p, v, m);
}

/* v with the lanes from m on replaced by x */
INLINE vec fill(vec v, size_t m, nn_float x)
{
	if (WHOLE(m))
		return v;
	bits lane;
	for (size_t i = 0; i < VL; i++)
		lane[i] = (lane_bits)i;
	return sel((bits)(lane < (lane_bits)m), v, splat(x));
}

#if defined NN_INTRINSIC && NN_VEC_BYTES == 64	/* the same sums: halves, quarters, eighths ... */
INLINE nn_float hsum(vec v) { return NN_INTRINSIC(reduce_add)(v); }
INLINE nn_float hmax(vec v) { return NN_INTRINSIC(reduce_max)(v); }
#else
INLINE nn_float hsum(vec v)
{
	nn_float a[VL];

	memcpy(a, &v, sizeof a);
	for (size_t w = VL / 2; w; w /= 2)
		for (size_t i = 0; i < w; i++)
			a[i] += a[i + w];
	return a[0];
}

INLINE nn_float hmax(vec v)
{
	nn_float max = v[0];

	for (size_t i = 1; i < VL; i++)
		max = v[i] > max ? v[i] : max;
	return max;
}
#endif

/* -- transcendental functions; polynomials in pairs (Estrin), because waiting, not multiplying, takes the time -- */

#ifdef NN_DOUBLE
#define LANES_OF(f, x) vec y; for (size_t i = 0; i < VL; i++) y[i] = f(x[i]); return y
INLINE vec vexp(vec x) { LANES_OF(exp, x); }
INLINE vec vtanh(vec x) { LANES_OF(tanh, x); }
/* erfc(z/sqrt 2)/2 for z >= 0; e is exp(-z^2/2) */
INLINE vec normal_tail(vec z, vec e) { (void)e; vec h = z * M_SQRT1_2; LANES_OF(0.5 * erfc, h); }
#else

/* exp: x = n ln 2 + r, |r| <= ln 2 / 2 (Cody and Waite: n times the high part of ln 2 is exact), exp r = 1 + r + r^2 q(r), q minimax of
 * degree 4 (3e-9).  Error below 1.5 units of the last place; below -87.3, where floats turn subnormal, it is 0; above 88.3 it stays. */
INLINE vec vexp(vec x)
{
	const vec shift = splat(12582912.f);	/* 1.5 * 2^23: adding it rounds to a whole number in the low bits */
	vec z = vmin(splat(88.3f), vmax(splat(-87.3f), x));
	vec t = vfma(z, splat(1.44269504f), shift), n = t - shift;
	vec r = vfma(n, splat(2.12194440e-4f), vfma(n, splat(-0.693359375f), z));
	vec r2 = r * r, q01 = vfma(splat(1.66665183e-1f), r, splat(0.500000010f)), q23 = vfma(splat(8.36895332e-3f), r, splat(4.16662042e-2f));
	vec q = vfma(r2, vfma(splat(1.39505964e-3f), r2, q23), q01);
	vec y = vfma(r2, q, r) + 1;
	return sel((bits)(x < -87.3f), splat(0), (vec)((bits)y + ((bits)t << 23)));
}

/* tanh: x + x u h(u), u = x^2, below 0.65 (h minimax, 7e-9), else 1 - 2 / (exp(2|x|) + 1). */
INLINE vec vtanh(vec x)
{
	vec a = vabs(x), u = x * x;
	vec h = vfma(vfma(vfma(vfma(splat(-5.5151613e-3f), u, splat(2.0469417e-2f)), u, splat(-5.3688022e-2f)), u, splat(1.3330830e-1f)), u,
		     splat(-3.3333260e-1f));
	vec big = 1 - 2 / (vexp(2 * a) + 1);
	vec sign = (vec)((bits)x & (bits)splat(-0.0f));
	return sel((bits)(a < 0.65f), vfma(u * x, h, x), (vec)((bits)big | (bits)sign));
}

/* The upper tail of the normal distribution, erfc(z/sqrt 2)/2 = exp(-z^2/2) t P(t), t = 1 / (1 + 0.34 z), z >= 0; P minimax of degree 8
 * over z <= 14 (relative 3e-8), so the tail keeps its relative accuracy.  e is exp(-z^2/2), which the caller has. */
INLINE vec normal_tail(vec z, vec e)
{
	vec t = 1 / vfma(splat(0.34f), z, splat(1)), t2 = t * t, t4 = t2 * t2;
	vec p01 = vfma(splat(0.13611218926f), t, splat(0.13562050385f)), p23 = vfma(splat(0.11535891877f), t, splat(0.11519771662f));
	vec p45 = vfma(splat(0.20218172455f), t, splat(-0.044717837934f)), p67 = vfma(splat(0.13949904025f), t, splat(-0.27313186324f));
	vec p0123 = vfma(p23, t2, p01), p4567 = vfma(p67, t2, p45);
	return e * t * vfma(vfma(splat(-0.026120377035f), t4, p4567), t4, p0123);
}
#endif

/* -- dropout's factors (nn/kernels.h has the bits) -- */

struct drop {
	uint32_t lo, hi, threshold;
	nn_float scale;
};

INLINE struct drop drop_row(const uint64_t *keys, size_t row, uint64_t site, nn_float p)
{
	uint32_t t = keys ? (uint32_t)(65536 * (double)p + 0.5) : 0;
	uint64_t s = keys ? cp_mix64(keys[row] + CP_GOLDEN * (site + 1)) : 0;

	return (struct drop){ (uint32_t)s, (uint32_t)(s >> 32), t, t ? (nn_float)(65536.0 / (65536 - t)) : 1 };
}

/* The factors of columns 32 block .. 32 block + 31: 0 or the scale. */
INLINE void drop_block(nn_float f[32], const struct drop *d, size_t block)
{
	for (uint32_t i = 0; i < 16; i++) {
		uint32_t x = d->lo + ((uint32_t)block * 16 + i) * UINT32_C(0x9e3779b9);
		x = (x ^ x >> 16) * UINT32_C(0x7feb352d) + d->hi;
		x = (x ^ x >> 15) * UINT32_C(0x846ca68b);
		x ^= x >> 16;
		f[i] = (x & 0xffff) < d->threshold ? 0 : d->scale;
		f[i + 16] = x >> 16 < d->threshold ? 0 : d->scale;
	}
}

#endif
