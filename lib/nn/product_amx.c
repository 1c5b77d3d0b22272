/* Products in bf16 by AMX, tiles of 16 x 16 sums over 32 numbers of the depth: this file is compiled for a processor that has it (Makefile), and
 * nothing of it runs on another.
 *
 * Operands are rounded to nearest even as they are packed, rows of a product for scoring as they are read.  Four tiles of sums, 2 x 2, take
 * two of each operand a step, so that each block read is used twice; two panels of a stay in the first cache while b passes.  All tiles are whole:
 * operands are filled up with zeros (nn/product.h), and at an edge of C sums go by way of a whole block of their own.
 *
 * A row by itself takes the same way, with 15 rows of zeros: it has to have the same bits, and waits for the weights' memory anyway.
 *
 * NN_TILES: a header with tiles and rounding in plain C instead, by which a test runs this file anywhere (t/unit/gemm_amx.c).
 */
#include "nn/product.h"

#include <pthread.h>
#include <string.h>

#include "nn/cpu.h"

#if (defined NN_AMX || defined NN_TILES) && !defined NN_DOUBLE
#include "nn/simd/vec.h"

typedef uint32_t unit;
#define PER_UNIT 2
#define BLOCKS 1
#include "nn/simd/transpose.h"
#ifdef NN_TILES
#include NN_TILES
#else
#include "nn/simd/round.h"
#include "nn/simd/tiles.h"
#endif
#include "nn/simd/pack.h"
#include "nn/simd/rows.h"

enum { SIDE = 2 * NN_PANEL, BLOCK = NN_PANEL * NN_PANEL, AT_A_TIME = 256 /* units of rows for scoring */ };

/* Parts of two packed operands. */
struct parts {
	const unit *a, *b;
	size_t a_panel, b_panel;	/* units from panel to panel */
	size_t units;		/* to be summed over */
};

/* MOVE, a load or a store, of the tiles that are there of 2 x 2. */
#define EACH_SUM(MOVE, rows, cols, c, bytes) do { \
		nn_float *below = (c) + NN_PANEL * ((bytes) / sizeof *(c)); \
		MOVE(0, c, bytes); \
		if ((cols) > 1) \
			MOVE(1, (c) + NN_PANEL, bytes); \
		if ((rows) > 1) \
			MOVE(2, below, bytes); \
		if ((rows) > 1 && (cols) > 1) \
			MOVE(3, below + NN_PANEL, bytes); \
	} while (0)

/* rows x cols tiles of sums, from 0 or from c, into c, where all of them have room. */
INLINE void sums(nn_float *c, size_t ldc, const struct parts *p, size_t rows, size_t cols, int add)
{
	const size_t bytes = ldc * sizeof *c, line = NN_PANEL * sizeof(unit);
	const unit *a = p->a, *b = p->b, *end = a + p->units * NN_PANEL;
	tiles_see_memory();
	if (add) {
		EACH_SUM(TILE_LOAD, rows, cols, c, bytes);
	} else {
		TILE_ZERO(0);
		TILE_ZERO(1);
		TILE_ZERO(2);
		TILE_ZERO(3);
	}
	for (; a < end; a += BLOCK, b += BLOCK) {
		TILE_LOAD(4, a, line);
		TILE_LOAD(6, b, line);
		TILE_DOT(0, 4, 6);
		if (cols > 1) {
			TILE_LOAD(7, b + p->b_panel, line);
			TILE_DOT(1, 4, 7);
		}
		if (rows > 1) {
			TILE_LOAD(5, a + p->a_panel, line);
			TILE_DOT(2, 5, 6);
		}
		if (rows > 1 && cols > 1)
			TILE_DOT(3, 5, 7);
	}
	EACH_SUM(TILE_STORE, rows, cols, c, bytes);
}

/* The same for m x n sums, SIDE of each at most. */
INLINE void some_sums(nn_float *c, size_t ldc, const struct parts *p, size_t m, size_t n, int add)
{
	if (m > NN_PANEL && n > NN_PANEL)
		sums(c, ldc, p, 2, 2, add);
	else if (m > NN_PANEL)
		sums(c, ldc, p, 2, 1, add);
	else if (n > NN_PANEL)
		sums(c, ldc, p, 1, 2, add);
	else
		sums(c, ldc, p, 1, 1, add);
}

INLINE size_t at_most(size_t x, size_t most)
{
	return x < most ? x : most;
}

/* -- of two packed operands -- */

INLINE void copy(nn_float *to, size_t ld_to, const nn_float *from, size_t ld_from, size_t m, size_t n)
{
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0, some; (some = lanes(n, j)); j += VL)
			st(to + i * ld_to + j, ld(from + i * ld_from + j, some), some);
}

static void block(nn_float *c, size_t ldc, const struct parts *p, size_t m, size_t n, int add)
{
	_Alignas(64) nn_float room[SIDE * SIDE];
	if (m % NN_PANEL == 0 && n % NN_PANEL == 0) {
		some_sums(c, ldc, p, m, n, add);
		return;
	}
	if (add) {
		memset(room, 0, sizeof room);
		copy(room, SIDE, c, ldc, m, n);
	}
	some_sums(room, SIDE, p, m, n, add);
	copy(c, ldc, room, SIDE, m, n);
}

static void tile(nn_float *c, size_t ldc, const void *a, int lines, const void *b, size_t m, size_t n, size_t units, int add)
{
	(void)lines;	/* always */
	struct parts p = { .a_panel = units * NN_PANEL, .b_panel = units * NN_PANEL, .units = units };
	tiles_begin();
	for (size_t i = 0; i < m; i += SIDE)
		for (size_t j = 0; j < n; j += SIDE) {
			p.a = (const unit *)a + i * units;
			p.b = (const unit *)b + j * units;
			block(c + i * ldc + j, ldc, &p, at_most(m - i, SIDE), at_most(n - j, SIDE), add);
		}
	tiles_end();
}

/* -- of rows with a matrix that stays -- */

/* SIDE x SIDE sums at the most, from (r0, j) on: those over units behind the first ones go on from what is there. */
static void block_of_rows(const struct packed *p, const struct parts *parts, size_t r0, size_t rows, size_t j, int add, int whole)
{
	_Alignas(64) nn_float room[SIDE * SIDE];
	size_t cols = at_most(p->cols - j, SIDE);
	if (add) {
		memset(room, 0, sizeof room);
		copy(room, SIDE, p->y + r0 * p->ldy + j, p->ldy, rows, cols);
	}
	some_sums(room, SIDE, parts, rows, cols, add);
	for (size_t r = 0; r < rows; r++)
		for (size_t i = 0; i < cols; i += VL)
			put(p, r0 + r, j + i, ld_all(room + r * SIDE + i), whole);
}

static void some_rows(const struct packed *p, size_t r0, size_t rows)
{
	_Alignas(64) unit room[SIDE * AT_A_TIME];
	for (size_t k = 0, n; k < p->units; k += n) {
		n = at_most(p->units - k, AT_A_TIME);
		struct parts parts = { .a = room, .a_panel = n * NN_PANEL, .b_panel = p->units * NN_PANEL, .units = n };
		product_pack(room, p->x + r0 * p->ldx + k * PER_UNIT, p->ldx, 1, 1, rows, at_most(p->depth - k * PER_UNIT, n * PER_UNIT), 0,
			     nn_product_panels(rows));
		for (size_t j = 0; j < p->cols; j += SIDE) {
			parts.b = p->w + j * p->units + k * NN_PANEL;
			block_of_rows(p, &parts, r0, rows, j, k > 0, k + n == p->units);
		}
	}
}

static void rows(nn_float *y, size_t ldy, const nn_float *x, size_t ldx, const void *w, size_t n_rows, size_t cols, size_t depth,
		 const struct nn_epilogue *end)
{
	struct packed p = { y, ldy, x, ldx, w, cols, depth, units_of_depth(depth), end };
	tiles_begin();
	for (size_t r = 0; r < n_rows; r += SIDE)
		some_rows(&p, r, at_most(n_rows - r, SIDE));
	tiles_end();
}

/* -- whether it works -- */

/* A small whole number, other for each place of an operand. */
static float small(size_t place, size_t depth)
{
	return (float)((place + 3 * depth) % 11) - 5;
}

static unit bf16_pair(float first, float second)
{
	uint32_t low, high;
	memcpy(&low, &first, sizeof low);
	memcpy(&high, &second, sizeof high);
	return low >> 16 | (high & 0xffff0000);
}

static float small_sum(size_t i, size_t j)
{
	float sum = 0;
	for (size_t k = 0; k < NN_PANEL * PER_UNIT; k++)
		sum += small(i, k) * small(NN_PANEL + j, k);
	return sum;
}

/* One product of whole numbers, whose sums are exact: a machine inside another may say that it has tiles, and not let them be formed. */
static int works(void)
{
	_Alignas(64) unit a[BLOCK], b[BLOCK];
	_Alignas(64) nn_float c[BLOCK] = { 0 };
	struct parts p = { .a = a, .b = b, .units = NN_PANEL };
	int right;
	for (size_t i = 0; i < NN_PANEL; i++)
		for (size_t u = 0; u < NN_PANEL; u++) {
			a[i * NN_PANEL + u] = bf16_pair(small(i, 2 * u), small(i, 2 * u + 1));
			b[u * NN_PANEL + i] = bf16_pair(small(NN_PANEL + i, 2 * u), small(NN_PANEL + i, 2 * u + 1));
		}
	tiles_begin();
	right = tiles_are_whole();
	if (right)
		sums(c, NN_PANEL, &p, 1, 1, 0);
	tiles_end();
	for (size_t at = 0; at < BLOCK; at++)
		right &= c[at] == small_sum(at / NN_PANEL, at % NN_PANEL);
	return right;
}

static const struct nn_product amx = { .name = "AMX bf16", .precision = "bf16", .per_unit = PER_UNIT, .unit_bytes = sizeof(unit), .blocks = BLOCKS,
				       .limit = 0x1.ffp127, .pack = product_pack, .tile = tile, .rows = rows };
static const struct nn_product *usable;

static void find(void)
{
	usable = nn_cpu_amx() && works() ? &amx : NULL;
}
#endif

const struct nn_product *nn_product_amx(void)
{
#if (defined NN_AMX || defined NN_TILES) && !defined NN_DOUBLE
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, find);
	return usable;
#else
	return NULL;
#endif
}
