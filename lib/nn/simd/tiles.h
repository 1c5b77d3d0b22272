/* AMX's tiles: eight registers of 16 rows of 64 bytes, which here hold 16 x 16 sums or, of an operand, 16 x 16 units of two bf16 or of four bytes.
 *
 *     tiles_begin();                           // what follows is the thread's own, until tiles_end
 *     TILE_ZERO(0);
 *     TILE_LOAD(4, a, 64);                     // 16 rows, so many bytes apart
 *     TILE_LOAD(6, b, 64);
 *     TILE_DOT(0, 4, 6);                       // c[i][j] += a[i][u] . b[u][j] over all 16 units u, of bf16, in float
 *     TILE_DOT_BYTES(0, 4, 6);                 // ... of bytes, a's with a sign and b's without, in whole numbers
 *     TILE_STORE(0, c, 4 * ldc);
 *     tiles_end();                             // else every switch of threads would save them
 *
 * Of a dot of bf16 the sum of the first numbers of units and that of the second are each a chain of multiply-adds from 0, and c + (first + second) is
 * rounded twice; what is subnormal counts, and comes out, as 0.  Registers are named by a literal number.
 */
#include <immintrin.h>
#include <string.h>

/* All eight whole.  By hand: GCC 12 takes _tile_loadconfig to read 8 bytes of the 64, and leaves the others out of the program. */
static const struct tiles_form {
	_Alignas(64) uint8_t palette;
	uint8_t start, none[14];
	uint16_t row_bytes[16];
	uint8_t rows[16];
} tiles_whole = { .palette = 1, .row_bytes = { 64, 64, 64, 64, 64, 64, 64, 64 }, .rows = { 16, 16, 16, 16, 16, 16, 16, 16 } };

INLINE void tiles_begin(void)
{
	__asm__ volatile ("ldtilecfg %0" : : "m" (tiles_whole) : "memory");
}

/* Whether they are, after tiles_begin: else to use one is an illegal instruction. */
INLINE int tiles_are_whole(void)
{
	struct tiles_form now;
	__asm__ volatile ("sttilecfg %0" : "=m" (now));
	return !memcmp(&now, &tiles_whole, sizeof now);
}

/* What tiles will load has to be in memory: GCC 12 does not say so to itself. */
INLINE void tiles_see_memory(void)
{
	__asm__ volatile ("" ::: "memory");
}

INLINE void tiles_end(void)
{
	__asm__ volatile ("tilerelease" : : : "memory");
}

#define TILE_ZERO(t) _tile_zero(t)
#define TILE_LOAD(t, from, bytes) _tile_loadd(t, from, bytes)
#define TILE_STORE(t, to, bytes) _tile_stored(t, to, bytes)
#define TILE_DOT(c, a, b) _tile_dpbf16ps(c, a, b)
#define TILE_DOT_BYTES(c, a, b) _tile_dpbsud(c, a, b)
