/* PTab: a language model reads the row's fields as words, "field:value field:value ...", and scores it.
 *
 *     z = W2 dropout(tanh(W1 h_cls + b1)) + b2,  128 wide
 *
 * (Liu et al., arXiv 2209.08060.)  Before that the language model is trained to fill in masked words of these texts, which is no business of
 * this file: plm_lm_transform and what goes with it. */
#include "plm/plm.h"

struct nn_node *plm_ptab(struct nn_build *b, const struct plm_config *c, const struct plm_nodes *n, struct plm_feed *f)
{
	struct nn_node *h = nn_dense(b, plm_pool(b, c, n, f, PLM_POOL_CLS), PLM_HEAD_WIDTH, NN_TANH, "ptab.0");
	return nn_dense(b, ng_dropout(b->g, h, PLM_HEAD_DROPOUT), 1, NN_NONE, "ptab.2");
}
