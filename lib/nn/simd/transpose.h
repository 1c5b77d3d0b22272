/* Blocks of 16 x 16 units transposed; whoever includes this has included nn/simd/vec.h and defines `unit`. */

typedef unit unit16 __attribute__((vector_size(16 * sizeof(unit))));
typedef unit unit16_anywhere __attribute__((vector_size(16 * sizeof(unit)), aligned(sizeof(unit)), may_alias));

/* Rows i and i+s exchange what lies off the diagonal of their blocks of s. */
#define EXCHANGE(s, i, lo, hi) do { \
	unit16 x_ = t[i], y_ = t[(i) + (s)]; \
	t[i] = __builtin_shufflevector(x_, y_, lo); \
	t[(i) + (s)] = __builtin_shufflevector(x_, y_, hi); \
} while (0)
#define LO8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define HI8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#define LO4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define HI4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define LO2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define HI2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define LO1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define HI1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31

/* t[i][j] becomes t[j][i]: blocks of 8 change places, within each those of 4, then of 2 and of 1. */
INLINE void transpose16(unit16 t[16])
{
#pragma GCC unroll 8
	for (int i = 0; i < 8; i++)
		EXCHANGE(8, i, LO8, HI8);
#pragma GCC unroll 8
	for (int i = 0; i < 8; i++)
		EXCHANGE(4, i / 4 * 8 + i % 4, LO4, HI4);
#pragma GCC unroll 8
	for (int i = 0; i < 8; i++)
		EXCHANGE(2, i / 2 * 4 + i % 2, LO2, HI2);
#pragma GCC unroll 8
	for (int i = 0; i < 8; i++)
		EXCHANGE(1, i * 2, LO1, HI1);
}
