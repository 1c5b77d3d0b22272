/* DCN: a cross network beside an MLP.  Wang et al., ADKDD 2017, arXiv 1708.05123, eq. 3.
 *
 *     x_{l+1} = x_l + x_0 (w_l . x_l) + b_l                                      w_l, b_l as wide as x_0
 *     q = [x_L; MLP(x_0)],   z = out(q)                                          without hidden layers q = x_L
 */
#include "ctr/ctr.h"

static struct nn_node *cross_layer(struct ctr_build *b, struct nn_node *x0, struct nn_node *x, int l)
{
	struct nn_node *s = nn_dense_plain(&b->b, x, 1, NN_NONE, "cross.%d", l);
	struct nn_param *bias = nn_param_new(&b->b, NN_INIT_ZERO, 1, &x0->cols, "cross.%d.bias", l);
	return ng_bias(b->b.g, ng_add(b->b.g, x, ng_scale_rows(b->b.g, x0, s)), ng_weight(b->b.g, bias));
}

static struct nn_node *dcn_final(struct ctr_build *b)
{
	struct nn_node *x0 = ctr_embed(b), *x = x0;
	for (int l = 0; l < b->c->cross; l++)
		x = cross_layer(b, x0, x, l);
	if (!b->c->hidden.n)
		return x;
	return ng_concat(b->b.g, 2, (struct nn_node *[]){ x, ctr_mlp(b, x0, &b->c->hidden, "mlp") });
}

const struct ctr_model ctr_dcn = { "dcn", "cross network of rank one beside an MLP", dcn_final, NULL, "dim=32 cross=4 hidden=256x4 " CTR_MLP_SIZES };
