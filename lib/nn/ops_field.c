/* Operations between the groups of columns of a row (the fields of a row, each d wide): products of pairs, compressed interaction,
 * messages between groups, a gated step.  Rows are independent of each other, so tasks are rows; small matrix products inside a task are
 * single-threaded. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/gemm.h"
#include "nn/graph_priv.h"
#include "nn/kernels.h"

/* Rows a task where one row costs about `work` operations. */
static size_t grain_of(size_t work)
{
	size_t rows = 8 * NN_GRAIN / (work + 1);
	return rows ? rows : 1;
}

/* How wide a group is, where the shapes do not tell; the groups that are picked. */
struct groups {
	size_t d;
	int which[];
};

static size_t width_of(const struct nn_node *n)
{
	return ((const struct groups *)n->args)->d;
}

static struct nn_node *grouped(struct nn_graph *g, struct nn_node *n, size_t d)
{
	struct groups *a = nn_args(g, n, sizeof *a);
	a->d = d;
	return n;
}

/* --- Factorisation machine --------------------------------------------------------------------------------------------------------- */

/* s = sum of the groups */
static void group_sum(nn_float *s, const nn_float *x, size_t groups, size_t d)
{
	memset(s, 0, d * sizeof *s);
	for (size_t i = 0; i < groups; i++)
		nn_add(s, x + i * d, d);
}

static void fm_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	size_t wide = n->in[0]->cols, d = width_of(n);
	nn_float *s = nn_room(g, d);
	for (size_t r = from; r < to; r++) {
		const nn_float *x = n->in[0]->val + r * wide;
		double sum = 0;
		group_sum(s, x, wide / d, d);
		for (size_t k = 0; k < d; k++)
			sum += (double)s[k] * s[k];
		for (size_t i = 0; i < wide; i++)
			sum -= (double)x[i] * x[i];
		n->val[r] = (nn_float)(sum / 2);
	}
	nn_room_end(g, s);
}

static void fm_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), grain_of(3 * n->in[0]->cols), fm_fwd_part);
}

static void fm_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	size_t wide = n->in[0]->cols, d = width_of(n);
	nn_float *s = cp_xmalloc(2 * d * sizeof *s), *others = s + d, *grad = nn_grad_now(n->in[0]);
	for (size_t r = from; r < to; r++) {
		const nn_float *x = n->in[0]->val + r * wide;
		group_sum(s, x, wide / d, d);
		for (size_t i = 0; i < wide; i += d) {
			memcpy(others, s, d * sizeof *s);
			nn_axpy(others, -1, x + i, d);		/* before the gradient comes in: where the others are 0, this is */
			nn_axpy(grad + r * wide + i, n->grad[r], others, d);
		}
	}
	free(s);
}

static void fm_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_grads_or_room(g, n);
	nn_parts(g, n, nn_rows(g, n), grain_of(3 * n->in[0]->cols), fm_bwd_part);
}

static const struct nn_op op_fm = { "fm", fm_fwd, fm_bwd, NULL };

struct nn_node *ng_fm(struct nn_graph *g, struct nn_node *x, size_t d)
{
	assert(x->cols % d == 0);
	return grouped(g, nn_node_new(g, &op_fm, x->axis, x->mult, 1, 1, &x), d);
}

/* --- Inner products of all pairs --------------------------------------------------------------------------------------------------- */

static void inner_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	int wide = (int)n->in[0]->cols, d = (int)width_of(n), f = wide / d;
	nn_float *all = nn_room(g, (size_t)(f * f));
	for (size_t r = from; r < to; r++) {
		const nn_float *x = n->in[0]->val + r * (size_t)wide;
		nn_float *y = n->val + r * n->cols;
		nn_gemm_tile(&(struct nn_gemm){ .m = f, .n = f, .k = d, .a = nn_as_is(x, d), .b = nn_transposed(x, d), .c = all, .ldc = f });
		for (int i = 0; i < f - 1; y += f - 1 - i, i++)
			memcpy(y, all + i * f + i + 1, (size_t)(f - 1 - i) * sizeof *y);
	}
	nn_room_end(g, all);
}

static size_t inner_work(const struct nn_node *n)
{
	return n->in[0]->cols * (n->in[0]->cols / width_of(n));
}

static void inner_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), grain_of(inner_work(n)), inner_fwd_part);
}

/* dE += G E, G the symmetric matrix of the pairs' gradients */
static void inner_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	int wide = (int)n->in[0]->cols, d = (int)width_of(n), f = wide / d;
	nn_float *all = cp_xcalloc((size_t)(f * f), sizeof *all);
	for (size_t r = from; r < to; r++) {
		size_t at = r * (size_t)wide;
		const nn_float *dy = n->grad + r * n->cols;
		for (int i = 0; i < f; i++)
			for (int j = i + 1; j < f; j++)
				all[i * f + j] = all[j * f + i] = *dy++;
		nn_gemm_tile(&(struct nn_gemm){ .m = f, .n = d, .k = f, .a = nn_as_is(all, f), .b = nn_as_is(n->in[0]->val + at, d),
						.c = nn_grad_now(n->in[0]) + at, .ldc = d, .add = 1 });
	}
	free(all);
}

static void inner_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_grads_or_room(g, n);
	nn_parts(g, n, nn_rows(g, n), grain_of(inner_work(n)), inner_bwd_part);
}

static const struct nn_op op_inner = { "inner", inner_fwd, inner_bwd, NULL };

struct nn_node *ng_inner(struct nn_graph *g, struct nn_node *x, size_t d)
{
	size_t f = x->cols / d;
	assert(x->cols % d == 0 && f > 1);
	return grouped(g, nn_node_new(g, &op_inner, x->axis, x->mult, f * (f - 1) / 2, 1, &x), d);
}

/* --- Compressed interaction -------------------------------------------------------------------------------------------------------- */

/* Rows go through a product together, one beside the other: C = W T with T (F H, rows d), C (O, rows d).  As many as keep T in the second
 * cache; one where a row's bits must not depend on its neighbours. */
#define CIN_BYTES (384 << 10)

struct cin {
	size_t f, h, out, d, pairs;	/* maps of x0, of x, of the result; width; f h */
	size_t rows;			/* that go together */
};

static struct cin cin_of(const struct nn_graph *g, const struct nn_node *n)
{
	size_t d = width_of(n);
	struct cin c = { n->in[0]->cols / d, n->in[1]->cols / d, n->cols / d, d, 0, 1 };
	c.pairs = c.f * c.h;
	size_t fit = CIN_BYTES / (c.pairs * d * sizeof(nn_float));
	c.rows = g->by_row || !fit ? 1 : fit < 16 ? fit : 16;
	return c;
}

/* Row h H + m of T is x0[h] x[m], elementwise. */
static void cin_products(nn_float *t, const struct cin *c, const struct nn_node *n, size_t from, size_t rows)
{
	size_t d = c->d;
	for (size_t r = 0; r < rows; r++)
		nn_pairs_fwd(t + r * d, rows * d, n->in[0]->val + (from + r) * n->in[0]->cols, n->in[1]->val + (from + r) * n->in[1]->cols, c->f, c->h, d);
}

static void cin_fwd_rows(const struct nn_graph *g, const struct cin *c, struct nn_node *n, size_t from, size_t rows, nn_float *t)
{
	size_t d = c->d, wide = rows * d;
	nn_float *y = t + c->pairs * wide, *out = n->val + from * n->cols;
	struct nn_gemm product = { .m = (int)c->out, .n = (int)wide, .k = (int)c->pairs, .a = nn_as_is(n->in[2]->val, (int)c->pairs),
				   .b = nn_as_is(t, (int)wide), .c = y, .ldc = (int)wide, .add = 1 };
	cin_products(t, c, n, from, rows);
	for (size_t i = 0; i < c->out * wide; i++)
		y[i] = n->in[3]->val[i / wide];
	if (g->by_row)	/* which must not allocate */
		nn_gemm_tile(&product);
	else
		nn_gemm(NULL, &product, 1);
	for (size_t r = 0; r < rows; r++)
		for (size_t o = 0; o < c->out; o++)
			memcpy(out + r * n->cols + o * d, y + o * wide + r * d, d * sizeof *y);
}

static void cin_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	struct cin c = cin_of(g, n);
	nn_float *t = nn_room(g, (c.pairs + c.out) * c.d * c.rows);
	for (size_t r = from; r < to; r += c.rows)
		cin_fwd_rows(g, &c, n, r, to - r < c.rows ? to - r : c.rows, t);
	nn_room_end(g, t);
}

static void cin_fwd(struct nn_graph *g, struct nn_node *n)
{
	struct cin c = cin_of(g, n);
	size_t grain = grain_of(c.pairs * c.d * c.out);
	nn_parts(g, n, nn_rows(g, n), (grain + c.rows - 1) / c.rows * c.rows, cin_fwd_part);
}

/* room: the gradients of W and of the bias, one behind the other. */
static void cin_bwd_rows(const struct cin *c, struct nn_node *n, size_t from, size_t rows, nn_float *t, nn_float *room)
{
	size_t d = c->d, wide = rows * d, all = c->pairs * wide;
	int out = (int)c->out, pairs = (int)c->pairs, across = (int)wide;
	nn_float *dt = t + all, *dy = dt + all;
	cin_products(t, c, n, from, rows);
	for (size_t r = 0; r < rows; r++)
		for (size_t o = 0; o < c->out; o++)
			memcpy(dy + o * wide + r * d, n->grad + (from + r) * n->cols + o * d, d * sizeof *dy);
	nn_gemm(NULL, &(struct nn_gemm){ .m = out, .n = pairs, .k = across, .a = nn_as_is(dy, across), .b = nn_transposed(t, across),
					 .c = room, .ldc = pairs, .add = 1 }, 1);
	nn_gemm(NULL, &(struct nn_gemm){ .m = pairs, .n = across, .k = out, .a = nn_transposed(n->in[2]->val, pairs), .b = nn_as_is(dy, across),
					 .c = dt, .ldc = across }, 1);
	nn_row_sums_fwd(room + c->out * c->pairs, 1, dy, wide, c->out, wide);
	for (size_t r = from; r < from + rows; r++, dt += d) {
		size_t at0 = r * n->in[0]->cols, at = r * n->in[1]->cols;
		nn_pairs_bwd(nn_grad_now(n->in[0]) + at0, nn_grad_now(n->in[1]) + at, dt, wide, n->in[0]->val + at0, n->in[1]->val + at, c->f, c->h, d);
	}
}

static void cin_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to, nn_float *room)
{
	struct cin c = cin_of(g, n);
	nn_float *t = cp_xmalloc((2 * c.pairs + c.out) * c.d * c.rows * sizeof *t);
	for (size_t r = from; r < to; r += c.rows)
		cin_bwd_rows(&c, n, r, to - r < c.rows ? to - r : c.rows, t, room);
	free(t);
}

static void cin_bwd(struct nn_graph *g, struct nn_node *n)
{
	struct cin c = cin_of(g, n);
	size_t rows = nn_rows(g, n), width = c.out * (c.pairs + 1), grain = nn_sum_grain(rows, c.pairs * c.d);
	nn_float *sum = cp_arena_zalloc(&g->arena, width * sizeof *sum);
	nn_grads_or_room(g, n);
	nn_parts_sum(g, n, rows, (grain + c.rows - 1) / c.rows * c.rows, cin_bwd_part, width, sum);
	nn_add(nn_grad_now(n->in[2]), sum, width - c.out);
	nn_add(nn_grad_now(n->in[3]), sum + width - c.out, c.out);
}

static const struct nn_op op_cin = { "cin", cin_fwd, cin_bwd, NULL };

struct nn_node *ng_cin(struct nn_graph *g, struct nn_node *x0, struct nn_node *x, struct nn_node *w, struct nn_node *b, size_t d)
{
	size_t f = x0->cols / d, h = x->cols / d;
	assert(w->axis == 0 && w->cols == f * h && b->cols == (size_t)w->mult && x->axis == x0->axis && x->mult == x0->mult);
	return grouped(g, nn_node_new(g, &op_cin, x->axis, x->mult, (size_t)w->mult * d, 4, (struct nn_node *[]){ x0, x, w, b }), d);
}

/* --- A matrix of its own for every group -------------------------------------------------------------------------------------------- */

static void group_packed_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const struct nn_packed *w = &((const struct nn_linear *)n->args)->packed;
	size_t groups = (size_t)n->in[1]->mult, ldx = n->in[0]->cols, in = ldx / groups, out = n->cols / groups;
	for (size_t k = 0; k < groups; k++)
		w->by->rows(n->val + from * n->cols + k * out, n->cols, n->in[0]->val + from * ldx + k * in, ldx, w->w + k * w->step, to - from, out, in, NULL);
}

/* One product a group, its rows `cols` apart. */
static void group_linear_fwd(struct nn_graph *g, struct nn_node *n)
{
	const struct nn_node *x = n->in[0], *w = n->in[1];
	int groups = w->mult, in = (int)x->cols / groups, out = (int)n->cols / groups;
	if (((const struct nn_linear *)n->args)->packed.by) {
		nn_parts(g, n, nn_rows(g, n), nn_packed_grain(w->cols * (size_t)groups), group_packed_part);
		return;
	}
	for (int k = 0; k < groups; k++)
		nn_gemm(g->team, &(struct nn_gemm){ .m = (int)nn_rows(g, n), .n = out, .k = in, .a = nn_as_is(x->val + k * in, (int)x->cols),
						    .b = nn_transposed(w->val + (size_t)k * w->cols, in), .c = n->val + k * out, .ldc = (int)n->cols }, 1);
}

static void group_linear_bwd(struct nn_graph *g, struct nn_node *n)
{
	struct nn_node *x = n->in[0], *w = n->in[1];
	int groups = w->mult, ldx = (int)x->cols, ldy = (int)n->cols, in = ldx / groups, out = ldy / groups, rows = (int)nn_rows(g, n);
	nn_float *dx = nn_grad(g, x), *dw = nn_grad(g, w);
	for (int k = 0; k < groups; k++) {
		const nn_float *dy = n->grad + k * out, *w_k = w->val + (size_t)k * w->cols;
		if (dw)
			nn_gemm(g->team, &(struct nn_gemm){ .m = out, .n = in, .k = rows, .a = nn_transposed(dy, ldy), .b = nn_as_is(x->val + k * in, ldx),
							    .c = dw + (size_t)k * w->cols, .ldc = in, .add = 1 }, 1);
		if (dx)
			nn_gemm(g->team, &(struct nn_gemm){ .m = rows, .n = in, .k = out, .a = nn_as_is(dy, ldy), .b = nn_as_is(w_k, in),
							    .c = dx + k * in, .ldc = ldx, .add = 1 }, 1);
	}
}

static const struct nn_op op_group_linear = { "group_linear", group_linear_fwd, group_linear_bwd, NULL };

int nn_group_matrix(const struct nn_node *n, struct nn_matrix *m)
{
	const struct nn_node *w = n->op == &op_group_linear ? n->in[1] : NULL;
	if (!w || !w->param)
		return 0;
	size_t groups = (size_t)w->mult;
	*m = (struct nn_matrix){ w->param->val + w->at, groups, n->cols / groups, n->in[0]->cols / groups, 0 };
	return 1;
}

struct nn_node *ng_group_linear(struct nn_graph *g, struct nn_node *x, struct nn_node *w)
{
	size_t groups = (size_t)w->mult, in = x->cols / groups;
	assert(w->axis == 0 && x->cols % groups == 0 && w->cols % in == 0);
	struct nn_node *n = nn_node_new(g, &op_group_linear, x->axis, x->mult, groups * (w->cols / in), 2, (struct nn_node *[]){ x, w });
	nn_args(g, n, sizeof(struct nn_linear));
	return n;
}

/* --- Groups by number -------------------------------------------------------------------------------------------------------------- */

static void pick_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const int *which = ((const struct groups *)n->args)->which;
	size_t d = width_of(n), count = n->cols / d, wide = n->in[0]->cols;
	for (size_t r = from; r < to; r++)
		for (size_t i = 0; i < count; i++)
			memcpy(n->val + r * n->cols + i * d, n->in[0]->val + r * wide + (size_t)which[i] * d, d * sizeof(nn_float));
}

static void pick_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), grain_of(n->cols), pick_fwd_part);
}

static void pick_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const int *which = ((const struct groups *)n->args)->which;
	nn_float *dx = nn_grad_now(n->in[0]);
	size_t d = width_of(n), count = n->cols / d, wide = n->in[0]->cols;
	for (size_t r = from; r < to; r++)
		for (size_t i = 0; i < count; i++)
			nn_add(dx + r * wide + (size_t)which[i] * d, n->grad + r * n->cols + i * d, d);
}

static void pick_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_grads_or_room(g, n);
	nn_parts(g, n, nn_rows(g, n), grain_of(n->cols), pick_bwd_part);
}

static const struct nn_op op_pick = { "pick_groups", pick_fwd, pick_bwd, NULL };

struct nn_node *ng_pick_groups(struct nn_graph *g, struct nn_node *x, size_t d, int count, const int *which)
{
	struct nn_node *n = nn_node_new(g, &op_pick, x->axis, x->mult, (size_t)count * d, 1, &x);
	struct groups *a = nn_args(g, n, sizeof *a + (size_t)count * sizeof *which);
	a->d = d;
	for (int i = 0; i < count; i++) {
		assert(which[i] >= 0 && ((size_t)which[i] + 1) * d <= x->cols);
		a->which[i] = which[i];
	}
	return n;
}

/* --- Weighted sums of the groups ---------------------------------------------------------------------------------------------------- */

static void mix_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	int d = (int)width_of(n), f = (int)n->cols / d;
	for (size_t r = from; r < to; r++)
		nn_gemm_tile(&(struct nn_gemm){ .m = f, .n = d, .k = f, .a = nn_as_is(n->in[0]->val + r * (size_t)(f * f), f),
						.b = nn_as_is(n->in[1]->val + r * n->cols, d), .c = n->val + r * n->cols, .ldc = d });
}

static void mix_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), grain_of(n->cols * n->cols / width_of(n)), mix_fwd_part);
}

static void mix_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	int d = (int)width_of(n), f = (int)n->cols / d;
	for (size_t r = from; r < to; r++) {
		size_t at = r * n->cols, at_w = r * (size_t)(f * f);
		struct nn_operand w = nn_transposed(n->in[0]->val + at_w, f), dy = nn_as_is(n->grad + at, d), x = nn_transposed(n->in[1]->val + at, d);
		nn_gemm_tile(&(struct nn_gemm){ .m = f, .n = f, .k = d, .a = dy, .b = x, .c = nn_grad_now(n->in[0]) + at_w, .ldc = f, .add = 1 });
		nn_gemm_tile(&(struct nn_gemm){ .m = f, .n = d, .k = f, .a = w, .b = dy, .c = nn_grad_now(n->in[1]) + at, .ldc = d, .add = 1 });
	}
}

static void mix_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_grads_or_room(g, n);
	nn_parts(g, n, nn_rows(g, n), grain_of(2 * n->cols * n->cols / width_of(n)), mix_bwd_part);
}

static const struct nn_op op_mix = { "mix", mix_fwd, mix_bwd, NULL };

struct nn_node *ng_mix(struct nn_graph *g, struct nn_node *w, struct nn_node *x, size_t groups)
{
	assert(w->cols == groups * groups && x->cols % groups == 0 && w->axis == x->axis && w->mult == x->mult);
	return grouped(g, nn_node_new(g, &op_mix, x->axis, x->mult, x->cols, 2, (struct nn_node *[]){ w, x }), x->cols / groups);
}

/* --- Attention weights between the groups -------------------------------------------------------------------------------------------- */

#define LEAK ((nn_float)0.01)

static nn_float leaky(nn_float x)
{
	return x > 0 ? x : LEAK * x;
}

/* Softmax over j != i of leaky(s_i + t_j); 0 on the diagonal. */
static void pair_softmax_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	size_t f = n->in[0]->cols;
	for (size_t r = from; r < to; r++)
		for (size_t i = 0; i < f; i++) {
			const nn_float *s = n->in[0]->val + r * f, *t = n->in[1]->val + r * f;
			nn_float *y = n->val + (r * f + i) * f;
			for (size_t j = 0; j < f; j++)
				y[j] = j == i ? -INFINITY : leaky(s[i] + t[j]);
			nn_softmax_fwd(y, y, 1, f);
		}
}

static void pair_softmax_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), grain_of(8 * n->cols), pair_softmax_fwd_part);
}

static void pair_softmax_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	size_t f = n->in[0]->cols;
	nn_float *a = cp_xmalloc(f * sizeof *a);
	for (size_t r = from; r < to; r++)
		for (size_t i = 0; i < f; i++) {
			const nn_float *s = n->in[0]->val + r * f, *t = n->in[1]->val + r * f;
			nn_float *ds = nn_grad_now(n->in[0]) + r * f, *dt = nn_grad_now(n->in[1]) + r * f;
			size_t at = (r * f + i) * f;
			memset(a, 0, f * sizeof *a);
			nn_softmax_bwd(a, n->grad + at, n->val + at, 1, f);
			for (size_t j = 0; j < f; j++) {
				nn_float d = j == i ? 0 : a[j] * (s[i] + t[j] > 0 ? 1 : LEAK);
				ds[i] += d;
				dt[j] += d;
			}
		}
	free(a);
}

static void pair_softmax_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_grads_or_room(g, n);
	nn_parts(g, n, nn_rows(g, n), grain_of(8 * n->cols), pair_softmax_bwd_part);
}

static const struct nn_op op_pair_softmax = { "pair_softmax", pair_softmax_fwd, pair_softmax_bwd, NULL };

struct nn_node *ng_pair_softmax(struct nn_graph *g, struct nn_node *s, struct nn_node *t)
{
	assert(s->cols == t->cols && s->cols > 1 && s->axis == t->axis && s->mult == t->mult);
	return nn_node_new(g, &op_pair_softmax, s->axis, s->mult, s->cols * s->cols, 2, (struct nn_node *[]){ s, t });
}

/* --- A step of a gated recurrent unit ------------------------------------------------------------------------------------------------ */

/* Kept: r, u and n of every row, 3 d numbers. */
static size_t gru_scratch(struct nn_graph *g, const struct nn_node *n)
{
	return 3 * nn_count(g, n) * sizeof(nn_float);
}

static nn_float sigmoid(nn_float x)
{
	return 1 / (1 + (nn_float)exp((double)-x));
}

static void gru_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	size_t d = n->cols;
	for (size_t row = from; row < to; row++) {
		const nn_float *a = n->in[0]->val + 3 * row * d, *b = n->in[1]->val + 3 * row * d, *h = n->in[2]->val + row * d;
		nn_float *keep = (nn_float *)n->scratch + 3 * row * d, *y = n->val + row * d;
		for (size_t k = 0; k < 2 * d; k++)
			keep[k] = sigmoid(a[k] + b[k]);
		for (size_t k = 0; k < d; k++)
			keep[2 * d + k] = (nn_float)tanh((double)(a[2 * d + k] + keep[k] * b[2 * d + k]));
		for (size_t k = 0; k < d; k++)
			y[k] = (1 - keep[d + k]) * keep[2 * d + k] + keep[d + k] * h[k];
	}
}

static void gru_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), grain_of(40 * n->cols), gru_fwd_part);
}

static void gru_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	size_t d = n->cols;
	for (size_t row = from; row < to; row++) {
		size_t at = 3 * row * d;
		const nn_float *b = n->in[1]->val + at, *h = n->in[2]->val + row * d, *dy = n->grad + row * d;
		const nn_float *r = (nn_float *)n->scratch + at, *u = r + d, *m = u + d;
		nn_float *da = nn_grad_now(n->in[0]) + at, *db = nn_grad_now(n->in[1]) + at, *dh = nn_grad_now(n->in[2]) + row * d;
		for (size_t k = 0; k < d; k++) {
			nn_float dn = dy[k] * (1 - u[k]) * (1 - m[k] * m[k]), du = dy[k] * (h[k] - m[k]) * u[k] * (1 - u[k]);
			nn_float dr = dn * b[2 * d + k] * r[k] * (1 - r[k]);
			da[k] += dr;
			db[k] += dr;
			da[d + k] += du;
			db[d + k] += du;
			da[2 * d + k] += dn;
			db[2 * d + k] += dn * r[k];
			dh[k] += dy[k] * u[k];
		}
	}
}

static void gru_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_grads_or_room(g, n);
	nn_parts(g, n, nn_rows(g, n), grain_of(20 * n->cols), gru_bwd_part);
}

static const struct nn_op op_gru = { "gru", gru_fwd, gru_bwd, gru_scratch };

struct nn_node *ng_gru(struct nn_graph *g, struct nn_node *a, struct nn_node *b, struct nn_node *h)
{
	assert(a->cols == 3 * h->cols && b->cols == a->cols && a->mult == h->mult && b->mult == h->mult && a->axis == h->axis && b->axis == h->axis);
	return nn_node_new(g, &op_gru, h->axis, h->mult, h->cols, 3, (struct nn_node *[]){ a, b, h });
}
