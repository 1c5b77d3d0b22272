/* LR: logistic regression over the features.
 *
 *     z = sum_f w[id_f] + b
 */
#include "ctr/ctr.h"

static struct nn_node *lr_logit(struct ctr_build *b, struct nn_node *q)
{
	(void)q;
	return ctr_linear(b, 1);
}

const struct ctr_model ctr_lr = { "lr", "logistic regression", NULL, lr_logit, "" };
