/* Packing and multiplying in nn_float; see nn/product.h. */
#include "nn/product.h"
#include "nn/simd/vec.h"

typedef nn_float unit;
#include "nn/simd/across.h"
#define V (NN_PANEL / VL)	/* vectors of a panel */

#if NN_VEC_BYTES == 64 && !defined NN_DOUBLE
enum { TILE_ROWS = 8, TILE_PANELS = 3 };	/* 24 sums in 32 registers */
#elif NN_VEC_BYTES == 64
enum { TILE_ROWS = 4, TILE_PANELS = 3 };
#elif NN_VEC_BYTES == 32 && !defined NN_DOUBLE
enum { TILE_ROWS = 4, TILE_PANELS = 1 };	/* 8 in 16 */
#else
enum { TILE_ROWS = 2, TILE_PANELS = 1 };
#endif

INLINE void micro(nn_float *c, size_t ldc, const unit *a, int lines, const unit *b, size_t stride, size_t units, size_t rows, size_t panels, size_t n,
		  int add)
{
	vec s[TILE_ROWS][TILE_PANELS * V];
#pragma GCC unroll 8
	for (size_t r = 0; r < TILE_ROWS; r++)
#pragma GCC unroll 16
		for (size_t v = 0; v < panels * V; v++)
			s[r][v] = add && r < rows ? ld(c + r * ldc + v * VL, lanes(n, v * VL)) : splat(0);
	for (size_t from = 0; from < units; from += NN_PANEL, a += NN_PANEL * NN_PANEL)
		for (size_t k = 0, few = units - from < NN_PANEL ? units - from : NN_PANEL; k < few; k++, b += NN_PANEL) {
			vec y[TILE_PANELS * V];
#pragma GCC unroll 16
			for (size_t v = 0; v < panels * V; v++)
				y[v] = ld_all(b + v / V * stride + v % V * VL);
#pragma GCC unroll 8
			for (size_t r = 0; r < TILE_ROWS; r++) {
				vec x = splat(a[nn_product_at(r, k, lines)]);
#pragma GCC unroll 16
				for (size_t v = 0; v < panels * V; v++)
					s[r][v] = vfma(x, y[v], s[r][v]);
			}
		}
#pragma GCC unroll 8
	for (size_t r = 0; r < TILE_ROWS; r++)
#pragma GCC unroll 16
		for (size_t v = 0; v < panels * V; v++)
			if (r < rows && v * VL < n)
				st(c + r * ldc + v * VL, s[r][v], lanes(n, v * VL));
}

#include "nn/simd/product.h"

void NN_K(product_tile)(nn_float *c, size_t ldc, const nn_float *a, int lines, const nn_float *b, size_t m, size_t n, size_t units, int add)
{
	tiles(c, ldc, a, lines, b, m, n, units, add);
}

/* Panels whose places lie one behind the other in x, a depth of all of them at a time: so x is read along its rows. */
static void pack_beside(nn_float *to, const nn_float *x, size_t ldx, size_t places, size_t depth)
{
	for (size_t k = 0; k < depth; k++)
		for (size_t at = 0; at < places; at += NN_PANEL)
			for (size_t v = 0; v < V; v++) {
				size_t m = lanes(places, at + v * VL);
				*(vec_anywhere *)(to + at * depth + k * NN_PANEL + v * VL) = m ? ld(x + k * ldx + at + v * VL, m) : splat(0);
			}
}

/* A panel whose places are rows of x. */
static void pack_along(nn_float *to, const nn_float *x, size_t ld, size_t places, size_t depth)
{
	size_t k = 0;
	for (; places == NN_PANEL && k + 16 <= depth; k += 16) {
		unit16 t[16];
#pragma GCC unroll 16
		for (size_t j = 0; j < 16; j++)
			t[j] = *(const unit16_anywhere *)(x + j * ld + k);
		across(t);
#pragma GCC unroll 16
		for (size_t j = 0; j < 16; j++)
			*(unit16_anywhere *)(to + (k + j) * NN_PANEL) = t[j];
	}
	for (; k < depth; k++)
		for (size_t j = 0; j < NN_PANEL; j++)
			to[k * NN_PANEL + j] = j < places ? x[j * ld + k] : 0;
}

static void pack_lines(nn_float *to, const nn_float *x, size_t ldx, size_t places, size_t depth)
{
	for (size_t k = 0; k < depth; k += NN_PANEL, to += NN_PANEL * NN_PANEL)
		for (size_t j = 0; j < NN_PANEL; j++)
			for (size_t v = 0; v < V; v++) {
				size_t m = j < places ? lanes(depth, k + v * VL) : 0;
				*(vec_anywhere *)(to + j * NN_PANEL + v * VL) = m ? ld(x + j * ldx + k + v * VL, m) : splat(0);
			}
}

void NN_K(product_pack)(nn_float *packed, const nn_float *x, size_t ld, int along, int lines, size_t outer, size_t depth, size_t from, size_t to)
{
	size_t length = nn_product_length(depth, lines), begin = from * NN_PANEL, end = to * NN_PANEL < outer ? to * NN_PANEL : outer;
	if (!along)
		pack_beside(packed + begin * length, x + begin, ld, end - begin, depth);
	for (size_t at = begin; along && at < end; at += NN_PANEL)
		(lines ? pack_lines : pack_along)(packed + at * length, x + at * ld, ld, end - at < NN_PANEL ? end - at : NN_PANEL, depth);
}
