/* The executor: nodes forward in the order they were made, gradients in the reverse.
 *
 * Values of a batch lie in an arena that the next nn_forward resets.  A gradient lives from the first consumer that adds to it until its
 * own node has passed it on, and then goes back to a pool: at any time only the front of the backward pass is held. */
#include "nn/graph.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "nn/graph_priv.h"
#include "nn/kernels.h"

/* --- The pool of gradient memory --------------------------------------------------------------------------------------------------- */

struct nn_block {
	nn_float *p;
	size_t n;
	int used;
};

struct nn_pool {
	struct nn_block *v;
	size_t n, cap;
};

static nn_float *pool_get(struct nn_pool *p, size_t n)
{
	struct nn_block *best = NULL;
	for (size_t i = 0; i < p->n; i++)
		if (!p->v[i].used && p->v[i].n >= n && (!best || p->v[i].n < best->n))
			best = &p->v[i];
	if (!best || best->n > 2 * n + 4096) {
		size_t room = n + n / 8;	/* batches differ a little in length: leave room to be used again */
		nn_float *x = cp_xlarge(room, sizeof *x);
		p->v = cp_xgrow(p->v, &p->cap, p->n + 1, sizeof *p->v);
		best = &p->v[p->n++];
		*best = (struct nn_block){ x, room, 0 };
	}
	best->used = 1;
	return best->p;
}

static void pool_put(struct nn_pool *p, nn_float *x)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].p == x)
			p->v[i].used = 0;
}

static void pool_release(struct nn_pool *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].p);
	free(p->v);
	*p = (struct nn_pool){ 0 };
}

/* --- Building ---------------------------------------------------------------------------------------------------------------------- */

struct nn_graph *nn_graph_new(struct cp_team *team)
{
	struct nn_graph *g = cp_xcalloc(1, sizeof *g);
	g->team = team;
	g->len[0] = 1;
	g->pool = cp_xcalloc(1, sizeof *g->pool);
	return g;
}

void nn_graph_free(struct nn_graph *g)
{
	if (!g)
		return;
	pool_release(g->pool);
	free(g->pool);
	cp_arena_release(&g->arena);
	cp_arena_release(&g->nodes_mem);
	free(g->nodes);
	free(g->room);
	free(g);
}

struct nn_node *nn_node_new(struct nn_graph *g, const struct nn_op *op, int axis, int mult, size_t cols, int n_in, struct nn_node *const *in)
{
	struct nn_node *n = cp_arena_zalloc(&g->nodes_mem, sizeof *n);
	assert(axis >= 0 && axis < NN_AXES && mult > 0 && cols > 0);
	n->op = op;
	n->axis = axis;
	n->mult = mult;
	n->cols = cols;
	n->n_in = n_in;
	n->in = cp_arena_zalloc(&g->nodes_mem, (size_t)(n_in + 1) * sizeof *n->in);
	for (int i = 0; i < n_in; i++) {
		n->in[i] = in[i];
		n->needs_grad |= in[i]->needs_grad;
	}
	g->nodes = cp_xrealloc(g->nodes, (size_t)g->n_nodes + 1, sizeof *g->nodes);
	g->nodes[g->n_nodes++] = n;
	return n;
}

void *nn_args(struct nn_graph *g, struct nn_node *n, size_t size_bytes)
{
	return n->args = cp_arena_zalloc(&g->nodes_mem, size_bytes);
}

/* --- Running ----------------------------------------------------------------------------------------------------------------------- */

static void want(struct nn_node *n)
{
	if (n->wanted)
		return;
	n->wanted = 1;
	for (int i = 0; i < n->n_in; i++)
		want(n->in[i]);
	if (n->root)
		want(n->root);
}

void nn_forward(struct nn_graph *g, struct nn_node *target)
{
	cp_arena_reset(&g->arena);
	g->index = NULL;
	for (int i = 0; i < g->n_nodes; i++)
		g->nodes[i]->wanted = 0;
	want(target);
	for (int i = 0; i < g->n_nodes; i++) {
		struct nn_node *n = g->nodes[i];
		if (!n->wanted)
			continue;
		n->grad = NULL;
		n->grad_ready = n->pooled = 0;
		if (!n->op->borrows)
			n->val = cp_arena_alloc(&g->arena, nn_count(g, n) * sizeof(nn_float));
		size_t keep = n->op->scratch ? n->op->scratch(g, n) : 0;
		n->scratch = keep ? cp_arena_alloc(&g->arena, keep) : NULL;
		n->op->fwd(g, n);
	}
}

static struct nn_node *root_of(struct nn_node *n)
{
	while (n->root)
		n = n->root;
	return n;
}

static nn_float *grad_memory(struct nn_graph *g, struct nn_node *n, int *add)
{
	*add = n->grad_ready;
	assert(!n->param || !n->param->table);	/* only look-ups read a table by rows */
	if (!n->grad) {
		n->grad = pool_get(g->pool, nn_count(g, n));
		n->pooled = 1;
	}
	n->grad_ready = 1;
	return n->grad;
}

/* Something done to a long run of numbers, by pieces. */
struct run {
	nn_float *to;
	const nn_float *from;
	size_t n;
	void (*fn)(const struct run *, size_t at, size_t n);
};

static void zero_some(const struct run *r, size_t at, size_t n)
{
	memset(r->to + at, 0, n * sizeof *r->to);
}

static void copy_some(const struct run *r, size_t at, size_t n)
{
	memcpy(r->to + at, r->from + at, n * sizeof *r->to);
}

static void add_some(const struct run *r, size_t at, size_t n)
{
	nn_add(r->to + at, r->from + at, n);
}

static void run_piece(void *ctx, int task)
{
	const struct run *r = ctx;
	size_t at = (size_t)task * NN_GRAIN, left = r->n - at;
	r->fn(r, at, left < NN_GRAIN ? left : NN_GRAIN);
}

static void each(struct nn_graph *g, nn_float *to, const nn_float *from, size_t n, void (*fn)(const struct run *, size_t, size_t))
{
	struct run r = { to, from, n, fn };
	if (n)
		cp_team_run(g->team, (int)((n + NN_GRAIN - 1) / NN_GRAIN), run_piece, &r);
}

nn_float *nn_grad_to(struct nn_graph *g, struct nn_node *n, int *add)
{
	n = root_of(n);
	return n->needs_grad ? grad_memory(g, n, add) : NULL;
}

nn_float *nn_grad_or_room_to(struct nn_graph *g, struct nn_node *n, int *add)
{
	return grad_memory(g, root_of(n), add);
}

nn_float *nn_grad_or_room(struct nn_graph *g, struct nn_node *n)
{
	int add;
	nn_float *p = nn_grad_or_room_to(g, n, &add);
	if (!add)
		each(g, p, NULL, nn_count(g, n), zero_some);
	return p;
}

void nn_grads_or_room(struct nn_graph *g, struct nn_node *n)
{
	for (int i = 0; i < n->n_in; i++)
		nn_grad_or_room(g, n->in[i]);
}

nn_float *nn_grad(struct nn_graph *g, struct nn_node *n)
{
	return root_of(n)->needs_grad ? nn_grad_or_room(g, n) : NULL;
}

void nn_grad_add(struct nn_graph *g, struct nn_node *to, const nn_float *d)
{
	int add;
	nn_float *p = nn_grad_to(g, to, &add);
	if (p)
		each(g, p, d, nn_count(g, to), add ? add_some : copy_some);
}

void nn_grad_pass(struct nn_graph *g, struct nn_node *n, struct nn_node *to)
{
	struct nn_node *t = root_of(to);
	if (!t->needs_grad)
		return;
	if (t->grad || !n->pooled) {
		nn_grad_add(g, to, n->grad);
		return;
	}
	t->grad = n->grad;
	t->grad_ready = t->pooled = 1;
	n->grad = NULL;
	n->pooled = 0;
}

nn_float *nn_grad_now(struct nn_node *n)
{
	return root_of(n)->grad;
}

void nn_backward(struct nn_graph *g, struct nn_node *loss)
{
	nn_backward_share(g, loss, 1);
}

void nn_backward_share(struct nn_graph *g, struct nn_node *loss, nn_float share)
{
	assert(loss->wanted && nn_count(g, loss) == 1);
	nn_float *d = nn_grad(g, loss);
	if (!d)
		return;
	*d = share;
	for (int i = g->n_nodes - 1; i >= 0; i--) {
		struct nn_node *n = g->nodes[i];
		if (!n->wanted || n->root)
			continue;
		if (n->grad_ready && n->needs_grad && n->op->bwd)
			n->op->bwd(g, n);
		if (n->pooled) {
			pool_put(g->pool, n->grad);
			n->grad = NULL;
		}
		n->pooled = n->grad_ready = 0;
	}
}

/* --- Dividing work ----------------------------------------------------------------------------------------------------------------- */

struct parts {
	struct nn_graph *g;
	struct nn_node *n;
	size_t count, grain;
	nn_part_fn fn;
};

static void run_part(void *ctx, int task)
{
	const struct parts *p = ctx;
	size_t from = (size_t)task * p->grain, to = from + p->grain;
	p->fn(p->g, p->n, from, to < p->count ? to : p->count);
}

void nn_parts(struct nn_graph *g, struct nn_node *n, size_t count, size_t grain, nn_part_fn fn)
{
	struct parts p = { g, n, count, grain, fn };
	if (count)
		cp_team_run(g->team, (int)((count + grain - 1) / grain), run_part, &p);
}

struct sums {
	struct parts p;
	nn_sum_fn fn;
	size_t width;
	nn_float *room;
};

static void run_sum(void *ctx, int task)
{
	const struct sums *s = ctx;
	size_t from = (size_t)task * s->p.grain, to = from + s->p.grain;
	s->fn(s->p.g, s->p.n, from, to < s->p.count ? to : s->p.count, s->room + (size_t)task * s->width);
}

void nn_parts_sum(struct nn_graph *g, struct nn_node *n, size_t count, size_t grain, nn_sum_fn fn, size_t width, nn_float *out)
{
	size_t parts = (count + grain - 1) / grain;
	struct sums s = { { g, n, count, grain, NULL }, fn, width, NULL };
	if (!parts)
		return;
	s.room = cp_arena_zalloc(&g->arena, parts * width * sizeof(nn_float));
	cp_team_run(g->team, (int)parts, run_sum, &s);
	for (size_t i = 0; i < parts; i++)
		nn_add(out, s.room + i * width, width);
}

/* --- Room inside a task ------------------------------------------------------------------------------------------------------------ */

nn_float *nn_room(struct nn_graph *g, size_t n)
{
	if (g->team)
		return cp_xmalloc(n * sizeof(nn_float));
	if (n > g->room_size) {
		g->room = cp_xrealloc(g->room, n, sizeof *g->room);
		g->room_size = n;
	}
	return g->room;
}

void nn_room_end(struct nn_graph *g, nn_float *p)
{
	if (g->team)
		free(p);
}
