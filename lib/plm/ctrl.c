/* CTRL: a CTR model and a language model read the same row, and what they make of it is drawn together.
 *
 *     u = Wu q + bu             q the CTR model's final vector
 *     t = Wt mean(h) + bt       h the hidden states of the row's text;  128 wide both
 *     loss = InfoNCE(u, t)      the other rows of the batch are what a row does not belong to (nn/graph.h)
 *
 * (Li et al., arXiv 2306.02841, section 3: cross-modal knowledge alignment, and its fine-grained form by sub-spaces.)  Then the CTR model alone
 * learns clicks.  u is on the axis of the batch's rows, t on that of the texts: who feeds them may feed texts a part at a time. */
#include "plm/plm.h"

struct nn_node *plm_ctrl_row(struct nn_build *b, struct nn_node *q)
{
	return nn_dense(b, q, PLM_HEAD_WIDTH, NN_NONE, "ctrl.row");
}

struct nn_node *plm_ctrl_text(struct nn_build *b, const struct plm_config *c, const struct plm_nodes *n, struct plm_feed *f)
{
	return nn_dense(b, plm_pool(b, c, n, f, PLM_POOL_AVG), PLM_HEAD_WIDTH, NN_NONE, "ctrl.text");
}
