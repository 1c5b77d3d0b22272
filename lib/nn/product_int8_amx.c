/* Products of rows with a matrix that stays, in whole numbers of eight bits (nn/simd/int8.h), by AMX: tiles of 16 x 16 sums over 64 numbers of the depth.
 * This file is compiled for a processor that has it (Makefile), and nothing of it runs on another.
 *
 * As in product_amx.c there are four tiles of sums, 2 x 2, and a row by itself takes the same way.
 */
#include "nn/product.h"

#include "nn/cpu.h"

#if defined NN_AMX && !defined NN_DOUBLE
#include "nn/simd/vec.h"

#define BLOCKS 1
enum { SIDE = 2 * NN_PANEL, AT_A_TIME = SIDE, LEAST = NN_PANEL /* a tile's */ };
#include "nn/simd/int8.h"
#include "nn/simd/tiles.h"

/* SIDE x SIDE sums from 0: rows of x as they lie, and the two panels of w; of as many tiles as rows and cols have. */
static void sums(int32_t *c, const struct rounded *x, const unit *w, size_t units, size_t rows, size_t cols)
{
	const size_t line = NN_PANEL * sizeof(unit), bytes = SIDE * sizeof *c;
	const unit *beside = w + (HEAD + units) * NN_PANEL;
	const int8_t *below = x->v + NN_PANEL * x->ld;
	tiles_see_memory();
	TILE_ZERO(0);
	TILE_ZERO(1);
	TILE_ZERO(2);
	TILE_ZERO(3);
	for (size_t k = 0; k < units; k += NN_PANEL) {
		TILE_LOAD(4, x->v + k * PER_UNIT, x->ld);
		TILE_LOAD(6, w + k * NN_PANEL, line);
		TILE_DOT_BYTES(0, 4, 6);
		if (cols > NN_PANEL) {
			TILE_LOAD(7, beside + k * NN_PANEL, line);
			TILE_DOT_BYTES(1, 4, 7);
		}
		if (rows > NN_PANEL) {
			TILE_LOAD(5, below + k * PER_UNIT, x->ld);
			TILE_DOT_BYTES(2, 5, 6);
		}
		if (rows > NN_PANEL && cols > NN_PANEL)
			TILE_DOT_BYTES(3, 5, 7);
	}
	TILE_STORE(0, c, bytes);
	TILE_STORE(1, c + NN_PANEL, bytes);
	TILE_STORE(2, c + NN_PANEL * SIDE, bytes);
	TILE_STORE(3, c + NN_PANEL * SIDE + NN_PANEL, bytes);
}

static void some_rows(const struct packed *p, const struct rounded *x, size_t r0, size_t n)
{
	_Alignas(64) int32_t c[SIDE * SIDE];
	tiles_begin();
	for (size_t j = 0; j < p->cols; j += SIDE) {
		sums(c, x, p->w + (j / NN_PANEL * (HEAD + p->units) + HEAD) * NN_PANEL, p->units, n, p->cols - j);
		for (size_t r = 0; r < n; r++)
			for (size_t at = 0; at < SIDE && j + at < p->cols; at += NN_PANEL)
				put_sums(p, x, r0, r, j + at, _mm512_add_epi32(_mm512_load_si512(c + r * SIDE + at), _mm512_set1_epi32(first_sum(x, r))));
	}
	tiles_end();
}

static const struct nn_product amx = { .name = "AMX int8", .precision = "int8", .per_unit = PER_UNIT, .unit_bytes = sizeof(unit), .head = HEAD,
				       .blocks = BLOCKS, .most_depth = MOST_DEPTH, .limit = INFINITY, .pack = pack, .rows = rows };
#endif

const struct nn_product *nn_product_amx_int8(void)
{
#if defined NN_AMX && !defined NN_DOUBLE
	return nn_product_amx() ? &amx : NULL;
#else
	return NULL;
#endif
}
