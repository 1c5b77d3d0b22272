/* Leaves: where numbers come from, parameters, what is fed, and rows of tables by their ids. */
#include <assert.h>
#include <string.h>

#include "nn/graph_priv.h"
#include "nn/kernels.h"
#include "nn/table.h"

/* --- Parameters -------------------------------------------------------------------------------------------------------------------- */

static void weight_fwd(struct nn_graph *g, struct nn_node *n)
{
	(void)g;
	n->val = n->param->val + n->at;
	n->grad = n->param->grad ? n->param->grad + n->at : NULL;
	n->needs_grad = n->grad || n->param->table;
	n->grad_ready = n->grad != NULL;
}

static const struct nn_op op_weight = { "weight", weight_fwd, NULL, NULL, .borrows = 1 };

struct nn_node *ng_slice(struct nn_graph *g, struct nn_param *p, size_t from, size_t rows, size_t cols)
{
	assert(rows <= INT32_MAX);
	struct nn_node *n = nn_node_new(g, &op_weight, 0, (int)rows, cols, 0, NULL);
	n->param = p;
	n->at = from;
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

struct input {
	const struct nn_feed *feed;
	nn_float *grad_out;	/* NULL: none is wanted */
};

static void input_fwd(struct nn_graph *g, struct nn_node *n)
{
	(void)g;
	const struct input *a = n->args;
	n->val = (nn_float *)a->feed->v;	/* never written: nothing computes into a leaf */
}

static void input_bwd(struct nn_graph *g, struct nn_node *n)
{
	const struct input *a = n->args;
	memcpy(a->grad_out, n->grad, nn_count(g, n) * sizeof(nn_float));
}

static const struct nn_op op_input = { "input", input_fwd, input_bwd, NULL, .borrows = 1 };

struct nn_node *ng_input_grad(struct nn_graph *g, int axis, int mult, size_t cols, const struct nn_feed *f, nn_float *grad_out)
{
	struct nn_node *n = nn_node_new(g, &op_input, axis, mult, cols, 0, NULL);
	struct input *a = nn_args(g, n, sizeof *a);
	a->feed = f;
	a->grad_out = grad_out;
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

struct lookup {
	const struct nn_ids *ids;
	const struct nn_bags *bags;	/* NULL: one id a row */
	int pad;			/* the row that gets no gradient; -1: none */
};

/* The table that a look-up reads by rows (nn/table.h), or NULL. */
static struct nn_table *table_of(const struct nn_node *n)
{
	return n->in[0]->param ? n->in[0]->param->table : NULL;
}

static size_t n_ids(const struct nn_graph *g, const struct nn_node *n)
{
	const struct lookup *a = n->args;
	return a->bags ? a->bags->off[nn_rows(g, n)] : nn_rows(g, n);
}

/* Of the batch's ids: made once for all tables that are read by them. */
static const struct nn_index *index_of(struct nn_graph *g, struct nn_node *n)
{
	const struct nn_ids *ids = ((const struct lookup *)n->args)->ids;
	struct nn_graph_index *x = g->index;
	while (x && (x->ids != ids || x->n != n_ids(g, n)))
		x = x->next;
	if (!x) {
		x = cp_arena_alloc(&g->arena, sizeof *x);
		*x = (struct nn_graph_index){ g->index, ids, n_ids(g, n), nn_index_new(&g->arena, ids->v, n_ids(g, n)) };
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
	const struct lookup *a = n->args;
	struct nn_table *t = table_of(n);
	for (size_t i = from; i < to; i++) {
		nn_float *d = t->grad + k->slot[i] * t->cols;
		if (a->pad >= 0 && k->x->row[i] == (uint32_t)a->pad)
			continue;
		for (size_t j = k->x->first[i]; j < k->x->first[i + 1]; j++) {
			size_t at = k->x->place[j];
			if (a->bags)
				nn_axpy(d, a->bags->weight[at], n->grad + k->bag[at] * t->cols, t->cols);
			else
				nn_add(d, n->grad + at * t->cols, t->cols);
		}
	}
}

static const uint32_t *bags_of_ids(struct nn_graph *g, const struct nn_node *n)
{
	const struct lookup *a = n->args;
	uint32_t *bag = cp_arena_alloc(&g->arena, n_ids(g, n) * sizeof *bag);
	for (size_t r = 0, rows = nn_rows(g, n); r < rows; r++)
		for (size_t j = a->bags->off[r]; j < a->bags->off[r + 1]; j++)
			bag[j] = (uint32_t)r;
	return bag;
}

static void touch(struct nn_graph *g, struct nn_node *n)
{
	const struct lookup *a = n->args;
	struct touch *k = n->scratch;
	k->x = index_of(g, n);
	k->slot = nn_table_open(table_of(n), k->x, &g->arena);
	k->bag = a->bags ? bags_of_ids(g, n) : NULL;
	nn_parts(g, n, k->x->n, TOUCHED, touch_part);
}

/* Into a matrix that has its gradient whole. */
static void scatter(struct nn_graph *g, struct nn_node *n, nn_part_fn part)
{
	size_t targets = nn_rows(g, n->in[0]);
	if (nn_grad(g, n->in[0]))
		nn_parts(g, n, targets, (targets + OWNERS - 1) / OWNERS, part);
}

static void gather_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const struct lookup *a = n->args;
	nn_gather(n->val + from * n->cols, n->cols, n->in[0]->val, a->ids->v + from, to - from, n->cols);
}

static void gather_fwd(struct nn_graph *g, struct nn_node *n)
{
	refresh(g, n);
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), gather_fwd_part);
}

static void gather_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	const struct lookup *a = n->args;
	nn_float *d = nn_grad_now(n->in[0]);
	size_t rows = nn_rows(g, n), pad = a->pad < 0 ? SIZE_MAX : (size_t)a->pad;
	size_t mid = pad >= from && pad < to ? pad : to;
	nn_scatter_add(d, n->grad, n->cols, a->ids->v, rows, n->cols, (uint32_t)from, (uint32_t)mid);
	if (mid < to)
		nn_scatter_add(d, n->grad, n->cols, a->ids->v, rows, n->cols, (uint32_t)mid + 1, (uint32_t)to);
}

static void gather_bwd(struct nn_graph *g, struct nn_node *n)
{
	if (table_of(n))
		touch(g, n);
	else
		scatter(g, n, gather_bwd_part);
}

static const struct nn_op op_gather = { "gather", gather_fwd, gather_bwd, touch_scratch };

static struct nn_node *gather(struct nn_graph *g, struct nn_node *x, const struct nn_ids *ids, int axis, int mult, int pad)
{
	struct nn_node *n = nn_node_new(g, &op_gather, axis, mult, x->cols, 1, &x);
	struct lookup *a = nn_args(g, n, sizeof *a);
	*a = (struct lookup){ ids, NULL, pad };
	return n;
}

struct nn_node *ng_gather(struct nn_graph *g, struct nn_node *x, const struct nn_ids *ids, int axis, int mult)
{
	return gather(g, x, ids, axis, mult, -1);
}

struct nn_node *ng_lookup(struct nn_graph *g, struct nn_param *table, const struct nn_ids *ids, int axis, int mult, int pad)
{
	return gather(g, ng_weight(g, table), ids, axis, mult, pad);
}

/* --- Rows by the bag --------------------------------------------------------------------------------------------------------------- */

static void bags_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const struct lookup *a = n->args;
	const uint32_t *off = a->bags->off;
	memset(n->val + from * n->cols, 0, (to - from) * n->cols * sizeof(nn_float));
	for (size_t r = from; r < to; r++)
		for (size_t j = off[r]; j < off[r + 1]; j++)
			nn_axpy(n->val + r * n->cols, a->bags->weight[j], n->in[0]->val + a->ids->v[j] * n->cols, n->cols);
}

static void bags_fwd(struct nn_graph *g, struct nn_node *n)
{
	refresh(g, n);
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), bags_fwd_part);
}

/* Rows from..to-1 of the table from all bags, in their order: the same bits however the table is divided. */
static void bags_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	const struct lookup *a = n->args;
	nn_float *d = nn_grad_now(n->in[0]);
	const uint32_t *off = a->bags->off;
	size_t pad = a->pad < 0 ? SIZE_MAX : (size_t)a->pad;
	for (size_t r = 0, rows = nn_rows(g, n); r < rows; r++)
		for (size_t j = off[r]; j < off[r + 1]; j++) {
			size_t id = a->ids->v[j];
			if (id >= from && id < to && id != pad)
				nn_axpy(d + id * n->cols, a->bags->weight[j], n->grad + r * n->cols, n->cols);
		}
}

static void bags_bwd(struct nn_graph *g, struct nn_node *n)
{
	if (table_of(n))
		touch(g, n);
	else
		scatter(g, n, bags_bwd_part);
}

static const struct nn_op op_bags = { "bags", bags_fwd, bags_bwd, touch_scratch };

struct nn_node *ng_lookup_bags(struct nn_graph *g, struct nn_param *table, const struct nn_ids *ids, const struct nn_bags *bags, int axis, int mult,
			       int pad)
{
	struct nn_node *x = ng_weight(g, table), *n = nn_node_new(g, &op_bags, axis, mult, x->cols, 1, &x);
	struct lookup *a = nn_args(g, n, sizeof *a);
	*a = (struct lookup){ ids, bags, pad };
	return n;
}

/* --- One place of several, from a table of its own ------------------------------------------------------------------------------------- */

/* The ids of the place, as bags over its table: taken from those of all places in every forward, and the rest is as of bags. */
struct place {
	struct lookup lookup;		/* of ids and bags here */
	const struct nn_ids *all;
	const struct nn_bags *all_bags;	/* NULL: one id a place, weight 1 */
	size_t at, of;			/* place `at` of so many in a row */
	uint32_t first;			/* row of the table of all that this one's begins with */
	struct nn_ids ids;
	struct nn_bags bags;
};

struct span { size_t from, to; };

/* Where the ids of the node's place of row r stand among all. */
static struct span place_of(const struct nn_node *n, size_t r)
{
	const struct place *k = n->args;
	size_t at = r * k->of + k->at;
	return k->all_bags ? (struct span){ k->all_bags->off[at], k->all_bags->off[at + 1] } : (struct span){ at, at + 1 };
}

static void place_fwd(struct nn_graph *g, struct nn_node *n)
{
	struct place *k = n->args;
	size_t rows = nn_rows(g, n), count = 0;
	for (size_t r = 0; r < rows; r++)
		count += place_of(n, r).to - place_of(n, r).from;
	uint32_t *id = cp_arena_alloc(&g->arena, count * sizeof *id), *off = cp_arena_alloc(&g->arena, (rows + 1) * sizeof *off);
	nn_float *weight = cp_arena_alloc(&g->arena, count * sizeof *weight);
	off[0] = 0;
	for (size_t r = 0, at = 0; r < rows; r++) {
		struct span s = place_of(n, r);
		for (size_t j = s.from; j < s.to; j++, at++) {
			id[at] = k->all->v[j] - k->first;
			weight[at] = k->all_bags ? k->all_bags->weight[j] : 1;
		}
		off[r + 1] = (uint32_t)at;
	}
	k->ids.v = id;
	k->bags = (struct nn_bags){ off, weight };
	bags_fwd(g, n);
}

static const struct nn_op op_place = { "place", place_fwd, bags_bwd, touch_scratch };

struct nn_node *ng_lookup_place(struct nn_graph *g, struct nn_param *table, const struct nn_ids *ids, const struct nn_bags *bags, int axis, int place,
				int places, size_t first)
{
	assert(first <= INT32_MAX);
	struct nn_node *x = ng_weight(g, table), *n = nn_node_new(g, &op_place, axis, 1, x->cols, 1, &x);
	struct place *k = nn_args(g, n, sizeof *k);
	k->lookup = (struct lookup){ &k->ids, &k->bags, -1 };
	k->all = ids;
	k->all_bags = bags;
	k->at = (size_t)place;
	k->of = (size_t)places;
	k->first = (uint32_t)first;
	return n;
}
