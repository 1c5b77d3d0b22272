/* The encoder: embeddings, then layers of attention and feed-forward, each behind residual and LayerNorm (post-norm, as BERT).
 *
 * Where only some places of the last layer are read, masked words or the first token of a text, the others are asked for their keys and values
 * alone: no query, no attention, no feed-forward.  That saves five sixths of a layer's products with weights on them (10 of 12 H^2 a token), and
 * changes nothing in what is read. */
#include <stdio.h>

#include "plm/plm.h"

static struct nn_param *weight(struct nn_build *b, size_t rows, size_t cols, const char *name)
{
	struct nn_param *p = nn_param_new(b, NN_INIT_NORMAL, 2, (size_t[]){ rows, cols }, "%s", name);
	p->init_std = 0.02;	/* BERT's initializer_range */
	return p;
}

/* NAME.weight and NAME.bias of a linear layer. */
static struct plm_affine affine(struct nn_build *b, size_t out, size_t in, const char *prefix, const char *name)
{
	char full[160];
	snprintf(full, sizeof full, "%s%s.weight", prefix, name);
	struct nn_param *w = weight(b, out, in, full);
	struct nn_param *bias = nn_param_new(b, NN_INIT_ZERO, 1, &out, "%s%s.bias", prefix, name);
	return (struct plm_affine){ ng_weight(b->g, w), ng_weight(b->g, bias) };
}

static struct plm_affine norm_of(struct nn_build *b, size_t h, const char *prefix, const char *name)
{
	struct nn_param *w = nn_param_new(b, NN_INIT_ONE, 1, &h, "%s%s.weight", prefix, name);
	struct nn_param *bias = nn_param_new(b, NN_INIT_ZERO, 1, &h, "%s%s.bias", prefix, name);
	return (struct plm_affine){ ng_weight(b->g, w), ng_weight(b->g, bias) };
}

/* Query, key and value weights are added one after another, so that those of `n` of them from `from` on are one (n H, H) matrix and one product. */
static struct plm_affine attention_part(struct nn_graph *g, const struct plm_layer *l, size_t h, size_t from, size_t n)
{
	return (struct plm_affine){ ng_slice(g, l->query_w, from * h * h, n * h, h), ng_slice(g, l->query_b, from * h, 1, n * h) };
}

static void attention_of(struct nn_build *b, size_t h, const char *prefix, struct plm_layer *l)
{
	static const char *const part[] = { "query", "key", "value" };
	struct nn_param *w[3], *bias[3];
	char full[160];
	for (int i = 0; i < 3; i++) {
		snprintf(full, sizeof full, "%sattention.self.%s.weight", prefix, part[i]);
		w[i] = weight(b, h, h, full);
	}
	for (int i = 0; i < 3; i++)
		bias[i] = nn_param_new(b, NN_INIT_ZERO, 1, &h, "%sattention.self.%s.bias", prefix, part[i]);
	l->query_w = w[0];
	l->query_b = bias[0];
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
	struct plm_affine n = norm_of(b, c->hidden, e, "LayerNorm");
	return ng_dropout(g, ng_layernorm(g, x, NULL, n.w, n.b, c->eps, 0), c->dropout);
}

static struct plm_layer layer_of(struct nn_build *b, const struct plm_config *c, int l)
{
	char at[64];
	struct plm_layer x;
	snprintf(at, sizeof at, "plm.encoder.layer.%d.", l);
	attention_of(b, c->hidden, at, &x);
	x.out = affine(b, c->hidden, c->hidden, at, "attention.output.dense");
	x.norm1 = norm_of(b, c->hidden, at, "attention.output.LayerNorm");
	x.up = affine(b, c->ffn, c->hidden, at, "intermediate.dense");
	x.down = affine(b, c->hidden, c->ffn, at, "output.dense");
	x.norm2 = norm_of(b, c->hidden, at, "output.LayerNorm");
	return x;
}

static struct nn_node *map(struct nn_graph *g, struct nn_node *x, const struct plm_affine *a)
{
	return ng_linear(g, x, a->w, a->b, NN_NONE);
}

/* What the l-th layer pays attention to, but for who asks. */
static struct ng_attention attention_in(const struct plm_config *c, const struct plm_feed *f, struct nn_node *prompts, int l, struct nn_node *kv)
{
	int deep = f->p.where == PLM_PROMPT_LAYERS;
	return (struct ng_attention){ .kv = kv, .of_kv = f->p.where == PLM_PROMPT_INPUT ? &f->place_segs : &f->segs, .rows_axis = f->texts,
				      .heads = (int)c->heads, .dropout = c->attention_dropout, .prompts = deep ? prompts : NULL, .layer = l,
				      .n_layers = (int)c->layers, .n_prompts = deep ? f->p.k : 0 };
}

/* y = attention(x) becomes the layer's output, where x and y lie. */
static struct nn_node *feed_forward(struct nn_graph *g, const struct plm_config *c, const struct plm_layer *l, struct nn_node *x, struct nn_node *y)
{
	x = ng_layernorm(g, map(g, y, &l->out), x, l->norm1.w, l->norm1.b, c->eps, c->dropout);
	y = map(g, ng_linear(g, x, l->up.w, l->up.b, c->act), &l->down);
	return ng_layernorm(g, y, x, l->norm2.w, l->norm2.b, c->eps, c->dropout);
}

void plm_encoder(struct nn_build *b, const struct plm_config *c, struct plm_feed *f, struct nn_node *prompts, struct plm_nodes *out)
{
	out->prompts = prompts;
	out->hidden[0] = embeddings(b, c, f, prompts, out);
	for (size_t l = 0; l < c->layers; l++) {
		out->last = layer_of(b, c, (int)l);
		struct plm_affine all = attention_part(b->g, &out->last, c->hidden, 0, 3);
		struct nn_node *x = out->hidden[l], *qkv = map(b->g, x, &all);
		struct ng_attention a = attention_in(c, f, prompts, (int)l, qkv);
		a.q = qkv;
		a.of_q = a.of_kv;
		out->attention[l] = ng_attention(b->g, &a);
		out->hidden[l + 1] = feed_forward(b->g, c, &out->last, x, out->attention[l]);
	}
}

enum reading { AT_PICKS, AT_FIRST };

/* The last layer's output at the picks or at the first token of every text. */
static struct nn_node *last_at(struct nn_build *b, const struct plm_config *c, const struct plm_nodes *n, struct plm_feed *f, enum reading at)
{
	struct nn_node *all = n->hidden[c->layers - 1];
	struct nn_node *x = at == AT_PICKS ? ng_gather(b->g, all, &f->picks, PLM_PICKS, 1) : ng_gather(b->g, all, &f->first, f->texts, 1);
	struct plm_affine q = attention_part(b->g, &n->last, c->hidden, 0, 1), kv = attention_part(b->g, &n->last, c->hidden, 1, 2);
	struct ng_attention a = attention_in(c, f, n->prompts, (int)c->layers - 1, map(b->g, all, &kv));
	a.q = map(b->g, x, &q);
	a.of_q = at == AT_PICKS ? &f->pick_segs : &f->one_segs;
	return feed_forward(b->g, c, &n->last, x, ng_attention(b->g, &a));
}

/* --- Heads ------------------------------------------------------------------------------------------------------------------------- */

struct nn_node *plm_lm_transform(struct nn_build *b, const struct plm_config *c, const struct plm_nodes *n, struct plm_feed *f)
{
	struct nn_node *h = last_at(b, c, n, f, AT_PICKS);
	struct plm_affine d = affine(b, c->hidden, c->hidden, "mlm.", "dense"), norm = norm_of(b, c->hidden, "mlm.", "norm");
	h = ng_linear(b->g, h, d.w, d.b, c->family == PLM_ROBERTA ? NN_GELU : c->act);	/* RoBERTa's is GELU whatever its layers have */
	return ng_layernorm(b->g, h, NULL, norm.w, norm.b, c->eps, 0);
}

struct nn_node *plm_lm_decoder(struct nn_build *b, const struct plm_config *c, const struct plm_nodes *n, int tied)
{
	return ng_weight(b->g, tied ? n->word : weight(b, c->vocab, c->hidden, "mlm.decoder.weight"));
}

struct nn_node *plm_lm_bias(struct nn_build *b, const struct plm_config *c)
{
	return ng_weight(b->g, nn_param_new(b, NN_INIT_ZERO, 1, &c->vocab, "mlm.bias"));
}

struct nn_node *plm_pool(struct nn_build *b, const struct plm_config *c, const struct plm_nodes *n, struct plm_feed *f, enum plm_pooler kind)
{
	struct nn_node *last = n->hidden[c->layers];
	const struct nn_segs *segs = n->axis == PLM_PLACES ? &f->place_segs : &f->segs;
	if (kind == PLM_POOL_CLS)
		return last_at(b, c, n, f, AT_FIRST);
	if (kind == PLM_POOL_AVG)
		return ng_segmean(b->g, last, segs, f->texts, 1);
	struct nn_node *other = n->hidden[kind == PLM_POOL_AVG_FIRST_LAST ? 1 : c->layers - 1];
	return ng_segmean(b->g, ng_add(b->g, last, other), segs, f->texts, 0.5);
}

struct nn_node *plm_click_head(struct nn_build *b, struct nn_node *pool)
{
	return nn_dense(b, nn_dense(b, pool, pool->cols, NN_TANH, "head.0"), 1, NN_NONE, "head.2");
}
