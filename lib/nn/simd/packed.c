/* Products with a matrix that stays: row by row, each sum in one order, however many rows there are.
 *
 * Element j of a row is one chain of multiply-adds over k = 0 .. depth-1.  Vectors run over j, so no sum is ever divided, and a row has the
 * same bits alone and among others: that is the point of this kernel, beside which OpenBLAS chooses another order for every shape.  The
 * matrix is packed into panels of 16 columns (nn/packed.h), a panel being what stays in the first cache while the rows pass.
 *
 * One row is a matter of memory: weights stream past once.  Where x is 0, as half of it is behind a ReLU, the weight is not read at all;
 * weights are finite, so a sum is the same without.  The places of what is not 0 are listed first, without a branch to mispredict.
 */
#include "nn/packed.h"
#include "nn/simd/vec.h"

#define V (NN_PANEL / VL)	/* vectors of a panel */
#if NN_VEC_BYTES == 64
enum { TILE_ROWS = 6, TILE_PANELS = 4, LONE_PANELS = 8 };
#elif NN_VEC_BYTES == 32
enum { TILE_ROWS = 6, TILE_PANELS = 1, LONE_PANELS = 4 };
#else
enum { TILE_ROWS = 3, TILE_PANELS = 1, LONE_PANELS = 2 };
#endif
enum { LISTED = 512 };

INLINE void put(nn_float *y, vec v, size_t m)
{
	if (m)
		st(y, v, m);
}

/* rows x panels of the result; both are known to the compiler. */
INLINE void tile(nn_float *y, size_t ldy, const nn_float *x, size_t ldx, const nn_float *w, size_t cols, size_t depth, size_t rows, size_t panels)
{
	vec sum[TILE_ROWS][TILE_PANELS * V];
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
			put(y + r * ldy + v * VL, sum[r][v], lanes(cols, v * VL));
}

/* The panels from w on, for all rows but a last lone one; how many rows were done. */
INLINE size_t pass(nn_float *y, size_t ldy, const nn_float *x, size_t ldx, const nn_float *w, size_t rows, size_t cols, size_t depth, size_t panels)
{
	size_t r = 0;
	for (; r + TILE_ROWS <= rows; r += TILE_ROWS)
		tile(y + r * ldy, ldy, x + r * ldx, ldx, w, cols, depth, TILE_ROWS, panels);
	for (; r + 2 <= rows; r += 2)
		tile(y + r * ldy, ldy, x + r * ldx, ldx, w, cols, depth, 2, panels);
	return r;
}

/* Sums over the n places of `at` go on from what y holds, or begin. */
INLINE void lone(nn_float *y, const nn_float *x, const uint32_t *at, size_t n, int begin, const nn_float *w, size_t cols, size_t depth, size_t panels)
{
	vec sum[LONE_PANELS * V];
#pragma GCC unroll 16
	for (size_t v = 0; v < panels * V; v++)
		sum[v] = begin ? splat(0) : ld(y + v * VL, lanes(cols, v * VL));
	for (size_t i = 0; i < n; i++) {
		vec a = splat(x[at[i]]);
#pragma GCC unroll 16
		for (size_t v = 0; v < panels * V; v++)
			sum[v] = vfma(a, ld_all(w + (v / V * depth + at[i]) * NN_PANEL + v % V * VL), sum[v]);
	}
#pragma GCC unroll 16
	for (size_t v = 0; v < panels * V; v++)
		put(y + v * VL, sum[v], lanes(cols, v * VL));
}

static void lone_row(nn_float *y, const nn_float *x, const nn_float *w, size_t cols, size_t depth)
{
	uint32_t at[LISTED];
	for (size_t k = 0; k < depth; ) {
		size_t n = 0, end = depth - k > LISTED ? k + LISTED : depth, j = 0;
		int begin = k == 0;
		for (; k < end; k++) {
			at[n] = (uint32_t)k;
			n += x[k] != 0;
		}
		for (; j + (LONE_PANELS - 1) * NN_PANEL < cols; j += LONE_PANELS * NN_PANEL)
			lone(y + j, x, at, n, begin, w + j * depth, cols - j, depth, LONE_PANELS);
		for (; j < cols; j += NN_PANEL)
			lone(y + j, x, at, n, begin, w + j * depth, cols - j, depth, 1);
	}
}

void NN_K(packed_fwd)(nn_float *y, size_t ldy, const nn_float *x, size_t ldx, const nn_float *w, size_t rows, size_t cols, size_t depth)
{
	size_t j = 0, done = 0;
	if (rows > 1) {
		for (; j + (TILE_PANELS - 1) * NN_PANEL < cols; j += TILE_PANELS * NN_PANEL)
			done = pass(y + j, ldy, x, ldx, w + j * depth, rows, cols - j, depth, TILE_PANELS);
		for (; j < cols; j += NN_PANEL)
			done = pass(y + j, ldy, x, ldx, w + j * depth, rows, cols - j, depth, 1);
	}
	if (done < rows)
		lone_row(y + done * ldy, x + done * ldx, w, cols, depth);
}
