/* packed.c with weights and rows in bf16: half the memory and twice the products, by VDPBF16PS of AVX512_BF16, which is no part of the level v4
 * and is asked for by itself (nn_cpu_bf16).
 *
 * Element j of a row is one chain over pairs of k: the instruction adds both products of a pair to the sum, each rounded to nearest, with what
 * is subnormal taken as 0.  A pair of zeros changes nothing, so a lone row passes over it, and its bits are those among others.
 *
 * Not: an emulation for processors that have not got it.  There the caller is refused bf16, not served slowly.
 */
#include "nn/simd/packed.h"

#include <stdlib.h>

#if defined NN_INTRINSIC && NN_VEC_BYTES == 64 && !defined NN_DOUBLE
#define BF16 __attribute__((target("avx512bf16")))

enum { TILE_ROWS = 6, TILE_PANELS = 4, LONE_PANELS = 8, PAIRS = 512 };	/* pairs of a row at a time: 12 KB of rows */

/* m <= 2 PAIRS numbers of a row, as pairs. */
BF16 INLINE void round_row(uint32_t *to, const nn_float *x, size_t m)
{
	for (size_t k = 0; k < m; k += VL) {
		__m256i half = (__m256i)_mm512_cvtneps_pbh(ld(x + k, lanes(m, k)));
		_mm256_storeu_si256((__m256i *)(to + k / 2), half);
	}
}

BF16 INLINE vec add_pairs(vec sum, const uint32_t *w, uint32_t x)
{
	return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_loadu_si512(w), (__m512bh)_mm512_set1_epi32((int)x));
}

/* rows x panels of the result from (r, j) on: pairs k .. k + n - 1, of which x has those of every row, PAIRS apart. */
BF16 INLINE void tile(const struct product *p, size_t r0, size_t j, const uint32_t *x, size_t k, size_t n, size_t rows, size_t panels)
{
	vec sum[TILE_ROWS][TILE_PANELS];
	size_t words = (p->depth + 1) / 2;
	const uint32_t *w = (const uint32_t *)p->w + j * words + k * NN_PANEL;
	for (size_t r = 0; r < rows; r++)
		for (size_t v = 0; v < panels; v++)
			sum[r][v] = k ? ld(p->y + (r0 + r) * p->ldy + j + v * VL, lanes(p->cols, j + v * VL)) : splat(0);
	for (size_t i = 0; i < n; i++)
#pragma GCC unroll 8
		for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 16
			for (size_t v = 0; v < panels; v++)
				sum[r][v] = add_pairs(sum[r][v], w + (v * words + i) * NN_PANEL, x[r * PAIRS + i]);
	for (size_t r = 0; r < rows; r++)
		for (size_t v = 0; v < panels; v++)
			if (k + n == words)
				put_end(p, r0 + r, j + v * VL, sum[r][v]);
			else
				put(p->y + (r0 + r) * p->ldy + j + v * VL, sum[r][v], lanes(p->cols, j + v * VL));
}

/* All columns of some rows. */
BF16 INLINE void some_rows(const struct product *p, size_t r0, size_t rows)
{
	uint32_t x[TILE_ROWS * PAIRS];
	size_t words = (p->depth + 1) / 2;
	for (size_t k = 0, n; k < words; k += n) {
		size_t j = 0, m = p->depth - 2 * k < 2 * PAIRS ? p->depth - 2 * k : 2 * PAIRS;
		n = (m + 1) / 2;
		for (size_t r = 0; r < rows; r++)
			round_row(x + r * PAIRS, p->x + (r0 + r) * p->ldx + 2 * k, m);
		for (; j + (TILE_PANELS - 1) * NN_PANEL < p->cols; j += TILE_PANELS * NN_PANEL)
			tile(p, r0, j, x, k, n, rows, TILE_PANELS);
		for (; j < p->cols; j += NN_PANEL)
			tile(p, r0, j, x, k, n, rows, 1);
	}
}

/* The places of the n pairs that are not zeros of either sign; how many. */
BF16 INLINE size_t list_pairs(uint32_t *at, const uint32_t *x, size_t n)
{
	size_t some = 0;
	__m512i place = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	for (size_t i = 0; i < n; i += VL, place = _mm512_add_epi32(place, _mm512_set1_epi32(VL))) {
		__mmask16 here = n - i < VL ? (__mmask16)((1u << (n - i)) - 1) : 0xffff;
		__mmask16 set = _mm512_test_epi32_mask(_mm512_maskz_loadu_epi32(here, x + i), _mm512_set1_epi32(0x7fff7fff));
		_mm512_storeu_si512(at + some, _mm512_maskz_compress_epi32(set, place));
		some += (size_t)__builtin_popcount(set);
	}
	return some;
}

/* Sums over the n places of `at` go on from what y holds, or begin; they may end. */
BF16 INLINE void lone(const struct product *p, size_t r, size_t j, const uint32_t *x, const uint32_t *at, size_t n, size_t k, int end, size_t panels)
{
	vec sum[LONE_PANELS];
	size_t words = (p->depth + 1) / 2;
	nn_float *y = p->y + r * p->ldy + j;
	const uint32_t *w = (const uint32_t *)p->w + j * words + k * NN_PANEL;
#pragma GCC unroll 16
	for (size_t v = 0; v < panels; v++)
		sum[v] = k ? ld(y + v * VL, lanes(p->cols, j + v * VL)) : splat(0);
	for (size_t i = 0; i < n; i++)
#pragma GCC unroll 16
		for (size_t v = 0; v < panels; v++)
			sum[v] = add_pairs(sum[v], w + (v * words + at[i]) * NN_PANEL, x[at[i]]);
#pragma GCC unroll 16
	for (size_t v = 0; v < panels; v++)
		if (end)
			put_end(p, r, j + v * VL, sum[v]);
		else
			put(y + v * VL, sum[v], lanes(p->cols, j + v * VL));
}

BF16 static void lone_row(const struct product *p, size_t r)
{
	uint32_t x[PAIRS], at[PAIRS + VL];
	size_t words = (p->depth + 1) / 2;
	for (size_t k = 0, n; k < words; k += n) {
		size_t j = 0, m = p->depth - 2 * k < 2 * PAIRS ? p->depth - 2 * k : 2 * PAIRS;
		n = (m + 1) / 2;
		round_row(x, p->x + r * p->ldx + 2 * k, m);
		size_t some = list_pairs(at, x, n);
		for (; j + (LONE_PANELS - 1) * NN_PANEL < p->cols; j += LONE_PANELS * NN_PANEL)
			lone(p, r, j, x, at, some, k, k + n == words, LONE_PANELS);
		for (; j < p->cols; j += NN_PANEL)
			lone(p, r, j, x, at, some, k, k + n == words, 1);
	}
}

BF16 void NN_K(packed16_fwd)(nn_float *y, size_t ldy, const nn_float *x, size_t ldx, const void *w, size_t rows, size_t cols, size_t depth,
			     const struct nn_packed_end *end)
{
	struct product p = { y, ldy, x, ldx, w, cols, depth, end };
	size_t r = 0;
	for (; r + TILE_ROWS <= rows; r += TILE_ROWS)
		some_rows(&p, r, TILE_ROWS);
	for (; r + 2 <= rows; r += 2)
		some_rows(&p, r, 2);
	if (r < rows)
		lone_row(&p, r);
}
#else
void NN_K(packed16_fwd)(nn_float *y, size_t ldy, const nn_float *x, size_t ldx, const void *w, size_t rows, size_t cols, size_t depth,
			const struct nn_packed_end *end)
{
	(void)y, (void)ldy, (void)x, (void)ldx, (void)w, (void)rows, (void)cols, (void)depth, (void)end;
	abort();	/* nn_packs_new was not to be told NN_IN_BF16 */
}
#endif
