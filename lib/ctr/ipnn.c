/* IPNN: an MLP over the embeddings and the inner products of all pairs.  Qu et al., ICDM 2016, arXiv 1611.00144, section III.B, in the
 * form of the public implementations: the products themselves, no projection of them.
 *
 *     t = [ e_i . e_j : i < j ],   q = MLP([x; t]),   z = out(q)
 *
 * One field has no pair: t is empty.
 */
#include "ctr/ctr.h"

static struct nn_node *ipnn_final(struct ctr_build *b)
{
	struct nn_node *x = ctr_embed(b);
	if (b->c->n_fields > 1)
		x = ng_concat(b->b.g, 2, (struct nn_node *[]){ x, ng_inner(b->b.g, x, (size_t)b->c->dim) });
	return ctr_mlp(b, x, &b->c->hidden, "mlp");
}

const struct ctr_model ctr_ipnn = { "ipnn", "an MLP over embeddings and their inner products", ipnn_final, NULL,
				    "dim=32 hidden=256x6 " CTR_MLP_SIZES };
