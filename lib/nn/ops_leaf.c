/* Leaves and shapes: where numbers come from, and ways of standing them side by side. */
#include <assert.h>
#include <string.h>

#include "nn/graph_priv.h"
#include "nn/kernels.h"
#include "nn/table.h"

/* --- Parameters -------------------------------------------------------------------------------------------------------------------- */

static void weight_fwd(struct nn_graph *g, struct nn_node *n)
{
	(void)g;
	size_t at = (size_t)n->i[0];
	n->val = n->param->val + at;
	n->grad = n->param->grad ? n->param->grad + at : NULL;
	n->needs_grad = n->grad || n->param->table;
	n->grad_ready = n->grad != NULL;
}

static const struct nn_op op_weight = { "weight", weight_fwd, NULL, NULL };

struct nn_node *ng_slice(struct nn_graph *g, struct nn_param *p, size_t from, size_t rows, size_t cols)
{
	assert(from <= INT32_MAX && rows <= INT32_MAX);
	struct nn_node *n = nn_node_new(g, &op_weight, 0, (int)rows, cols, 0, NULL);
	n->param = p;
	n->i[0] = (int)from;
	n->needs_grad = !p->frozen;
	return n;
}

struct nn_node *ng_weight(struct nn_graph *g, struct nn_param *p)
{
	size_t rows = p->n_dims == 1 ? 1 : p->dims[0];
	return ng_slice(g, p, 0, rows, p->n / rows);
}

struct nn_node *ng_span(struct nn_graph *g, struct nn_param *first, int count, size_t cols)
{
	return ng_slice(g, first, 0, first->n * (size_t)count / cols, cols);
}

/* --- Inputs ------------------------------------------------------------------------------------------------------------------------ */

static void input_fwd(struct nn_graph *g, struct nn_node *n)
{
	(void)g;
	n->val = (nn_float *)n->feed->v;	/* never written: nothing computes into a leaf */
}

static void input_bwd(struct nn_graph *g, struct nn_node *n)
{
	memcpy(n->ext_grad, n->grad, nn_count(g, n) * sizeof(nn_float));
}

static const struct nn_op op_input = { "input", input_fwd, input_bwd, NULL };

struct nn_node *ng_input_grad(struct nn_graph *g, int axis, int mult, size_t cols, const struct nn_feed *f, nn_float *grad_out)
{
	struct nn_node *n = nn_node_new(g, &op_input, axis, mult, cols, 0, NULL);
	n->feed = f;
	n->ext_grad = grad_out;
	n->needs_grad = grad_out != NULL;
	return n;
}

struct nn_node *ng_input(struct nn_graph *g, int axis, int mult, size_t cols, const struct nn_feed *f)
{
	return ng_input_grad(g, axis, mult, cols, f, NULL);
}

/* --- Rows chosen by number --------------------------------------------------------------------------------------------------------- */

#define OWNERS 32	/* tasks of a scatter: each owns a range of target rows and reads all ids */
#define TOUCHED 128	/* rows of a table's list a task */

/* The table that a look-up reads by rows (nn/table.h), or NULL. */
static struct nn_table *table_of(const struct nn_node *n)
{
	return n->in[0]->param ? n->in[0]->param->table : NULL;
}

static size_t n_ids(const struct nn_graph *g, const struct nn_node *n)
{
	return n->bags ? n->bags->off[nn_rows(g, n)] : nn_rows(g, n);
}

/* Of the batch's ids: made once for all tables that are read by them. */
static const struct nn_index *index_of(struct nn_graph *g, struct nn_node *n)
{
	struct nn_graph_index *x = g->index;
	while (x && (x->ids != n->ids || x->n != n_ids(g, n)))
		x = x->next;
	if (!x) {
		x = cp_arena_alloc(&g->arena, sizeof *x);
		*x = (struct nn_graph_index){ g->index, n->ids, n_ids(g, n), nn_index_new(&g->arena, n->ids->v, n_ids(g, n)) };
		g->index = x;
	}
	return x->rows;
}

/* Rows that have put off steps make them before they are read. */
static void refresh(struct nn_graph *g, struct nn_node *n)
{
	struct nn_table *t = table_of(n);
	if (t && t->n_past)
		nn_table_refresh(t, index_of(g, n), g->team);
}

/* What the backward of a look-up needs to add into a table's list; in its scratch. */
struct touch {
	const struct nn_index *x;
	const uint32_t *slot;
	const uint32_t *bag;	/* that an id lies in */
};

static size_t touch_scratch(struct nn_graph *g, const struct nn_node *n)
{
	(void)g;
	return table_of(n) ? sizeof(struct touch) : 0;
}

static void touch_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const struct touch *k = n->scratch;
	struct nn_table *t = table_of(n);
	for (size_t i = from; i < to; i++) {
		nn_float *d = t->grad + k->slot[i] * t->cols;
		if (n->i[0] >= 0 && k->x->row[i] == (uint32_t)n->i[0])
			continue;
		for (size_t j = k->x->first[i]; j < k->x->first[i + 1]; j++) {
			size_t at = k->x->place[j];
			if (n->bags)
				nn_axpy(d, n->bags->weight[at], n->grad + k->bag[at] * t->cols, t->cols);
			else
				nn_add(d, n->grad + at * t->cols, t->cols);
		}
	}
}

static const uint32_t *bags_of_ids(struct nn_graph *g, const struct nn_node *n)
{
	uint32_t *bag = cp_arena_alloc(&g->arena, n_ids(g, n) * sizeof *bag);
	for (size_t r = 0, rows = nn_rows(g, n); r < rows; r++)
		for (size_t j = n->bags->off[r]; j < n->bags->off[r + 1]; j++)
			bag[j] = (uint32_t)r;
	return bag;
}

static void touch(struct nn_graph *g, struct nn_node *n)
{
	struct touch *k = n->scratch;
	k->x = index_of(g, n);
	k->slot = nn_table_open(table_of(n), k->x, &g->arena);
	k->bag = n->bags ? bags_of_ids(g, n) : NULL;
	nn_parts(g, n, k->x->n, TOUCHED, touch_part);
}

/* Into a matrix that has its gradient whole. */
static void scatter(struct nn_graph *g, struct nn_node *n, nn_part_fn part)
{
	size_t targets = nn_rows(g, n->in[0]);
	if (nn_grad(g, n->in[0]))
		nn_parts(g, n, targets, (targets + OWNERS - 1) / OWNERS, part);
}

static void pick_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	nn_gather(n->val + from * n->cols, n->cols, n->in[0]->val, n->ids->v + from, to - from, n->cols);
}

static void pick_fwd(struct nn_graph *g, struct nn_node *n)
{
	refresh(g, n);
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), pick_part);
}

static void unpick_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	nn_float *d = nn_grad_now(n->in[0]);
	size_t rows = nn_rows(g, n), pad = n->i[0] < 0 ? SIZE_MAX : (size_t)n->i[0];
	size_t mid = pad >= from && pad < to ? pad : to;
	nn_scatter_add(d, n->grad, n->cols, n->ids->v, rows, n->cols, (uint32_t)from, (uint32_t)mid);
	if (mid < to)
		nn_scatter_add(d, n->grad, n->cols, n->ids->v, rows, n->cols, (uint32_t)mid + 1, (uint32_t)to);
}

static void pick_bwd(struct nn_graph *g, struct nn_node *n)
{
	if (table_of(n))
		touch(g, n);
	else
		scatter(g, n, unpick_part);
}

static const struct nn_op op_pick = { "gather", pick_fwd, pick_bwd, touch_scratch };

struct nn_node *ng_gather(struct nn_graph *g, struct nn_node *x, const struct nn_ids *ids, int axis, int mult)
{
	struct nn_node *n = nn_node_new(g, &op_pick, axis, mult, x->cols, 1, &x);
	n->ids = ids;
	n->i[0] = -1;
	return n;
}

struct nn_node *ng_lookup(struct nn_graph *g, struct nn_param *table, const struct nn_ids *ids, int axis, int mult, int pad)
{
	struct nn_node *n = ng_gather(g, ng_weight(g, table), ids, axis, mult);
	n->i[0] = pad;
	return n;
}

/* --- Rows by the bag --------------------------------------------------------------------------------------------------------------- */

static void pool_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const uint32_t *off = n->bags->off;
	memset(n->val + from * n->cols, 0, (to - from) * n->cols * sizeof(nn_float));
	for (size_t r = from; r < to; r++)
		for (size_t j = off[r]; j < off[r + 1]; j++)
			nn_axpy(n->val + r * n->cols, n->bags->weight[j], n->in[0]->val + n->ids->v[j] * n->cols, n->cols);
}

static void pool_fwd(struct nn_graph *g, struct nn_node *n)
{
	refresh(g, n);
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), pool_part);
}

/* Rows from..to-1 of the table from all bags, in their order: the same bits however the table is divided. */
static void unpool_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	nn_float *d = nn_grad_now(n->in[0]);
	const uint32_t *off = n->bags->off;
	size_t pad = n->i[0] < 0 ? SIZE_MAX : (size_t)n->i[0];
	for (size_t r = 0, rows = nn_rows(g, n); r < rows; r++)
		for (size_t j = off[r]; j < off[r + 1]; j++) {
			size_t id = n->ids->v[j];
			if (id >= from && id < to && id != pad)
				nn_axpy(d + id * n->cols, n->bags->weight[j], n->grad + r * n->cols, n->cols);
		}
}

static void pool_bwd(struct nn_graph *g, struct nn_node *n)
{
	if (table_of(n))
		touch(g, n);
	else
		scatter(g, n, unpool_part);
}

static const struct nn_op op_pool = { "bags", pool_fwd, pool_bwd, touch_scratch };

struct nn_node *ng_lookup_bags(struct nn_graph *g, struct nn_param *table, const struct nn_ids *ids, const struct nn_bags *bags, int axis, int mult,
			       int pad)
{
	struct nn_node *x = ng_weight(g, table), *n = nn_node_new(g, &op_pool, axis, mult, x->cols, 1, &x);
	n->ids = ids;
	n->bags = bags;
	n->i[0] = pad;
	return n;
}

/* --- One place of several, from a table of its own ------------------------------------------------------------------------------------- */

/* The ids of the place, as bags over its table: taken from those of all places in every forward, and the rest is as of bags. */
struct place {
	const struct nn_ids *all;
	const struct nn_bags *all_bags;	/* NULL: one id a place, weight 1 */
	struct nn_ids ids;
	struct nn_bags bags;
};

struct span { size_t from, to; };

/* Where the ids of the node's place of row r stand among all. */
static struct span place_of(const struct nn_node *n, size_t r)
{
	const struct place *k = n->ext;
	size_t at = r * (size_t)n->i[2] + (size_t)n->i[1];
	return k->all_bags ? (struct span){ k->all_bags->off[at], k->all_bags->off[at + 1] } : (struct span){ at, at + 1 };
}

static void place_fwd(struct nn_graph *g, struct nn_node *n)
{
	struct place *k = n->ext;
	size_t rows = nn_rows(g, n), count = 0;
	for (size_t r = 0; r < rows; r++)
		count += place_of(n, r).to - place_of(n, r).from;
	uint32_t *id = cp_arena_alloc(&g->arena, count * sizeof *id), *off = cp_arena_alloc(&g->arena, (rows + 1) * sizeof *off);
	nn_float *weight = cp_arena_alloc(&g->arena, count * sizeof *weight);
	off[0] = 0;
	for (size_t r = 0, at = 0; r < rows; r++) {
		struct span s = place_of(n, r);
		for (size_t j = s.from; j < s.to; j++, at++) {
			id[at] = k->all->v[j] - (uint32_t)n->i[3];
			weight[at] = k->all_bags ? k->all_bags->weight[j] : 1;
		}
		off[r + 1] = (uint32_t)at;
	}
	k->ids.v = id;
	k->bags = (struct nn_bags){ off, weight };
	pool_fwd(g, n);
}

static const struct nn_op op_place = { "place", place_fwd, pool_bwd, touch_scratch };

struct nn_node *ng_lookup_place(struct nn_graph *g, struct nn_param *table, const struct nn_ids *ids, const struct nn_bags *bags, int axis, int place,
				int places, size_t first)
{
	assert(first <= INT32_MAX);
	struct nn_node *x = ng_weight(g, table), *n = nn_node_new(g, &op_place, axis, 1, x->cols, 1, &x);
	struct place *k = cp_xcalloc(1, sizeof *k);
	k->all = ids;
	k->all_bags = bags;
	n->ext = k;
	n->ids = &k->ids;
	n->bags = &k->bags;
	n->i[0] = -1;
	n->i[1] = place;
	n->i[2] = places;
	n->i[3] = (int)first;
	return n;
}

/* --- Shapes ------------------------------------------------------------------------------------------------------------------------ */

static void view_fwd(struct nn_graph *g, struct nn_node *n)
{
	(void)g;
	n->val = n->in[0]->val;
}

static const struct nn_op op_view = { "view", view_fwd, NULL, NULL };

struct nn_node *ng_view(struct nn_graph *g, struct nn_node *x, int mult, size_t cols)
{
	assert((size_t)mult * cols == (size_t)x->mult * x->cols);
	struct nn_node *n = nn_node_new(g, &op_view, x->axis, mult, cols, 1, &x);
	n->root = x->root ? x->root : x;
	return n;
}

static void concat_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	size_t at = 0;
	for (int k = 0; k < n->n_in; at += n->in[k]->cols, k++)
		for (size_t r = from; r < to; r++)
			memcpy(n->val + r * n->cols + at, n->in[k]->val + r * n->in[k]->cols, n->in[k]->cols * sizeof(nn_float));
}

static void concat_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), concat_part);
}

static void unconcat_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const nn_float *beta = n->scratch, *dy = n->grad;
	for (int k = 0; k < n->n_in; dy += n->in[k]->cols, k++) {
		size_t cols = n->in[k]->cols;
		nn_float *d = nn_grad_now(n->in[k]);
		for (size_t r = from; n->in[k]->needs_grad && r < to; r++)
			if (beta[k])
				nn_add(d + r * cols, dy + r * n->cols, cols);
			else
				memcpy(d + r * cols, dy + r * n->cols, cols * sizeof *d);
	}
}

static void concat_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_float *beta = n->scratch;
	for (int k = 0; k < n->n_in; k++)
		nn_grad_beta(g, n->in[k], &beta[k]);
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), unconcat_part);
}

/* Whether an input's gradient holds something, for the backward. */
static size_t concat_scratch(struct nn_graph *g, const struct nn_node *n)
{
	(void)g;
	return (size_t)n->n_in * sizeof(nn_float);
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

static void cols_fwd(struct nn_graph *g, struct nn_node *n)
{
	const struct nn_node *x = n->in[0];
	for (size_t r = 0, rows = nn_rows(g, n); r < rows; r++)
		memcpy(n->val + r * n->cols, x->val + r * x->cols + n->i[0], n->cols * sizeof(nn_float));
}

static void cols_bwd(struct nn_graph *g, struct nn_node *n)
{
	struct nn_node *x = n->in[0];
	nn_float *d = nn_grad(g, x);
	for (size_t r = 0, rows = nn_rows(g, n); d && r < rows; r++)
		nn_add(d + r * x->cols + n->i[0], n->grad + r * n->cols, n->cols);
}

static const struct nn_op op_cols = { "cols", cols_fwd, cols_bwd, NULL };

struct nn_node *ng_cols(struct nn_graph *g, struct nn_node *x, size_t from, size_t count)
{
	assert(from + count <= x->cols);
	struct nn_node *n = nn_node_new(g, &op_cols, x->axis, x->mult, count, 1, &x);
	n->i[0] = (int)from;
	return n;
}

/* Sequence s of the result: the k rows s*k.. of a, then the rows of b that b's own sequence s has. */
static void prepend_fwd(struct nn_graph *g, struct nn_node *n)
{
	size_t k = (size_t)n->i[0], c = n->cols;
	const uint32_t *off = n->segs->off;
	for (size_t s = 0; s < g->len[n->in[0]->axis]; s++) {
		size_t from = off[s], to = off[s + 1];
		memcpy(n->val + from * c, n->in[0]->val + s * k * c, k * c * sizeof(nn_float));
		memcpy(n->val + (from + k) * c, n->in[1]->val + (from - s * k) * c, (to - from - k) * c * sizeof(nn_float));
	}
}

static void prepend_bwd(struct nn_graph *g, struct nn_node *n)
{
	size_t k = (size_t)n->i[0], c = n->cols;
	const uint32_t *off = n->segs->off;
	nn_float *da = nn_grad(g, n->in[0]), *db = nn_grad(g, n->in[1]);
	for (size_t s = 0; s < g->len[n->in[0]->axis]; s++) {
		size_t from = off[s], to = off[s + 1];
		if (da)
			nn_add(da + s * k * c, n->grad + from * c, k * c);
		if (db)
			nn_add(db + (from - s * k) * c, n->grad + (from + k) * c, (to - from - k) * c);
	}
}

static const struct nn_op op_prepend = { "prepend", prepend_fwd, prepend_bwd, NULL };

struct nn_node *ng_prepend(struct nn_graph *g, struct nn_node *a, int k, struct nn_node *b, int axis, const struct nn_segs *segs)
{
	assert(a->mult == k && a->cols == b->cols && b->mult == 1);
	struct nn_node *n = nn_node_new(g, &op_prepend, axis, 1, b->cols, 2, (struct nn_node *[]){ a, b });
	n->segs = segs;
	n->i[0] = k;
	return n;
}

static void segmean_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const uint32_t *off = n->segs->off;
	for (size_t s = from; s < to; s++) {
		nn_float *y = n->val + s * n->cols;
		memset(y, 0, n->cols * sizeof *y);
		for (size_t r = off[s]; r < off[s + 1]; r++)
			nn_axpy(y, (nn_float)(n->f[0] / (off[s + 1] - off[s])), n->in[0]->val + r * n->cols, n->cols);
	}
}

static void segmean_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), 4, segmean_part);
}

static void segmean_bwd(struct nn_graph *g, struct nn_node *n)
{
	const uint32_t *off = n->segs->off;
	nn_float *d = nn_grad(g, n->in[0]);
	for (size_t s = 0, rows = nn_rows(g, n); d && s < rows; s++)
		for (size_t r = off[s]; r < off[s + 1]; r++)
			nn_axpy(d + r * n->cols, (nn_float)(n->f[0] / (off[s + 1] - off[s])), n->grad + s * n->cols, n->cols);
}

static const struct nn_op op_segmean = { "segmean", segmean_fwd, segmean_bwd, NULL };

struct nn_node *ng_segmean(struct nn_graph *g, struct nn_node *x, const struct nn_segs *segs, int axis, double scale)
{
	struct nn_node *n = nn_node_new(g, &op_segmean, axis, 1, x->cols, 1, &x);
	n->segs = segs;
	n->f[0] = scale;
	return n;
}
