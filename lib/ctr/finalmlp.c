/* FinalMLP: two MLPs that look at the fields through gates of their own, and a bilinear product of what they see.  Mao et al., AAAI 2023,
 * arXiv 2304.00902, eq. 4 to 9.
 *
 *     x_s = 2 sigmoid(MLP_s(c_s)) * x,   u_s = MLP(x_s),   s = 1, 2               * elementwise; gated=0: x_s = x
 *     c_s: the embeddings, from a table of the gate's own, of the fields that gate1 and gate2 number from 1; of none: a vector that is learnt
 *     q = [u_1; u_2],   z = w_1 u_1 + w_2 u_2 + b + sum_h u_1h' W_h u_2h           heads: u_s cut into equal parts u_sh
 */
#include <stdio.h>

#include "ctr/ctr.h"

/* What a gate looks at: (B, k d), or (1, d) for all rows. */
static struct nn_node *context(struct ctr_build *b, const struct ctr_sizes *fields, int s)
{
	char name[32];
	int which[CTR_MAX_HIDDEN];
	size_t d = (size_t)b->c->dim;
	if (!fields->n)
		return ng_weight(b->b.g, nn_param_new(&b->b, NN_INIT_ZERO, 2, (size_t[]){ 1, d }, "gate.%d.context", s));
	for (int i = 0; i < fields->n; i++)
		which[i] = (int)fields->v[i] - 1;
	snprintf(name, sizeof name, "gate.%d.embedding", s);
	return ng_pick_groups(b->b.g, ctr_embed_by(b, name), d, fields->n, which);
}

static struct nn_node *gated(struct ctr_build *b, struct nn_node *x, const struct ctr_sizes *fields, int s)
{
	struct nn_graph *g = b->b.g;
	struct nn_node *c = context(b, fields, s);
	for (int l = 0; l < b->c->gate.n; l++)
		c = nn_dense(&b->b, c, b->c->gate.v[l], NN_RELU, "gate.%d.%d", s, l);
	c = nn_dense(&b->b, c, x->cols, NN_SIGMOID, "gate.%d.out", s);
	struct nn_node *y = fields->n ? ng_mul(g, x, c) : ng_scale_cols(g, x, c);
	return ng_add(g, y, y);
}

static struct nn_node *finalmlp_final(struct ctr_build *b)
{
	const struct ctr_config *c = b->c;
	struct nn_node *x = ctr_embed(b);
	struct nn_node *a = c->gated ? gated(b, x, &c->gate1, 1) : x, *e = c->gated ? gated(b, x, &c->gate2, 2) : x;
	return ng_concat(b->b.g, 2, (struct nn_node *[]){ ctr_mlp(b, a, &c->hidden, "mlp1"), ctr_mlp(b, e, &c->hidden2, "mlp2") });
}

/* W as (heads, part of u_1, part of u_2), behind one another in one column. */
static struct nn_node *finalmlp_logit(struct ctr_build *b, struct nn_node *q)
{
	struct nn_graph *g = b->b.g;
	size_t heads = (size_t)b->c->heads, n1 = b->c->hidden.v[b->c->hidden.n - 1], n2 = q->cols - n1, n = n1 / heads * (n2 / heads);
	struct nn_param *w = nn_param_new(&b->b, NN_INIT_XAVIER, 2, (size_t[]){ heads * n, 1 }, "bilinear.weight");
	struct nn_node *u1 = ng_cols(g, q, 0, n1), *u2 = ng_cols(g, q, n1, n2);
	struct nn_node *xy = ng_sum_groups(g, ng_mul(g, u1, ng_group_linear(g, u2, ng_slice(g, w, 0, heads, n))), 1);
	return ng_add(g, nn_dense(&b->b, q, 1, NN_NONE, "out"), xy);
}

static int check_gate(const struct ctr_config *c, const struct ctr_sizes *fields, const char *name, struct cp_err *err)
{
	for (int i = 0; i < fields->n; i++)
		if (fields->v[i] > (size_t)c->n_fields)
			return cp_err_set(err, "%s: field %zu; the rows have %d", name, fields->v[i], c->n_fields);
	return 0;
}

static int finalmlp_check(const struct ctr_config *c, struct cp_err *err)
{
	if (!c->hidden.n || !c->hidden2.n)
		return cp_err_set(err, "hidden and hidden2 need a layer each");
	size_t n1 = c->hidden.v[c->hidden.n - 1], n2 = c->hidden2.v[c->hidden2.n - 1], heads = (size_t)c->heads;
	if (n1 % heads || n2 % heads)
		return cp_err_set(err, "the last layers, %zu and %zu wide, are no multiples of heads=%zu", n1, n2, heads);
	return check_gate(c, &c->gate1, "gate1", err) < 0 || check_gate(c, &c->gate2, "gate2", err) < 0 ? -1 : 0;
}

const struct ctr_model ctr_finalmlp = { "finalmlp", "two gated MLPs and their bilinear product", finalmlp_final, finalmlp_logit,
					"dim=32 hidden=256x3 hidden2=256x3 gated=1 gate=64 gate1= gate2= heads=1 " CTR_MLP_SIZES,
					.check = finalmlp_check };
