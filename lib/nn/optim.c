/* The step in tasks, whose division depends on the parameters and the rows touched alone: runs of elements of one parameter, of a table whole
 * rows, or entries of its list of rows with a gradient.  AdamW has a fast kernel; the others are plain loops, for memory sets the pace of
 * all.  The norm of a table's gradient is summed by rows and these by runs of rows, so a list gives the bits of an array with zeros. */
#include "nn/optim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "nn/kernels.h"
#include "nn/table.h"

#define GRAIN 32768	/* elements a task */
#define ENTRIES 128	/* rows of a table's list a task */

/* How a table that keeps its gradient by rows makes a step. */
enum way {
	DENSE,		/* none: a gradient of its own size */
	TOUCHED,	/* the rows of the list; the others never change */
	PUT_OFF,	/* the rows of the list; the others later */
	SWEEP,		/* all rows, those without gradient too */
};

struct task {
	const struct nn_param *p;
	enum way way;
	size_t from, n;		/* elements; of TOUCHED and PUT_OFF entries of the list */
	double *square;		/* of the gradients: their sum, of entries each one's */
};

struct step {
	struct nn_params *ps;
	const struct nn_optimiser *o;
	const double *lr;
	double c1, c2;			/* adamw's */
	struct task *task;
	size_t n_tasks;
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
		.c1 = s->c1, .c2 = s->c2,
	};
}

static int is_zero(const nn_float *x, size_t n)
{
	while (n && x[n - 1] == 0)
		n--;
	return !n;
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

static void step_span(const struct step *s, const struct nn_param *p, const struct span *x)
{
	for (size_t k = 0; s->scale != 1 && k < x->n; k++)
		x->g[k] *= s->scale;
	switch (s->o->rule) {
	case NN_ADAGRAD:
		step_adagrad(x);
		break;
	case NN_SGD:
		step_sgd(x, (nn_float)s->o->momentum);
		break;
	case NN_FTRL:
		step_ftrl(x, s->o);
		break;
	default: {
		struct nn_adamw h = adamw_of(s, p);
		nn_adamw(x->p, x->m, x->v, x->g, x->n, &h);
	}
	}
}

/* --- Rows -------------------------------------------------------------------------------------------------------------------------- */

static size_t row_of(const struct nn_param *p)
{
	return p->n / p->dims[0];
}

static int skips_zero(const struct step *s, const struct nn_param *p)
{
	return p->by_key && s->o->rule == NN_SPARSE_ADAMW;
}

/* What a row without gradient does in a step: nothing, what needs only the row itself, or what must be done now: momentum, a penalty where
 * the norm of all gradients is wanted. */
static enum way way_of(const struct nn_optimiser *o, const struct nn_param *p)
{
	int adam = o->rule == NN_ADAMW || o->rule == NN_ADAM;
	if (!p->table)
		return DENSE;
	if (o->rule == NN_SPARSE_ADAMW)
		return TOUCHED;
	if (adam)
		return p->l2 > 0 && o->clip > 0 ? SWEEP : PUT_OFF;
	return p->l2 > 0 || (o->rule == NN_SGD && o->momentum > 0) ? SWEEP : TOUCHED;
}

static struct span span_at(const struct step *s, const struct nn_param *p, size_t at, size_t n, nn_float *g)
{
	return (struct span){ p->val + at, s->ps->m1 + p->offset + at, s->ps->m2 + p->offset + at, g, n, s->lr[p->group] };
}

static void add_l2(const struct step *s, const struct nn_param *p, const struct span *x)
{
	if (p->l2 > 0 && !(skips_zero(s, p) && is_zero(x->g, x->n)))
		nn_axpy(x->g, (nn_float)p->l2, x->p, x->n);
}

/* --- The norm ---------------------------------------------------------------------------------------------------------------------- */

static double square_of(const nn_float *g, size_t n)
{
	double sum = 0;
	for (size_t k = 0; k < n; k++)
		sum += (double)g[k] * g[k];
	return sum;
}

/* Where a run of elements is summed in one: rows of a table. */
static size_t run_of(const struct nn_param *p, size_t n)
{
	return p->by_key ? row_of(p) : n;
}

/* First entry of the list that is row `row` or behind it. */
static size_t entry_of(const struct nn_table *t, size_t row)
{
	size_t lo = 0, hi = t->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (t->row[mid] < row)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* A row's gradient: its own in the list, *e being the entry that comes next, or zeros. */
static struct span row_span(const struct step *s, const struct nn_param *p, size_t row, size_t *e, nn_float *zeros)
{
	struct nn_table *t = p->table;
	int has = *e < t->n && t->row[*e] == row;
	if (!has)
		memset(zeros, 0, t->cols * sizeof *zeros);
	return span_at(s, p, row * t->cols, t->cols, has ? t->grad + (*e)++ * t->cols : zeros);
}

static void norm_sweep(const struct step *s, const struct task *k)
{
	size_t cols = k->p->table->cols, row = k->from / cols, e = entry_of(k->p->table, row);
	nn_float *zeros = cp_xmalloc(cols * sizeof *zeros);
	for (size_t end = row + k->n / cols; row < end; row++) {
		struct span x = row_span(s, k->p, row, &e, zeros);
		add_l2(s, k->p, &x);
		*k->square += square_of(x.g, cols);
	}
	free(zeros);
}

static void norm_list(const struct step *s, const struct task *k)
{
	struct nn_table *t = k->p->table;
	for (size_t i = k->from; i < k->from + k->n; i++) {
		struct span x = span_at(s, k->p, t->row[i] * t->cols, t->cols, t->grad + i * t->cols);
		add_l2(s, k->p, &x);
		k->square[i - k->from] = square_of(x.g, x.n);
	}
}

static void norm_dense(const struct step *s, const struct task *k)
{
	size_t run = run_of(k->p, k->n);
	for (size_t at = 0; at < k->n; at += run) {
		struct span x = span_at(s, k->p, k->from + at, run, k->p->grad + k->from + at);
		add_l2(s, k->p, &x);
		*k->square += square_of(x.g, run);
	}
}

static void norm_task(void *ctx, int i)
{
	static void (*const by[])(const struct step *, const struct task *) = {
		[DENSE] = norm_dense, [TOUCHED] = norm_list, [PUT_OFF] = norm_list, [SWEEP] = norm_sweep,
	};
	const struct step *s = ctx;
	by[s->task[i].way](s, &s->task[i]);
}

/* Entries are added by the runs of rows that would be a task each. */
static double norm_of(const struct step *s)
{
	double all = 0, run = 0;
	for (size_t i = 0; i < s->n_tasks; i++) {
		const struct task *k = &s->task[i];
		if (k->way == DENSE || k->way == SWEEP) {
			all += *k->square;
			continue;
		}
		const struct nn_table *t = k->p->table;
		size_t rows = (GRAIN + t->cols - 1) / t->cols;
		for (size_t j = k->from; j < k->from + k->n; j++) {
			run += k->square[j - k->from];
			if (j + 1 < t->n && t->row[j + 1] / rows == t->row[j] / rows)
				continue;
			all += run;
			run = 0;
		}
	}
	return sqrt(all);
}

/* --- Steps ------------------------------------------------------------------------------------------------------------------------- */

/* Where a norm was wanted, gradients have their penalty. */
static void step_whole(const struct step *s, const struct nn_param *p, const struct span *x)
{
	if (s->o->clip <= 0)
		add_l2(s, p, x);
	if (!skips_zero(s, p) || !is_zero(x->g, x->n))
		step_span(s, p, x);
}

static void step_dense(const struct step *s, const struct task *k)
{
	nn_float *g = k->p->grad + k->from;
	size_t run = skips_zero(s, k->p) ? row_of(k->p) : k->n;
	for (size_t at = 0; at < k->n; at += run) {
		struct span x = span_at(s, k->p, k->from + at, run, g + at);
		step_whole(s, k->p, &x);
	}
	memset(g, 0, k->n * sizeof *g);
}

static void step_sweep(const struct step *s, const struct task *k)
{
	size_t cols = k->p->table->cols, row = k->from / cols, e = entry_of(k->p->table, row);
	nn_float *zeros = cp_xmalloc(cols * sizeof *zeros);
	for (size_t end = row + k->n / cols; row < end; row++) {
		struct span x = row_span(s, k->p, row, &e, zeros);
		if (s->o->clip > 0 && x.g == zeros)
			add_l2(s, k->p, &x);
		step_whole(s, k->p, &x);
	}
	free(zeros);
}

/* Rows of the list; where the others put off their step, the whole unit that one lies in. */
static void step_list(const struct step *s, const struct task *k)
{
	struct nn_table *t = k->p->table;
	size_t unit = k->way == PUT_OFF ? t->unit : 1, cols = t->cols, i = k->from, end = k->from + k->n;
	nn_float room[NN_TABLE_UNIT];
	for (; i && i < end && t->row[i] / unit == t->row[i - 1] / unit; i++)
		;	/* another task's */
	while (i < end) {
		size_t first = t->row[i] / unit * unit, rows = t->n_rows - first < unit ? t->n_rows - first : unit;
		nn_float *g = unit > 1 ? memset(room, 0, sizeof room) : t->grad + i * cols;
		if (i + NN_TABLE_AHEAD < t->n)
			nn_table_fetch(t, t->row[i + NN_TABLE_AHEAD]);
		do {
			if (unit > 1)
				memcpy(room + (t->row[i] - first) * cols, t->grad + i * cols, cols * sizeof *room);
		} while (++i < t->n && t->row[i] < first + rows);
		struct span x = span_at(s, k->p, first * cols, rows * cols, g);
		step_whole(s, k->p, &x);
		if (k->way == PUT_OFF)
			nn_table_made(t, first / unit);
	}
}

static void step_task(void *ctx, int i)
{
	static void (*const by[])(const struct step *, const struct task *) = {
		[DENSE] = step_dense, [TOUCHED] = step_list, [PUT_OFF] = step_list, [SWEEP] = step_sweep,
	};
	const struct step *s = ctx;
	by[s->task[i].way](s, &s->task[i]);
}

/* --- The whole --------------------------------------------------------------------------------------------------------------------- */

static void divide(struct step *s)
{
	for (int i = 0; i < s->ps->n; i++) {
		const struct nn_param *p = s->ps->v[i];
		enum way way = way_of(s->o, p);
		int list = way == TOUCHED || way == PUT_OFF;
		size_t row = row_of(p), n = p->frozen ? 0 : list ? p->table->n : p->n;
		size_t grain = list ? ENTRIES : p->by_key ? (GRAIN + row - 1) / row * row : GRAIN, more = (n + grain - 1) / grain;
		s->task = cp_xrealloc(s->task, s->n_tasks + more, sizeof *s->task);
		for (size_t from = 0; from < n; from += grain)
			s->task[s->n_tasks++] = (struct task){ p, way, from, n - from < grain ? n - from : grain, NULL };
	}
}

static void clip(struct step *s, struct cp_team *team)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n_tasks; i++)
		n += s->task[i].n < ENTRIES ? s->task[i].n : ENTRIES;
	double *square = cp_xcalloc(n, sizeof *square), *at = square;
	for (size_t i = 0; i < s->n_tasks; i++) {
		s->task[i].square = at;
		at += s->task[i].n < ENTRIES ? s->task[i].n : ENTRIES;
	}
	cp_team_run(team, (int)s->n_tasks, norm_task, s);
	s->scale = (nn_float)fmin(1, s->o->clip / (norm_of(s) + 1e-6));
	free(square);
}

static void begin_ftrl(const struct nn_param *p, nn_float *m, double lr, const struct nn_optimiser *o)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->val[i] != 0)
			m[i] = (nn_float)-copysign(fabs(p->val[i]) * (o->beta / lr + o->l2) + o->l1, p->val[i]);
}

void nn_optimiser_begin(struct nn_params *ps, const struct nn_optimiser *o, const double *lr)
{
	for (int i = 0; o->rule == NN_FTRL && i < ps->n; i++) {
		const struct nn_param *p = ps->v[i];
		if (p->loaded && !p->frozen)
			begin_ftrl(p, ps->m1 + p->offset, lr[p->group], o);
	}
}

void nn_optimiser_step(struct nn_params *ps, const struct nn_optimiser *o, const double *lr, uint64_t t, struct cp_team *team)
{
	struct step s = { .ps = ps, .o = o, .lr = lr, .scale = 1 };
	s.c1 = 1 - pow(o->beta1, (double)t);
	s.c2 = 1 - pow(o->beta2, (double)t);
	divide(&s);
	if (o->clip > 0)
		clip(&s, team);
	for (int i = 0; i < ps->n; i++)
		if (way_of(o, ps->v[i]) == PUT_OFF) {
			struct nn_adamw h = adamw_of(&s, ps->v[i]);
			nn_table_put_off(ps->v[i]->table, &h, ps->v[i]->l2);
		}
	cp_team_run(team, (int)s.n_tasks, step_task, &s);
	for (int i = 0; i < ps->n; i++)
		if (ps->v[i]->table)
			nn_table_stepped(ps->v[i]->table, team);
	free(s.task);
}
