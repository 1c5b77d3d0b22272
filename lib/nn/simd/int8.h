/* Matrices that stay, and rows that are multiplied by them, in whole numbers of eight bits (nn/product.h): how they are rounded and packed.  Whoever
 * includes this has included nn/simd/vec.h, is compiled for AVX-512, and defines
 *
 *     BLOCKS                      nn_product's: the depth is filled up
 *     AT_A_TIME                   rows that are rounded at a time, of wider ones fewer
 *     LEAST                       rows that some_rows reads, whatever n: there is room for a multiple of these
 *     some_rows(p, x, r0, n)      the products of rows r0 .. r0 + n-1 of p, which are those of x
 *
 * A column of the matrix is divided by t = its largest size / 127 and rounded to nearest even once, as it is packed; a row of x likewise by s as it
 * is read.  What is left is -127 .. 127, so that
 *
 *     y = s t (sum of the products)
 *
 * whose sum is exact: it does not depend on an order, on the rows beside it, on the instruction.  To the bytes of the matrix 128 is added, as the
 * instructions take one side without sign; for that a sum begins at -128 times the sum of its row's bytes.  A row with a number that is not finite gives
 * NaN.
 *
 * Packed, a panel begins with its columns' t, as floats, one word of each.  A unit is four bytes, the first the lowest.  Past the depth either side
 * may have anything where the other has zeros: a row has them to the end of a unit and further, the matrix where units are filled up.
 */
#include <assert.h>
#include <float.h>
#include <math.h>

typedef uint32_t unit;
#include "nn/simd/rows.h"

enum { PER_UNIT = 4, HEAD = 1, MOST_DEPTH = 4096, ROOM = 16 * MOST_DEPTH /* bytes of rows */ };
_Static_assert(255 * 127 <= INT32_MAX / MOST_DEPTH, "a sum has room");
#define PLUS_128 0x80808080u

INLINE size_t units_of_depth(size_t depth)
{
	return nn_product_length((depth + PER_UNIT - 1) / PER_UNIT, BLOCKS);
}

/* -- rounding -- */

/* What it was divided by, and the sum of its bytes. */
struct row {
	float step;
	int32_t sum;
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

/* n numbers to as many bytes and zeros, 16 at a time.  They are all 0 where the largest is too small to divide by, or is no number. */
static struct row round_row(int8_t *to, const float *x, size_t n)
{
	float most = largest(x, n), step = !(most <= FLT_MAX) ? NAN : most < 0x1p-100f ? 0 : most / 127;
	vec inverse = splat(1 / step);
	__mmask16 some = step > 0 ? 0xffff : 0;
	__m512i sum = _mm512_setzero_si512();
	for (size_t i = 0, m; (m = lanes(n, i)); i += VL) {
		__m512i q = _mm512_maskz_cvtps_epi32(some, ld(x + i, m) * inverse);
		sum = _mm512_add_epi32(sum, q);
		_mm_storeu_si128((__m128i *)(to + i), _mm512_cvtepi32_epi8(q));
	}
	return (struct row){ step, _mm512_reduce_add_epi32(sum) };
}

/* -- the matrix, once a model -- */

/* A column from `depth` numbers, `apart`. */
static void pack_column(unit *to, const nn_float *x, size_t apart, size_t depth)
{
	float column[MOST_DEPTH];
	_Alignas(64) int8_t bytes[MOST_DEPTH];
	for (size_t k = 0; k < depth; k++)
		column[k] = x[k * apart];
	struct row r = round_row(bytes, column, depth);
	memcpy(to, &r.step, sizeof r.step);
	for (size_t k = 0; k < depth; k += PER_UNIT) {
		unit four;
		memcpy(&four, bytes + k, sizeof four);
		to[(HEAD + k / PER_UNIT) * NN_PANEL] = four ^ PLUS_128;
	}
}

static void pack(void *packed, const nn_float *x, size_t ld, int along, int lines, size_t outer, size_t depth, size_t from, size_t to)
{
	size_t panel = (HEAD + units_of_depth(depth)) * NN_PANEL;
	assert(!lines && depth <= MOST_DEPTH && from == 0 && to >= nn_product_panels(along ? outer : units_of_depth(depth)));
	memset(packed, 0, nn_product_panels(outer) * panel * sizeof(unit));
	for (size_t j = 0; j < outer; j++)
		pack_column((unit *)packed + j / NN_PANEL * panel + j % NN_PANEL, along ? x + j * ld : x + j, along ? 1 : ld, depth);
}

/* -- rows -- */

/* Rows as bytes, ld apart. */
struct rounded {
	int8_t *v;
	size_t ld;
	struct row row[AT_A_TIME];
};

/* Where sums of a row begin. */
INLINE int32_t first_sum(const struct rounded *x, size_t r)
{
	return -128 * x->row[r].sum;
}

/* A vector of sums of row r0 + r, which is row r of x, from column j on, where a panel begins: as numbers, and what follows them. */
INLINE void put_sums(const struct packed *p, const struct rounded *x, size_t r0, size_t r, size_t j, __m512i sum)
{
	const unit *steps = p->w + j / NN_PANEL * (HEAD + p->units) * NN_PANEL;
	put(p, r0 + r, j, _mm512_cvtepi32_ps(sum) * splat(x->row[r].step) * ld_all((const nn_float *)(const void *)steps), 1);
}

static void some_rows(const struct packed *, const struct rounded *, size_t r0, size_t n);

INLINE void rows_in(int8_t *room, size_t bytes, const struct packed *p, size_t n_rows)
{
	struct rounded x = { .v = room, .ld = (p->depth + 63) / 64 * 64 };
	size_t most = x.ld * AT_A_TIME > bytes ? bytes / x.ld / LEAST * LEAST : AT_A_TIME;
	for (size_t r0 = 0, n; r0 < n_rows; r0 += n) {
		n = n_rows - r0 < most ? n_rows - r0 : most;
		for (size_t r = 0; r < n; r++)
			x.row[r] = round_row(x.v + r * x.ld, p->x + (r0 + r) * p->ldx, p->depth);
		some_rows(p, &x, r0, n);
	}
}

/* Apart, as a thread that scores single rows may have little stack (by tiles it takes as much for one as for many). */
__attribute__((noinline)) static void lone_row(const struct packed *p)
{
	_Alignas(64) int8_t room[LEAST * MOST_DEPTH];
	rows_in(room, sizeof room, p, 1);
}

__attribute__((noinline)) static void many_rows(const struct packed *p, size_t n_rows)
{
	_Alignas(64) int8_t room[ROOM];
	rows_in(room, sizeof room, p, n_rows);
}

static void rows(nn_float *y, size_t ldy, const nn_float *x, size_t ldx, const void *w, size_t n_rows, size_t cols, size_t depth,
		 const struct nn_epilogue *end)
{
	struct packed p = { y, ldy, x, ldx, w, cols, depth, units_of_depth(depth), end };
	if (n_rows == 1)
		lone_row(&p);
	else
		many_rows(&p, n_rows);
}
