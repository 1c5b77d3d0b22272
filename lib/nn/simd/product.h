/* The loop over tiles that both kinds of product share (nn/product.h): whoever includes this defines
 *
 *     unit                        type of a unit, and what nn/simd/across.h makes of it
 *     TILE_ROWS, TILE_PANELS      what the registers hold sums of
 *     micro(c, ldc, a, lines, b, stride, units, rows, panels, n, add)
 *                                 TILE_ROWS x panels sums over `units`, from c where add is set; of these `rows` rows and n columns are
 *                                 stored.  a: unit k of row r at nn_product_at(r, k, lines).  Panels of b lie `stride` units apart.
 */
#define DEPTH 256	/* units at a time: a tile's panels of b, 48 KiB, stay in the second cache while rows pass */

/* What the next tile will read or write of C, on its way while this one is summed. */
INLINE void fetch(const nn_float *c, size_t ldc, size_t rows, size_t panels)
{
	for (size_t r = 0; r < rows; r++)
		for (size_t p = 0; p < panels; p++)
			__builtin_prefetch(c + r * ldc + p * NN_PANEL, 1);
}

/* Operands, of which units `from` .. `from + count`-1 are summed. */
struct depths {
	const unit *a, *b;
	size_t length_a, length_b;	/* of a panel, over NN_PANEL */
	size_t from, count;
};

/* The panels of b from column j on, for all rows. */
INLINE void columns(nn_float *c, size_t ldc, const struct depths *d, int lines, size_t m, size_t n, size_t j, size_t panels, int add)
{
	const unit *b = d->b + j * d->length_b + d->from * NN_PANEL;
	for (size_t i = 0; i < m; i += TILE_ROWS) {
		const unit *a = d->a + i / NN_PANEL * NN_PANEL * d->length_a + d->from * NN_PANEL + nn_product_at(i % NN_PANEL, 0, lines);
		if (i + TILE_ROWS < m)
			fetch(c + (i + TILE_ROWS) * ldc + j, ldc, m - i - TILE_ROWS < TILE_ROWS ? m - i - TILE_ROWS : TILE_ROWS, panels);
		micro(c + i * ldc + j, ldc, a, lines, b, d->length_b * NN_PANEL, d->count, m - i < TILE_ROWS ? m - i : TILE_ROWS, panels, n - j, add);
	}
}

/* How many panels to take next: as many as fit, but no lone one at the end where two times two would do. */
INLINE size_t next_panels(size_t left)
{
	return left >= TILE_PANELS && left != TILE_PANELS + 1 ? TILE_PANELS : left > 2 || TILE_PANELS == 1 ? (TILE_PANELS + 1) / 2 : left;
}

INLINE void all_columns(nn_float *c, size_t ldc, const struct depths *d, int lines, size_t m, size_t n, int add)
{
	for (size_t j = 0, panels; j < n; j += panels * NN_PANEL) {
		panels = next_panels((n - j + NN_PANEL - 1) / NN_PANEL);
		if (panels == TILE_PANELS)
			columns(c, ldc, d, lines, m, n, j, TILE_PANELS, add);
		else if (panels == 2)
			columns(c, ldc, d, lines, m, n, j, 2, add);
		else
			columns(c, ldc, d, lines, m, n, j, 1, add);
	}
}

INLINE void tiles(nn_float *c, size_t ldc, const unit *a, int lines, const unit *b, size_t m, size_t n, size_t units, int add)
{
	struct depths d = { a, b, nn_product_length(units, lines), units, 0, 0 };
	if (!units && !add)
		for (size_t i = 0; i < m; i++)
			memset(c + i * ldc, 0, n * sizeof *c);
	for (; d.from < units; d.from += DEPTH) {
		d.count = units - d.from < DEPTH ? units - d.from : DEPTH;
		if (lines)
			all_columns(c, ldc, &d, 1, m, n, add || d.from);
		else
			all_columns(c, ldc, &d, 0, m, n, add || d.from);
	}
}
