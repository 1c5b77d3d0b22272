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
