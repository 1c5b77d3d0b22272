/* Elementwise operations, softmax over columns, dropout. */
#include <assert.h>
#include <string.h>

#include "nn/graph_priv.h"
#include "nn/kernels.h"

static struct nn_node *same_shape(struct nn_graph *g, const struct nn_op *op, int n_in, struct nn_node *const *in)
{
	return nn_node_new(g, op, in[0]->axis, in[0]->mult, in[0]->cols, n_in, in);
}

static void each(struct nn_graph *g, struct nn_node *n, nn_part_fn fn)
{
	nn_parts(g, n, nn_count(g, n), NN_GRAIN, fn);
}

/* --- a + b ------------------------------------------------------------------------------------------------------------------------- */

static void add_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	memcpy(n->val + from, n->in[0]->val + from, (to - from) * sizeof(nn_float));
	nn_add(n->val + from, n->in[1]->val + from, to - from);
}

static void add_fwd(struct nn_graph *g, struct nn_node *n)
{
	each(g, n, add_fwd_part);
}

static void add_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_grad_add(g, n->in[1], n->grad);
	nn_grad_pass(g, n, n->in[0]);
}

static const struct nn_op op_add = { "add", add_fwd, add_bwd, NULL };

struct nn_node *ng_add(struct nn_graph *g, struct nn_node *a, struct nn_node *b)
{
	assert(a->axis == b->axis && a->mult == b->mult && a->cols == b->cols);
	return same_shape(g, &op_add, 2, (struct nn_node *[]){ a, b });
}

/* --- a * b ------------------------------------------------------------------------------------------------------------------------- */

static void mul_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	nn_mul_fwd(n->val + from, n->in[0]->val + from, n->in[1]->val + from, to - from);
}

static void mul_fwd(struct nn_graph *g, struct nn_node *n)
{
	each(g, n, mul_fwd_part);
}

/* Kept: whether something is in the gradient of either factor. */
static size_t factors_scratch(struct nn_graph *g, const struct nn_node *n)
{
	(void)g;
	(void)n;
	return 2 * sizeof(int);
}

/* Gradients of the factors in[at] and in[at+1].  Where nothing was in one yet, its pieces are cleared while they are warm. */
static void factors_bwd(struct nn_node *n, int at, size_t from, size_t to)
{
	const int *add = n->scratch;
	nn_float *d[2];
	for (int k = 0; k < 2; k++) {
		d[k] = nn_grad_now(n->in[at + k]) + from;
		if (!add[k])
			memset(d[k], 0, (to - from) * sizeof *d[k]);
	}
	nn_mul_bwd(d[0], d[1], n->grad + from, n->in[at]->val + from, n->in[at + 1]->val + from, to - from);
}

static void ready_factors(struct nn_graph *g, struct nn_node *n, int at)
{
	int *add = n->scratch;
	for (int k = 0; k < 2; k++)
		nn_grad_or_room_to(g, n->in[at + k], &add[k]);
}

static void mul_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	factors_bwd(n, 0, from, to);
}

static void mul_bwd(struct nn_graph *g, struct nn_node *n)
{
	ready_factors(g, n, 0);
	each(g, n, mul_bwd_part);
}

static const struct nn_op op_mul = { "mul", mul_fwd, mul_bwd, factors_scratch };

struct nn_node *ng_mul(struct nn_graph *g, struct nn_node *a, struct nn_node *b)
{
	assert(a->axis == b->axis && a->mult == b->mult && a->cols == b->cols);
	return same_shape(g, &op_mul, 2, (struct nn_node *[]){ a, b });
}

/* --- x + x0 * h -------------------------------------------------------------------------------------------------------------------- */

static void cross_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	nn_cross_fwd(n->val + from, n->in[1]->val + from, n->in[2]->val + from, n->in[0]->val + from, to - from);
}

static void cross_fwd(struct nn_graph *g, struct nn_node *n)
{
	each(g, n, cross_fwd_part);
}

static void cross_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	factors_bwd(n, 1, from, to);
}

static void cross_bwd(struct nn_graph *g, struct nn_node *n)
{
	ready_factors(g, n, 1);
	each(g, n, cross_bwd_part);
	nn_grad_pass(g, n, n->in[0]);
}

static const struct nn_op op_cross = { "cross", cross_fwd, cross_bwd, factors_scratch };

int nn_is_cross(const struct nn_node *n)
{
	return n->op == &op_cross;
}

struct nn_node *ng_cross(struct nn_graph *g, struct nn_node *x, struct nn_node *x0, struct nn_node *h)
{
	return same_shape(g, &op_cross, 3, (struct nn_node *[]){ x, x0, h });
}

/* --- row i times s[i] -------------------------------------------------------------------------------------------------------------- */

static void scale_rows_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const nn_float *x = n->in[0]->val, *s = n->in[1]->val;
	for (size_t r = from; r < to; r++)
		for (size_t j = 0; j < n->cols; j++)
			n->val[r * n->cols + j] = s[r] * x[r * n->cols + j];
}

static void scale_rows_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), scale_rows_fwd_part);
}

static void scale_rows_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const nn_float *x = n->in[0]->val, *s = n->in[1]->val;
	nn_float *dx = nn_grad_now(n->in[0]), *ds = nn_grad_now(n->in[1]);
	for (size_t r = from; r < to; r++) {
		nn_float sum = 0;
		for (size_t j = 0; j < n->cols; j++)
			sum += n->grad[r * n->cols + j] * x[r * n->cols + j];
		ds[r] += sum;
		nn_axpy(dx + r * n->cols, s[r], n->grad + r * n->cols, n->cols);
	}
}

static void scale_rows_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_grads_or_room(g, n);
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), scale_rows_bwd_part);
}

static const struct nn_op op_scale_rows = { "scale_rows", scale_rows_fwd, scale_rows_bwd, NULL };

struct nn_node *ng_scale_rows(struct nn_graph *g, struct nn_node *x, struct nn_node *s)
{
	assert(s->cols == 1 && s->axis == x->axis && s->mult == x->mult);
	return same_shape(g, &op_scale_rows, 2, (struct nn_node *[]){ x, s });
}

/* --- sum or mean of the groups of columns ------------------------------------------------------------------------------------------ */

struct sum_groups {
	nn_float scale;		/* on the sum */
};

static void sum_groups_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const struct sum_groups *a = n->args;
	size_t wide = n->in[0]->cols, groups = wide / n->cols;
	memset(n->val + from * n->cols, 0, (to - from) * n->cols * sizeof(nn_float));
	if (n->cols == 1)
		nn_row_sums_fwd(n->val + from, a->scale, n->in[0]->val + from * wide, wide, to - from, wide);
	for (size_t r = from; n->cols > 1 && r < to; r++)
		for (size_t k = 0; k < groups; k++)
			nn_axpy(n->val + r * n->cols, a->scale, n->in[0]->val + r * wide + k * n->cols, n->cols);
}

static void sum_groups_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->in[0]->cols), sum_groups_fwd_part);
}

static void sum_groups_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const struct sum_groups *a = n->args;
	size_t wide = n->in[0]->cols, groups = wide / n->cols;
	nn_float *d = nn_grad_now(n->in[0]);
	if (n->cols == 1)
		nn_row_sums_bwd(d + from * wide, wide, a->scale, n->grad + from, to - from, wide);
	for (size_t r = from; n->cols > 1 && r < to; r++)
		for (size_t k = 0; k < groups; k++)
			nn_axpy(d + r * wide + k * n->cols, a->scale, n->grad + r * n->cols, n->cols);
}

static void sum_groups_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_grads_or_room(g, n);
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->in[0]->cols), sum_groups_bwd_part);
}

static const struct nn_op op_sum_groups = { "sum_groups", sum_groups_fwd, sum_groups_bwd, NULL };

static struct nn_node *scaled_sum(struct nn_graph *g, struct nn_node *x, size_t group, double scale)
{
	assert(x->cols % group == 0);
	struct nn_node *n = nn_node_new(g, &op_sum_groups, x->axis, x->mult, group, 1, &x);
	struct sum_groups *a = nn_args(g, n, sizeof *a);
	a->scale = (nn_float)scale;
	return n;
}

struct nn_node *ng_sum_groups(struct nn_graph *g, struct nn_node *x, size_t group)
{
	return scaled_sum(g, x, group, 1);
}

struct nn_node *ng_scale(struct nn_graph *g, struct nn_node *x, double by)
{
	return scaled_sum(g, x, x->cols, by);
}

struct nn_node *ng_mean_groups(struct nn_graph *g, struct nn_node *x, size_t group)
{
	return scaled_sum(g, x, group, (double)group / (double)x->cols);
}

/* --- x + b, b to every row --------------------------------------------------------------------------------------------------------- */

static void bias_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	nn_bias_fwd(n->val + from * n->cols, n->in[0]->val + from * n->cols, n->in[1]->val, to - from, n->cols);
}

static void bias_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), bias_fwd_part);
}

static void bias_bwd_sum(struct nn_graph *g, struct nn_node *n, size_t from, size_t to, nn_float *room)
{
	(void)g;
	nn_add(nn_grad_now(n->in[0]) + from * n->cols, n->grad + from * n->cols, (to - from) * n->cols);
	nn_bias_bwd(room, n->grad + from * n->cols, to - from, n->cols);
}

static void bias_bwd(struct nn_graph *g, struct nn_node *n)
{
	size_t rows = nn_rows(g, n);
	nn_grads_or_room(g, n);
	nn_parts_sum(g, n, rows, nn_sum_grain(rows, n->cols), bias_bwd_sum, n->cols, nn_grad_now(n->in[1]));
}

static const struct nn_op op_bias = { "bias", bias_fwd, bias_bwd, NULL };

struct nn_node *ng_bias(struct nn_graph *g, struct nn_node *x, struct nn_node *b)
{
	assert(b->axis == 0 && b->mult == 1 && b->cols == x->cols);
	return same_shape(g, &op_bias, 2, (struct nn_node *[]){ x, b });
}

/* --- x * w, w to every row --------------------------------------------------------------------------------------------------------- */

static void scale_cols_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	for (size_t r = from; r < to; r++)
		nn_mul_fwd(n->val + r * n->cols, n->in[0]->val + r * n->cols, n->in[1]->val, n->cols);
}

static void scale_cols_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), scale_cols_fwd_part);
}

static void scale_cols_bwd_sum(struct nn_graph *g, struct nn_node *n, size_t from, size_t to, nn_float *room)
{
	(void)g;
	for (size_t r = from; r < to; r++) {
		size_t at = r * n->cols;
		nn_mul_bwd(nn_grad_now(n->in[0]) + at, room, n->grad + at, n->in[0]->val + at, n->in[1]->val, n->cols);
	}
}

static void scale_cols_bwd(struct nn_graph *g, struct nn_node *n)
{
	size_t rows = nn_rows(g, n);
	nn_grads_or_room(g, n);
	nn_parts_sum(g, n, rows, nn_sum_grain(rows, n->cols), scale_cols_bwd_sum, n->cols, nn_grad_now(n->in[1]));
}

static const struct nn_op op_scale_cols = { "scale_cols", scale_cols_fwd, scale_cols_bwd, NULL };

struct nn_node *ng_scale_cols(struct nn_graph *g, struct nn_node *x, struct nn_node *w)
{
	assert(w->axis == 0 && w->mult == 1 && w->cols == x->cols);
	return same_shape(g, &op_scale_cols, 2, (struct nn_node *[]){ x, w });
}

/* --- alpha a + (1 - alpha) b ------------------------------------------------------------------------------------------------------- */

static void lerp_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_float t = n->in[2]->val[0];
	for (size_t i = 0, count = nn_count(g, n); i < count; i++)
		n->val[i] = t * n->in[0]->val[i] + (1 - t) * n->in[1]->val[i];
}

static void lerp_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_float t = n->in[2]->val[0], sum = 0;
	nn_float *da = nn_grad(g, n->in[0]), *db = nn_grad(g, n->in[1]), *dt = nn_grad(g, n->in[2]);
	for (size_t i = 0, count = nn_count(g, n); i < count; i++) {
		if (da)
			da[i] += t * n->grad[i];
		if (db)
			db[i] += (1 - t) * n->grad[i];
		sum += n->grad[i] * (n->in[0]->val[i] - n->in[1]->val[i]);
	}
	if (dt)
		*dt += sum;
}

static const struct nn_op op_lerp = { "lerp", lerp_fwd, lerp_bwd, NULL };

struct nn_node *ng_lerp(struct nn_graph *g, struct nn_node *a, struct nn_node *b, struct nn_node *alpha)
{
	assert(a->axis == b->axis && a->cols == b->cols && alpha->cols == 1 && alpha->axis == 0);
	return same_shape(g, &op_lerp, 3, (struct nn_node *[]){ a, b, alpha });
}

/* --- Activations ------------------------------------------------------------------------------------------------------------------- */

struct activation {
	enum nn_act act;
};

static void act_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const struct activation *a = n->args;
	void (*f)(nn_float *, const nn_float *, size_t) = a->act == NN_RELU ? nn_relu_fwd : a->act == NN_TANH ? nn_tanh_fwd : nn_sigmoid_fwd;
	f(n->val + from, n->in[0]->val + from, to - from);
}

static void act_fwd(struct nn_graph *g, struct nn_node *n)
{
	each(g, n, act_fwd_part);
}

/* In place, as nobody reads the gradient behind it any more. */
void nn_act_bwd(struct nn_node *n, enum nn_act act, size_t from, size_t to)
{
	nn_float *d = n->grad;
	const nn_float *y = n->val;
	if (act == NN_RELU)
		for (size_t i = from; i < to; i++)
			d[i] = y[i] > 0 ? d[i] : 0;
	else if (act == NN_TANH)
		for (size_t i = from; i < to; i++)
			d[i] *= 1 - y[i] * y[i];
	else
		for (size_t i = from; i < to; i++)
			d[i] *= y[i] * (1 - y[i]);
}

static void act_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const struct activation *a = n->args;
	nn_act_bwd(n, a->act, from, to);
}

static void act_bwd(struct nn_graph *g, struct nn_node *n)
{
	each(g, n, act_bwd_part);
	nn_grad_pass(g, n, n->in[0]);
}

static const struct nn_op op_act = { "activate", act_fwd, act_bwd, NULL };

static void gelu_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const struct activation *a = n->args;
	(a->act == NN_GELU_TANH ? nn_gelu_tanh_fwd : nn_gelu_fwd)(n->val + from, n->in[0]->val + from, to - from);
}

static void gelu_fwd(struct nn_graph *g, struct nn_node *n)
{
	each(g, n, gelu_fwd_part);
}

static void gelu_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const struct activation *a = n->args;
	(a->act == NN_GELU_TANH ? nn_gelu_tanh_bwd : nn_gelu_bwd)(nn_grad_now(n->in[0]) + from, n->grad + from, n->in[0]->val + from, to - from);
}

static void gelu_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_grads_or_room(g, n);
	each(g, n, gelu_bwd_part);
}

static const struct nn_op op_gelu = { "gelu", gelu_fwd, gelu_bwd, NULL };

struct nn_node *ng_activate(struct nn_graph *g, struct nn_node *x, enum nn_act act)
{
	if (act == NN_NONE)
		return x;
	if (act == NN_SILU)
		return ng_mul(g, x, ng_activate(g, x, NN_SIGMOID));
	struct nn_node *n = same_shape(g, act == NN_GELU || act == NN_GELU_TANH ? &op_gelu : &op_act, 1, &x);
	struct activation *a = nn_args(g, n, sizeof *a);
	a->act = act;
	return n;
}

/* --- Softmax ----------------------------------------------------------------------------------------------------------------------- */

static void softmax_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	nn_softmax_fwd(n->val + from * n->cols, n->in[0]->val + from * n->cols, to - from, n->cols);
}

static void softmax_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), softmax_fwd_part);
}

static void softmax_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	size_t at = from * n->cols;
	nn_softmax_bwd(nn_grad_now(n->in[0]) + at, n->grad + at, n->val + at, to - from, n->cols);
}

static void softmax_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_grad(g, n->in[0]);
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), softmax_bwd_part);
}

static const struct nn_op op_softmax = { "softmax", softmax_fwd, softmax_bwd, NULL };

struct nn_node *ng_softmax(struct nn_graph *g, struct nn_node *x)
{
	return same_shape(g, &op_softmax, 1, &x);
}

/* --- Dropout ----------------------------------------------------------------------------------------------------------------------- */

struct dropout {
	uint64_t site;		/* number of the dropout in the graph */
	nn_float p;
};

/* A key names a unit of the axis; a node with several rows a unit is one long row to it. */
static void dropout_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	const struct dropout *a = n->args;
	size_t wide = n->cols * (size_t)n->mult;
	nn_dropout_fwd(n->val + from * wide, n->in[0]->val + from * wide, g->keys[n->axis] + from, a->site, a->p, to - from, wide);
}

static void dropout_fwd(struct nn_graph *g, struct nn_node *n)
{
	if (g->training)
		nn_parts(g, n, g->len[n->axis], nn_row_grain(n->cols * (size_t)n->mult), dropout_fwd_part);
	else
		memcpy(n->val, n->in[0]->val, nn_count(g, n) * sizeof(nn_float));
}

static void dropout_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	const struct dropout *a = n->args;
	size_t wide = n->cols * (size_t)n->mult;
	nn_dropout_bwd(nn_grad_now(n->in[0]) + from * wide, n->grad + from * wide, g->keys[n->axis] + from, a->site, a->p, to - from, wide);
}

static void dropout_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_grads_or_room(g, n);
	if (g->training)
		nn_parts(g, n, g->len[n->axis], nn_row_grain(n->cols * (size_t)n->mult), dropout_bwd_part);
	else
		nn_add(nn_grad_now(n->in[0]), n->grad, nn_count(g, n));
}

static const struct nn_op op_dropout = { "dropout", dropout_fwd, dropout_bwd, NULL };

struct nn_node *ng_dropout(struct nn_graph *g, struct nn_node *x, double p)
{
	if (p <= 0)
		return x;
	struct nn_node *n = same_shape(g, &op_dropout, 1, &x);
	struct dropout *a = nn_args(g, n, sizeof *a);
	a->p = (nn_float)p;
	a->site = (uint64_t)g->n_sites++;
	return n;
}
