/* FiGNN: messages between fields on a complete graph.  Li et al., CIKM 2019, arXiv 1910.05552, eq. 2 to 9.
 *
 *     g_ij = softmax over j != i of LeakyReLU(w_a . [e_i; e_j])                   once, from the embeddings
 *     h^0 = E;   a_i = W_in[i] sum_j g_ij W_out[j] h_j + b                        W_in, W_out (F,d,d), for every step or shared (reuse)
 *     h' = GRU(a, h) (gru) or a + h;   h' += E (residual)
 *     q = flatten(h^T),   z = sum_i sigmoid(W_2 q)_i (w_1 . h_i)
 */
#include <math.h>
#include <stdio.h>

#include "ctr/ctr.h"

struct layer {			/* of one step */
	struct nn_node *in, *out, *bias;
};

struct gru {			/* of all steps */
	struct nn_node *wi, *wh, *bi, *bh;
};

static struct layer layer_of(struct ctr_build *b, int t)
{
	size_t f = (size_t)b->c->n_fields, d = (size_t)b->c->dim;
	char at[32] = "graph";
	if (!b->c->reuse)
		snprintf(at, sizeof at, "graph.%d", t);
	struct nn_param *in = nn_param_new(&b->b, NN_INIT_XAVIER, 3, (size_t[]){ f, d, d }, "%s.in", at);
	struct nn_param *out = nn_param_new(&b->b, NN_INIT_XAVIER, 3, (size_t[]){ f, d, d }, "%s.out", at);
	struct nn_param *bias = nn_param_new(&b->b, NN_INIT_ZERO, 1, &d, "%s.bias", at);
	return (struct layer){ ng_weight(b->b.g, in), ng_weight(b->b.g, out), ng_weight(b->b.g, bias) };
}

/* As PyTorch starts it: all uniform in 1/sqrt(d). */
static struct nn_node *gru_part(struct ctr_build *b, int n_dims, const char *name)
{
	size_t d = (size_t)b->c->dim;
	struct nn_param *p = nn_param_new(&b->b, NN_INIT_UNIFORM, n_dims, (size_t[]){ 3 * d, d }, "gru.%s", name);
	p->init_std = 1 / sqrt((double)d);
	return ng_weight(b->b.g, p);
}

static struct nn_node *weights(struct ctr_build *b, struct nn_node *e)
{
	size_t d = (size_t)b->c->dim, f = (size_t)b->c->n_fields;
	struct nn_param *w = nn_param_new(&b->b, NN_INIT_XAVIER, 2, (size_t[]){ 1, 2 * d }, "attention.weight");
	struct nn_node *s = ng_linear(b->b.g, e, ng_slice(b->b.g, w, 0, 1, d), NULL, NN_NONE);
	struct nn_node *t = ng_linear(b->b.g, e, ng_slice(b->b.g, w, d, 1, d), NULL, NN_NONE);
	return ng_pair_softmax(b->b.g, ng_view(b->b.g, s, 1, f), ng_view(b->b.g, t, 1, f));
}

/* a: what the fields have to say to each field, (B F, d) */
static struct nn_node *messages(struct ctr_build *b, const struct layer *l, struct nn_node *g, struct nn_node *h)
{
	struct nn_graph *n = b->b.g;
	size_t f = (size_t)b->c->n_fields, d = (size_t)b->c->dim;
	struct nn_node *m = ng_group_linear(n, ng_view(n, h, 1, f * d), l->out);
	struct nn_node *a = ng_group_linear(n, ng_mix(n, g, m, f), l->in);
	return ng_bias(n, ng_view(n, a, (int)f, d), l->bias);
}

static struct nn_node *fignn_final(struct ctr_build *b)
{
	const struct ctr_config *c = b->c;
	struct nn_graph *n = b->b.g;
	struct nn_node *e = ng_view(n, ctr_embed(b), c->n_fields, (size_t)c->dim), *h = e, *g = weights(b, e);
	struct gru r = { 0 };
	struct layer l = { 0 };
	if (c->gru)
		r = (struct gru){ gru_part(b, 2, "weight_ih"), gru_part(b, 2, "weight_hh"), gru_part(b, 1, "bias_ih"), gru_part(b, 1, "bias_hh") };
	for (int t = 0; t < c->steps; t++) {
		if (!t || !c->reuse)
			l = layer_of(b, t);
		struct nn_node *a = messages(b, &l, g, h);
		h = c->gru ? ng_gru(n, ng_linear(n, a, r.wi, r.bi, NN_NONE), ng_linear(n, h, r.wh, r.bh, NN_NONE), h) : ng_add(n, a, h);
		if (c->residual)
			h = ng_add(n, h, e);
	}
	return ng_view(n, h, 1, (size_t)(c->n_fields * c->dim));
}

static struct nn_node *fignn_logit(struct ctr_build *b, struct nn_node *q)
{
	struct nn_graph *n = b->b.g;
	size_t f = (size_t)b->c->n_fields;
	struct nn_node *y = nn_dense_plain(&b->b, ng_view(n, q, (int)f, (size_t)b->c->dim), 1, NN_NONE, "out.field");
	struct nn_node *share = nn_dense_plain(&b->b, q, f, NN_SIGMOID, "out.share");
	return ng_sum_groups(n, ng_mul(n, share, ng_view(n, y, 1, f)), 1);
}

const struct ctr_model ctr_fignn = { "fignn", "messages between fields on a graph", fignn_final, fignn_logit,
				     "dim=32 steps=3 gru=1 residual=1 reuse=1 emb_dropout=0", .min_fields = 2 };
