/* FGCNN: new fields made by convolutions over the fields.  Liu et al., WWW 2019, arXiv 1904.04447, eq. 2 to 9.
 *
 *     Z^0 = E2 (its own table, or E with share_table): one map, F high and d wide
 *     Z^l = maxpool(f([BatchNorm](conv(Z^{l-1}))))                                kernels k high and 1 wide, runs of p; H_l high, C_l maps
 *     R_l = f(Lin(flatten Z^l)): H_l rc_l new fields of width d                     f of both: conv_act, tanh
 *     A = [E; R_1; ...; R_L],   t = [ a_i . a_j : i < j ],   q = MLP([A; t]),   z = out(q)
 */
#include <math.h>

#include "ctr/ctr.h"

/* As PyTorch starts a convolution: uniform in 1/sqrt(fan in), weights and bias. */
static struct nn_node *conv_param(struct ctr_build *b, int n_dims, const size_t *dims, size_t fan_in, const char *name, int l)
{
	struct nn_param *p = nn_param_new(&b->b, NN_INIT_UNIFORM, n_dims, dims, "conv.%d.%s", l, name);
	p->init_std = 1 / sqrt((double)fan_in);
	return ng_weight(b->b.g, p);
}

/* Z^{l+1} from z, `maps` maps *height high; the new height. */
static struct nn_node *conv_layer(struct ctr_build *b, struct nn_node *z, size_t maps, size_t *height, int l)
{
	const struct ctr_config *c = b->c;
	size_t d = (size_t)c->dim, out = c->channels.v[l], k = c->kernels.v[l], p = c->pools.v[l];
	struct nn_node *w = conv_param(b, 4, (size_t[]){ out, maps, k, 1 }, maps * k, "weight", l);
	struct nn_node *bias = conv_param(b, 1, &out, maps * k, "bias", l);
	z = ng_conv_height(b->b.g, z, w, bias, *height, d);
	if (c->conv_norm)
		z = nn_batch_norm(&b->b, z, out, "conv.%d.norm", l);
	z = ng_maxpool_height(b->b.g, ng_activate(b->b.g, z, (enum nn_act)c->conv_act), *height, d, p);
	*height = (*height + p - 1) / p;
	return z;
}

static struct nn_node *fgcnn_final(struct ctr_build *b)
{
	const struct ctr_config *c = b->c;
	size_t d = (size_t)c->dim, height = (size_t)c->n_fields, maps = 1;
	struct nn_node *part[CTR_MAX_HIDDEN + 1] = { ctr_embed(b) };
	struct nn_node *z = c->share_table ? part[0] : ctr_embed_by(b, "embedding2");
	for (int l = 0; l < c->channels.n; l++) {
		z = conv_layer(b, z, maps, &height, l);
		maps = c->channels.v[l];
		part[l + 1] = nn_dense(&b->b, z, height * d * c->recombined.v[l], (enum nn_act)c->conv_act, "recombine.%d", l);
	}
	struct nn_node *all = ng_concat(b->b.g, c->channels.n + 1, part);
	struct nn_node *in = ng_concat(b->b.g, 2, (struct nn_node *[]){ all, ng_inner(b->b.g, all, d) });
	return ctr_mlp(b, in, &c->hidden, "mlp");
}

static int fgcnn_check(const struct ctr_config *c, struct cp_err *err)
{
	size_t height = (size_t)c->n_fields;
	if (!c->channels.n || c->kernels.n != c->channels.n || c->pools.n != c->channels.n || c->recombined.n != c->channels.n)
		return cp_err_set(err, "channels, kernels, pools and recombined have %d, %d, %d and %d numbers; expected as many of each, at least one",
				  c->channels.n, c->kernels.n, c->pools.n, c->recombined.n);
	for (int l = 0; l < c->channels.n; l++) {
		if (c->kernels.v[l] % 2 == 0)
			return cp_err_set(err, "kernels: %zu is even; a convolution that keeps the height is odd", c->kernels.v[l]);
		if (2 * (height % c->pools.v[l]) > c->pools.v[l])
			return cp_err_set(err, "pools: %zu places in runs of %zu would need more padding than half a run", height, c->pools.v[l]);
		height = (height + c->pools.v[l] - 1) / c->pools.v[l];
	}
	return 0;
}

const struct ctr_model ctr_fgcnn = { "fgcnn", "new fields by convolutions over the fields", fgcnn_final, NULL,
				     "dim=16 channels=6,8,10,12 kernels=7x4 pools=2x4 recombined=3x4 conv_norm=1 conv_act=tanh share_table=0 hidden=256x3 "
				     CTR_MLP_SIZES, .check = fgcnn_check };
