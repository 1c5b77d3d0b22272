/* The parameter list. */
#include "nn/params.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/team.h"
#include "nn/table.h"

struct nn_params *nn_params_new(void)
{
	return cp_xcalloc(1, sizeof(struct nn_params));
}

void nn_params_free(struct nn_params *ps)
{
	if (!ps)
		return;
	for (int i = 0; i < ps->n; i++) {
		nn_table_free(ps->v[i]->table);
		free(ps->v[i]->name);
		free(ps->v[i]);
	}
	free(ps->v);
	free(ps->val);
	free(ps->grad);
	free(ps->m1);
	free(ps->m2);
	free(ps);
}

struct nn_param *nn_params_add(struct nn_params *ps, const char *name, int group, int n_dims, const size_t *dims)
{
	assert(!ps->val && n_dims >= 1 && n_dims <= NN_DIMS && !nn_params_find(ps, name));
	struct nn_param *p = cp_xcalloc(1, sizeof *p);
	p->name = cp_xstrdup(name);
	p->n_dims = n_dims;
	p->n = 1;
	for (int i = 0; i < n_dims; i++) {
		p->dims[i] = dims[i];
		p->n *= dims[i];
	}
	p->offset = ps->total;
	p->group = group;
	p->no_decay = n_dims == 1;
	ps->total += p->n;
	ps->v = cp_xrealloc(ps->v, (size_t)ps->n + 1, sizeof *ps->v);
	ps->v[ps->n++] = p;
	return p;
}

struct nn_param *nn_params_find(const struct nn_params *ps, const char *name)
{
	for (int i = 0; i < ps->n; i++)
		if (!strcmp(ps->v[i]->name, name))
			return ps->v[i];
	return NULL;
}

static int is_by_rows(const struct nn_param *p, int purpose)
{
	return purpose == NN_TRAINING_BY_ROWS && p->by_key && !p->frozen;
}

/* Places in the gradients' array; its size. */
static size_t place_gradients(const struct nn_params *ps, int purpose, size_t *at)
{
	size_t total = 0;
	for (int i = 0; i < ps->n; i++) {
		at[i] = total;
		total += is_by_rows(ps->v[i], purpose) ? 0 : ps->v[i]->n;
	}
	return total;
}

void nn_params_alloc(struct nn_params *ps, int purpose)
{
	size_t *at = cp_xcalloc((size_t)ps->n, sizeof *at), n_grad = place_gradients(ps, purpose, at);
	ps->val = cp_xlarge(ps->total, sizeof *ps->val);
	if (purpose != NN_SCORING) {
		ps->grad = cp_xcalloc(n_grad, sizeof *ps->grad);
		ps->m1 = cp_xlarge(ps->total, sizeof *ps->m1);
		ps->m2 = cp_xlarge(ps->total, sizeof *ps->m2);
	}
	for (int i = 0; i < ps->n; i++) {
		struct nn_param *p = ps->v[i];
		p->val = ps->val + p->offset;
		if (is_by_rows(p, purpose))
			p->table = nn_table_new(p->dims[0], p->n / p->dims[0], p->val, ps->m1 + p->offset, ps->m2 + p->offset);
		else
			p->grad = ps->grad && !p->frozen ? ps->grad + at[i] : NULL;
	}
	free(at);
}

void nn_params_settle(struct nn_params *ps, struct cp_team *team)
{
	for (int i = 0; i < ps->n; i++)
		if (ps->v[i]->table)
			nn_table_settle(ps->v[i]->table, team);
}

void nn_params_borrow(struct nn_params *ps, const struct nn_params *from)
{
	for (int i = 0; i < ps->n; i++) {
		const struct nn_param *p = nn_params_find(from, ps->v[i]->name);
		assert(p && p->n == ps->v[i]->n);
		ps->v[i]->val = p->val;
	}
}

static uint64_t name_key(const struct nn_param *p)
{
	return cp_hash64(p->name, strlen(p->name), 0);
}

/* Standard deviation of the initial values; of uniform ones their bound. */
static double spread_of(const struct nn_param *p)
{
	if (p->init == NN_INIT_NORMAL || p->init == NN_INIT_UNIFORM)
		return p->init_std;
	size_t rest = p->n_dims > 2 ? p->n / p->dims[0] / p->dims[1] : 1;
	size_t in = p->n_dims > 1 ? p->dims[1] * rest : 1, out = p->dims[0] * rest;
	return sqrt(2.0 / (double)(in + out));
}

/* Rows that are drawn, in tasks. */
struct draw {
	const struct nn_param *p;
	size_t row, n, grain;
	const uint64_t *key;
	uint64_t seed, name;
	double spread;
};

static void draw_task(void *ctx, int task)
{
	const struct draw *d = ctx;
	size_t cols = d->p->n / d->p->dims[0], from = (size_t)task * d->grain, to = from + d->grain < d->n ? from + d->grain : d->n;
	for (size_t i = from; i < to; i++) {
		struct cp_rng r = cp_rng(d->seed, CP_RNG_INIT, d->name, d->key ? d->key[i] : d->row + i);
		nn_float *x = d->p->val + (d->row + i) * cols;
		for (size_t j = 0; j < cols; j++)
			x[j] = (nn_float)(d->spread * (d->p->init == NN_INIT_UNIFORM ? 2 * cp_rng_real(&r) - 1 : cp_rng_normal(&r)));
	}
}

#define GRAIN 32768	/* elements a task */

static int is_drawn(const struct nn_param *p)
{
	return p->init == NN_INIT_XAVIER || p->init == NN_INIT_NORMAL || p->init == NN_INIT_UNIFORM;
}

void nn_init_rows(struct nn_param *p, size_t row, size_t n, const uint64_t *key, uint64_t seed, struct cp_team *team)
{
	size_t cols = p->n / p->dims[0], grain = (GRAIN + cols - 1) / cols;
	struct draw d = { p, row, n, grain, key, seed, name_key(p), spread_of(p) };
	assert(row + n <= p->dims[0]);
	if (!is_drawn(p)) {
		nn_float x = p->init == NN_INIT_ONE ? 1 : p->init == NN_INIT_HALF ? (nn_float)0.5 : 0;
		for (size_t j = row * cols; j < (row + n) * cols; j++)
			p->val[j] = x;
		return;
	}
	cp_team_run(team, (int)((n + grain - 1) / grain), draw_task, &d);
}

void nn_params_init(struct nn_params *ps, uint64_t seed, struct cp_team *team)
{
	for (int i = 0; i < ps->n; i++) {
		struct nn_param *p = ps->v[i];
		if (!p->loaded && p->n)
			nn_init_rows(p, 0, p->dims[0], NULL, seed, team);
	}
}
