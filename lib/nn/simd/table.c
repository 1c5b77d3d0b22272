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

/* Subnormal numbers cost a hundred times a normal one, and a moment that only decays would stay among them for ever. */
static const nn_float tiny = sizeof(nn_float) == 4 ? FLT_MIN : DBL_MIN;

INLINE vec flush(vec x)
{
	return sel((bits)(vabs(x) < tiny), splat(0), x);
}

INLINE vec adamw_p(const struct nn_adamw_step *s, nn_float eps, vec p, vec m, vec v)
{
	return s->decay * p - s->rate * m / (vsqrt(v * s->rc2) + eps);
}

void NN_K(adamw)(nn_float *p, nn_float *m, nn_float *v, const nn_float *g, size_t n, const struct nn_adamw *h)
{
	struct nn_adamw_step s = nn_adamw_step_of(h);
	struct nn_adamw_rule r = nn_adamw_rule_of(h, 0);

	for (size_t i = 0, k; (k = lanes(n, i)); i += VL) {
		vec grad = ld(g + i, k);
		vec m1 = flush(r.b1 * ld(m + i, k) + r.a1 * grad), v1 = flush(r.b2 * ld(v + i, k) + r.a2 * grad * grad);
		st(m + i, m1, k);
		st(v + i, v1, k);
		st(p + i, adamw_p(&s, r.eps, ld(p + i, k), m1, v1), k);
	}
}

/* -- steps made up for: W vectors at a time stay in registers -- */

#define CHECK 8		/* steps between two looks at whether there is less to do */
#define WORTH 32	/* steps left, for which to look */

struct lot {
	vec p[4], m[4], v[4];
};

/* The update is below a quarter of the last place of every value, and so it is in all later steps, where these are steady. */
INLINE int is_lost(const struct lot *x, int w, const struct nn_adamw_step *s, nn_float eps)
{
	const nn_float beyond = sizeof(nn_float) == 4 ? 0x1p27f : (nn_float)0x1p56;
	vec over = splat(-1);

	for (int i = 0; i < w; i++) {
		vec p = vabs(x->p[i]);
		p = sel((bits)(p < (nn_float)1e-20), splat(0), p);
		over = vmax(over, beyond * vabs(x->m[i]) * s->most - p * (vsqrt(x->v[i] * s->rc2) + eps));
	}
	return hmax(over) <= 0;
}

/* All 0, or so large that `CHECK` steps by b leave them normal. */
INLINE int stays_normal(const vec *x, int w, nn_float least)
{
	vec low = splat(1);

	for (int i = 0; i < w; i++) {
		vec a = vabs(x[i]);
		low = vmin(low, sel((bits)(a == 0), splat(1), a));
	}
	return -hmax(-low) >= least;
}

INLINE int is_zero(const vec *x, int w)
{
	vec most = splat(0);

	for (int i = 0; i < w; i++)
		most = vmax(most, vabs(x[i]));
	return hmax(most) == 0;
}

INLINE void replay_step(struct lot *x, int w, const struct nn_adamw_step *s, const struct nn_adamw_rule *r)
{
	for (int i = 0; i < w; i++) {
		vec g = r->l2 * x->p[i] + 0;
		x->m[i] = flush(r->b1 * x->m[i] + r->a1 * g);
		x->v[i] = flush(r->b2 * x->v[i] + r->a2 * g * g);
		x->p[i] = adamw_p(s, r->eps, x->p[i], x->m[i], x->v[i]);
	}
}

/* Updates are lost: m and v fade, p decays. */
INLINE void fade(struct lot *x, int w, const struct nn_adamw_step *s, size_t n, const struct nn_adamw_rule *r)
{
	size_t k = 0;

	for (; k < n && !(k % CHECK == 0 && is_zero(x->m, w)); k++)
		for (int i = 0; i < w; i++) {
			x->m[i] = flush(r->b1 * x->m[i]);
			x->v[i] = flush(r->b2 * x->v[i]);
			x->p[i] *= s[k].decay;
		}
	nn_float fall = r->b2 * r->b2 * r->b2 * r->b2, least = 2 * tiny / (fall * fall);
	while (k < n && !is_zero(x->v, w)) {
		size_t end = k + CHECK < n ? k + CHECK : n;
		int plain = stays_normal(x->v, w, least);
		for (; k < end; k++)
			for (int i = 0; i < w; i++) {
				x->v[i] = plain ? r->b2 * x->v[i] : flush(r->b2 * x->v[i]);
				x->p[i] *= s[k].decay;
			}
	}
	for (; k < n && !s[k].still; k++)
		for (int i = 0; i < w; i++)
			x->p[i] *= s[k].decay;
}

INLINE void replay(nn_float *p, nn_float *m, nn_float *v, size_t n, int w, const struct nn_adamw_step *s, size_t n_steps,
		   const struct nn_adamw_rule *r)
{
	struct lot x;
	size_t k = 0;

	for (int i = 0; i < w; i++) {
		size_t at = (size_t)i * VL, l = lanes(n, at);
		x.p[i] = ld(p + at, l);
		x.m[i] = ld(m + at, l);
		x.v[i] = ld(v + at, l);
	}
	while (k < n_steps) {
		size_t end = k + CHECK < n_steps ? k + CHECK : n_steps;
		if (n_steps - k >= WORTH && r->l2 == 0 && s[k].steady && is_lost(&x, w, s + k, r->eps)) {
			fade(&x, w, s + k, n_steps - k, r);
			break;
		}
		for (; k < end; k++)
			replay_step(&x, w, s + k, r);
	}
	for (int i = 0; i < w; i++) {
		size_t at = (size_t)i * VL, l = lanes(n, at);
		st(p + at, x.p[i], l);
		st(m + at, x.m[i], l);
		st(v + at, x.v[i], l);
	}
}

void NN_K(adamw_replay)(nn_float *p, nn_float *m, nn_float *v, size_t n, const struct nn_adamw_step *s, size_t n_steps,
			const struct nn_adamw_rule *r)
{
	for (; n > 2 * VL; n -= n < 4 * VL ? n : 4 * VL, p += 4 * VL, m += 4 * VL, v += 4 * VL)
		replay(p, m, v, n, 4, s, n_steps, r);
	if (n > VL)
		replay(p, m, v, n, 2, s, n_steps, r);
	else if (n)
		replay(p, m, v, n, 1, s, n_steps, r);
}
