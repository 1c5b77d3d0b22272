/* The products' kernels of this processor's level, as one of the kinds, and which kind is bf16's; see product.h. */
#include "nn/product.h"

#include <math.h>

#include "nn/kernels.h"

static void pack(void *packed, const nn_float *x, size_t ld, int along, int lines, size_t outer, size_t depth, size_t from, size_t to)
{
	nn_product_pack(packed, x, ld, along, lines, outer, depth, from, to);
}

static void tile(nn_float *c, size_t ldc, const void *a, int lines, const void *b, size_t m, size_t n, size_t units, int add)
{
	nn_product_tile(c, ldc, a, lines, b, m, n, units, add);
}

static void rows(nn_float *y, size_t ldy, const nn_float *x, size_t ldx, const void *w, size_t n_rows, size_t cols, size_t depth,
		 const struct nn_epilogue *end)
{
	nn_packed_fwd(y, ldy, x, ldx, w, n_rows, cols, depth, end);
}

const struct nn_product *nn_product_float(void)
{
	static const struct nn_product f = { .name = "f32", .precision = "f32", .per_unit = 1, .unit_bytes = sizeof(nn_float), .limit = INFINITY,
					     .pack = pack, .tile = tile, .rows = rows };
	return &f;
}

const struct nn_product *nn_product_bf16(void)
{
	const struct nn_product *amx = nn_product_amx();
	return amx ? amx : nn_product_avx512_bf16();
}

const struct nn_product *nn_product_int8(void)
{
	const struct nn_product *amx = nn_product_amx_int8();
	return amx ? amx : nn_product_vnni();
}
