/* CTR-BERT: one encoder reads the user's text and the item's, each by itself; what it makes of the two meets late.
 *
 *     z = W2 dropout(tanh(W1 [h_cls(user), h_cls(item), q] + b1)) + b2,  128 wide
 *
 * (Muhamed et al., Efficient Natural Language and Speech Processing workshop, NeurIPS 2021.)  The weights of the twins are shared.  q is a CTR
 * model's final vector, or not there.  The paper distils a larger model into this one, an option here of any training on clicks (train/teacher.c). */
#include "plm/plm.h"

struct nn_node *plm_ctr_bert(struct nn_build *b, const struct plm_config *c, const struct plm_nodes *n, struct plm_feed *f, struct nn_node *q)
{
	struct nn_node *cls = ng_gather(b->g, plm_pool(b, c, n, f, PLM_POOL_CLS), &f->one, PLM_ROWS, 2);
	cls = ng_view(b->g, cls, 1, 2 * c->hidden);
	struct nn_node *both = q ? ng_concat(b->g, 2, (struct nn_node *[]){ cls, q }) : cls;
	struct nn_node *h = nn_dense(b, both, PLM_HEAD_WIDTH, NN_TANH, "ctr_bert.0");
	return nn_dense(b, ng_dropout(b->g, h, PLM_HEAD_DROPOUT), 1, NN_NONE, "ctr_bert.2");
}
