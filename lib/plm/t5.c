/* T5: an encoder reads the row, a decoder reads what has been answered so far and the encoder's output.
 *
 *     n(x) = RMSNorm(x)        attend(x, y) = x + Wo softmax((Wq n(x)) (Wk y)' + bias(distance)) (Wv y)
 *     ff(x) = x + W2 act(W1 n(x))   or, v1.1,   x + W2 (act(W1 n(x)) * (W3 n(x))); act is ReLU, in v1.1 GELU
 *     block of the encoder: ff(attend(x, n(x)))        of the decoder: ff(attend(attend(x, n(x), causal), encoder's output))
 *
 * (Raffel et al., JMLR 2020; Shazeer, arXiv 2002.05202 for v1.1.)  One table of biases a stack, in its first block; none between decoder and
 * encoder; no bias in any linear map.  Parameters carry the names of a Hugging Face folder behind "plm.".  Whole-word embeddings (P5, Geng et
 * al., RecSys 2022, section 3.2) are added to the encoder's input. */
#include <math.h>
#include <stdio.h>

#include "plm/plm.h"

/* A stack at work: where its rows lie, and its table of biases once the first block has made it. */
struct stack {
	struct nn_build *b;
	const struct plm_config *c;
	const char *name;		/* "encoder", "decoder" */
	const struct nn_segs *segs, *read;	/* of its rows; of the encoder's output */
	struct nn_node *table, *encoded;	/* NULL in the encoder */
	int causal;
	int block, layer;		/* at hand */
};

static struct nn_param *part(struct stack *s, double std, size_t rows, size_t cols, const char *name)
{
	struct nn_param *p = nn_param_new(s->b, NN_INIT_NORMAL, 2, (size_t[]){ rows, cols }, "plm.%s.block.%d.layer.%d.%s.weight", s->name, s->block,
				    s->layer, name);
	p->init_std = std;
	return p;
}

static struct nn_node *linear(struct stack *s, struct nn_node *x, double std, size_t out, const char *name)
{
	return ng_linear(s->b->g, x, ng_weight(s->b->g, part(s, std, out, x->cols, name)), NULL, NN_NONE);
}

static struct nn_node *norm(struct stack *s, struct nn_node *x, const char *name)
{
	struct nn_param *gain = nn_param_new(s->b, NN_INIT_ONE, 1, &x->cols, "plm.%s.%s.weight", s->name, name);
	return ng_rmsnorm(s->b->g, x, ng_weight(s->b->g, gain), s->c->eps);
}

static struct nn_node *layer_norm(struct stack *s, struct nn_node *x)
{
	char name[64];
	snprintf(name, sizeof name, "block.%d.layer.%d.layer_norm", s->block, s->layer);
	return norm(s, x, name);
}

/* Deviations at the start are those of T5: what is summed over has the variance 1. */
static struct nn_node *attend(struct stack *s, struct nn_node *x, int to_encoder)
{
	static const char *const names[2][4] = { { "SelfAttention.q", "SelfAttention.k", "SelfAttention.v", "SelfAttention.o" },
						 { "EncDecAttention.q", "EncDecAttention.k", "EncDecAttention.v", "EncDecAttention.o" } };
	const char *const *name = names[to_encoder];
	const struct plm_config *c = s->c;
	struct nn_graph *g = s->b->g;
	size_t inner = c->heads * c->head_width;
	double std = 1 / sqrt((double)c->hidden);
	struct nn_node *n = layer_norm(s, x), *q = linear(s, n, std / sqrt((double)c->head_width), inner, name[0]);
	struct nn_param *k = part(s, std, inner, c->hidden, name[1]);
	part(s, std, inner, c->hidden, name[2]);	/* right behind it: one product makes both */
	struct nn_node *kv = ng_linear(g, to_encoder ? s->encoded : n, ng_span(g, k, 2, c->hidden), NULL, NN_NONE);
	if (!s->table)
		s->table = ng_weight(g, part(s, std, c->buckets, c->heads, "SelfAttention.relative_attention_bias"));
	struct nn_node *y = ng_attention(g, &(struct ng_attention){
		.q = q, .kv = kv, .of_q = s->segs, .of_kv = to_encoder ? s->read : s->segs, .rows_axis = PLM_ROWS, .heads = (int)c->heads, .scale = 1,
		.dropout = c->attention_dropout, .table = to_encoder ? NULL : s->table, .far = c->far, .causal = s->causal && !to_encoder });
	y = linear(s, y, 1 / sqrt((double)inner), c->hidden, name[3]);
	s->layer++;
	return ng_add(g, x, ng_dropout(g, y, c->dropout));
}

static struct nn_node *feed_forward(struct stack *s, struct nn_node *x)
{
	const struct plm_config *c = s->c;
	struct nn_graph *g = s->b->g;
	double std = 1 / sqrt((double)c->hidden);
	struct nn_node *n = layer_norm(s, x);
	struct nn_node *w = ng_weight(g, part(s, std, c->ffn, c->hidden, c->gated ? "DenseReluDense.wi_0" : "DenseReluDense.wi"));
	struct nn_node *y = ng_linear(g, n, w, NULL, c->act);
	if (c->gated)
		y = ng_mul(g, y, linear(s, n, std, c->ffn, "DenseReluDense.wi_1"));
	y = linear(s, ng_dropout(g, y, c->dropout), 1 / sqrt((double)c->ffn), c->hidden, "DenseReluDense.wo");
	return ng_add(g, x, ng_dropout(g, y, c->dropout));
}

/* hidden[0] what goes in, [l] behind block l, the last one behind the final norm. */
static void run(struct stack *s, struct nn_node *x, size_t blocks, struct nn_node **hidden)
{
	struct nn_graph *g = s->b->g;
	hidden[0] = x = ng_dropout(g, x, s->c->dropout);
	for (s->block = 0; s->block < (int)blocks; s->block++) {
		s->layer = 0;
		x = attend(s, x, 0);
		if (s->encoded)
			x = attend(s, x, 1);
		hidden[s->block + 1] = x = feed_forward(s, x);
	}
	hidden[blocks] = ng_dropout(g, norm(s, x, "final_layer_norm"), s->c->dropout);
}

static struct nn_param *table_of(struct nn_build *b, size_t rows, size_t cols, const char *name)
{
	struct nn_param *p = nn_param_new(b, NN_INIT_NORMAL, 2, (size_t[]){ rows, cols }, "plm.%s.weight", name);
	p->init_std = 1;
	return p;
}

void plm_t5(struct nn_build *b, const struct plm_config *c, struct plm_feed *f, struct plm_t5_nodes *out)
{
	struct nn_graph *g = b->g;
	struct stack encoder = { b, c, "encoder", .segs = &f->segs };
	struct stack decoder = { b, c, "decoder", .segs = &f->answer_segs, .read = &f->segs, .causal = 1 };
	out->word = table_of(b, c->vocab, c->hidden, "shared");
	out->head = c->tie == PLM_UNTIED ? table_of(b, c->vocab, c->hidden, "lm_head") : out->word;
	struct nn_node *x = ng_lookup(g, out->word, &f->word, PLM_TOKENS, 1, -1);
	if (c->words)
		x = ng_add(g, x, ng_lookup(g, table_of(b, c->words, c->hidden, "whole_word_embeddings"), &f->whole, PLM_TOKENS, 1, -1));
	run(&encoder, x, c->layers, out->encoder);
	decoder.encoded = out->encoder[c->layers];
	run(&decoder, ng_lookup(g, out->word, &f->answer, PLM_PICKS, 1, -1), c->decoder_layers, out->decoder);
	x = out->decoder[c->decoder_layers];
	out->last = c->tie == PLM_UNTIED ? x : ng_scale(g, x, 1 / sqrt((double)c->hidden));
}

/* --- Yes or no --------------------------------------------------------------------------------------------------------------------- */

struct nn_node *plm_t5_loss(struct nn_build *b, const struct plm_config *c, const struct plm_t5_nodes *n, struct plm_feed *f,
			    const struct nn_cut *cut)
{
	return ng_lm_loss(b->g, n->last, ng_weight(b->g, n->head), ng_input(b->g, 0, 1, c->vocab, &f->no_bias), &f->labels, cut);
}

struct nn_node *plm_t5_logit(struct nn_build *b, const struct plm_config *c, const struct plm_t5_nodes *n, struct plm_feed *f, uint32_t yes,
			    uint32_t no)
{
	struct nn_node *h = ng_gather(b->g, n->last, &f->turn, PLM_ROWS, 1);
	struct nn_node *z[2];
	for (int i = 0; i < 2; i++)
		z[i] = ng_linear(b->g, h, ng_slice(b->g, n->head, (i ? no : yes) * c->hidden, 1, c->hidden), NULL, NN_NONE);
	return ng_add(b->g, z[0], ng_scale(b->g, z[1], -1));
}
