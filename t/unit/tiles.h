/* Tiles and rounding in plain C, for nn/product_amx.c: what nn/simd/tiles.h and nn/simd/round.h say that the processor does. */
#include "tile_dot.h"

static void tiles_begin(void)
{
	assert(!tiles.begun);
	memset(&tiles, 0, sizeof tiles);
	tiles.begun = 1;
}

static void tiles_end(void)
{
	assert(tiles.begun);
	tiles.begun = 0;
}

static int tiles_are_whole(void)
{
	return tiles.begun;
}

static void tiles_see_memory(void)
{
}

#define TILE_ZERO(t) memset(tiles.v[t], 0, sizeof tiles.v[t])
#define TILE_LOAD(t, from, bytes) tile_move(t, (void *)(uintptr_t)(from), bytes, 0)
#define TILE_STORE(t, to, bytes) tile_move(t, to, bytes, 1)
#define TILE_DOT(c, a, b) tile_dot(c, a, b)

static uint32_t rounded(float x)
{
	uint32_t u;
	x = no_subnormal(x);
	memcpy(&u, &x, sizeof u);
	return isnan(x) ? u >> 16 | 0x40 : (u + 0x7fff + (u >> 16 & 1)) >> 16;
}

static unit16 along16(const nn_float *x, size_t n)
{
	unit16 y;
	for (size_t i = 0; i < 16; i++)
		y[i] = (2 * i < n ? rounded(x[2 * i]) : 0) | (2 * i + 1 < n ? rounded(x[2 * i + 1]) << 16 : 0);
	return y;
}

static unit16 beside16(const nn_float *x, size_t ld, size_t m, size_t n)
{
	unit16 y;
	for (size_t i = 0; i < 16; i++)
		y[i] = i < m ? rounded(x[i]) | (n > 1 ? rounded(x[ld + i]) << 16 : 0) : 0;
	return y;
}
