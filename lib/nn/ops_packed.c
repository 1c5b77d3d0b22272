/* What a graph that only scores does in place of linear maps (nn_graph_pack): products with packed weights, and what follows them while
 * the sums are still in registers: bias, ReLU, and the x + x0 (W x + b) of a cross layer, whose two nodes become one. */
#include "nn/graph_priv.h"
#include "nn/kernels.h"

/* x, W, b; of a cross layer also x0 and what is added */
static struct nn_epilogue what_follows(const struct nn_node *n, size_t from)
{
	const struct nn_linear *a = n->args;
	struct nn_epilogue e = { .bias = n->n_in > 2 ? n->in[2]->val : NULL, .relu = a->act == NN_RELU };
	if (n->n_in > 3) {
		e.ld = n->cols;
		e.x0 = n->in[3]->val + from * e.ld;
		e.x = n->in[4]->val + from * e.ld;
	}
	return e;
}

static void packed_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	const struct nn_linear *a = n->args;
	size_t in = n->in[0]->cols;
	nn_float *y = n->val + from * n->cols;
	struct nn_epilogue end = what_follows(n, from);
	a->packed.by->rows(y, n->cols, n->in[0]->val + from * in, in, a->packed.w, to - from, n->cols, in, &end);
	if (a->act == NN_TANH)
		nn_tanh_fwd(y, y, (to - from) * n->cols);
	else if (a->act == NN_SIGMOID)
		nn_sigmoid_fwd(y, y, (to - from) * n->cols);
}

static void packed_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), nn_packed_grain(n->cols * n->in[0]->cols), packed_fwd_part);
}

static const struct nn_op op_packed = { "packed", packed_fwd, NULL, NULL };

static int pack_node(struct nn_packs *packs, struct nn_node *n, const struct nn_matrix *m, struct cp_err *err)
{
	struct nn_linear *a = n->args;
	return nn_packs_of(packs, m, &a->packed) == 0 ? 0 : cp_err_set(err, "parameter '%s' holds a number that is not finite", n->in[1]->param->name);
}

/* A cross layer over a packed map: takes its input, and leaves it to nobody. */
static void join_cross(struct nn_graph *g, struct nn_node *n)
{
	struct nn_node *h = n->in[2];
	if (h->op != &op_packed || h->n_in != 3 || ((const struct nn_linear *)h->args)->act != NN_NONE)
		return;
	struct nn_node **in = cp_arena_zalloc(&g->nodes_mem, 5 * sizeof *in);
	for (int i = 0; i < 3; i++)
		in[i] = h->in[i];
	in[3] = n->in[1];
	in[4] = n->in[0];
	n->in = in;
	n->n_in = 5;
	n->args = h->args;
	n->op = &op_packed;
}

int nn_graph_pack(struct nn_graph *g, struct nn_packs *packs, struct cp_err *err)
{
	struct nn_matrix m;
	for (int i = 0; i < g->n_nodes; i++) {
		struct nn_node *n = g->nodes[i];
		if (nn_linear_matrix(n, &m)) {
			if (pack_node(packs, n, &m, err) < 0)
				return -1;
			n->op = &op_packed;
		} else if (nn_group_matrix(n, &m)) {
			if (pack_node(packs, n, &m, err) < 0)
				return -1;
		} else if (nn_is_cross(n)) {
			join_cross(g, n);
		}
	}
	g->by_row = 1;
	return 0;
}
