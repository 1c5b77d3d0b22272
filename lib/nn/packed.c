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
	const struct nn_product *by;
};

const struct nn_product *nn_product_of(enum nn_precision precision)
{
	return precision == NN_IN_INT8 ? nn_product_int8() : precision == NN_IN_BF16 ? nn_product_bf16() : nn_product_float();
}

struct nn_packs *nn_packs_new(enum nn_precision precision)
{
	struct nn_packs *ps = cp_xcalloc(1, sizeof *ps);
	ps->by = nn_product_of(precision);
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

static const struct nn_product *product_for(const struct nn_packs *ps, const struct nn_matrix *m)
{
	return m->cols < NN_PANEL || (ps->by->most_depth && m->depth > ps->by->most_depth) ? nn_product_float() : ps->by;
}

static void pack(struct pack *p)
{
	const struct nn_matrix *m = &p->of;
	const struct nn_product *by = p->as.by;
	size_t panels = nn_product_panels(m->cols), bytes;
	if (cp_mul(panels * NN_PANEL * by->unit_bytes, by->head + nn_product_units(by, m->depth), &p->as.step) < 0
	    || cp_mul(m->groups, p->as.step, &bytes) < 0)
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
	struct pack p = { .of = *m, .as.by = product_for(ps, m) };
	if (!is_finite(m, p.as.by->limit))
		return -1;
	pack(&p);
	ps->v = cp_xrealloc(ps->v, ps->n + 1, sizeof *ps->v);
	ps->v[ps->n++] = p;
	*out = p.as;
	return 0;
}
