/* FiBiNET: fields weighed by squeeze and excitation, and bilinear products of their pairs.  Huang et al., RecSys 2019, arXiv 1905.09433, eq. 3
 * to 10.
 *
 *     a = act(W_2 ReLU(W_1 s)),   s_i = mean of e_i;   v_i = a_i e_i              W_1 (r,F), W_2 (F,r), r = F / reduction, at least 1
 *     p = [ (W e_i) * e_j : i < j ],   q' = [ (W' v_i) * v_j : i < j ]            * elementwise; W one for all pairs (bilinear=all), one a
 *                                                                               field i (each) or one a pair (interaction)
 *     q = MLP([p; q']),   z = out(q) + sum_f w[id_f]                              the linear term with wide=1
 */
#include <stdlib.h>

#include "base/mem.h"
#include "ctr/ctr.h"

/* V, (B, F d) */
static struct nn_node *senet(struct ctr_build *b, struct nn_node *x)
{
	struct nn_graph *g = b->b.g;
	size_t fields = (size_t)b->c->n_fields, d = (size_t)b->c->dim, r = (size_t)((double)fields / b->c->reduction);
	struct nn_node *e = ng_view(g, x, (int)fields, d), *s = ng_view(g, ng_mean_groups(g, e, 1), 1, fields);
	s = nn_dense_plain(&b->b, s, r ? r : 1, NN_RELU, "senet.0");
	s = nn_dense_plain(&b->b, s, fields, b->c->excitation ? NN_SIGMOID : NN_RELU, "senet.1");
	return ng_view(g, ng_scale_rows(g, e, ng_view(g, s, (int)fields, 1)), 1, fields * d);
}

/* The products of all pairs, (B, F(F-1)/2 d). */
static struct nn_node *bilinear(struct ctr_build *b, struct nn_node *x, const char *name)
{
	struct nn_graph *g = b->b.g;
	int f = b->c->n_fields, pairs = f * (f - 1) / 2, n = 0, *left = cp_xmalloc(2 * (size_t)pairs * sizeof *left), *right = left + pairs;
	size_t d = (size_t)b->c->dim, many = b->c->bilinear == CTR_BILINEAR_EACH ? (size_t)f : (size_t)pairs;
	for (int i = 0; i < f; i++)
		for (int j = i + 1; j < f; j++) {
			left[n] = i;
			right[n++] = j;
		}
	struct nn_node *h = x;
	if (b->c->bilinear == CTR_BILINEAR_INTERACTION)
		h = ng_pick_groups(g, h, d, pairs, left);
	if (b->c->bilinear == CTR_BILINEAR_ALL) {
		struct nn_param *w = nn_param_new(&b->b, NN_INIT_XAVIER, 2, (size_t[]){ d, d }, "%s.weight", name);
		h = ng_view(g, ng_linear(g, ng_view(g, h, f, d), ng_weight(g, w), NULL, NN_NONE), 1, (size_t)f * d);
	} else {
		struct nn_param *w = nn_param_new(&b->b, NN_INIT_XAVIER, 3, (size_t[]){ many, d, d }, "%s.weight", name);
		h = ng_group_linear(g, h, ng_slice(g, w, 0, many, d * d));
	}
	if (b->c->bilinear != CTR_BILINEAR_INTERACTION)
		h = ng_pick_groups(g, h, d, pairs, left);
	struct nn_node *y = ng_mul(g, h, ng_pick_groups(g, x, d, pairs, right));
	free(left);
	return y;
}

static struct nn_node *fibinet_final(struct ctr_build *b)
{
	struct nn_node *x = ctr_embed(b), *v = senet(b, x);
	struct nn_node *p = bilinear(b, x, "bilinear.0"), *q = bilinear(b, v, "bilinear.1");
	return ctr_mlp(b, ng_concat(b->b.g, 2, (struct nn_node *[]){ p, q }), &b->c->hidden, "mlp");
}

static struct nn_node *fibinet_logit(struct ctr_build *b, struct nn_node *q)
{
	return ctr_add_linear(b, nn_dense(&b->b, q, 1, NN_NONE, "out"));
}

const struct ctr_model ctr_fibinet = { "fibinet", "an MLP over bilinear products of weighed fields", fibinet_final, fibinet_logit,
				       "dim=32 bilinear=interaction reduction=3 excitation=relu hidden=256x3 wide=1 " CTR_MLP_SIZES,
				       .min_fields = 2 };
