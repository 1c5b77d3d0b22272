/* The product of two packed operands by vectors, for either kind of unit (nn/product.h).  Whoever includes this has included nn/simd/pack.h, and
 * defines beside what that asks for
 *
 *     TILE_ROWS, TILE_PANELS      what the registers hold sums of
 *     mac(sum, b, a)              a vector of sums, and to each is added what its unit in the vector b and the unit a make
 */
#define V (NN_PANEL / VL)	/* vectors of a panel */

INLINE vec ld_units(const unit *p)
{
	return *(const vec_anywhere *)p;
}

/* TILE_ROWS x panels sums over `units`, from 0 or, with add, from c; of these `rows` rows and n columns are stored.  Unit k of row r is
 * a[nn_product_at(r, k, lines)]; panels of b lie `stride` units apart. */
INLINE void micro(nn_float *c, size_t ldc, const unit *a, int lines, const unit *b, size_t stride, size_t units, size_t rows, size_t panels, size_t n,
		  int add)
{
	vec s[TILE_ROWS][TILE_PANELS * V];
#pragma GCC unroll 8
	for (size_t r = 0; r < TILE_ROWS; r++)
#pragma GCC unroll 16
		for (size_t v = 0; v < panels * V; v++)
			s[r][v] = add && r < rows ? ld(c + r * ldc + v * VL, lanes(n, v * VL)) : splat(0);
	for (size_t from = 0; from < units; from += NN_PANEL, a += NN_PANEL * NN_PANEL)
		for (size_t k = 0, few = units - from < NN_PANEL ? units - from : NN_PANEL; k < few; k++, b += NN_PANEL) {
			vec y[TILE_PANELS * V];
#pragma GCC unroll 16
			for (size_t v = 0; v < panels * V; v++)
				y[v] = ld_units(b + v / V * stride + v % V * VL);
#pragma GCC unroll 8
			for (size_t r = 0; r < TILE_ROWS; r++)
#pragma GCC unroll 16
				for (size_t v = 0; v < panels * V; v++)
					s[r][v] = mac(s[r][v], y[v], a[nn_product_at(r, k, lines)]);
		}
#pragma GCC unroll 8
	for (size_t r = 0; r < TILE_ROWS; r++)
#pragma GCC unroll 16
		for (size_t v = 0; v < panels * V; v++)
			if (r < rows && v * VL < n)
				st(c + r * ldc + v * VL, s[r][v], lanes(n, v * VL));
}

/* What the next tile will read or write of C, on its way while this one is summed. */
INLINE void fetch(const nn_float *c, size_t ldc, size_t rows, size_t panels)
{
	for (size_t r = 0; r < rows; r++)
		for (size_t p = 0; p < panels; p++)
			__builtin_prefetch(c + r * ldc + p * NN_PANEL, 1);
}

/* The panels of b from column j on, for all rows. */
INLINE void columns(nn_float *c, size_t ldc, const unit *a, int lines, const unit *b, size_t units, size_t m, size_t n, size_t j, size_t panels,
		    int add)
{
	size_t units_a = nn_product_length(units, lines);	/* of a place */
	b += j * units;
	for (size_t i = 0; i < m; i += TILE_ROWS) {
		const unit *rows = a + i / NN_PANEL * NN_PANEL * units_a + nn_product_at(i % NN_PANEL, 0, lines);
		if (i + TILE_ROWS < m)
			fetch(c + (i + TILE_ROWS) * ldc + j, ldc, m - i - TILE_ROWS < TILE_ROWS ? m - i - TILE_ROWS : TILE_ROWS, panels);
		micro(c + i * ldc + j, ldc, rows, lines, b, units * NN_PANEL, units, m - i < TILE_ROWS ? m - i : TILE_ROWS, panels, n - j, add);
	}
}

/* How many panels to take next: as many as fit, but no lone one at the end where two times two would do. */
INLINE size_t next_panels(size_t left)
{
	return left >= TILE_PANELS && left != TILE_PANELS + 1 ? TILE_PANELS : left > 2 || TILE_PANELS == 1 ? (TILE_PANELS + 1) / 2 : left;
}

INLINE void all_columns(nn_float *c, size_t ldc, const unit *a, int lines, const unit *b, size_t m, size_t n, size_t units, int add)
{
	for (size_t j = 0, panels; j < n; j += panels * NN_PANEL) {
		panels = next_panels((n - j + NN_PANEL - 1) / NN_PANEL);
		if (panels == TILE_PANELS)
			columns(c, ldc, a, lines, b, units, m, n, j, TILE_PANELS, add);
		else if (panels == 2)
			columns(c, ldc, a, lines, b, units, m, n, j, 2, add);
		else
			columns(c, ldc, a, lines, b, units, m, n, j, 1, add);
	}
}

INLINE void product_tile(nn_float *c, size_t ldc, const void *a, int lines, const void *b, size_t m, size_t n, size_t units, int add)
{
	if (lines)
		all_columns(c, ldc, a, 1, b, m, n, units, add);
	else
		all_columns(c, ldc, a, 0, b, m, n, units, add);
}
