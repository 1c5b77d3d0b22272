/* What the operations' files share; not for users of the graph. */
#ifndef NN_GRAPH_PRIV_H
#define NN_GRAPH_PRIV_H

#include "nn/graph.h"

/* Rows that ids of the batch name (nn/table.h). */
struct nn_graph_index {
	struct nn_graph_index *next;
	const struct nn_ids *ids;
	size_t n;
	const struct nn_index *rows;
};

/* A new node on (axis, mult) with `cols` columns, inputs in order; needs a gradient if any input does. */
struct nn_node *nn_node_new(struct nn_graph *, const struct nn_op *, int axis, int mult, size_t cols, int n_in, struct nn_node *const *in);

/* Zeroed memory for n->args, as long as the graph. */
void *nn_args(struct nn_graph *, struct nn_node *, size_t size_bytes);

/* Of a linear map; a graph that only scores has its weights packed (ops_packed.c). */
struct nn_linear {
	enum nn_act act;
	int transposed;		/* the matrix is (in, out) */
	struct nn_packed packed;
};

/* The gradient of a node, ready to be added to (zeroed if nothing is in it yet); NULL if it needs none. */
nn_float *nn_grad(struct nn_graph *, struct nn_node *);
/* The same for an operation that can also overwrite: *add is 0 where nothing is there (contents undefined), else 1. */
nn_float *nn_grad_to(struct nn_graph *, struct nn_node *, int *add);

/* The same two, but scratch memory instead of NULL where none is needed: for a kernel that writes all its gradients or none. */
nn_float *nn_grad_or_room(struct nn_graph *, struct nn_node *);
nn_float *nn_grad_or_room_to(struct nn_graph *, struct nn_node *, int *add);
void nn_grads_or_room(struct nn_graph *, struct nn_node *);	/* of all inputs of a node */
/* The gradient of `to` += d, of as many numbers; written where nothing is there. */
void nn_grad_add(struct nn_graph *, struct nn_node *to, const nn_float *d);
/* The same of n's own gradient, whose memory `to` takes over where it can: n has none afterwards. */
void nn_grad_pass(struct nn_graph *, struct nn_node *n, struct nn_node *to);
/* What one of these gave before, for the parts of a task (which must not allocate). */
nn_float *nn_grad_now(struct nn_node *);

/* Elements from .. to-1 of n's gradient become that before the activation. */
void nn_act_bwd(struct nn_node *n, enum nn_act, size_t from, size_t to);

/* Whether a node maps x by weights that stay, and by which. */
int nn_linear_matrix(const struct nn_node *, struct nn_matrix *);
int nn_group_matrix(const struct nn_node *, struct nn_matrix *);
int nn_is_cross(const struct nn_node *);

static inline size_t nn_count(const struct nn_graph *g, const struct nn_node *n)
{
	return nn_rows(g, n) * n->cols;
}

/* Run fn over [0, count) in pieces of `grain` (the last one shorter) on the team.  The pieces depend on count and grain only. */
typedef void (*nn_part_fn)(struct nn_graph *, struct nn_node *, size_t from, size_t to);
void nn_parts(struct nn_graph *, struct nn_node *, size_t count, size_t grain, nn_part_fn);

/* The same for work that also sums something of `width` numbers over all parts (a bias's gradient): every part gets zeroed room of its
 * own, and the rooms are added to out in their order. */
typedef void (*nn_sum_fn)(struct nn_graph *, struct nn_node *, size_t from, size_t to, nn_float *room);
void nn_parts_sum(struct nn_graph *, struct nn_node *, size_t count, size_t grain, nn_sum_fn, size_t width, nn_float *out);

/* Room for n numbers inside a task, one at a time; nn_room_end gives it back. */
nn_float *nn_room(struct nn_graph *, size_t n);
void nn_room_end(struct nn_graph *, nn_float *);

/* Of BatchNorm, over the batches so far. */
struct nn_moments {
	struct nn_param *mean, *var;
};

#define NN_BN_EPS 1e-5		/* of BatchNorm, as PyTorch has them */
#define NN_BN_MOMENTUM 0.1

#define NN_GRAIN 16384	/* elements a task: some microseconds, ten times what handing it out costs */

static inline size_t nn_row_grain(size_t cols)
{
	size_t g = NN_GRAIN / cols;
	return g ? g : 1;
}

/* Rows of a packed product a task: two million multiply-adds or more, in whole tiles of every kind. */
static inline size_t nn_packed_grain(size_t weights)
{
	return ((2 << 20) / weights / 96 + 1) * 96;
}

/* For sums: no more than 32 parts, so that adding up the rooms stays small beside the work. */
static inline size_t nn_sum_grain(size_t rows, size_t cols)
{
	size_t g = nn_row_grain(cols), few = (rows + 31) / 32;
	return g > few ? g : few;
}

#endif
