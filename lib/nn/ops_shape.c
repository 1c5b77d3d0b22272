/* Shapes: the numbers of other nodes, seen, stood side by side, cut out, put in front of one another, and averaged by sequences. */
#include <assert.h>
#include <string.h>

#include "nn/graph_priv.h"
#include "nn/kernels.h"

#define SEQUENCES 4	/* a task: of some fifty rows each */

/* --- View -------------------------------------------------------------------------------------------------------------------------- */

static void view_fwd(struct nn_graph *g, struct nn_node *n)
{
	(void)g;
	n->val = n->in[0]->val;
}

static const struct nn_op op_view = { "view", view_fwd, NULL, NULL, .borrows = 1 };

struct nn_node *ng_view(struct nn_graph *g, struct nn_node *x, int mult, size_t cols)
{
	assert((size_t)mult * cols == (size_t)x->mult * x->cols);
	struct nn_node *n = nn_node_new(g, &op_view, x->axis, mult, cols, 1, &x);
	n->root = x->root ? x->root : x;
	return n;
}

/* --- Columns side by side ---------------------------------------------------------------------------------------------------------- */

static void concat_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	size_t at = 0;
	for (int k = 0; k < n->n_in; at += n->in[k]->cols, k++)
		for (size_t r = from; r < to; r++)
			memcpy(n->val + r * n->cols + at, n->in[k]->val + r * n->in[k]->cols, n->in[k]->cols * sizeof(nn_float));
}

static void concat_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), concat_fwd_part);
}

static void concat_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const int *add = n->scratch;
	const nn_float *dy = n->grad;
	for (int k = 0; k < n->n_in; dy += n->in[k]->cols, k++) {
		size_t cols = n->in[k]->cols;
		nn_float *d = nn_grad_now(n->in[k]);
		for (size_t r = from; n->in[k]->needs_grad && r < to; r++)
			if (add[k])
				nn_add(d + r * cols, dy + r * n->cols, cols);
			else
				memcpy(d + r * cols, dy + r * n->cols, cols * sizeof *d);
	}
}

static void concat_bwd(struct nn_graph *g, struct nn_node *n)
{
	int *add = n->scratch;
	for (int k = 0; k < n->n_in; k++)
		nn_grad_to(g, n->in[k], &add[k]);
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), concat_bwd_part);
}

/* Whether an input's gradient holds something, for the backward. */
static size_t concat_scratch(struct nn_graph *g, const struct nn_node *n)
{
	(void)g;
	return (size_t)n->n_in * sizeof(int);
}

static const struct nn_op op_concat = { "concat", concat_fwd, concat_bwd, concat_scratch };

struct nn_node *ng_concat(struct nn_graph *g, int n_in, struct nn_node *const *in)
{
	size_t cols = 0;
	for (int i = 0; i < n_in; i++) {
		assert(in[i]->axis == in[0]->axis && in[i]->mult == in[0]->mult);
		cols += in[i]->cols;
	}
	return nn_node_new(g, &op_concat, in[0]->axis, in[0]->mult, cols, n_in, in);
}

/* --- Some of the columns ----------------------------------------------------------------------------------------------------------- */

struct cols {
	size_t from;
};

static void cols_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const struct cols *a = n->args;
	const struct nn_node *x = n->in[0];
	for (size_t r = from; r < to; r++)
		memcpy(n->val + r * n->cols, x->val + r * x->cols + a->from, n->cols * sizeof(nn_float));
}

static void cols_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), cols_fwd_part);
}

static void cols_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const struct cols *a = n->args;
	nn_float *d = nn_grad_now(n->in[0]);
	for (size_t r = from; r < to; r++)
		nn_add(d + r * n->in[0]->cols + a->from, n->grad + r * n->cols, n->cols);
}

static void cols_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_grad(g, n->in[0]);
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), cols_bwd_part);
}

static const struct nn_op op_cols = { "cols", cols_fwd, cols_bwd, NULL };

struct nn_node *ng_cols(struct nn_graph *g, struct nn_node *x, size_t from, size_t count)
{
	assert(from + count <= x->cols);
	struct nn_node *n = nn_node_new(g, &op_cols, x->axis, x->mult, count, 1, &x);
	struct cols *a = nn_args(g, n, sizeof *a);
	a->from = from;
	return n;
}

/* --- Sequences: how rows form them, and a factor on their means ---------------------------------------------------------------------- */

struct sequences {
	const struct nn_segs *segs;
	double scale;
};

static const uint32_t *offsets(const struct nn_node *n)
{
	const struct sequences *a = n->args;
	return a->segs->off;
}

static struct nn_node *by_sequence(struct nn_graph *g, struct nn_node *n, const struct nn_segs *segs, double scale)
{
	struct sequences *a = nn_args(g, n, sizeof *a);
	a->segs = segs;
	a->scale = scale;
	return n;
}

/* --- Rows in front of every sequence ----------------------------------------------------------------------------------------------- */

/* Sequence s of the result: the k rows s*k.. of a, then the rows of b that b's own sequence s has. */
static void prepend_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	size_t k = (size_t)n->in[0]->mult, c = n->cols;
	const uint32_t *off = offsets(n);
	for (size_t s = from; s < to; s++) {
		size_t first = off[s], end = off[s + 1];
		memcpy(n->val + first * c, n->in[0]->val + s * k * c, k * c * sizeof(nn_float));
		memcpy(n->val + (first + k) * c, n->in[1]->val + (first - s * k) * c, (end - first - k) * c * sizeof(nn_float));
	}
}

static void prepend_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, g->len[n->in[0]->axis], SEQUENCES, prepend_fwd_part);
}

static void prepend_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	size_t k = (size_t)n->in[0]->mult, c = n->cols;
	const uint32_t *off = offsets(n);
	nn_float *da = nn_grad_now(n->in[0]), *db = nn_grad_now(n->in[1]);
	for (size_t s = from; s < to; s++) {
		size_t first = off[s], end = off[s + 1];
		if (da)
			nn_add(da + s * k * c, n->grad + first * c, k * c);
		if (db)
			nn_add(db + (first - s * k) * c, n->grad + (first + k) * c, (end - first - k) * c);
	}
}

static void prepend_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_grad(g, n->in[0]);
	nn_grad(g, n->in[1]);
	nn_parts(g, n, g->len[n->in[0]->axis], SEQUENCES, prepend_bwd_part);
}

static const struct nn_op op_prepend = { "prepend", prepend_fwd, prepend_bwd, NULL };

struct nn_node *ng_prepend(struct nn_graph *g, struct nn_node *a, int k, struct nn_node *b, int axis, const struct nn_segs *segs)
{
	assert(a->mult == k && a->cols == b->cols && b->mult == 1);
	return by_sequence(g, nn_node_new(g, &op_prepend, axis, 1, b->cols, 2, (struct nn_node *[]){ a, b }), segs, 1);
}

/* --- The mean of every sequence ---------------------------------------------------------------------------------------------------- */

static nn_float weight_in(const struct nn_node *n, size_t s)
{
	const struct sequences *a = n->args;
	return (nn_float)(a->scale / (a->segs->off[s + 1] - a->segs->off[s]));
}

static void segmean_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const uint32_t *off = offsets(n);
	memset(n->val + from * n->cols, 0, (to - from) * n->cols * sizeof(nn_float));
	for (size_t s = from; s < to; s++)
		for (size_t r = off[s]; r < off[s + 1]; r++)
			nn_axpy(n->val + s * n->cols, weight_in(n, s), n->in[0]->val + r * n->cols, n->cols);
}

static void segmean_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), SEQUENCES, segmean_fwd_part);
}

static void segmean_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const uint32_t *off = offsets(n);
	nn_float *d = nn_grad_now(n->in[0]);
	for (size_t s = from; s < to; s++)
		for (size_t r = off[s]; r < off[s + 1]; r++)
			nn_axpy(d + r * n->cols, weight_in(n, s), n->grad + s * n->cols, n->cols);
}

static void segmean_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_grad(g, n->in[0]);
	nn_parts(g, n, nn_rows(g, n), SEQUENCES, segmean_bwd_part);
}

static const struct nn_op op_segmean = { "segmean", segmean_fwd, segmean_bwd, NULL };

struct nn_node *ng_segmean(struct nn_graph *g, struct nn_node *x, const struct nn_segs *segs, int axis, double scale)
{
	return by_sequence(g, nn_node_new(g, &op_segmean, axis, 1, x->cols, 1, &x), segs, scale);
}
