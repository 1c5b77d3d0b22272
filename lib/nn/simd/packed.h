/* What packed.c and packed16.c share: a product as it was asked for, and how a sum ends. */
#ifndef NN_SIMD_PACKED_H
#define NN_SIMD_PACKED_H

#include "nn/packed.h"
#include "nn/simd/vec.h"

#define V (NN_PANEL / VL)	/* vectors of a panel */

struct product {
	nn_float *y;
	size_t ldy;
	const nn_float *x;
	size_t ldx;
	const void *w;
	size_t cols, depth;
	const struct nn_packed_end *end;
};

/* The places from..to-1 where x is not 0, without a branch to mispredict; how many.  A vector more of `at` may be written than is counted. */
INLINE size_t list_places(uint32_t *at, const nn_float *x, size_t from, size_t to)
{
	size_t n = 0;
#if defined NN_INTRINSIC && NN_VEC_BYTES == 64 && !defined NN_DOUBLE
	__m512i place = _mm512_add_epi32(_mm512_set1_epi32((int)from), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
	for (size_t k = from, m; (m = lanes(to, k)); k += VL, place = _mm512_add_epi32(place, _mm512_set1_epi32(VL))) {
		__mmask16 set = _mm512_cmp_ps_mask(ld(x + k, m), _mm512_setzero_ps(), _CMP_NEQ_UQ);
		_mm512_storeu_si512(at + n, _mm512_maskz_compress_epi32(set, place));
		n += (size_t)__builtin_popcount(set);
	}
#else
	for (size_t k = from; k < to; k++) {
		at[n] = (uint32_t)k;
		n += x[k] != 0;
	}
#endif
	return n;
}

INLINE void put(nn_float *y, vec v, size_t m)
{
	if (m)
		st(y, v, m);
}

/* A vector of sums of row r from column j on, and what follows them: the same operations as of the kernels bias, cross and relu. */
INLINE void put_end(const struct product *p, size_t r, size_t j, vec v)
{
	const struct nn_packed_end *e = p->end;
	size_t m = lanes(p->cols, j);
	if (!m)
		return;
	if (e && e->bias)
		v = v + ld(e->bias + j, m);
	if (e && e->relu)
		v = vmax(splat(0), v);
	if (e && e->x0)
		v = vfma(ld(e->x0 + r * e->ld + j, m), v, ld(e->x + r * e->ld + j, m));
	st(p->y + r * p->ldy + j, v, m);
}

#endif
