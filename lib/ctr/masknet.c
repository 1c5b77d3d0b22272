/* MaskNet: hidden layers under masks that the row itself makes.  Wang et al., DLP-KDD 2021, arXiv 2102.07619, eq. 5 to 11.
 *
 *     block(h) = act(LayerNorm(W (m * h))),   m = W_2 ReLU(W_1 x + b_1) + b_2     m as wide as h, W_1 x wider by mask_ratio; * elementwise
 *     h_0 = [LayerNorm_i(e_i)]                                                   each field by itself; emb_norm=0: x
 *     q = block_L(... block_1(h_0))                                              form=serial, blocks of the widths of hidden
 *       = MLP([block_1(h_0); ...; block_n(h_0)])                                 form=parallel, `blocks` of width block_dim
 *     z = out(q)
 */
#include "ctr/ctr.h"

static struct nn_node *norm_fields(struct ctr_build *b, struct nn_node *x)
{
	struct nn_node *field[CTR_MAX_FIELDS];
	size_t d = (size_t)b->c->dim;
	for (int f = 0; f < b->c->n_fields; f++)
		field[f] = nn_layer_norm(&b->b, ng_cols(b->b.g, x, (size_t)f * d, d), "field.%d.norm", f);
	return ng_concat(b->b.g, b->c->n_fields, field);
}

static struct nn_node *block(struct ctr_build *b, struct nn_node *x, struct nn_node *h, size_t width, int l)
{
	size_t inner = (size_t)((double)h->cols * b->c->mask_ratio);
	struct nn_node *m = nn_dense(&b->b, x, inner ? inner : 1, NN_RELU, "block.%d.mask.0", l);
	m = nn_dense(&b->b, m, h->cols, NN_NONE, "block.%d.mask.1", l);
	h = nn_dense_plain(&b->b, ng_mul(b->b.g, m, h), width, NN_NONE, "block.%d", l);
	if (b->c->layer_norm)
		h = nn_layer_norm(&b->b, h, "block.%d.norm", l);
	return ng_dropout(b->b.g, ng_activate(b->b.g, h, (enum nn_act)b->c->act), b->c->dropout);
}

static struct nn_node *masknet_final(struct ctr_build *b)
{
	const struct ctr_config *c = b->c;
	struct nn_node *x = ctr_embed(b), *h = c->emb_norm ? norm_fields(b, x) : x, *v[CTR_MAX_LAYERS];
	if (!c->parallel) {
		for (int l = 0; l < c->hidden.n; l++)
			h = block(b, x, h, c->hidden.v[l], l);
		return h;
	}
	for (int l = 0; l < c->blocks; l++)
		v[l] = block(b, x, h, (size_t)c->block_dim, l);
	return ctr_mlp(b, ng_concat(b->b.g, (int)c->blocks, v), &c->hidden, "mlp");
}

const struct ctr_model ctr_masknet = { "masknet", "layers under masks made by the row", masknet_final, NULL,
				       "dim=32 form=serial hidden=256x3 blocks=3 block_dim=128 mask_ratio=1 emb_norm=1 layer_norm=1 act=relu dropout=0 "
				       "emb_dropout=0" };
