/* Matrices into panels; see packed.h. */
#include "nn/packed.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

struct pack {
	struct nn_matrix of;
	nn_float *v;
};

struct nn_packs {
	struct pack *v;
	size_t n;
};

struct nn_packs *nn_packs_new(void)
{
	return cp_xcalloc(1, sizeof(struct nn_packs));
}

void nn_packs_free(struct nn_packs *ps)
{
	for (size_t i = 0; ps && i < ps->n; i++)
		free(ps->v[i].v);
	if (ps)
		free(ps->v);
	free(ps);
}

/* -1: not finite */
static int pack_one(nn_float *to, const nn_float *w, const struct nn_matrix *m)
{
	size_t row = m->across ? 1 : m->depth, step = m->across ? m->cols : 1;
	for (size_t j = 0; j < m->cols; j++)
		for (size_t k = 0; k < m->depth; k++) {
			nn_float x = w[j * row + k * step];
			if (!isfinite(x))
				return -1;
			to[(j / NN_PANEL * m->depth + k) * NN_PANEL + j % NN_PANEL] = x;
		}
	return 0;
}

static int same(const struct nn_matrix *a, const struct nn_matrix *b)
{
	return a->w == b->w && a->groups == b->groups && a->cols == b->cols && a->depth == b->depth && a->across == b->across;
}

const nn_float *nn_packs_of(struct nn_packs *ps, const struct nn_matrix *m)
{
	size_t size = nn_packed_size(m->cols, m->depth), bytes;
	for (size_t i = 0; i < ps->n; i++)
		if (same(&ps->v[i].of, m))
			return ps->v[i].v;
	if (cp_mul(m->groups * sizeof(nn_float), size, &bytes) < 0)
		bytes = SIZE_MAX;
	nn_float *v = cp_xaligned(64, bytes);
	for (size_t i = 0; i < m->groups; i++)
		if (pack_one(v + i * size, m->w + i * m->cols * m->depth, m) < 0) {
			free(v);
			return NULL;
		}
	ps->v = cp_xrealloc(ps->v, ps->n + 1, sizeof *ps->v);
	ps->v[ps->n++] = (struct pack){ *m, v };
	return v;
}
