/* DeepFM: a factorisation machine and an MLP over the same embeddings.  Guo et al., IJCAI 2017, arXiv 1703.04247, eq. 1.
 *
 *     fm = sum_{i<j} e_i . e_j  [ + sum_f w[id_f] + b ],   u = MLP(x)            the linear term with wide=1
 *     q = [u; fm],   z = out(u) + fm
 */
#include "ctr/ctr.h"

static struct nn_node *deepfm_final(struct ctr_build *b)
{
	struct nn_node *x = ctr_embed(b), *fm = ng_fm(b->b.g, x, (size_t)b->c->dim);
	if (b->c->wide)
		fm = ng_add(b->b.g, fm, ctr_linear(b, 1));
	return ng_concat(b->b.g, 2, (struct nn_node *[]){ ctr_mlp(b, x, &b->c->hidden, "mlp"), fm });
}

static struct nn_node *deepfm_logit(struct ctr_build *b, struct nn_node *q)
{
	size_t h = q->cols - 1;
	return ng_add(b->b.g, nn_dense(&b->b, ng_cols(b->b.g, q, 0, h), 1, NN_NONE, "out"), ng_cols(b->b.g, q, h, 1));
}

const struct ctr_model ctr_deepfm = { "deepfm", "factorisation machine beside an MLP", deepfm_final, deepfm_logit,
				      "dim=32 hidden=256x6 wide=1 " CTR_MLP_SIZES };
