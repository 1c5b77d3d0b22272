/* DCNv2: a cross network beside (or under) an MLP.  Wang et al., DCN V2, WWW 2021, arXiv 2008.13535, eq. 1 and section 3.
 *
 *     x_{l+1} = x_l + x_0 * (W_l x_l + b_l)                                     cross layer, * elementwise, W_l (D,D)
 *     x_{l+1} = x_l + sum_k softmax_k(g_k x_l) E_k,                             low-rank mixture of experts, section 3.3
 *         E_k = x_0 * (U_k tanh(C_k tanh(V_k^T x_l)) + b_l)                         U_k, V_k (D,r), C_k (r,r); gates g_k shared by all layers
 *     q = [x_L; MLP(x_0)]                       structure=parallel
 *       = x_L                                   structure=crossnet_only, or no hidden layers
 *       = MLP(x_L)                              structure=stacked
 *       = [MLP_s(x_L); MLP_p(x_0)]              structure=stacked_parallel
 */
#include "ctr/ctr.h"

/* softmax over experts of g_k x, (B,K) */
static struct nn_node *gates(struct ctr_build *b, struct nn_node *x, struct nn_param *const *gate)
{
	struct nn_node *v[CTR_MAX_LAYERS];
	for (int k = 0; k < b->c->experts; k++)
		v[k] = ng_linear(b->b.g, x, ng_weight(b->b.g, gate[k]), NULL, NN_NONE);
	return ng_softmax(b->b.g, ng_concat(b->b.g, (int)b->c->experts, v));
}

static struct nn_node *mixture_layer(struct ctr_build *b, struct nn_node *x0, struct nn_node *x, int l, struct nn_param *const *gate)
{
	struct nn_graph *g = b->b.g;
	size_t k_n = (size_t)b->c->experts, d = x0->cols, r = (size_t)b->c->low_rank;
	struct nn_param *u = nn_param_new(&b->b, NN_INIT_XAVIER, 3, (size_t[]){ k_n, d, r }, "cross.%d.U", l);
	struct nn_param *v = nn_param_new(&b->b, NN_INIT_XAVIER, 3, (size_t[]){ k_n, d, r }, "cross.%d.V", l);
	struct nn_param *c = nn_param_new(&b->b, NN_INIT_XAVIER, 3, (size_t[]){ k_n, r, r }, "cross.%d.C", l);
	struct nn_param *bias = nn_param_new(&b->b, NN_INIT_ZERO, 2, (size_t[]){ d, 1 }, "cross.%d.bias", l);
	struct nn_node *b_l = ng_slice(g, bias, 0, 1, d), *p = gates(b, x, gate), *next = x;
	for (size_t k = 0; k < k_n; k++) {
		struct nn_node *h = ng_activate(g, ng_matmul(g, x, ng_slice(g, v, k * d * r, d, r)), NN_TANH);
		h = ng_linear(g, h, ng_slice(g, c, k * r * r, r, r), NULL, NN_TANH);
		h = ng_linear(g, h, ng_slice(g, u, k * d * r, d, r), b_l, NN_NONE);
		next = ng_add(g, next, ng_scale_rows(g, ng_mul(g, x0, h), ng_cols(g, p, k, 1)));
	}
	return next;
}

static struct nn_node *cross_network(struct ctr_build *b, struct nn_node *x0)
{
	struct nn_node *x = x0;
	struct nn_param *gate[CTR_MAX_LAYERS];
	for (int k = 0; b->c->low_rank && k < b->c->experts; k++)
		gate[k] = nn_param_new(&b->b, NN_INIT_XAVIER, 2, (size_t[]){ 1, x0->cols }, "cross.gate.%d", k);
	for (int l = 0; l < b->c->cross; l++)
		x = b->c->low_rank ? mixture_layer(b, x0, x, l, gate)
				   : ng_cross(b->b.g, x, x0, nn_dense(&b->b, x, x0->cols, NN_NONE, "cross.%d", l));
	return x;
}

static struct nn_node *dcnv2_final(struct ctr_build *b)
{
	struct nn_node *x = ctr_embed(b), *x_l = cross_network(b, x);
	if (b->c->structure == CTR_CROSSNET_ONLY || (b->c->structure == CTR_PARALLEL && !b->c->hidden.n))
		return x_l;
	if (b->c->structure == CTR_STACKED)
		return ctr_mlp(b, x_l, &b->c->stacked, "stacked");
	if (b->c->structure == CTR_STACKED_PARALLEL)
		x_l = ctr_mlp(b, x_l, &b->c->stacked, "stacked");
	return ng_concat(b->b.g, 2, (struct nn_node *[]){ x_l, ctr_mlp(b, x, &b->c->hidden, "mlp") });
}

const struct ctr_model ctr_dcnv2 = { "dcnv2", "cross network beside an MLP", dcnv2_final, NULL,
				     "dim=32 cross=6 hidden=256x6 structure=parallel stacked=256x3 low_rank=0 experts=4 " CTR_MLP_SIZES };
