/* A model in training or finished.  That of ClickPrompt is a CTR model, soft prompts made from its final vector, a language model that reads
 * them, and what joins the two.
 *
 *     q = CTR body(ids)                         z_ctr = out(q)
 *     p = prompts(q)                            h = encoder(tokens, p)
 *     pretrain:  masked-LM loss of h            finetune:  z = z_ctr + head(pool(h)),  or alpha z_plm + (1 - alpha) z_ctr;  BCE
 *
 * (ClickPrompt, arXiv 2310.09234, sections 3.2 to 3.4.)  Which halves there are is the config's to say; a CTR model alone is one of them.
 * With a T5 in the place of the encoder it is P5 (train/p5.h): the T5 alone, z the log-odds of "yes".  With other heads it is one of the models to
 * compare with, whose formulas stand in plm/ptab.c, plm/ctrbert.c and plm/ctrl.c.
 *
 * In a file (.cpm) it is safetensors: the vocabulary (vocab.FIELD.keys, .counts), the parameters under their own names, the tokenizer
 * (tokenizer.json), the pooler of the language model's folder where that had one, the ids that can be filled in where they are not all (mlm.ids), and
 * in the metadata one JSON text "clickprompt" with the configuration, and the digest of all.  Same training, same bytes.
 *
 *     struct cp_model *m = cp_model_open(path, team, NN_IN_F32, err);     // to score
 *     cp_model_feed(m, &data, places, n, ...);
 *     cp_model_score(m, logits);
 *     cp_model_free(m);
 */
#ifndef CP_MODEL_H
#define CP_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/team.h"
#include "ctr/ctr.h"
#include "nn/safetensors.h"
#include "plm/plm.h"
#include "text/tokenizer.h"
#include "train/data.h"
#include "train/features.h"
#include "train/p5.h"

#define CP_MODEL_VERSION 4	/* 4: a baseline; 3: with widths by field; 2: with fields that are lists or numbers, or are declared; else 1 is written */

/* Groups of the optimiser. */
enum { CP_GROUP_CTR, CP_GROUP_PLM, CP_GROUP_HEAD, CP_N_GROUPS };

enum cp_fusion { CP_FUSE_SUM, CP_FUSE_ALPHA };
#define CP_FUSIONS "sum|alpha"
enum cp_prompt_usage { CP_USAGE_NO, CP_USAGE_AVG, CP_USAGE_CAT };	/* z_ctr from q, or from the prompts: their mean, all of them */
#define CP_USAGES "no|avg|cat"
enum cp_objective { CP_OBJECTIVE_CLICK, CP_OBJECTIVE_LM, CP_OBJECTIVE_PAIRS };	/* clicks, masked words, which text is a row's (CTRL) */
#define CP_OBJECTIVES "click|lm|pairs"
enum cp_baseline { CP_NO_BASELINE, CP_PTAB, CP_CTR_BERT, CP_CTRL };
#define CP_BASELINES "none|ptab|ctr-bert|ctrl"		/* but for none, the stages that make them */

struct cp_model_config {
	int objective, baseline;
	int has_ctr, has_plm;
	struct ctr_config ctr;
	struct plm_config plm;
	struct plm_prompting prompting;
	int tied;			/* the masked-LM decoder is the word embeddings */
	int pooler, fusion, usage;
	int plm_frozen;			/* its weights take no step */
	int plm_from_nothing;		/* nobody's weights began it: scratch:..., or a folder that has none, whatever it has learnt since */
	size_t max_tokens;		/* of a text */
	struct { size_t subspaces, batch; double temperature; } ctrl;	/* of CTRL, in training: batch is the most rows of one */
};

/* CTRL's batch: texts go through the language model a part at a time (cp_model_pair). */
struct cp_ctrl {
	size_t part;			/* so many, the whole batch unless it is set */
	struct nn_node *text, *pull;	/* (texts, 128), and what hands it its gradient */
	nn_float *t, *dt;		/* (batch, 128) text of all parts, and its gradient */
	struct nn_feed all, want;	/* t; dt of the part at hand */
};

/* The language model makes the same of a row in every epoch (kept.h). */
static inline int cp_model_plm_is_constant(const struct cp_model_config *c)
{
	return c->has_plm && !c->baseline && c->objective == CP_OBJECTIVE_CLICK && c->plm.family != PLM_T5 && c->plm_frozen &&
	       c->prompting.where == PLM_PROMPT_NONE && c->plm.dropout == 0 && c->plm.attention_dropout == 0;
}

/* Rows as the graph reads them, and the arrays behind (batch.c). */
struct cp_batch {
	struct nn_ids ids;		/* of their values, rows of the table */
	struct nn_bags bags;		/* how values make up fields, where a row is more than one id a field */
	struct nn_feed labels, weights;	/* (B); weights: NULL where all rows weigh the same */
	struct plm_feed feed;		/* their texts */

	uint32_t *id_v, *off_v;
	nn_float *weight_v, *label_v, *row_weight_v;	/* weight_v: of values in a field */
	uint64_t *key_v;
	size_t cap, value_cap;		/* rows and values that there is room for */
	struct cp_ids words, pairs;	/* of a row: its words with masks, and which are masked */
};
void cp_batch_release(struct cp_batch *);

struct cp_model {
	struct cp_model_config c;
	char *stage;			/* that made it: ctr, pretrain, finetune, p5, ptab, ctr-bert, ctrl */
	json_t *sentence;		/* how it was told, as the text's attributes say; NULL: not known */
	char *label_made;		/* the declaration of the training rows' label; NULL: a number of the column 'label' */
	char *training;			/* JSON: rows by digest and options, all that determined it; NULL: not known */
	const struct cp_model *of;	/* a replica of this one, whose vocabulary, tokenizer, values and packed weights it uses; else NULL */
	struct cp_features vocab;
	size_t *first;			/* (fields + 1) first row of each field and the end of the last; NULL unless a field has a width of its own */
	struct cp_tokenizer *tokenizer;	/* NULL without a language model */
	struct cp_p5 *p5;		/* NULL but for a T5 */

	struct nn_params *params;
	struct nn_params *aside;	/* in training: what the language model's folder had and nothing here uses; NULL: nothing can be */
	struct nn_packs *packs;		/* of a model that only scores */
	struct nn_graph *g;
	struct nn_node *q, *prompts, *z_ctr, *z_plm, *z, *loss;	/* NULL where there is none */
	struct nn_node *pool;		/* (B,H) the language model's vectors of the rows */
	int keeps;			/* set before building: z_plm reads them from outside (kept.h), and nobody computes them but who asks for pool */
	struct nn_feed kept;
	struct nn_node *lm;		/* (M, vocabulary) logits of the chosen places; of one that fills in words */
	struct cp_ctrl ctrl;		/* of CTRL */
	struct plm_nodes nodes;		/* of the encoder */
	struct nn_cut cut;		/* of the softmax over words; owned by whoever sets it; of an open model it is cut_v */
	uint32_t *cut_v;

	struct cp_batch batch;		/* at hand */
};

/* Nothing yet: set config, stage, vocabulary and tokenizer (and p5), then build. */
struct cp_model *cp_model_new(void);
void cp_model_free(struct cp_model *);

/* Make parameters (all zero) and the graph.  The team is borrowed. */
void cp_model_build(struct cp_model *, struct cp_team *, int training);

/* A file's configuration, vocabulary and tokenizer, without its parameters; the file stays open for cp_model_load. */
struct cp_model *cp_model_open_header(const char *path, struct nn_safetensors **file, struct cp_err *);
/* Parameters by name into a model that was built; rows of the tables by key, and a key that the file has not begins as a copy of its field's
 * unseen row: rows are scored as by the model of the file.  `from` is the vocabulary of the file, whose keys come first in this one.  A parameter
 * that the file has not is left alone (loaded stays 0); one of another shape is refused. */
int cp_model_load(struct cp_model *, const struct nn_safetensors *, const struct cp_features *from, const char *path, struct cp_err *);
/* Whole, to score: a row's logit has the same bits whatever the rows beside it.  What the processor has not got is refused. */
struct cp_model *cp_model_open(const char *path, struct cp_team *, enum nn_precision, struct cp_err *);
int cp_model_save(const struct cp_model *, const char *path, struct cp_err *);
/* Another graph over a model that was opened to score, for another thread: the same bits, without a team.  It goes before the model does. */
struct cp_model *cp_model_replica(const struct cp_model *, struct cp_err *);
/* The same without its prompts; tokens keep the positions they have behind them. */
struct cp_model *cp_model_plain(const struct cp_model *, struct cp_err *);

/* How rows become a batch. */
struct cp_feeding {
	uint64_t seed, epoch;
	int masked;			/* mask tokens and say which are to be predicted */
	double unseen_rate;		/* of values shown as unseen */
	const nn_float *kept;		/* (n,H) of a model that keeps; NULL: their tokens */
};
/* Rows places[0..n-1] of d, which has been indexed.  Of CTRL not their texts. */
void cp_model_feed(struct cp_model *, const struct cp_data *d, const uint32_t *places, size_t n, const struct cp_feeding *);

/* What the loss of such a batch is the mean over: rows, the chosen words of all rows, or the pieces of their answers. */
size_t cp_model_terms(struct cp_model *, const struct cp_data *d, const uint32_t *places, size_t n, const struct cp_feeding *);
/* The same of the batch that was fed. */
size_t cp_model_terms_fed(const struct cp_model *);

/* CTRL's loss of these rows, and its gradients, with no more memory than a part of the texts takes (gradient cache; Gao et al., RepL4NLP 2021):
 * forward once without keeping what the language model computed, then, for the gradients, each part again.  Between the two comes
 * nn_backward(m->g, m->loss). */
void cp_model_pair(struct cp_model *, const struct cp_data *, const uint32_t *places, size_t n, const struct cp_feeding *);
void cp_model_pair_back(struct cp_model *, const struct cp_data *, const uint32_t *places, size_t n, const struct cp_feeding *);

/* Logits of the batch that was fed.  One may be NaN: then, of its row, this is to be said. */
#define CP_MODEL_NO_SCORE "its score is no number: one of its numbers is too far from those of the training rows"
void cp_model_score(struct cp_model *, nn_float *logits);

#endif
