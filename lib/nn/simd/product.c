/* Products in nn_float: of two packed operands (nn/simd/product.h), and of rows with a matrix that stays (nn/simd/packed.h). */
#include "nn/product.h"
#include "nn/simd/vec.h"

typedef nn_float unit;
#define PER_UNIT 1
#define BLOCKS 0
#include "nn/simd/transpose.h"

#if NN_VEC_BYTES == 64 && !defined NN_DOUBLE
enum { TILE_ROWS = 8, TILE_PANELS = 3 };	/* 24 sums in 32 registers */
#elif NN_VEC_BYTES == 64
enum { TILE_ROWS = 4, TILE_PANELS = 3 };
#elif NN_VEC_BYTES == 32 && !defined NN_DOUBLE
enum { TILE_ROWS = 4, TILE_PANELS = 1 };	/* 8 in 16 */
#else
enum { TILE_ROWS = 2, TILE_PANELS = 1 };
#endif
#if NN_VEC_BYTES == 64
enum { ROWS = 6, PANELS = 4, LONE_PANELS = 4 };
#elif NN_VEC_BYTES == 32
enum { ROWS = 6, PANELS = 1, LONE_PANELS = 4 };
#else
enum { ROWS = 2, PANELS = 1, LONE_PANELS = 2 };
#endif
#define NOT_SIGN 0x7fffffff

INLINE vec mac(vec sum, vec b, unit a)
{
	return vfma(splat(a), b, sum);
}

INLINE unit16 along16(const nn_float *x, size_t n)
{
	nn_float y[16];
	for (size_t i = 0; i < 16; i += VL)
		*(vec_anywhere *)(y + i) = i < n ? ld(x + i, lanes(n, i)) : splat(0);
	return *(unit16_anywhere *)y;
}

INLINE unit16 beside16(const nn_float *x, size_t ld, size_t m, size_t n)
{
	(void)ld, (void)n;
	return along16(x, m);
}

#include "nn/simd/pack.h"
#include "nn/simd/product.h"
#include "nn/simd/rows.h"
#include "nn/simd/packed.h"

void NN_K(product_pack)(nn_float *packed, const nn_float *x, size_t ld, int along, int lines, size_t outer, size_t depth, size_t from, size_t to)
{
	product_pack(packed, x, ld, along, lines, outer, depth, from, to);
}

void NN_K(product_tile)(nn_float *c, size_t ldc, const nn_float *a, int lines, const nn_float *b, size_t m, size_t n, size_t units, int add)
{
	product_tile(c, ldc, a, lines, b, m, n, units, add);
}

void NN_K(packed_fwd)(nn_float *y, size_t ldy, const nn_float *x, size_t ldx, const void *w, size_t rows, size_t cols, size_t depth,
		      const struct nn_epilogue *end)
{
	packed_fwd(y, ldy, x, ldx, w, rows, cols, depth, end);
}
