/* DNN: an MLP over the embeddings.
 *
 *     q = MLP(x),  z = w q + b
 */
#include "ctr/ctr.h"

static struct nn_node *dnn_final(struct ctr_build *b)
{
	return ctr_mlp(b, ctr_embed(b), &b->c->hidden, "mlp");
}

const struct ctr_model ctr_dnn = { "dnn", "an MLP over the embeddings", dnn_final, NULL, "dim=32 hidden=256x6 " CTR_MLP_SIZES };
