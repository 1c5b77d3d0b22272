/* Products of rows with a matrix that stays, in whole numbers of eight bits (nn/simd/int8.h), by AVX512_VNNI's dot products of four, of which one side has no
 * sign: this file is compiled for a processor that has it (Makefile), and nothing of it runs on another.
 */
#include "nn/product.h"

#include "nn/cpu.h"

#if defined __AVX512VNNI__ && !defined NN_DOUBLE
#include "nn/simd/vec.h"

#define BLOCKS 0
enum { AT_A_TIME = 24, LEAST = 1, ROWS = 6, PANELS = 4, LONE_PANELS = 8 /* what the registers hold sums of: of several rows, of one */ };
#include "nn/simd/int8.h"

/* Of this type, as GCC 12 keeps __m512i that a dot product adds to in memory, not in registers. */
typedef int32_t sums __attribute__((vector_size(64)));

/* rows x panels of the result, from row r of x and column j on.  How many is known to the compiler. */
INLINE void tile(const struct packed *p, const struct rounded *x, size_t r0, size_t r, size_t j, size_t rows, size_t panels)
{
	sums sum[ROWS * PANELS];
	size_t panel = (HEAD + p->units) * NN_PANEL;
	const unit *w = p->w + j / NN_PANEL * panel + HEAD * NN_PANEL;
#pragma GCC unroll 8
	for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 8
		for (size_t v = 0; v < panels; v++)
			sum[i * panels + v] = (sums)_mm512_set1_epi32(first_sum(x, r + i));
	for (size_t k = 0; k < p->units; k++) {
		__m512i b[LONE_PANELS];
#pragma GCC unroll 8
		for (size_t v = 0; v < panels; v++)
			b[v] = _mm512_loadu_si512(w + v * panel + k * NN_PANEL);
#pragma GCC unroll 8
		for (size_t i = 0; i < rows; i++) {
			int32_t four;
			memcpy(&four, x->v + (r + i) * x->ld + k * PER_UNIT, sizeof four);
#pragma GCC unroll 8
			for (size_t v = 0; v < panels; v++)
				sum[i * panels + v] = (sums)_mm512_dpbusd_epi32((__m512i)sum[i * panels + v], b[v], _mm512_set1_epi32(four));
		}
	}
#pragma GCC unroll 8
	for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 8
		for (size_t v = 0; v < panels; v++)
			put_sums(p, x, r0, r + i, j + v * NN_PANEL, (__m512i)sum[i * panels + v]);
}

/* The panels from column j on, for n rows. */
INLINE void columns(const struct packed *p, const struct rounded *x, size_t r0, size_t n, size_t j, size_t panels)
{
	size_t r = 0;
	for (; r + ROWS <= n; r += ROWS)
		tile(p, x, r0, r, j, ROWS, panels);
	for (; r + 2 <= n; r += 2)
		tile(p, x, r0, r, j, 2, panels);
	if (r < n)
		tile(p, x, r0, r, j, 1, panels);
}

static void some_rows(const struct packed *p, const struct rounded *x, size_t r0, size_t n)
{
	size_t j = 0;
	for (; n == 1 && j + (LONE_PANELS - 1) * NN_PANEL < p->cols; j += LONE_PANELS * NN_PANEL)
		tile(p, x, r0, 0, j, 1, LONE_PANELS);
	for (; j + (PANELS - 1) * NN_PANEL < p->cols; j += PANELS * NN_PANEL)
		columns(p, x, r0, n, j, PANELS);
	for (; j < p->cols; j += NN_PANEL)
		columns(p, x, r0, n, j, 1);
}

static const struct nn_product int8 = { .name = "int8", .precision = "int8", .per_unit = PER_UNIT, .unit_bytes = sizeof(unit), .head = HEAD,
					.blocks = BLOCKS, .most_depth = MOST_DEPTH, .limit = INFINITY, .pack = pack, .rows = rows };
#endif

const struct nn_product *nn_product_vnni(void)
{
#if defined __AVX512VNNI__ && !defined NN_DOUBLE
	return nn_cpu_int8() ? &int8 : NULL;
#else
	return NULL;
#endif
}
