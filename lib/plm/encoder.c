/* The encoder: embeddings, then layers of attention and feed-forward, each behind residual and LayerNorm (post-norm, as BERT). */
#include <stdio.h>

#include "plm/plm.h"

static struct nn_param *weight(struct nn_build *b, size_t rows, size_t cols, const char *name)
{
	struct nn_param *p = nn_new(b, NN_INIT_NORMAL, 2, (size_t[]){ rows, cols }, "%s", name);
	p->init_std = 0.02;	/* BERT's initializer_range */
	return p;
}

struct affine {
	struct nn_node *w, *b;
};

/* NAME.weight and NAME.bias of a linear layer. */
static struct affine affine(struct nn_build *b, size_t out, size_t in, const char *prefix, const char *name)
{
	char full[160];
	snprintf(full, sizeof full, "%s%s.weight", prefix, name);
	struct nn_param *w = weight(b, out, in, full);
	struct nn_param *bias = nn_new(b, NN_INIT_ZERO, 1, &out, "%s%s.bias", prefix, name);
	return (struct affine){ ng_weight(b->g, w), ng_weight(b->g, bias) };
}

static struct affine norm_of(struct nn_build *b, size_t h, const char *prefix, const char *name)
{
	struct nn_param *w = nn_new(b, NN_INIT_ONE, 1, &h, "%s%s.weight", prefix, name);
	struct nn_param *bias = nn_new(b, NN_INIT_ZERO, 1, &h, "%s%s.bias", prefix, name);
	return (struct affine){ ng_weight(b->g, w), ng_weight(b->g, bias) };
}

/* Query, key and value weights are added one after another, so they are one (3H,H) matrix and one product. */
static struct affine qkv_of(struct nn_build *b, size_t h, const char *prefix)
{
	static const char *const part[] = { "query", "key", "value" };
	struct nn_param *w[3], *bias[3];
	char full[160];
	for (int i = 0; i < 3; i++) {
		snprintf(full, sizeof full, "%sattention.self.%s.weight", prefix, part[i]);
		w[i] = weight(b, h, h, full);
	}
	for (int i = 0; i < 3; i++)
		bias[i] = nn_new(b, NN_INIT_ZERO, 1, &h, "%sattention.self.%s.bias", prefix, part[i]);
	return (struct affine){ ng_span(b->g, w[0], 3, h), ng_span(b->g, bias[0], 3, 3 * h) };
}

static struct nn_node *embeddings(struct nn_build *b, const struct plm_config *c, struct plm_feed *f, struct nn_node *prompts,
				  struct plm_nodes *out)
{
	static const char *const e = "plm.embeddings.";
	struct nn_graph *g = b->g;
	int input = f->p.where == PLM_PROMPT_INPUT, pad = (int)c->pad;
	out->axis = input ? PLM_PLACES : PLM_TOKENS;
	out->word = weight(b, c->vocab, c->hidden, "plm.embeddings.word_embeddings.weight");
	struct nn_param *pos = weight(b, c->positions, c->hidden, "plm.embeddings.position_embeddings.weight");
	struct nn_param *type = weight(b, c->types, c->hidden, "plm.embeddings.token_type_embeddings.weight");
	struct nn_node *x = ng_lookup(g, out->word, &f->word, PLM_TOKENS, 1, pad);
	if (input)
		x = ng_prepend(g, prompts, f->p.k, x, PLM_PLACES, &f->place_segs);
	x = ng_add(g, x, ng_lookup(g, pos, &f->pos, out->axis, 1, c->family == PLM_ROBERTA ? pad : -1));
	x = ng_add(g, x, ng_lookup(g, type, &f->type, out->axis, 1, -1));
	struct affine n = norm_of(b, c->hidden, e, "LayerNorm");
	return ng_dropout(g, ng_layernorm(g, x, NULL, n.w, n.b, c->eps, 0), c->dropout);
}

static struct nn_node *layer(struct nn_build *b, const struct plm_config *c, const struct plm_feed *f, struct nn_node *prompts, int l,
			     struct nn_node *x, struct nn_node **attention)
{
	char at[64];
	struct nn_graph *g = b->g;
	int deep = f->p.where == PLM_PROMPT_LAYERS;
	struct ng_attention a = { .heads = (int)c->heads, .layer = l, .n_layers = (int)c->layers, .n_prompts = deep ? f->p.k : 0,
				  .dropout = c->attention_dropout };
	snprintf(at, sizeof at, "plm.encoder.layer.%d.", l);
	struct affine qkv = qkv_of(b, c->hidden, at), o = affine(b, c->hidden, c->hidden, at, "attention.output.dense");
	struct affine n1 = norm_of(b, c->hidden, at, "attention.output.LayerNorm");
	struct affine up = affine(b, c->ffn, c->hidden, at, "intermediate.dense"), down = affine(b, c->hidden, c->ffn, at, "output.dense");
	struct affine n2 = norm_of(b, c->hidden, at, "output.LayerNorm");
	const struct nn_segs *segs = f->p.where == PLM_PROMPT_INPUT ? &f->place_segs : &f->segs;

	struct nn_node *y = *attention = ng_attention(g, ng_linear(g, x, qkv.w, qkv.b, NN_NONE), deep ? prompts : NULL, f->texts, segs, &a);
	x = ng_layernorm(g, ng_linear(g, y, o.w, o.b, NN_NONE), x, n1.w, n1.b, c->eps, c->dropout);
	y = ng_linear(g, ng_gelu(g, ng_linear(g, x, up.w, up.b, NN_NONE)), down.w, down.b, NN_NONE);
	return ng_layernorm(g, y, x, n2.w, n2.b, c->eps, c->dropout);
}

void plm_encoder(struct nn_build *b, const struct plm_config *c, struct plm_feed *f, struct nn_node *prompts, struct plm_nodes *out)
{
	out->hidden[0] = embeddings(b, c, f, prompts, out);
	for (size_t l = 0; l < c->layers; l++)
		out->hidden[l + 1] = layer(b, c, f, prompts, (int)l, out->hidden[l], &out->attention[l]);
}

/* --- Heads ------------------------------------------------------------------------------------------------------------------------- */

struct nn_node *plm_lm_transform(struct nn_build *b, const struct plm_config *c, const struct plm_nodes *n, struct plm_feed *f)
{
	struct nn_node *h = ng_gather(b->g, n->hidden[c->layers], &f->picks, PLM_PICKS, 1);
	struct affine d = affine(b, c->hidden, c->hidden, "mlm.", "dense"), norm = norm_of(b, c->hidden, "mlm.", "norm");
	h = ng_gelu(b->g, ng_linear(b->g, h, d.w, d.b, NN_NONE));
	return ng_layernorm(b->g, h, NULL, norm.w, norm.b, c->eps, 0);
}

struct nn_node *plm_lm_decoder(struct nn_build *b, const struct plm_config *c, const struct plm_nodes *n, int tied)
{
	return ng_weight(b->g, tied ? n->word : weight(b, c->vocab, c->hidden, "mlm.decoder.weight"));
}

struct nn_node *plm_lm_bias(struct nn_build *b, const struct plm_config *c)
{
	return ng_weight(b->g, nn_new(b, NN_INIT_ZERO, 1, &c->vocab, "mlm.bias"));
}

struct nn_node *plm_pool(struct nn_build *b, const struct plm_config *c, const struct plm_nodes *n, struct plm_feed *f, enum plm_pooler kind)
{
	struct nn_node *last = n->hidden[c->layers];
	const struct nn_segs *segs = n->axis == PLM_PLACES ? &f->place_segs : &f->segs;
	if (kind == PLM_POOL_CLS)
		return ng_gather(b->g, last, &f->first, f->texts, 1);
	if (kind == PLM_POOL_AVG)
		return ng_segmean(b->g, last, segs, f->texts, 1);
	struct nn_node *other = n->hidden[kind == PLM_POOL_AVG_FIRST_LAST ? 1 : c->layers - 1];
	return ng_segmean(b->g, ng_add(b->g, last, other), segs, f->texts, 0.5);
}

struct nn_node *plm_click_head(struct nn_build *b, struct nn_node *pool)
{
	return nn_dense(b, nn_dense(b, pool, pool->cols, NN_TANH, "head.0"), 1, NN_NONE, "head.2");
}
