/* Layers: linear maps, normalisation. */
#include <assert.h>

#include "base/mem.h"
#include "nn/gemm.h"
#include "nn/graph_priv.h"
#include "nn/kernels.h"

/* --- act(x W^T + b) ---------------------------------------------------------------------------------------------------------------- */

static enum nn_act act_of(const struct nn_node *n)
{
	return ((const struct nn_linear *)n->args)->act;
}

static int is_transposed(const struct nn_node *n)
{
	return ((const struct nn_linear *)n->args)->transposed;
}

/* Bias and activation of `cols` columns from `col` on, of rows that lie one behind the other where these are all columns. */
static void finish(const struct nn_node *n, size_t row, size_t rows, size_t col, size_t cols)
{
	enum nn_act act = act_of(n);
	nn_float *y = n->val + row * n->cols + col;
	size_t count = rows * cols;
	if (n->n_in > 2)
		nn_bias_fwd(y, y, n->in[2]->val + col, rows, cols);
	if (act == NN_RELU)
		nn_relu_fwd(y, y, count);
	else if (act == NN_TANH)
		nn_tanh_fwd(y, y, count);
	else if (act == NN_SIGMOID)
		nn_sigmoid_fwd(y, y, count);
}

/* Of a part of the product that is whole, while it is warm. */
static void finish_tile(void *node, int row, int rows, int col, int cols)
{
	const struct nn_node *n = node;
	size_t step = (size_t)cols == n->cols ? (size_t)rows : 1;
	for (size_t r = 0; r < (size_t)rows; r += step)
		finish(n, (size_t)row + r, step, (size_t)col, (size_t)cols);
}

static void finish_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	finish(n, from, to - from, 0, n->cols);
}

static struct nn_operand matrix(const struct nn_node *n, int transposed)
{
	return (struct nn_operand){ n->in[1]->val, (int)n->in[1]->cols, transposed };
}

/* W is no parameter, so it is not packed; one row a call keeps a row's bits independent of the batch. */
static void lone_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const struct nn_node *x = n->in[0];
	struct nn_operand w = matrix(n, !is_transposed(n));
	int in = (int)x->cols, out = (int)n->cols;
	for (size_t r = from; r < to; r++)
		nn_gemm_tile(&(struct nn_gemm){ .m = 1, .n = out, .k = in, .a = nn_as_is(x->val + r * x->cols, in), .b = w, .c = n->val + r * n->cols, .ldc = out });
}

static void linear_fwd(struct nn_graph *g, struct nn_node *n)
{
	const struct nn_node *x = n->in[0];
	size_t rows = nn_rows(g, n);
	int out = (int)n->cols, in = (int)x->cols, finishes = n->n_in > 2 || act_of(n) != NN_NONE;
	if (!g->by_row) {
		nn_gemm(g->team, &(struct nn_gemm){ .m = (int)rows, .n = out, .k = in, .a = nn_as_is(x->val, in), .b = matrix(n, !is_transposed(n)),
						    .c = n->val, .ldc = out, .then = finishes ? finish_tile : NULL, .ctx = n }, 1);
		return;
	}
	nn_parts(g, n, rows, nn_packed_grain(n->cols * x->cols), lone_part);
	if (finishes)
		nn_parts(g, n, rows, nn_row_grain(n->cols), finish_part);
}

static void act_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	nn_act_bwd(n, act_of(n), from * n->cols, to * n->cols);
}

static void act_bwd_sum(struct nn_graph *g, struct nn_node *n, size_t from, size_t to, nn_float *room)
{
	(void)g;
	if (act_of(n) != NN_NONE)
		nn_act_bwd(n, act_of(n), from * n->cols, to * n->cols);
	nn_bias_bwd(room, n->grad + from * n->cols, to - from, n->cols);
}

static void linear_bwd(struct nn_graph *g, struct nn_node *n)
{
	struct nn_node *x = n->in[0], *w = n->in[1];
	int rows = (int)nn_rows(g, n), out = (int)n->cols, in = (int)x->cols, n_products = 0, add;
	struct nn_operand dy = nn_as_is(n->grad, out), dy_t = nn_transposed(n->grad, out);
	struct nn_gemm product[2];
	nn_float *d;
	if (n->n_in > 2 && (d = nn_grad(g, n->in[2])))
		nn_parts_sum(g, n, (size_t)rows, nn_sum_grain((size_t)rows, n->cols), act_bwd_sum, n->cols, d);
	else if (act_of(n) != NN_NONE)
		nn_parts(g, n, (size_t)rows, nn_row_grain(n->cols), act_bwd_part);
	if ((d = nn_grad_to(g, w, &add)))
		product[n_products++] = is_transposed(n) ?
			(struct nn_gemm){ .m = in, .n = out, .k = rows, .a = nn_transposed(x->val, in), .b = dy, .c = d, .ldc = out, .add = add } :
			(struct nn_gemm){ .m = out, .n = in, .k = rows, .a = dy_t, .b = nn_as_is(x->val, in), .c = d, .ldc = in, .add = add };
	if ((d = nn_grad_to(g, x, &add)))
		product[n_products++] = (struct nn_gemm){ .m = rows, .n = in, .k = out, .a = dy, .b = matrix(n, is_transposed(n)), .c = d, .ldc = in, .add = add };
	nn_gemm(g->team, product, n_products);
}

static const struct nn_op op_linear = { "linear", linear_fwd, linear_bwd, NULL };

int nn_linear_matrix(const struct nn_node *n, struct nn_matrix *m)
{
	const struct nn_node *w = n->op == &op_linear ? n->in[1] : NULL;
	if (!w || !w->param)
		return 0;
	*m = (struct nn_matrix){ w->param->val + w->at, 1, n->cols, n->in[0]->cols, is_transposed(n) };
	return 1;
}

static struct nn_node *linear(struct nn_graph *g, struct nn_node *x, struct nn_node *w, struct nn_node *b, enum nn_act act, int transposed)
{
	size_t out = transposed ? w->cols : (size_t)w->mult;
	assert(w->axis == 0 && (transposed ? (size_t)w->mult : w->cols) == x->cols && (!b || b->cols == out));
	struct nn_node *n = nn_node_new(g, &op_linear, x->axis, x->mult, out, b ? 3 : 2, (struct nn_node *[]){ x, w, b });
	struct nn_linear *a = nn_args(g, n, sizeof *a);
	a->act = act;
	a->transposed = transposed;
	return n;
}

/* The activations whose derivative y tells are part of the map, so that x W^T is not kept. */
struct nn_node *ng_linear(struct nn_graph *g, struct nn_node *x, struct nn_node *w, struct nn_node *b, enum nn_act act)
{
	int fused = act == NN_RELU || act == NN_TANH || act == NN_SIGMOID;
	return ng_activate(g, linear(g, x, w, b, fused ? act : NN_NONE, 0), fused ? NN_NONE : act);
}

struct nn_node *ng_matmul(struct nn_graph *g, struct nn_node *x, struct nn_node *w)
{
	return linear(g, x, w, NULL, NN_NONE, 1);
}

/* --- LayerNorm(res + dropout(y)) --------------------------------------------------------------------------------------------------- */

struct norm_args {
	nn_float eps, p;
	uint64_t site;		/* of the dropout */
};

/* Kept: mean and rstd of every row, and the sum that was normalised where there is a residual. */
struct norm {
	nn_float *mean, *rstd, *sum;
};

static int has_residual(const struct nn_node *n)
{
	return n->n_in == 4;
}

static struct norm norm_kept(struct nn_graph *g, const struct nn_node *n)
{
	size_t rows = nn_rows(g, n);
	nn_float *p = n->scratch;
	return (struct norm){ p, p + rows, has_residual(n) ? p + 2 * rows : NULL };
}

static size_t norm_scratch(struct nn_graph *g, const struct nn_node *n)
{
	return nn_rows(g, n) * (2 + (has_residual(n) ? n->cols : 0)) * sizeof(nn_float);
}

static struct nn_residual_norm residual_norm(struct nn_graph *g, const struct nn_node *n, size_t from, size_t to)
{
	struct norm k = norm_kept(g, n);
	const struct norm_args *a = n->args;
	size_t at = from * n->cols;
	return (struct nn_residual_norm){ .rows = to - from, .cols = n->cols, .residual = n->in[3]->val + at, .y = n->in[0]->val + at,
					  .gain = n->in[1]->val, .bias = n->in[2]->val, .eps = a->eps,
					  .keys = g->training && a->p > 0 ? g->keys[n->axis] + from : NULL, .site = a->site, .p = a->p,
					  .out = n->val + at, .s = k.sum + at, .mean = k.mean + from, .rstd = k.rstd + from };
}

static void norm_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	struct norm k = norm_kept(g, n);
	const struct norm_args *a = n->args;
	size_t at = from * n->cols;
	if (has_residual(n)) {
		struct nn_residual_norm r = residual_norm(g, n, from, to);
		nn_residual_norm_fwd(&r);
	} else {
		nn_layernorm_fwd(n->val + at, k.mean + from, k.rstd + from, n->in[0]->val + at, n->in[1]->val, n->in[2]->val, to - from, n->cols, a->eps);
	}
}

static void norm_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), norm_fwd_part);
}

/* room: the gradients of gain and bias, one behind the other */
static void norm_bwd_sum(struct nn_graph *g, struct nn_node *n, size_t from, size_t to, nn_float *room)
{
	struct norm k = norm_kept(g, n);
	size_t at = from * n->cols;
	nn_float *dy = nn_grad_now(n->in[0]) + at, *dgain = room, *dbias = room + n->cols;
	const nn_float *dout = n->grad + at;
	if (has_residual(n)) {
		struct nn_residual_norm r = residual_norm(g, n, from, to);
		nn_residual_norm_bwd(&r, &(struct nn_residual_norm_grad){ dout, nn_grad_now(n->in[3]) + at, dy, dgain, dbias });
	} else {
		nn_layernorm_bwd(dy, dgain, dbias, dout, n->in[0]->val + at, n->in[1]->val, k.mean + from, k.rstd + from, to - from, n->cols);
	}
}

static void norm_bwd(struct nn_graph *g, struct nn_node *n)
{
	size_t rows = nn_rows(g, n), cols = n->cols;
	nn_float *sum = cp_arena_zalloc(&g->arena, 2 * cols * sizeof *sum);
	nn_grads_or_room(g, n);
	nn_parts_sum(g, n, rows, nn_sum_grain(rows, cols), norm_bwd_sum, 2 * cols, sum);
	nn_add(nn_grad_now(n->in[1]), sum, cols);
	nn_add(nn_grad_now(n->in[2]), sum + cols, cols);
}

static const struct nn_op op_norm = { "layernorm", norm_fwd, norm_bwd, norm_scratch };

struct nn_node *ng_layernorm(struct nn_graph *g, struct nn_node *y, struct nn_node *res, struct nn_node *gain, struct nn_node *bias, double eps,
			     double p)
{
	assert(gain->cols == y->cols && bias->cols == y->cols && (!res || (res->cols == y->cols && res->axis == y->axis)));
	assert(p <= 0 || y->mult == 1);	/* the axis has one key a unit */
	struct nn_node *n = nn_node_new(g, &op_norm, y->axis, y->mult, y->cols, res ? 4 : 3, (struct nn_node *[]){ y, gain, bias, res });
	struct norm_args *a = nn_args(g, n, sizeof *a);
	a->eps = (nn_float)eps;
	a->p = res ? (nn_float)p : 0;
	a->site = (uint64_t)g->n_sites++;
	return n;
}

/* --- RMSNorm ----------------------------------------------------------------------------------------------------------------------- */

static size_t rms_scratch(struct nn_graph *g, const struct nn_node *n)
{
	return nn_rows(g, n) * sizeof(nn_float);
}

static void rms_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const struct norm_args *a = n->args;
	nn_float *rstd = n->scratch;
	nn_rmsnorm_fwd(n->val + from * n->cols, rstd + from, n->in[0]->val + from * n->cols, n->in[1]->val, to - from, n->cols, a->eps);
}

static void rms_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), rms_fwd_part);
}

static void rms_bwd_sum(struct nn_graph *g, struct nn_node *n, size_t from, size_t to, nn_float *room)
{
	(void)g;
	size_t at = from * n->cols;
	const nn_float *rstd = n->scratch;
	nn_rmsnorm_bwd(nn_grad_now(n->in[0]) + at, room, n->grad + at, n->in[0]->val + at, n->in[1]->val, rstd + from, to - from, n->cols);
}

static void rms_bwd(struct nn_graph *g, struct nn_node *n)
{
	size_t rows = nn_rows(g, n);
	nn_grad_or_room(g, n->in[0]);
	nn_parts_sum(g, n, rows, nn_sum_grain(rows, n->cols), rms_bwd_sum, n->cols, nn_grad_or_room(g, n->in[1]));
}

static const struct nn_op op_rms = { "rmsnorm", rms_fwd, rms_bwd, rms_scratch };

struct nn_node *ng_rmsnorm(struct nn_graph *g, struct nn_node *x, struct nn_node *gain, double eps)
{
	assert(gain->axis == 0 && gain->mult == 1 && gain->cols == x->cols);
	struct nn_node *n = nn_node_new(g, &op_rms, x->axis, x->mult, x->cols, 2, (struct nn_node *[]){ x, gain });
	struct norm_args *a = nn_args(g, n, sizeof *a);
	a->eps = (nn_float)eps;
	return n;
}

/* --- BatchNorm --------------------------------------------------------------------------------------------------------------------- */

static void batchnorm_fwd(struct nn_graph *g, struct nn_node *n)
{
	const struct nn_moments *run = n->args;
	size_t rows = nn_rows(g, n);
	nn_float *mean = n->scratch, *rstd = mean + n->cols;
	if (g->training)
		nn_batchnorm_train_fwd(n->val, mean, rstd, run->mean->val, run->var->val, n->in[0]->val, n->in[1]->val, n->in[2]->val, rows,
				       n->cols, (nn_float)NN_BN_EPS, (nn_float)NN_BN_MOMENTUM);
	else
		nn_batchnorm_eval_fwd(n->val, n->in[0]->val, run->mean->val, run->var->val, n->in[1]->val, n->in[2]->val, rows, n->cols,
				      (nn_float)NN_BN_EPS);
}

static void batchnorm_bwd(struct nn_graph *g, struct nn_node *n)
{
	const struct nn_moments *run = n->args;
	size_t rows = nn_rows(g, n), cols = n->cols;
	nn_float *mean = n->scratch, *rstd = mean + cols, *tmp = rstd + cols;
	nn_float *dx = nn_grad_or_room(g, n->in[0]), *dgain = nn_grad_or_room(g, n->in[1]), *dbias = nn_grad_or_room(g, n->in[2]);
	if (g->training)
		nn_batchnorm_train_bwd(dx, dgain, dbias, n->grad, n->in[0]->val, n->in[1]->val, mean, rstd, tmp, rows, cols);
	else
		nn_batchnorm_eval_bwd(dx, dgain, dbias, n->grad, n->in[0]->val, run->mean->val, run->var->val, n->in[1]->val, rows, cols,
				      (nn_float)NN_BN_EPS);
}

static size_t batchnorm_scratch(struct nn_graph *g, const struct nn_node *n)
{
	(void)g;
	return 4 * n->cols * sizeof(nn_float);
}

static const struct nn_op op_batchnorm = { "batchnorm", batchnorm_fwd, batchnorm_bwd, batchnorm_scratch };

struct nn_node *ng_batchnorm(struct nn_graph *g, struct nn_node *x, struct nn_node *gain, struct nn_node *bias, struct nn_param *mean,
			     struct nn_param *var)
{
	assert(gain->cols == x->cols && bias->cols == x->cols && mean->n == x->cols && var->n == x->cols && x->mult == 1);
	g->whole_batch = 1;
	struct nn_node *n = nn_node_new(g, &op_batchnorm, x->axis, x->mult, x->cols, 3, (struct nn_node *[]){ x, gain, bias });
	struct nn_moments *m = nn_args(g, n, sizeof *m);
	*m = (struct nn_moments){ mean, var };
	return n;
}
