/* Packing and multiplying in bf16 by AVX512_BF16's dot products of pairs: this file is compiled for that processor (Makefile), and nothing of
 * it runs on another.
 *
 * Operands are rounded to nearest even as they are packed; what is subnormal counts as 0, as the instruction has it.  Sums are floats. */
#include "nn/product.h"

#include <stdint.h>
#include <string.h>

#include "nn/cpu.h"

#if defined __AVX512BF16__ && !defined NN_DOUBLE
#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline, unused))
typedef uint32_t unit;
#include "nn/simd/across.h"
enum { TILE_ROWS = 8, TILE_PANELS = 3 };

static inline __mmask16 first(size_t n)
{
	return n >= 16 ? 0xffff : (__mmask16)((1u << n) - 1);
}

INLINE void micro(float *c, size_t ldc, const unit *a, int lines, const unit *b, size_t stride, size_t units, size_t rows, size_t panels, size_t n,
		  int add)
{
	__m512 s[TILE_ROWS][TILE_PANELS];
#pragma GCC unroll 8
	for (size_t r = 0; r < TILE_ROWS; r++)
#pragma GCC unroll 3
		for (size_t p = 0; p < panels; p++)
			s[r][p] = add && r < rows ? _mm512_maskz_loadu_ps(first(n - 16 * p), c + r * ldc + 16 * p) : _mm512_setzero_ps();
	for (size_t from = 0; from < units; from += NN_PANEL, a += NN_PANEL * NN_PANEL)
		for (size_t k = 0, few = units - from < NN_PANEL ? units - from : NN_PANEL; k < few; k++, b += NN_PANEL) {
			__m512bh y[TILE_PANELS];
#pragma GCC unroll 3
			for (size_t p = 0; p < panels; p++)
				y[p] = (__m512bh)_mm512_loadu_si512(b + p * stride);
#pragma GCC unroll 8
			for (size_t r = 0; r < TILE_ROWS; r++) {
				__m512bh x = (__m512bh)_mm512_set1_epi32((int)a[nn_product_at(r, k, lines)]);
#pragma GCC unroll 3
				for (size_t p = 0; p < panels; p++)
					s[r][p] = _mm512_dpbf16_ps(s[r][p], x, y[p]);
			}
		}
#pragma GCC unroll 8
	for (size_t r = 0; r < TILE_ROWS; r++)
#pragma GCC unroll 3
		for (size_t p = 0; p < panels; p++)
			if (r < rows)
				_mm512_mask_storeu_ps(c + r * ldc + 16 * p, first(n - 16 * p), s[r][p]);
}

#include "nn/simd/product.h"

static void tile(float *c, size_t ldc, const void *a, int lines, const void *b, size_t m, size_t n, size_t units, int add)
{
	tiles(c, ldc, a, lines, b, m, n, units, add);
}

/* Units of 16 places from their numbers at one depth and at the next. */
INLINE unit16 interleave(__m512 even, __m512 odd)
{
	const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3,
					       18, 2, 17, 1, 16, 0);
	return (unit16)_mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(odd, even));
}

/* 32 numbers one behind the other, of which `have` are there, as 16 units. */
INLINE unit16 units_of(const float *x, size_t have)
{
	__m512 lo = have >= 16 ? _mm512_loadu_ps(x) : _mm512_maskz_loadu_ps(first(have), x);
	__m512 hi = have >= 32 ? _mm512_loadu_ps(x + 16) : _mm512_maskz_loadu_ps(have > 16 ? first(have - 16) : 0, x + 16);
	return (unit16)(__m512i)_mm512_cvtne2ps_pbh(hi, lo);
}

/* Panels whose places lie one behind the other in x, a depth of all of them at a time: so x is read along its rows. */
static void pack_beside(unit *to, const float *x, size_t ld, size_t places, size_t depth)
{
	size_t units = (depth + 1) / 2;
	for (size_t u = 0; u < units; u++) {
		const float *even = x + 2 * u * ld, *odd = even + ld;
		for (size_t at = 0; at < places; at += NN_PANEL) {
			__mmask16 there = first(places - at);
			__m512 v = _mm512_maskz_loadu_ps(there, even + at);
			__m512 w = 2 * u + 1 < depth ? _mm512_maskz_loadu_ps(there, odd + at) : _mm512_setzero_ps();
			*(unit16_anywhere *)(to + at * units + u * NN_PANEL) = interleave(v, w);
		}
	}
}

static void pack_along(unit *to, const float *x, size_t ld, size_t places, size_t depth)
{
	for (size_t k = 0, units = (depth + 1) / 2; k < units; k += 16) {
		unit16 t[16] = { 0 };
#pragma GCC unroll 16
		for (size_t j = 0; j < 16; j++)
			if (j < places)
				t[j] = units_of(x + j * ld + 2 * k, depth - 2 * k);
		across(t);
		for (size_t j = 0; j < 16 && k + j < units; j++)
			*(unit16_anywhere *)(to + (k + j) * NN_PANEL) = t[j];
	}
}

static void pack_lines(unit *to, const float *x, size_t ld, size_t places, size_t depth)
{
	for (size_t k = 0; k < depth; k += 2 * NN_PANEL, to += NN_PANEL * NN_PANEL)
		for (size_t j = 0; j < NN_PANEL; j++)
			*(unit16_anywhere *)(to + j * NN_PANEL) = j < places ? units_of(x + j * ld + k, depth - k) : (unit16){ 0 };
}

static void pack(void *packed, const float *x, size_t ld, int along, int lines, size_t outer, size_t depth, size_t from, size_t to)
{
	size_t length = nn_product_length((depth + 1) / 2, lines), begin = from * NN_PANEL, end = to * NN_PANEL < outer ? to * NN_PANEL : outer;
	if (!along)
		pack_beside((unit *)packed + begin * length, x + begin, ld, end - begin, depth);
	for (size_t at = begin; along && at < end; at += NN_PANEL)
		(lines ? pack_lines : pack_along)((unit *)packed + at * length, x + at * ld, ld, end - at < NN_PANEL ? end - at : NN_PANEL, depth);
}

static const struct nn_product bf16 = { "bf16", 2, sizeof(unit), pack, tile };
#endif

const struct nn_product *nn_product_bf16(void)
{
#if defined __AVX512BF16__ && !defined NN_DOUBLE
	return nn_cpu_bf16() ? &bf16 : NULL;
#else
	return NULL;
#endif
}
