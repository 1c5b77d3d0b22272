/* Rows of a product with a matrix that stays, and what becomes of their sums (nn/product.h).  Whoever includes this has included nn/simd/vec.h and
 * defines `unit`. */

struct packed {
	nn_float *y;
	size_t ldy;
	const nn_float *x;
	size_t ldx;
	const unit *w;
	size_t cols, depth, units;
	const struct nn_epilogue *end;
};

/* A vector of sums of row r from column j on; of those that are whole, what follows them: the same operations as of the kernels bias, relu
 * and cross. */
INLINE void put(const struct packed *p, size_t r, size_t j, vec v, int whole)
{
	const struct nn_epilogue *e = whole ? p->end : NULL;
	size_t m = lanes(p->cols, j);
	if (!m)
		return;
	if (e && e->bias)
		v = v + ld(e->bias + j, m);
	if (e && e->relu)
		v = vmax(splat(0), v);
	if (e && e->x0)
		v = vfma(ld(e->x0 + r * e->ld + j, m), v, ld(e->x + r * e->ld + j, m));
	st(p->y + r * p->ldy + j, v, m);
}

/* What a sum over units behind the first ones goes on from. */
INLINE vec so_far(const struct packed *p, size_t r, size_t j)
{
	return ld(p->y + r * p->ldy + j, lanes(p->cols, j));
}
