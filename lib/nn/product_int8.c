/* Products of rows with a matrix that stays, in whole numbers of eight bits, by AVX512_VNNI's dot products of four: this file is compiled for a
 * processor that has it (Makefile), and nothing of it runs on another.
 *
 * A column of the matrix is divided by t = its largest size / 127 and rounded to nearest even once, as it is packed; a row of x likewise by s as it
 * is read.  What is left is -127 .. 127, so that
 *
 *     y = s t (sum of the products)
 *
 * whose sum is exact: it does not depend on an order, on the rows beside it, on the processor.  The instruction takes one side's bytes without sign:
 * to those of the matrix 128 is added, and for that a sum begins at -128 times the sum of its row's bytes.  A row with a number that is not finite
 * gives NaN.
 *
 * Packed, a panel (nn/product.h) begins with its columns' t, as floats, one more unit of each; a unit is four bytes, the first the lowest.
 */
#include "nn/product.h"

#include <float.h>
#include <math.h>

#include "nn/cpu.h"

#if defined __AVX512VNNI__ && !defined NN_DOUBLE
#include "nn/simd/vec.h"

typedef uint32_t unit;
typedef int32_t sums __attribute__((vector_size(64)));
#include "nn/simd/rows.h"

enum {
	PER_UNIT = 4, HEAD = 1,
	ROWS = 6, PANELS = 4, LONE_PANELS = 8,		/* what the registers hold sums of: of several rows, of one */
	AT_A_TIME = 24, ROOM = AT_A_TIME * 2048		/* rows that are rounded at a time, of wider ones fewer; their bytes */
};
_Static_assert(ROOM / NN_INT8_DEPTH > 0 && 255.0 * 127 * NN_INT8_DEPTH <= INT32_MAX, "a row has room, and its sums");

/* -- packing, once a model -- */

/* What numbers whose largest size is `most` are divided by: 0, and so are they, where that is too small to have an inverse. */
static float step_of(float most)
{
	return most < 0x1p-100f ? 0 : most / 127;
}

static void pack_panel(unit *to, const nn_float *x, size_t next, size_t down, size_t cols, size_t depth)
{
	for (size_t j = 0; j < cols; j++, x += next) {
		float most = 0, step, inverse;
		for (size_t k = 0; k < depth; k++)
			most = fmaxf(most, fabsf(x[k * down]));
		step = step_of(most);
		inverse = step > 0 ? 1 / step : 0;
		memcpy(to + j, &step, sizeof step);
		for (size_t k = 0; k < depth; k++) {
			unit byte = (unit)(lrintf(x[k * down] * inverse) + 128);
			to[(HEAD + k / PER_UNIT) * NN_PANEL + j] |= byte << k % PER_UNIT * 8;
		}
	}
}

static void pack(void *packed, const nn_float *x, size_t ld, int along, int lines, size_t outer, size_t depth, size_t from, size_t to)
{
	size_t units = HEAD + (depth + PER_UNIT - 1) / PER_UNIT, panels = nn_product_panels(outer), next = along ? ld : 1, down = along ? 1 : ld;
	(void)lines, (void)from, (void)to;	/* in panels, all of it */
	memset(packed, 0, panels * NN_PANEL * units * sizeof(unit));
	for (size_t at = 0; at < outer; at += NN_PANEL)
		pack_panel((unit *)packed + at * units, x + at * next, next, down, outer - at < NN_PANEL ? outer - at : NN_PANEL, depth);
}

/* -- rows -- */

/* Rows as bytes, ld apart; what each was divided by, and where its sums begin. */
struct rounded {
	_Alignas(64) int8_t v[ROOM];
	size_t ld;
	float step[AT_A_TIME];
	int32_t start[AT_A_TIME];
};

/* The largest size of n numbers, NaN where one is that: as whole numbers floats have the same order, and NaN comes last. */
static float largest(const float *x, size_t n)
{
	__m512i most = _mm512_setzero_si512();
	for (size_t i = 0, m; (m = lanes(n, i)); i += VL)
		most = _mm512_max_epu32(most, _mm512_castps_si512(vabs(ld(x + i, m))));
	uint32_t as_bits = _mm512_reduce_max_epu32(most);
	float size;
	memcpy(&size, &as_bits, sizeof size);
	return size;
}

static void round_row(struct rounded *to, size_t r, const float *x, size_t n)
{
	float most = largest(x, n), step = most <= FLT_MAX ? step_of(most) : NAN;
	vec inverse = splat(1 / step);
	__mmask16 some = step > 0 ? 0xffff : 0;
	__m512i sum = _mm512_setzero_si512();
	for (size_t i = 0, m; (m = lanes(n, i)); i += VL) {
		__m512i q = _mm512_maskz_cvtps_epi32(some, ld(x + i, m) * inverse);
		sum = _mm512_add_epi32(sum, q);
		_mm_storeu_si128((__m128i *)(to->v + r * to->ld + i), _mm512_cvtepi32_epi8(q));
	}
	to->step[r] = step;
	to->start[r] = -128 * _mm512_reduce_add_epi32(sum);
}

/* rows x panels of the result, whose row r of x is p's row r0 + r, from column j on.  How many is known to the compiler. */
INLINE void tile(const struct packed *p, const struct rounded *x, size_t r0, size_t r, size_t j, size_t rows, size_t panels)
{
	sums sum[ROWS * PANELS];
	size_t panel = (HEAD + p->units) * NN_PANEL;
	const unit *w = p->w + j / NN_PANEL * panel;
#pragma GCC unroll 8
	for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 8
		for (size_t v = 0; v < panels; v++)
			sum[i * panels + v] = (sums)_mm512_set1_epi32(x->start[r + i]);
	for (size_t k = 0; k < p->units; k++) {
		__m512i b[LONE_PANELS];
#pragma GCC unroll 8
		for (size_t v = 0; v < panels; v++)
			b[v] = _mm512_loadu_si512(w + v * panel + (HEAD + k) * NN_PANEL);
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
		for (size_t v = 0; v < panels; v++) {
			vec steps = splat(x->step[r + i]) * ld_all((const nn_float *)(const void *)(w + v * panel));
			put(p, r0 + r + i, j + v * VL, _mm512_cvtepi32_ps((__m512i)sum[i * panels + v]) * steps, 1);
		}
}

/* The panels from column j on, for rows r0 .. r0 + n - 1. */
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

static void rows(nn_float *y, size_t ldy, const nn_float *x, size_t ldx, const void *w, size_t n_rows, size_t cols, size_t depth,
		 const struct nn_epilogue *end)
{
	struct packed p = { y, ldy, x, ldx, w, cols, depth, (depth + PER_UNIT - 1) / PER_UNIT, end };
	struct rounded some;
	some.ld = (depth + 63) / 64 * 64;
	size_t most = some.ld * AT_A_TIME > ROOM ? ROOM / some.ld : AT_A_TIME;
	for (size_t r0 = 0, n; r0 < n_rows; r0 += n) {
		n = n_rows - r0 < most ? n_rows - r0 : most;
		for (size_t r = 0; r < n; r++)
			round_row(&some, r, x + (r0 + r) * ldx, depth);
		some_rows(&p, &some, r0, n);
	}
}

static const struct nn_product int8 = { .name = "int8", .precision = "int8", .per_unit = PER_UNIT, .unit_bytes = sizeof(unit), .head = HEAD,
					.limit = INFINITY, .pack = pack, .rows = rows };
#endif

const struct nn_product *nn_product_int8(void)
{
#if defined __AVX512VNNI__ && !defined NN_DOUBLE
	return nn_cpu_int8() ? &int8 : NULL;
#else
	return NULL;
#endif
}
