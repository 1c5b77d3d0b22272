/* Language models: the encoders of the BERT family (BERT, TinyBERT, MiniLM; RoBERTa) with their heads, T5, and how a batch is fed.
 *
 * Devlin et al., NAACL 2019; Liu et al., arXiv 1907.11692; Raffel et al., JMLR 2020.  Sequences of a batch lie end to end, without padding: T
 * tokens in all, row b is tokens off[b] .. off[b+1]-1.  Parameters carry the names of a Hugging Face folder behind "plm." (plm.encoder.layer.0...).
 *
 *     struct plm_config c;
 *     plm_config_read(&c, dir, err);                    // or plm_config_scratch(&c, "layers=2,hidden=128,heads=2", err)
 *     struct plm_feed f;  plm_feed_init(&f, &c, &p);
 *     struct plm_nodes n;
 *     plm_encoder(&b, &c, &f, prompts, &n);             // n.hidden[0..layers]
 *     struct nn_node *loss = ng_lm_loss(g, plm_lm_transform(&b, &c, &n, &f), decoder, bias, &f.labels, &cut);
 */
#ifndef PLM_PLM_H
#define PLM_PLM_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ids.h"
#include "base/mem.h"
#include "nn/build.h"

/* Axes of the graph. */
enum {
	PLM_ROWS = 1,		/* rows of the batch, B */
	PLM_TOKENS,		/* T */
	PLM_PLACES,		/* tokens and, where prompts are inputs, prompts: T + B K; unused otherwise */
	PLM_PICKS,		/* chosen (masked) tokens, M; of T5 the tokens of the answers */
	PLM_TEXTS,		/* texts that were fed; unused where they are one a row */
};

#define PLM_MAX_LAYERS 64
#define PLM_MAX_HIDDEN 65536
#define PLM_MAX_FFN (1 << 20)
#define PLM_MIN_POSITIONS 4
#define PLM_MAX_POSITIONS (1 << 20)

enum plm_family { PLM_BERT, PLM_ROBERTA, PLM_T5 };

/* Is the matrix before the softmax the word embeddings?  As config.json says; where it says nothing, weights are read as if they were. */
enum plm_tie { PLM_TIE_UNSAID, PLM_TIED, PLM_UNTIED };

struct plm_config {
	enum plm_family family;
	size_t layers, hidden, heads, ffn, positions, types, vocab;	/* T5: positions is the length it was trained with; it has no table of them */
	uint32_t pad;			/* id whose embedding row takes no gradient from look-ups */
	enum nn_act act;		/* of feed-forwards */
	double eps;			/* of LayerNorm */
	double dropout, attention_dropout;
	int has_weights, has_lm_head;	/* of the folder */
	enum plm_tie tie;		/* said of every T5 */
	/* T5 alone */
	size_t decoder_layers, head_width, buckets, far;	/* buckets of distances, and where the last one begins */
	size_t words;			/* rows of the whole-word embeddings; 0: none */
	int gated;			/* v1.1's feed-forward */
	uint32_t start, eos;		/* the first id the decoder reads, and that which ends an answer */
};

/* From DIR/config.json, and from the headers of its weights whether there are any and a masked-LM head among them.  <0: another architecture,
 * a missing or impossible size. */
int plm_config_read(struct plm_config *, const char *dir, struct cp_err *);
/* "layers=2,hidden=128,heads=2,ffn=512,positions=512": what is left out is the value here, ffn 4*hidden.  vocab and pad come from the
 * tokenizer. */
int plm_config_scratch(struct plm_config *, const char *spec, struct cp_err *);
/* The same sizes as a T5 (v1.0) instead: that many blocks on either side.  start is pad, eos the caller's. */
void plm_config_as_t5(struct plm_config *, uint32_t eos);
/* As a Hugging Face config.json, a new reference or compact text with reals by cp_print_real; plm_config_parse reads it back. */
json_t *plm_config_json(const struct plm_config *);
void plm_config_print(const struct plm_config *, struct cp_buf *);
int plm_config_parse(struct plm_config *, const char *json, size_t len, const char *name, struct cp_err *);

/* How prompts enter. */
enum plm_prompt_where { PLM_PROMPT_NONE, PLM_PROMPT_LAYERS, PLM_PROMPT_INPUT };
#define PLM_PROMPT_WHERE "none|layers|input"
struct plm_prompting {
	int where;
	int k;				/* prompts a layer; where NONE those that were left out, 0 of a model that has none */
	int separate;			/* layer-wise: an MLP of its own for each layer and prompt, as the paper writes it; 0: one, as its authors' program */
	int shift;			/* not as inputs, which have places: positions of tokens count the k prompts */
};

/* The longest row of tokens (special ones included) that has positions; T5, which counts distances, has no such end, but ours. */
#define PLM_T5_TOKENS 65536
size_t plm_max_tokens(const struct plm_config *, const struct plm_prompting *);
/* What rows are cut to where nothing is said: that, or of T5 the positions that its folder names. */
size_t plm_usual_tokens(const struct plm_config *, const struct plm_prompting *);

/* --- A batch as the encoder wants it ----------------------------------------------------------------------------------------------- */

struct plm_feed {
	const struct plm_config *c;
	int texts;			/* the axis of what is one a text: PLM_ROWS, or PLM_TEXTS where they are more or fewer; before plm_encoder */
	struct plm_prompting p;
	struct cp_ids word_v, type_v, pos_v, off_v, place_off_v, pick_v, pick_off_v, label_v, first_v, one_v, whole_v, answer_v, answer_off_v, turn_v;
	struct plm_keys { uint64_t *v; size_t n, cap; } place_key_v, pick_key_v, first_key_v;
	struct nn_ids word, type, pos, picks, labels, first, one, whole, answer, turn;	/* what nodes read; set by plm_feed_bind */
	struct nn_segs segs, place_segs, pick_segs, one_segs, answer_segs;	/* one: a place a text */
	struct nn_feed no_bias;		/* (vocab) zeros */
};

void plm_feed_init(struct plm_feed *, const struct plm_config *, const struct plm_prompting *);
void plm_feed_release(struct plm_feed *);
void plm_feed_reset(struct plm_feed *);
/* One more text: its token ids as the model shall read them.  key names it to dropout. Returns the index of its first token. */
size_t plm_feed_row(struct plm_feed *, const uint32_t *ids, size_t n, uint64_t key);
/* Token `at` (index over the batch) shall be predicted as `label`; text by text. */
void plm_feed_pick(struct plm_feed *, size_t at, uint32_t label);
/* T5 with whole-word embeddings: the word that each token fed is a part of, row after row; 0 of none. */
void plm_feed_whole(struct plm_feed *, const uint32_t *words, size_t n);
/* T5: what is to be answered to the row fed last; the decoder reads c->start and all but the last of it.  turn: the place in the answer that
 * decides a score (plm_t5_logit). */
void plm_feed_answer(struct plm_feed *, const uint32_t *ids, size_t n, size_t turn, uint64_t key);
/* Hand the arrays to the graph: lengths of its axes, ids, dropout keys. */
void plm_feed_bind(struct plm_feed *, struct nn_graph *);

/* --- The encoder ------------------------------------------------------------------------------------------------------------------- */

/* Weights of a layer. */
struct plm_affine {
	struct nn_node *w, *b;
};
struct plm_layer {
	struct nn_param *query_w, *query_b;	/* those of key and value lie behind them */
	struct plm_affine out, norm1, up, down, norm2;
};

struct plm_nodes {
	int axis;				/* PLM_TOKENS, or PLM_PLACES with prompts as inputs */
	struct nn_node *hidden[PLM_MAX_LAYERS + 1];	/* 0 the embeddings, l the output of layer l; (T,H) */
	struct nn_node *attention[PLM_MAX_LAYERS];	/* of layer l + 1 */
	struct plm_layer last;
	struct nn_node *prompts;
	struct nn_param *word;			/* (vocab, H) */
};

/* prompts: (B, K*2L*H) for layer-wise, (B*K, H) for input prompts, NULL for none.  The last layer, hidden[layers], is computed only where something
 * reads it whole.  A head that reads some of its rows, those at the picks (M,H) or at the first token of every text (on f->texts), has these computed
 * alone; under dropout they are then other draws than the same rows of the whole. */
void plm_encoder(struct nn_build *, const struct plm_config *, struct plm_feed *, struct nn_node *prompts, struct plm_nodes *);

/* Prompts from the CTR model's final vector q (B,Q).  Layer-wise: W2 tanh(W1 q + b1) + b2, (B, K*2L*H); input: K linear maps, (B*K, H).
 * Parameters prompt.*, in the group of the build. (ClickPrompt, section 3.2) */
struct nn_node *plm_prompts(struct nn_build *, const struct plm_config *, const struct plm_prompting *, struct nn_node *q);
/* A CTR logit (B,1) that reads them in place of q: one linear map of their mean, a vector of H, or of all of them.  Parameters out.*. */
struct nn_node *plm_prompt_logit(struct nn_build *, const struct plm_config *, struct nn_node *prompts, int mean);

/* The masked-LM head up to the decoder: LayerNorm(GELU(W h + b)) at the chosen places, (M,H).  Parameters mlm.dense, mlm.norm. */
struct nn_node *plm_lm_transform(struct nn_build *, const struct plm_config *, const struct plm_nodes *, struct plm_feed *);
/* The decoder's matrix (tied: the word embeddings; else mlm.decoder.weight) and bias (mlm.bias). */
struct nn_node *plm_lm_decoder(struct nn_build *, const struct plm_config *, const struct plm_nodes *, int tied);
struct nn_node *plm_lm_bias(struct nn_build *, const struct plm_config *);

/* One vector a row, (B,H).  Averages run over all places of the row. */
enum plm_pooler { PLM_POOL_CLS, PLM_POOL_AVG, PLM_POOL_AVG_FIRST_LAST, PLM_POOL_AVG_TOP2 };
#define PLM_POOLERS "cls|avg|avg_first_last|avg_top2"
struct nn_node *plm_pool(struct nn_build *, const struct plm_config *, const struct plm_nodes *, struct plm_feed *, enum plm_pooler);
/* z_plm = W4 tanh(W3 pool + b3) + b4, (B,1).  Parameters head.0, head.2. */
struct nn_node *plm_click_head(struct nn_build *, struct nn_node *pool);

/* --- Models to compare with, a file each: heads 128 wide on the encoder -------------------------------------------------------------- */

#define PLM_HEAD_WIDTH 128
#define PLM_HEAD_DROPOUT 0.2

/* Logits (B,1).  CTR-BERT is fed two texts a row, the user's and the item's; q may be NULL. */
struct nn_node *plm_ptab(struct nn_build *, const struct plm_config *, const struct plm_nodes *, struct plm_feed *);
struct nn_node *plm_ctr_bert(struct nn_build *, const struct plm_config *, const struct plm_nodes *, struct plm_feed *, struct nn_node *q);
/* CTRL: u and t of its ng_info_nce; (B,128) of the rows and of the texts. */
struct nn_node *plm_ctrl_row(struct nn_build *, struct nn_node *q);
struct nn_node *plm_ctrl_text(struct nn_build *, const struct plm_config *, const struct plm_nodes *, struct plm_feed *);

/* --- T5 ---------------------------------------------------------------------------------------------------------------------------- */

struct plm_t5_nodes {
	struct nn_node *encoder[PLM_MAX_LAYERS + 1], *decoder[PLM_MAX_LAYERS + 1];	/* 0 what goes in, l behind block l, the last behind the norm */
	struct nn_node *last;		/* (tokens of the answers, H): its products with the rows of head are the logits */
	struct nn_param *word, *head;	/* (vocab, H); one and the same unless c->tie is PLM_UNTIED */
};

void plm_t5(struct nn_build *, const struct plm_config *, struct plm_feed *, struct plm_t5_nodes *);
/* Mean cross-entropy of the answers that were fed. */
struct nn_node *plm_t5_loss(struct nn_build *, const struct plm_config *, const struct plm_t5_nodes *, struct plm_feed *, const struct nn_cut *);
/* The logit of P(yes) / (P(yes) + P(no)) where the answers part: (B,1).  yes and no are their ids there. */
struct nn_node *plm_t5_logit(struct nn_build *, const struct plm_config *, const struct plm_t5_nodes *, struct plm_feed *, uint32_t yes, uint32_t no);

/* --- Weights from a folder --------------------------------------------------------------------------------------------------------- */

/* model.safetensors, or the shards that model.safetensors.index.json names, in the order of their names; none where the folder has no
 * weights.  <0 and a sentence where they are of another kind alone, or a shard is not there. */
struct plm_files {
	char **path;
	size_t n;
};
int plm_files_find(struct plm_files *, const char *dir, struct cp_err *);
void plm_files_release(struct plm_files *);
/* Set has_weights and has_lm_head from them; plm_config_read does. */
int plm_config_look(struct plm_config *, const char *dir, struct cp_err *);

/* Room for what a folder of the BERT family may have and nothing here uses, so that one written again has it: the pooler of BertModel and
 * RobertaModel. */
struct nn_params *plm_unused_params(const struct plm_config *);
/* Fill parameters plm.* and mlm.* from these files (any float type; with or without the bert./roberta. prefix; names of older files too) and
 * mark them loaded.  A missing tensor of the encoder, a head of which a part is missing, or a wrong shape: a sentence.  Without a masked-LM
 * head none of mlm.* is loaded.  Tensors nobody wanted are listed in `unused`, one a line.  mlm.decoder.weight, where the set has it, becomes a
 * copy of the word embeddings, unless c->tie is PLM_UNTIED and there is a head: then it must be in the files; whole-word embeddings may be missing.
 * aside, of plm_unused_params or NULL, takes what it can. */
int plm_load(struct nn_params *, struct nn_params *aside, const struct plm_config *, const char *dir, struct cp_buf *unused, struct cp_err *);
/* The name in our list for a name in a folder's file; 0 if it is none of ours. */
int plm_own_name(const char *theirs, struct cp_buf *ours);
/* And back, as BertForMaskedLM and RobertaForMaskedLM have it; with has_head 0 as BertModel and RobertaModel.  0: none of theirs. */
int plm_their_name(const struct plm_config *, const char *ours, int has_head, struct cp_buf *theirs);

#endif
