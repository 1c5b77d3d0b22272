/* Products with a matrix that stays: row by row, each sum in one order, however many rows there are.  packed16.c has the same in bf16.
 *
 * Element j of a row is one chain of multiply-adds over k = 0 .. depth-1.  Vectors run over j, so no sum is ever divided, and a row has the
 * same bits alone and among others: that is the point of this kernel, beside which OpenBLAS chooses another order for every shape.  The
 * matrix is packed into panels of 16 columns (nn/packed.h), a panel being what stays in the first cache while the rows pass.
 *
 * One row is a matter of memory: weights stream past once.  Where x is 0, as half of it is behind a ReLU, the weight is not read at all;
 * weights are finite, so a sum is the same without.  The places of what is not 0 are listed first, without a branch to mispredict.
 */
#include "nn/simd/packed.h"

#if NN_VEC_BYTES == 64
enum { TILE_ROWS = 6, TILE_PANELS = 4, LONE_PANELS = 4 };
#elif NN_VEC_BYTES == 32
enum { TILE_ROWS = 6, TILE_PANELS = 1, LONE_PANELS = 4 };
#else
enum { TILE_ROWS = 3, TILE_PANELS = 1, LONE_PANELS = 2 };
#endif
enum { LISTED = 512 };

/* rows x panels of the result from (r, j) on; both are known to the compiler. */
INLINE void tile(const struct product *p, size_t r0, size_t j, size_t rows, size_t panels)
{
	vec sum[TILE_ROWS][TILE_PANELS * V];
	const nn_float *x = p->x + r0 * p->ldx, *w = (const nn_float *)p->w + j * p->depth;
	size_t ldx = p->ldx, depth = p->depth;
	for (size_t r = 0; r < rows; r++)
		for (size_t v = 0; v < panels * V; v++)
			sum[r][v] = splat(0);
	for (size_t k = 0; k < depth; k++) {
		vec b[TILE_PANELS * V];
#pragma GCC unroll 16
		for (size_t v = 0; v < panels * V; v++)
			b[v] = ld_all(w + (v / V * depth + k) * NN_PANEL + v % V * VL);
#pragma GCC unroll 8
		for (size_t r = 0; r < rows; r++) {
			vec a = splat(x[r * ldx + k]);
#pragma GCC unroll 16
			for (size_t v = 0; v < panels * V; v++)
				sum[r][v] = vfma(a, b[v], sum[r][v]);
		}
	}
	for (size_t r = 0; r < rows; r++)
		for (size_t v = 0; v < panels * V; v++)
			put_end(p, r0 + r, j + v * VL, sum[r][v]);
}

/* The panels from column j on, for all rows but a last lone one; how many rows were done. */
INLINE size_t pass(const struct product *p, size_t rows, size_t j, size_t panels)
{
	size_t r = 0;
	for (; r + TILE_ROWS <= rows; r += TILE_ROWS)
		tile(p, r, j, TILE_ROWS, panels);
	for (; r + 2 <= rows; r += 2)
		tile(p, r, j, 2, panels);
	return r;
}

/* Sums over the n places of `at` go on from what y holds, or begin; they may end. */
INLINE void lone(const struct product *p, size_t r, size_t j, const uint32_t *at, size_t n, int begin, int end, size_t panels)
{
	vec sum[LONE_PANELS * V];
	nn_float *y = p->y + r * p->ldy + j;
	const nn_float *x = p->x + r * p->ldx, *w = (const nn_float *)p->w + j * p->depth;
#pragma GCC unroll 16
	for (size_t v = 0; v < panels * V; v++)
		sum[v] = begin ? splat(0) : ld(y + v * VL, lanes(p->cols, j + v * VL));
	for (size_t i = 0; i < n; i++) {
		vec a = splat(x[at[i]]);
#pragma GCC unroll 16
		for (size_t v = 0; v < panels * V; v++)
			sum[v] = vfma(a, ld_all(w + (v / V * p->depth + at[i]) * NN_PANEL + v % V * VL), sum[v]);
	}
#pragma GCC unroll 16
	for (size_t v = 0; v < panels * V; v++)
		if (end)
			put_end(p, r, j + v * VL, sum[v]);
		else
			put(y + v * VL, sum[v], lanes(p->cols, j + v * VL));
}

static void lone_row(const struct product *p, size_t r)
{
	uint32_t at[LISTED + VL];
	const nn_float *x = p->x + r * p->ldx;
	for (size_t k = 0; k < p->depth; ) {
		size_t end = p->depth - k > LISTED ? k + LISTED : p->depth, n = list_places(at, x, k, end), j = 0;
		int begin = k == 0;
		for (; j + (LONE_PANELS - 1) * NN_PANEL < p->cols; j += LONE_PANELS * NN_PANEL)
			lone(p, r, j, at, n, begin, end == p->depth, LONE_PANELS);
		for (; j < p->cols; j += NN_PANEL)
			lone(p, r, j, at, n, begin, end == p->depth, 1);
		k = end;
	}
}

void NN_K(packed_fwd)(nn_float *y, size_t ldy, const nn_float *x, size_t ldx, const void *w, size_t rows, size_t cols, size_t depth,
		      const struct nn_packed_end *end)
{
	struct product p = { y, ldy, x, ldx, w, cols, depth, end };
	size_t j = 0, done = 0;
	if (rows > 1) {
		for (; j + (TILE_PANELS - 1) * NN_PANEL < cols; j += TILE_PANELS * NN_PANEL)
			done = pass(&p, rows, j, TILE_PANELS);
		for (; j < cols; j += NN_PANEL)
			done = pass(&p, rows, j, 1);
	}
	if (done < rows)
		lone_row(&p, done);
}
