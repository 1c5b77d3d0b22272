/* FM: a factorisation machine.  Rendle, ICDM 2010, eq. 1.
 *
 *     z = sum_{i<j} e_i . e_j  [ + sum_f w[id_f] + b ]                           the linear term with wide=1
 */
#include "ctr/ctr.h"

static struct nn_node *fm_logit(struct ctr_build *b, struct nn_node *q)
{
	(void)q;
	struct nn_node *z = ng_fm(b->b.g, ctr_embed(b), (size_t)b->c->dim);
	return b->c->wide ? ng_add(b->b.g, z, ctr_linear(b, 1)) : z;
}

const struct ctr_model ctr_fm = { "fm", "factorisation machine", NULL, fm_logit, "dim=32 wide=1 emb_dropout=0" };
