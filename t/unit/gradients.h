/* What the checks of gradients share: a network under test, a probe that makes one number of many, and central differences.
 *
 *     struct test t = { ... };  t.b = (struct nn_build){ nn_graph_new(NULL), nn_params_new(), 0 };
 *     ... build t.loss ...
 *     tell("name", check(&t, 1));                      // every gradient, in units of NEAR
 *     test_release(&t);
 */
#ifndef T_GRADIENTS_H
#define T_GRADIENTS_H

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "ctr/ctr.h"
#include "nn/build.h"
#include "nn/graph_priv.h"
#include "plm/plm.h"

#define STEP 1e-4
#define NEAR 1e-6	/* relative, and of FLOOR where gradients are smaller */
#define FLOOR 1e-2
#define ROWS PLM_ROWS	/* axes: rows of the batch, tokens, places (prompts and tokens), picks */
#define TOKENS PLM_TOKENS
#define PLACES PLM_PLACES
#define PICKS PLM_PICKS
#define MAX_FEEDS 8

static int n_tests, n_failed;

static inline void ok(int good, const char *what)
{
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, what);
}

/* --- A network under test ---------------------------------------------------------------------------------------------------------- */

struct test {
	struct nn_build b;
	struct cp_rng rng;
	struct cp_arena mem;
	size_t rows, cols;
	int variant;
	struct nn_node *out[8];		/* what the probe adds up */
	int n_out;
	struct nn_node *loss;
	struct { nn_float *v, *grad; size_t n; } fed[MAX_FEEDS];	/* inputs that want a gradient */
	int n_fed;
};

static inline void random_numbers(struct test *t, nn_float *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i] = cp_rng_normal(&t->rng);
}

static inline struct nn_param *param(struct test *t, size_t rows, size_t cols)
{
	return nn_param_new(&t->b, NN_INIT_NORMAL, 2, (size_t[]){ rows, cols }, "p%d", t->b.ps->n);
}

static inline struct nn_node *weight(struct test *t, size_t rows, size_t cols)
{
	return ng_weight(t->b.g, param(t, rows, cols));
}

static inline const struct nn_ids *ids(struct test *t, size_t n, size_t below)
{
	struct nn_ids *out = cp_arena_alloc(&t->mem, sizeof *out);
	uint32_t *v = cp_arena_alloc(&t->mem, (n + 1) * sizeof *v);
	for (size_t i = 0; i < n; i++)
		v[i] = (uint32_t)(cp_rng_u64(&t->rng) % below);
	out->v = v;
	return out;
}

/* A matrix (rows, cols) on an axis that wants a gradient: rows of a table, some of them more than once. */
static inline struct nn_node *matrix_on(struct test *t, int axis, int mult, size_t cols)
{
	size_t n = t->b.g->len[axis] * (size_t)mult;
	return ng_lookup(t->b.g, param(t, n, cols), ids(t, n, n), axis, mult, -1);
}

static inline struct nn_node *matrix(struct test *t)
{
	return matrix_on(t, ROWS, 1, t->cols);
}

/* Every unit i of `axis` is a run of (i + first) mod 3 + extra of the target axis, whose length it sets. */
static inline const struct nn_segs *runs_from(struct test *t, int axis, int target, size_t first, size_t extra)
{
	struct nn_segs *s = cp_arena_alloc(&t->mem, sizeof *s);
	size_t n = t->b.g->len[axis];
	uint32_t *off = cp_arena_alloc(&t->mem, (n + 1) * sizeof *off);
	off[0] = 0;
	for (size_t i = 0; i < n; i++)
		off[i + 1] = off[i] + (uint32_t)((i + first) % 3 + extra);
	s->off = off;
	t->b.g->len[target] = off[n];
	return s;
}

/* Runs of 1, 2, 3, 1, ...; `extra` more each. */
static inline const struct nn_segs *runs(struct test *t, int axis, int target, size_t extra)
{
	return runs_from(t, axis, target, 0, 1 + extra);
}

static inline void keys_for(struct test *t, int axis)
{
	size_t n = t->b.g->len[axis];
	uint64_t *k = cp_arena_alloc(&t->mem, (n + 1) * sizeof *k);
	for (size_t i = 0; i < n; i++)
		k[i] = cp_rng_u64(&t->rng);
	t->b.g->keys[axis] = k;
}

/* --- The probe: one number from many ----------------------------------------------------------------------------------------------- */

static inline nn_float probe_weight(size_t input, size_t i)
{
	return ((nn_float)((i * 7919 + input * 104729) % 1000) - 400) / 300;
}

static inline void probe_fwd(struct nn_graph *g, struct nn_node *n)
{
	long double sum = 0;	/* of thousands of numbers, then differenced: its rounding must not show */
	for (int k = 0; k < n->n_in; k++)
		for (size_t i = 0, count = nn_count(g, n->in[k]); i < count; i++)
			sum += (long double)probe_weight((size_t)k, i) * n->in[k]->val[i];
	n->val[0] = (nn_float)sum;
}

static inline void probe_bwd(struct nn_graph *g, struct nn_node *n)
{
	for (int k = 0; k < n->n_in; k++) {
		nn_float *d = nn_grad(g, n->in[k]);
		for (size_t i = 0, count = nn_count(g, n->in[k]); d && i < count; i++)
			d[i] += n->grad[0] * probe_weight((size_t)k, i);
	}
}

static const struct nn_op op_probe = { "probe", probe_fwd, probe_bwd, NULL };

/* --- Central differences ------------------------------------------------------------------------------------------------------------- */

static inline void test_release(struct test *t)
{
	nn_graph_free(t->b.g);
	nn_params_free(t->b.ps);
	cp_arena_release(&t->mem);
}

static inline double loss_at(struct test *t, nn_float *x, nn_float value)
{
	nn_float kept = *x;
	*x = value;
	nn_forward(t->b.g, t->loss);
	*x = kept;
	return t->loss->val[0];
}

/* The slope at *x from four points: the error is of fourth order in the step. */
static inline double slope_at(struct test *t, nn_float *x)
{
	double near = loss_at(t, x, *x + STEP) - loss_at(t, x, *x - STEP), far = loss_at(t, x, *x + 2 * STEP) - loss_at(t, x, *x - 2 * STEP);
	return (8 * near - far) / (12 * STEP);
}

/* How far the worst of n gradients is off, every `stride`-th looked at. */
static inline double worst_of(struct test *t, nn_float *v, const nn_float *grad, size_t n, size_t stride)
{
	double worst = 0;
	for (size_t i = 0; i < n; i += stride) {
		double slope = slope_at(t, &v[i]), size = fmax(FLOOR, fmax(fabs(slope), fabs(grad[i])));
		double off = fabs(slope - grad[i]) / size;
		worst = isnan(off) ? INFINITY : fmax(worst, off);
	}
	return worst;
}

/* Largest error over all gradients, in units of NEAR. */
static inline double check(struct test *t, size_t stride)
{
	double worst = 0;
	nn_forward(t->b.g, t->loss);
	nn_backward(t->b.g, t->loss);
	for (int i = 0; i < t->b.ps->n; i++) {
		struct nn_param *p = t->b.ps->v[i];
		if (p->grad)
			worst = fmax(worst, worst_of(t, p->val, p->grad, p->n, stride));
	}
	for (int i = 0; i < t->n_fed; i++)
		worst = fmax(worst, worst_of(t, t->fed[i].v, t->fed[i].grad, t->fed[i].n, stride));
	return worst / NEAR;
}

static inline void tell(const char *name, double worst)
{
	char what[160];
	snprintf(what, sizeof what, "%s: gradients, off by %.2g at most", name, worst * NEAR);
	ok(worst <= 1, what);
}

#endif
