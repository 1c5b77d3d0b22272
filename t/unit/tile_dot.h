/* What AMX does with a thread's tiles, in plain C, sums of bf16 in its order; a tile that is used where none are begun ends the test. */
#include <assert.h>
#include <math.h>
#include <string.h>

static _Thread_local struct {
	int begun;
	uint32_t v[8][16][16];
} tiles;

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
