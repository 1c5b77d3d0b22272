/* AutoInt: self-attention over the fields.  Song et al., CIKM 2019, arXiv 1810.11921, eq. 5 to 8.
 *
 *     H_0 = E (F rows of width d)
 *     O = heads side by side of softmax(Q K' [/ sqrt(width of a head)]) V,   Q, K, V = H W_q', H W_k', H W_v'
 *     O += H, or H W_res' where widths differ (residual);  O = LayerNorm(O) (layer_norm);  H_{l+1} = ReLU(O)
 *     a = flatten(H_L),   u = MLP(x) (hidden)
 *     q = [a; u],   z = out(q)  or, towers=sum, out(a) + mlp.out(u);  + linear term (wide)
 */
#include "ctr/ctr.h"

/* Query, key and value matrices lie one behind the other: one product. */
static struct nn_node *attend(struct ctr_build *b, struct nn_node *h, int l)
{
	static const char *const part[] = { "query", "key", "value" };
	const struct ctr_config *c = b->c;
	size_t in = h->cols, width = (size_t)c->attn_dim;
	struct nn_param *w[3];
	for (int i = 0; i < 3; i++)
		w[i] = nn_param_new(&b->b, NN_INIT_XAVIER, 2, (size_t[]){ width, in }, "attention.%d.%s.weight", l, part[i]);
	struct nn_node *qkv = ng_linear(b->b.g, h, ng_span(b->b.g, w[0], 3, in), NULL, NN_NONE);
	return ng_attention(b->b.g, &(struct ng_attention){ .q = qkv, .kv = qkv, .rows_axis = b->axis, .heads = (int)c->attn_heads,
							    .scale = c->attn_scale ? 0 : 1, .dropout = c->dropout });
}

static struct nn_node *attention_layer(struct ctr_build *b, struct nn_node *h, int l)
{
	const struct ctr_config *c = b->c;
	struct nn_node *o = attend(b, h, l);
	size_t width = o->cols;
	if (c->residual)
		o = ng_add(b->b.g, o, h->cols == width ? h : nn_dense_plain(&b->b, h, width, NN_NONE, "attention.%d.residual", l));
	if (c->layer_norm)
		o = nn_layer_norm(&b->b, o, "attention.%d.norm", l);
	return ng_activate(b->b.g, o, NN_RELU);
}

static size_t flat_width(const struct ctr_config *c)
{
	return (size_t)(c->n_fields * c->attn_dim);
}

static struct nn_node *autoint_final(struct ctr_build *b)
{
	const struct ctr_config *c = b->c;
	struct nn_node *x = ctr_embed(b), *h = ng_view(b->b.g, x, c->n_fields, (size_t)c->dim);
	for (int l = 0; l < c->attn_layers; l++)
		h = attention_layer(b, h, l);
	h = ng_view(b->b.g, h, 1, flat_width(c));
	if (!c->hidden.n)
		return h;
	return ng_concat(b->b.g, 2, (struct nn_node *[]){ h, ctr_mlp(b, x, &c->hidden, "mlp") });
}

static struct nn_node *autoint_logit(struct ctr_build *b, struct nn_node *q)
{
	return ctr_add_linear(b, ctr_towers_logit(b, q, flat_width(b->c)));
}

static int autoint_check(const struct ctr_config *c, struct cp_err *err)
{
	if (c->attn_dim % c->attn_heads)
		return cp_err_set(err, "attn_dim=%lld is not a multiple of attn_heads=%lld", (long long)c->attn_dim, (long long)c->attn_heads);
	return 0;
}

const struct ctr_model ctr_autoint = { "autoint", "self-attention over the fields beside an MLP", autoint_final, autoint_logit,
				       "dim=32 attn_layers=6 attn_heads=1 attn_dim=32 attn_scale=0 residual=1 layer_norm=0 hidden=256x6 towers=joint "
				       "wide=0 " CTR_MLP_SIZES, .check = autoint_check };
