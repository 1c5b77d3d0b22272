/* Products in bf16, by AVX512_BF16's dot products of pairs: this file is compiled for a processor that has it, which is more than the level v4
 * (Makefile), and nothing of it runs on another.
 *
 * Operands are rounded to nearest even as they are packed, rows of a product for scoring as they are read; what is subnormal counts as 0, as the
 * instruction has it.  Sums are floats.  A pair of zeros changes no sum.
 *
 * Not: an emulation for processors that have not got it.  There the caller is refused bf16, not served slowly.
 */
#include "nn/product.h"

#include "nn/cpu.h"

#if defined __AVX512BF16__ && !defined NN_DOUBLE
#include "nn/simd/vec.h"

typedef uint32_t unit;
#define PER_UNIT 2
#define BLOCKS 0
#include "nn/simd/transpose.h"
#include "nn/simd/round.h"

enum { TILE_ROWS = 8, TILE_PANELS = 3, ROWS = 6, PANELS = 4, LONE_PANELS = 8 };
#define NOT_SIGN 0x7fff7fff

INLINE vec mac(vec sum, vec b, unit a)
{
	return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_set1_epi32((int)a), (__m512bh)b);
}

#include "nn/simd/pack.h"
#include "nn/simd/product.h"
#include "nn/simd/rows.h"
#include "nn/simd/packed.h"

static const struct nn_product bf16 = { .name = "bf16", .precision = "bf16", .per_unit = PER_UNIT, .unit_bytes = sizeof(unit), .blocks = BLOCKS,
					.limit = 0x1.ffp127, .pack = product_pack, .tile = product_tile, .rows = packed_fwd };
#endif

const struct nn_product *nn_product_avx512_bf16(void)
{
#if defined __AVX512BF16__ && !defined NN_DOUBLE
	return nn_cpu_bf16() ? &bf16 : NULL;
#else
	return NULL;
#endif
}
