/* Tiles and rounding in plain C, for nn/product_amx.c: what nn/simd/tiles.h and nn/simd/round.h say that the processor does, sums in its order.  A tile
 * that is used between no tiles_begin and tiles_end ends the test. */
#include <assert.h>
#include <math.h>
#include <string.h>

static _Thread_local struct {
	int begun;
	uint32_t v[8][16][16];
} tiles;

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

static void tiles_see_memory(void)
{
}

static void tile_move(int t, void *memory, size_t bytes, int store)
{
	assert(tiles.begun && bytes >= 64);
	for (size_t i = 0; i < 16; i++) {
		char *row = (char *)memory + i * bytes;
		memcpy(store ? row : (char *)tiles.v[t][i], store ? (char *)tiles.v[t][i] : row, 64);
	}
}

static float no_subnormal(float x)
{
	return fabsf(x) < 0x1p-126f ? copysignf(0, x) : x;
}

static float float_of(uint32_t u)
{
	float x;
	memcpy(&x, &u, sizeof x);
	return no_subnormal(x);
}

/* The products of two numbers of 8 bits are whole in float: rounded once, as a multiply-add is. */
static void tile_dot(int c, int a, int b)
{
	assert(tiles.begun && c != a && c != b && a != b);
	for (int i = 0; i < 16; i++)
		for (int j = 0; j < 16; j++) {
			float first = 0, second = 0, sum;
			for (int u = 0; u < 16; u++) {
				uint32_t x = tiles.v[a][i][u], y = tiles.v[b][u][j];
				first = no_subnormal(first + float_of(x << 16) * float_of(y << 16));
				second = no_subnormal(second + float_of(x & 0xffff0000) * float_of(y & 0xffff0000));
			}
			sum = no_subnormal(float_of(tiles.v[c][i][j]) + no_subnormal(first + second));
			memcpy(&tiles.v[c][i][j], &sum, sizeof sum);
		}
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
