/* The set of packed matrices; see packed.h. */
#include "nn/packed.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

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

static int is_finite(const struct nn_matrix *m, double limit)
{
	for (size_t i = 0; i < m->groups * m->cols * m->depth; i++)
		if (!(fabs((double)m->w[i]) < limit))
			return 0;
	return 1;
}

static void pack(struct pack *p, enum nn_precision precision)
{
	const struct nn_matrix *m = &p->of;
	const struct nn_product *by = precision == NN_IN_BF16 && m->cols >= NN_PANEL ? nn_product_bf16() : nn_product_float();
	size_t panels = nn_product_panels(m->cols), bytes;
	p->as.by = by;
	if (cp_mul(panels * NN_PANEL * by->unit_bytes, nn_product_units(by, m->depth), &p->as.step) < 0 || cp_mul(m->groups, p->as.step, &bytes) < 0)
		bytes = SIZE_MAX;
	p->as.w = p->v = cp_xaligned(64, bytes);
	for (size_t g = 0; g < m->groups; g++)
		by->pack((char *)p->v + g * p->as.step, m->w + g * m->cols * m->depth, m->across ? m->cols : m->depth, !m->across, 0, m->cols, m->depth,
			 0, nn_product_parts(by, !m->across, m->cols, m->depth));
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
	pack(&p, ps->precision);
	if (!is_finite(m, p.as.by->limit)) {
		free(p.v);
		return -1;
	}
	ps->v = cp_xrealloc(ps->v, ps->n + 1, sizeof *ps->v);
	ps->v[ps->n++] = p;
	*out = p.as;
	return 0;
}
