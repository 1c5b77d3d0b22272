/* xDeepFM: a compressed interaction network beside an MLP.  Lian et al., KDD 2018, arXiv 1803.05170, eq. 6 to 8, in the linear form of the
 * public implementations.
 *
 *     X^0 = E (F rows of width d)
 *     X^k[o] = b^k[o] + sum_{h,m} W^k[o, h H + m] X^0[h] * X^{k-1}[m]            * elementwise; H rows of X^{k-1}
 *     s^k[o] = sum over the width of X^k[o];   s = [s^1; ...; s^K],   u = MLP(x) (hidden)
 *     q = [s; u],   z = out(q)  or, towers=sum, out(s) + mlp.out(u);  + linear term (wide)
 */
#include "ctr/ctr.h"

/* Sums of each map over its width, (B, maps). */
static struct nn_node *map_sums(struct ctr_build *b, struct nn_node *x)
{
	size_t d = (size_t)b->c->dim;
	int maps = (int)(x->cols / d);
	struct nn_node *each = ng_sum_groups(b->b.g, ng_view(b->b.g, x, maps, d), 1);
	return ng_view(b->b.g, each, 1, (size_t)maps);
}

static struct nn_node *cin_layer(struct ctr_build *b, struct nn_node *x0, struct nn_node *x, int k)
{
	size_t d = (size_t)b->c->dim, maps = b->c->cin.v[k], pairs = (x0->cols / d) * (x->cols / d);
	struct nn_param *w = nn_param_new(&b->b, NN_INIT_XAVIER, 3, (size_t[]){ maps, pairs, 1 }, "cin.%d.weight", k + 1);
	struct nn_param *bias = nn_param_new(&b->b, NN_INIT_ZERO, 1, &maps, "cin.%d.bias", k + 1);
	return ng_cin(b->b.g, x0, x, ng_weight(b->b.g, w), ng_weight(b->b.g, bias), d);
}

static struct nn_node *xdeepfm_final(struct ctr_build *b)
{
	const struct ctr_config *c = b->c;
	struct nn_node *x0 = ctr_embed(b), *x = x0, *part[CTR_MAX_HIDDEN + 1];
	int n = 0;
	for (int k = 0; k < c->cin.n; k++) {
		x = cin_layer(b, x0, x, k);
		part[n++] = map_sums(b, x);
	}
	if (c->hidden.n)
		part[n++] = ctr_mlp(b, x0, &c->hidden, "mlp");
	return ng_concat(b->b.g, n, part);
}

static struct nn_node *xdeepfm_logit(struct ctr_build *b, struct nn_node *q)
{
	size_t maps = 0;
	for (int k = 0; k < b->c->cin.n; k++)
		maps += b->c->cin.v[k];
	return ctr_add_linear(b, ctr_towers_logit(b, q, maps));
}

static int xdeepfm_check(const struct ctr_config *c, struct cp_err *err)
{
	return c->cin.n ? 0 : cp_err_set(err, "cin names no layer");
}

const struct ctr_model ctr_xdeepfm = { "xdeepfm", "compressed interaction beside an MLP", xdeepfm_final, xdeepfm_logit,
				       "dim=32 cin=25x3 hidden=256x3 towers=joint wide=0 " CTR_MLP_SIZES, .check = xdeepfm_check };
