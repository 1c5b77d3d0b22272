/* Building blocks: a parameter and the operation that uses it, made in one go, so that a model's page reads like its formula.
 *
 *     struct nn_build b = { g, ps, GROUP_CTR };
 *     struct nn_node *u = nn_dense(&b, x, 256, NN_RELU, "mlp.%d", l);       // adds mlp.L.weight (256, cols of x) and mlp.L.bias (256)
 */
#ifndef NN_BUILD_H
#define NN_BUILD_H

#include "nn/graph.h"

struct nn_build {
	struct nn_graph *g;
	struct nn_params *ps;
	int group;		/* of the optimiser, and */
	int frozen;		/* whether it takes no step: for what is added from now on */
};

struct nn_param *nn_param_new(struct nn_build *, enum nn_init, int n_dims, const size_t *dims, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* act(x W^T + b), Xavier and zero at the start. */
struct nn_node *nn_dense(struct nn_build *, struct nn_node *x, size_t out, enum nn_act, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* Without bias. */
struct nn_node *nn_dense_plain(struct nn_build *, struct nn_node *x, size_t out, enum nn_act, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* LayerNorm with gain and bias, epsilon 1e-5. */
struct nn_node *nn_layer_norm(struct nn_build *, struct nn_node *x, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* BatchNorm of every column or, with maps, of so many maps that lie behind one another in a row; its running mean and variance are parameters that
 * take no step. */
struct nn_node *nn_batch_norm(struct nn_build *, struct nn_node *x, size_t maps, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
