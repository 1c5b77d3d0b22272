/* The step in tasks: runs of elements of one parameter, whole rows of a table, whose division depends on the parameters alone.  AdamW has a
 * fast kernel; the others are plain loops, for memory sets the pace of all. */
#include "nn/optim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "nn/kernels.h"

#define GRAIN 32768	/* elements a task */

struct task {
	const struct nn_param *p;
	size_t from, n;
};

struct step {
	struct nn_params *ps;
	const struct nn_optimiser *o;
	const double *lr;
	uint64_t t;
	struct task *task;
	double *square;			/* of each task's gradients */
	nn_float scale;			/* on all gradients; 1: leave them */
};

/* What a task works on. */
struct span {
	nn_float *p, *m, *v, *g;
	size_t n;
	double lr;
};

/* --- Rules ------------------------------------------------------------------------------------------------------------------------- */

static struct nn_adamw adamw_of(const struct step *s, const struct nn_param *p)
{
	double decay = s->o->group_decay ? s->o->group_decay[p->group] : s->o->weight_decay;
	return (struct nn_adamw){
		.lr = s->lr[p->group], .wd = p->no_decay || s->o->rule == NN_ADAM ? 0 : decay,
		.beta1 = s->o->beta1, .beta2 = s->o->beta2, .eps = s->o->eps,
		.c1 = 1 - pow(s->o->beta1, (double)s->t), .c2 = 1 - pow(s->o->beta2, (double)s->t),
	};
}

static int is_zero(const nn_float *x, size_t n)
{
	while (n && x[n - 1] == 0)
		n--;
	return !n;
}

static void step_touched(const struct span *x, size_t cols, const struct nn_adamw *h)
{
	for (size_t at = 0; at < x->n; at += cols)
		if (!is_zero(x->g + at, cols))
			nn_adamw(x->p + at, x->m + at, x->v + at, x->g + at, cols, h);
}

static void step_adagrad(const struct span *x)
{
	nn_float lr = (nn_float)x->lr, eps = (nn_float)1e-10;
	for (size_t i = 0; i < x->n; i++) {
		x->v[i] += x->g[i] * x->g[i];
		x->p[i] -= lr * x->g[i] / ((nn_float)sqrt(x->v[i]) + eps);
	}
}

static void step_sgd(const struct span *x, nn_float momentum)
{
	nn_float lr = (nn_float)x->lr;
	for (size_t i = 0; i < x->n; i++) {
		x->m[i] = momentum * x->m[i] + x->g[i];
		x->p[i] -= lr * x->m[i];
	}
}

static void step_ftrl(const struct span *x, const struct nn_optimiser *o)
{
	for (size_t i = 0; i < x->n; i++) {
		double g = x->g[i], before = sqrt(x->v[i]);
		if (g == 0)
			continue;
		x->v[i] += x->g[i] * x->g[i];
		double after = sqrt(x->v[i]), m = x->m[i] + g - (after - before) / x->lr * x->p[i];
		x->m[i] = (nn_float)m;
		x->p[i] = fabs(m) <= o->l1 ? 0 : (nn_float)(-(m - copysign(o->l1, m)) / ((o->beta + after) / x->lr + o->l2));
	}
}

/* --- What comes before ------------------------------------------------------------------------------------------------------------- */

static struct span span_of(const struct step *s, int i)
{
	const struct task *k = &s->task[i];
	size_t at = k->p->offset + k->from;
	return (struct span){ s->ps->val + at, s->ps->m1 + at, s->ps->m2 + at, s->ps->grad + at, k->n, s->lr[k->p->group] };
}

static size_t row_of(const struct nn_param *p)
{
	return p->n / p->dims[0];
}

static void add_l2(const struct step *s, const struct nn_param *p, const struct span *x)
{
	size_t cols = p->by_key && s->o->rule == NN_SPARSE_ADAMW ? row_of(p) : x->n;
	for (size_t at = 0; p->l2 > 0 && at < x->n; at += cols)
		if (cols == x->n || !is_zero(x->g + at, cols))
			nn_axpy(x->g + at, (nn_float)p->l2, x->p + at, cols);
}

static void prepare_task(void *ctx, int i)
{
	const struct step *s = ctx;
	struct span x = span_of(s, i);
	double sum = 0;
	add_l2(s, s->task[i].p, &x);
	for (size_t k = 0; s->o->clip > 0 && k < x.n; k++)
		sum += (double)x.g[k] * x.g[k];
	s->square[i] = sum;
}

static void step_task(void *ctx, int i)
{
	const struct step *s = ctx;
	const struct nn_param *p = s->task[i].p;
	struct span x = span_of(s, i);
	for (size_t k = 0; s->scale != 1 && k < x.n; k++)
		x.g[k] *= s->scale;
	switch (s->o->rule) {
	case NN_ADAGRAD:
		step_adagrad(&x);
		break;
	case NN_SGD:
		step_sgd(&x, (nn_float)s->o->momentum);
		break;
	case NN_FTRL:
		step_ftrl(&x, s->o);
		break;
	default: {
		struct nn_adamw h = adamw_of(s, p);
		if (s->o->rule == NN_SPARSE_ADAMW && p->by_key)
			step_touched(&x, row_of(p), &h);
		else
			nn_adamw(x.p, x.m, x.v, x.g, x.n, &h);
	}
	}
	memset(x.g, 0, x.n * sizeof *x.g);
}

/* --- The step ---------------------------------------------------------------------------------------------------------------------- */

static size_t divide(const struct nn_params *ps, struct task *task)
{
	size_t n = 0;
	for (int i = 0; i < ps->n; i++) {
		const struct nn_param *p = ps->v[i];
		size_t row = row_of(p), grain = p->by_key ? (GRAIN + row - 1) / row * row : GRAIN;
		for (size_t from = 0; !p->frozen && from < p->n; from += grain)
			task[n++] = (struct task){ p, from, p->n - from < grain ? p->n - from : grain };
	}
	return n;
}

static int wants_l2(const struct nn_params *ps)
{
	int any = 0;
	for (int i = 0; i < ps->n; i++)
		any |= ps->v[i]->l2 > 0;
	return any;
}

void nn_optimiser_step(struct nn_params *ps, const struct nn_optimiser *o, const double *lr, uint64_t t, struct cp_team *team)
{
	size_t most = ps->total / GRAIN + (size_t)ps->n;
	struct step s = { ps, o, lr, t, cp_xmalloc(most * sizeof *s.task), cp_xcalloc(most, sizeof *s.square), 1 };
	size_t n = divide(ps, s.task);
	if (o->clip > 0 || wants_l2(ps))
		cp_team_run(team, (int)n, prepare_task, &s);
	if (o->clip > 0) {
		double sum = 0;
		for (size_t i = 0; i < n; i++)
			sum += s.square[i];
		s.scale = (nn_float)fmin(1, o->clip / (sqrt(sum) + 1e-6));
	}
	cp_team_run(team, (int)n, step_task, &s);
	free(s.task);
	free(s.square);
}
