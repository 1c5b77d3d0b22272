/* Matrices into panels; see packed.h. */
#include "nn/packed.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "nn/kernels.h"

struct pack {
	struct nn_matrix of;
	struct nn_packed as;
	void *v;
};

struct nn_packs {
	struct pack *v;
	size_t n;
	enum nn_precision precision;
};

struct nn_packs *nn_packs_new(enum nn_precision precision)
{
	struct nn_packs *ps = cp_xcalloc(1, sizeof *ps);
	ps->precision = precision;
	return ps;
}

void nn_packs_free(struct nn_packs *ps)
{
	for (size_t i = 0; ps && i < ps->n; i++)
		free(ps->v[i].v);
	if (ps)
		free(ps->v);
	free(ps);
}

static int put16(uint32_t *to, nn_float x, size_t odd)
{
	uint32_t half = nn_bf16(x);
	*to |= half << 16 * odd;
	return (half & 0x7f80) == 0x7f80 ? -1 : 0;
}

/* Group g into the room at `to`, which is zero.  -1: not finite */
static int pack_one(struct pack *p, size_t g)
{
	const struct nn_matrix *m = &p->of;
	const nn_float *w = m->w + g * m->cols * m->depth;
	char *to = (char *)p->v + g * p->as.step;
	size_t row = m->across ? 1 : m->depth, step = m->across ? m->cols : 1, half = p->as.fwd == &nn_packed16_fwd, words = (m->depth + half) >> half;
	for (size_t j = 0; j < m->cols; j++)
		for (size_t k = 0; k < m->depth; k++) {
			nn_float x = w[j * row + k * step];
			size_t at = (j / NN_PANEL * words + (k >> half)) * NN_PANEL + j % NN_PANEL;
			if (!isfinite(x) || (half && put16((uint32_t *)to + at, x, k & 1) < 0))
				return -1;
			if (!half)
				((nn_float *)to)[at] = x;
		}
	return 0;
}

/* How it is packed: zeroed room for all groups. */
static void plan(struct pack *p, enum nn_precision precision)
{
	const struct nn_matrix *m = &p->of;
	size_t cols = (m->cols + NN_PANEL - 1) / NN_PANEL * NN_PANEL, half = precision == NN_IN_BF16 && m->cols >= NN_PANEL, bytes;
	p->as.fwd = half ? &nn_packed16_fwd : &nn_packed_fwd;
	if (cp_mul(cols * (half ? sizeof(uint32_t) : sizeof(nn_float)), (m->depth + half) >> half, &p->as.step) < 0 ||
	    cp_mul(m->groups, p->as.step, &bytes) < 0)
		bytes = SIZE_MAX;
	p->v = cp_xaligned(64, bytes);
	p->as.w = p->v;
}

static int same(const struct nn_matrix *a, const struct nn_matrix *b)
{
	return a->w == b->w && a->groups == b->groups && a->cols == b->cols && a->depth == b->depth && a->across == b->across;
}

int nn_packs_of(struct nn_packs *ps, const struct nn_matrix *m, struct nn_packed *out)
{
	for (size_t i = 0; i < ps->n; i++)
		if (same(&ps->v[i].of, m)) {
			*out = ps->v[i].as;
			return 0;
		}
	struct pack p = { *m };
	plan(&p, ps->precision);
	for (size_t g = 0; g < m->groups; g++)
		if (pack_one(&p, g) < 0) {
			free(p.v);
			return -1;
		}
	ps->v = cp_xrealloc(ps->v, ps->n + 1, sizeof *ps->v);
	ps->v[ps->n++] = p;
	*out = p.as;
	return 0;
}
