/* Rows of tables, and the optimiser.
 *
 * AdamW's result must not depend on how a range is cut: rows that were left alone are caught up one by one, and end in the same bits as
 * a sweep over the whole table.  No multiply-add is fused here; memory, not arithmetic, sets the pace.
 */
#include <float.h>

#include "nn/simd/vec.h"

#define AHEAD 8		/* rows fetched before they are needed */

void NN_K(gather)(nn_float *y, size_t ldy, const nn_float *table, const uint32_t *id, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++) {
		if (r + AHEAD < rows)
			__builtin_prefetch(table + id[r + AHEAD] * cols);
		const nn_float *from = table + id[r] * cols;
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL)
			st(y + r * ldy + j, ld(from + j, m), m);
	}
}

void NN_K(scatter_add)(nn_float *dtable, const nn_float *dy, size_t ldy, const uint32_t *id, size_t rows, size_t cols, uint32_t lo, uint32_t hi)
{
	for (size_t r = 0; r < rows; r++) {
		if (id[r] < lo || id[r] >= hi)
			continue;
		nn_float *to = dtable + id[r] * cols;
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL)
			st(to + j, ld(to + j, m) + ld(dy + r * ldy + j, m), m);
	}
}

struct adamw_constants {
	nn_float decay, step, b1, b2, a1, a2, rc2, eps;
};

INLINE struct adamw_constants adamw_constants(const struct nn_adamw *h)
{
	return (struct adamw_constants){ (nn_float)(1 - h->lr * h->wd), (nn_float)(h->lr / h->c1), (nn_float)h->beta1, (nn_float)h->beta2,
					 (nn_float)(1 - h->beta1), (nn_float)(1 - h->beta2), (nn_float)(1 / h->c2), (nn_float)h->eps };
}

/* Subnormal numbers cost a hundred times a normal one, and a moment that only decays would stay among them for ever. */
INLINE vec flush(vec x)
{
	const nn_float tiny = sizeof(nn_float) == 4 ? FLT_MIN : DBL_MIN;

	return sel((bits)(vabs(x) < tiny), splat(0), x);
}

INLINE vec adamw_p(const struct adamw_constants *c, vec p, vec m, vec v)
{
	return c->decay * p - c->step * m / (vsqrt(v * c->rc2) + c->eps);
}

void NN_K(adamw)(nn_float *p, nn_float *m, nn_float *v, const nn_float *g, size_t n, const struct nn_adamw *h)
{
	struct adamw_constants c = adamw_constants(h);

	for (size_t i = 0, k; (k = lanes(n, i)); i += VL) {
		vec grad = ld(g + i, k);
		vec m1 = flush(c.b1 * ld(m + i, k) + c.a1 * grad), v1 = flush(c.b2 * ld(v + i, k) + c.a2 * grad * grad);
		st(m + i, m1, k);
		st(v + i, v1, k);
		st(p + i, adamw_p(&c, ld(p + i, k), m1, v1), k);
	}
}

void NN_K(adamw_zero)(nn_float *p, nn_float *m, nn_float *v, size_t n, const struct nn_adamw *h)
{
	struct adamw_constants c = adamw_constants(h);

	for (size_t i = 0, k; (k = lanes(n, i)); i += VL) {
		vec m1 = flush(c.b1 * ld(m + i, k)), v1 = flush(c.b2 * ld(v + i, k));
		st(m + i, m1, k);
		st(v + i, v1, k);
		st(p + i, adamw_p(&c, ld(p + i, k), m1, v1), k);
	}
}
