/* Products of rows as they lie with a matrix that stays, for either kind of unit (nn/product.h): for scoring, row by row, each sum in one order,
 * however many rows there are.  Whoever includes this has included nn/simd/product.h and nn/simd/rows.h,
 * and defines beside what those ask for
 *
 *     ROWS, PANELS, LONE_PANELS   what the registers hold sums of: of several rows, of one
 *     NOT_SIGN                    what of a unit of 32 bits tells whether it is zero, of either sign
 *
 * Element j of a row is one chain of additions over the units of the depth.  Vectors run over j, so no sum is ever divided, and a row has the
 * same bits alone and among others: that is the point of this kernel, beside which OpenBLAS chooses another order for every shape.
 *
 * One row is a matter of memory: weights stream past once.  Where a unit of x is 0, as half of them are behind a ReLU, the weights are not
 * read at all; they are finite, so a sum is the same without.
 */
#define CHUNK 512	/* units of the depth at a time: those that a row has beside 0, and rows in bf16, lie on the stack */
#define MADE 24		/* rows in bf16 at a time: what is read of the weights is used for all of them */

/* Units of rows, ld apart. */
struct units {
	const unit *v;
	size_t ld;
};

/* Units k .. k + n - 1 of some rows, where they lie or, where they have to be made, in the room. */
INLINE struct units units_of(const struct packed *p, size_t r0, size_t rows, size_t k, size_t n, unit *room)
{
	const nn_float *x = p->x + r0 * p->ldx + k * PER_UNIT;
	size_t ld = nn_product_length(n, 1);
	if (PER_UNIT == 1)
		return (struct units){ (const unit *)x, p->ldx };
	for (size_t r = 0; r < rows; r++)
		for (size_t u = 0; u < n; u += 16)
			put16(room + r * ld + u, along16(x + r * p->ldx + u * PER_UNIT, p->depth - (k + u) * PER_UNIT));
	return (struct units){ room, ld };
}

/* rows x panels of the result from (r0, j) on: n units from k on, which x has.  How many rows and panels is known to the compiler. */
INLINE void packed_tile(const struct packed *p, size_t r0, size_t j, struct units x, size_t k, size_t n, size_t rows, size_t panels)
{
	vec sum[ROWS][PANELS * V];
	const unit *w = p->w + j * p->units + k * NN_PANEL;
#pragma GCC unroll 8
	for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 16
		for (size_t v = 0; v < panels * V; v++)
			sum[r][v] = k ? so_far(p, r0 + r, j + v * VL) : splat(0);
	for (size_t i = 0; i < n; i++) {
		vec b[PANELS * V];
#pragma GCC unroll 16
		for (size_t v = 0; v < panels * V; v++)
			b[v] = ld_units(w + (v / V * p->units + i) * NN_PANEL + v % V * VL);
#pragma GCC unroll 8
		for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 16
			for (size_t v = 0; v < panels * V; v++)
				sum[r][v] = mac(sum[r][v], b[v], x.v[r * x.ld + i]);
	}
#pragma GCC unroll 8
	for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 16
		for (size_t v = 0; v < panels * V; v++)
			put(p, r0 + r, j + v * VL, sum[r][v], k + n == p->units);
}

/* The panels from column j on, for an even number of rows. */
INLINE void packed_columns(const struct packed *p, size_t r0, size_t rows, size_t j, struct units x, size_t k, size_t n, size_t panels)
{
	size_t r = 0;
	for (; r + ROWS <= rows; r += ROWS, x.v += ROWS * x.ld)
		packed_tile(p, r0 + r, j, x, k, n, ROWS, panels);
	for (; r < rows; r += 2, x.v += 2 * x.ld)
		packed_tile(p, r0 + r, j, x, k, n, 2, panels);
}

/* An even number of rows; no more than MADE where their units have to be made. */
static void packed_rows(const struct packed *p, size_t r0, size_t rows)
{
	_Alignas(64) unit room[PER_UNIT == 1 ? 1 : MADE * CHUNK];
	for (size_t k = 0, n; k < p->units; k += n) {
		size_t j = 0;
		n = p->units - k < CHUNK ? p->units - k : CHUNK;
		struct units x = units_of(p, r0, rows, k, n, room);
		for (; j + (PANELS - 1) * NN_PANEL < p->cols; j += PANELS * NN_PANEL)
			packed_columns(p, r0, rows, j, x, k, n, PANELS);
		for (; j < p->cols; j += NN_PANEL)
			packed_columns(p, r0, rows, j, x, k, n, 1);
	}
}

/* -- a row by itself -- */

/* Which of n units are not zero, without a branch to mispredict; how many.  A vector more of `at` may be written than is counted. */
INLINE size_t list_units(uint32_t *at, const unit *x, size_t n)
{
	size_t some = 0;
#if defined NN_INTRINSIC && NN_VEC_BYTES == 64 && !defined NN_DOUBLE
	__m512i place = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	for (size_t i = 0, m; (m = lanes(n, i)); i += VL, place = _mm512_add_epi32(place, _mm512_set1_epi32(VL))) {
		__mmask16 set = _mm512_test_epi32_mask(_mm512_maskz_loadu_epi32((__mmask16)((1u << m) - 1), x + i), _mm512_set1_epi32(NOT_SIGN));
		_mm512_storeu_si512(at + some, _mm512_maskz_compress_epi32(set, place));
		some += (size_t)__builtin_popcount(set);
	}
#else
	for (size_t i = 0; i < n; i++) {
		at[some] = (uint32_t)i;
		some += x[i] != 0;
	}
#endif
	return some;
}

/* Some of its units, those at the `count` places listed, counted from k on. */
INLINE void lone(const struct packed *p, size_t r, size_t j, const unit *x, const uint32_t *at, size_t count, size_t k, int whole, size_t panels)
{
	vec sum[LONE_PANELS * V];
	const unit *w = p->w + j * p->units + k * NN_PANEL;
#pragma GCC unroll 16
	for (size_t v = 0; v < panels * V; v++)
		sum[v] = k ? so_far(p, r, j + v * VL) : splat(0);
	for (size_t i = 0; i < count; i++)
#pragma GCC unroll 16
		for (size_t v = 0; v < panels * V; v++)
			sum[v] = mac(sum[v], ld_units(w + (v / V * p->units + at[i]) * NN_PANEL + v % V * VL), x[at[i]]);
#pragma GCC unroll 16
	for (size_t v = 0; v < panels * V; v++)
		put(p, r, j + v * VL, sum[v], whole);
}

static void lone_row(const struct packed *p, size_t r)
{
	_Alignas(64) unit room[PER_UNIT == 1 ? 1 : CHUNK];
	uint32_t at[CHUNK + VL];
	for (size_t k = 0, n; k < p->units; k += n) {
		size_t j = 0;
		n = p->units - k < CHUNK ? p->units - k : CHUNK;
		const unit *x = units_of(p, r, 1, k, n, room).v;
		size_t count = list_units(at, x, n);
		for (; j + (LONE_PANELS - 1) * NN_PANEL < p->cols; j += LONE_PANELS * NN_PANEL)
			lone(p, r, j, x, at, count, k, k + n == p->units, LONE_PANELS);
		for (; j < p->cols; j += NN_PANEL)
			lone(p, r, j, x, at, count, k, k + n == p->units, 1);
	}
}

INLINE void packed_fwd(nn_float *y, size_t ldy, const nn_float *x, size_t ldx, const void *w, size_t rows, size_t cols, size_t depth,
		       const struct nn_epilogue *end)
{
	struct packed p = { y, ldy, x, ldx, w, cols, depth, (depth + PER_UNIT - 1) / PER_UNIT, end };
	size_t even = rows / 2 * 2, most = PER_UNIT == 1 ? even : MADE;
	for (size_t r = 0, n; r < even; r += n) {
		n = even - r < most ? even - r : most;
		packed_rows(&p, r, n);
	}
	if (even < rows)
		lone_row(&p, even);
}
