/* CTR models: what they share, and the registry.
 *
 * A model reads F fields as rows of one embedding table (fields one behind the other) and makes a final vector q (B,Q); the logit is a
 * linear map of q.  A field is the row of its one value, the mean of its members' rows, or a number times its row: what it is, whoever
 * feeds the model knows (nn_bags); a model sees F vectors of width d.  q is also what soft prompts are made from.  One file a model; each is a
 * page of composition over nn/graph.h.
 *
 *     struct ctr_config c;
 *     ctr_config_init(&c, ctr_find("dcnv2"), n_fields, n_rows);
 *     ctr_config_set(&c, "hidden=256x3", &err);
 *     struct ctr_build b = { .b = { g, ps, GROUP_CTR }, .c = &c, .ids = &ids, .axis = AXIS_ROWS, .pad = -1 };
 *     struct nn_node *q = ctr_final(&b), *z = ctr_logit(&b, q);
 *
 * To add a model: a file with its ctr_model, and a line in ctr.c.
 */
#ifndef CTR_CTR_H
#define CTR_CTR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "nn/build.h"

#define CTR_MAX_HIDDEN 16
#define CTR_MAX_LAYERS 64	/* cross layers, layers and heads of attention, experts, blocks, steps */
#define CTR_MAX_FIELDS 1024

enum ctr_structure { CTR_PARALLEL, CTR_CROSSNET_ONLY, CTR_STACKED, CTR_STACKED_PARALLEL };
#define CTR_STRUCTURES "parallel|crossnet_only|stacked|stacked_parallel"
enum ctr_towers { CTR_JOINT, CTR_SUM };
#define CTR_TOWERS "joint|sum"
enum ctr_bilinear { CTR_BILINEAR_ALL, CTR_BILINEAR_EACH, CTR_BILINEAR_INTERACTION };
#define CTR_BILINEARS "all|each|interaction"

struct ctr_sizes {
	int n;
	size_t v[CTR_MAX_HIDDEN];
};

/* Sizes and switches of all models; each reads those that its list names.  Names for --set and for a model's metadata: sizes.c. */
struct ctr_config {
	const struct ctr_model *model;
	int n_fields;
	size_t n_rows;			/* of the table: all fields' rows */
	int64_t dim;			/* embedding width d */
	uint16_t width[CTR_MAX_FIELDS];	/* of a field's own embedding; 0: d.  With any, each field has a table of its own and ctr_build.first is needed */
	struct ctr_sizes hidden;	/* the MLP beside (or, DNN, after) the embeddings */
	struct ctr_sizes stacked;	/* DCNv2 stacked: the MLP on top of the cross network */
	int64_t cross;			/* cross layers */
	int64_t structure;		/* enum ctr_structure */
	int64_t low_rank, experts;	/* DCNv2's mixture: rank and experts of each layer; rank 0: full matrices */
	int64_t batch_norm;
	int64_t act;			/* enum nn_act, of the MLPs */
	int64_t wide;			/* a linear term beside the model: sum of w[id] over the fields */
	int64_t towers;			/* enum ctr_towers: one output unit over two vectors side by side, or one each and their sum */
	struct ctr_sizes cin;		/* maps of each layer of compressed interaction */
	int64_t attn_layers, attn_heads, attn_dim;	/* self-attention over the fields: width of all heads together */
	int64_t attn_scale, residual, layer_norm;
	int64_t steps, gru, reuse;	/* of messages between fields; one set of matrices for all */
	struct ctr_sizes channels, kernels, pools, recombined;	/* of each convolution: maps, height, pooling, new fields per position and channel */
	int64_t conv_norm, conv_act, share_table;	/* conv_act: of the new fields, too */
	int64_t bilinear, excitation;	/* FiBiNET: enum ctr_bilinear, matrices of the products; act of the fields' weights, 0 relu, 1 sigmoid */
	double reduction;		/* FiBiNET: r of squeeze and excitation, F fields through F / r and back */
	int64_t parallel, blocks, block_dim, emb_norm;	/* MaskNet: its form, and the blocks of the parallel one */
	double mask_ratio;		/* width inside a mask, to that of what is masked */
	struct ctr_sizes hidden2, gate, gate1, gate2;	/* FinalMLP: the second MLP, hidden layers of the gates, fields each gate reads, from 1 */
	int64_t gated, heads;
	double dropout, emb_dropout;
};

struct ctr_build {
	struct nn_build b;
	const struct ctr_config *c;
	const struct nn_ids *ids;	/* rows of the table, (B*F), or as the bags say */
	const struct nn_bags *bags;	/* (B*F) what a field is made of; NULL: one row, as it is */
	int axis;			/* of the batch's rows */
	int pad;			/* row of the table that takes no gradient from look-ups, or -1 */
	const size_t *first;		/* (n_fields + 1) the first row that is the field's, and the end of the last; NULL where no field has its own width */
	struct nn_node *x;		/* (B, F d), made by ctr_embed */
};

struct ctr_model {
	const char *name;
	const char *summary;
	struct nn_node *(*final)(struct ctr_build *);	/* q; NULL: the model has no final vector, and can make no prompts */
	struct nn_node *(*logit)(struct ctr_build *, struct nn_node *q);	/* NULL: Lin(Q -> 1) */
	const char *sizes;		/* what it reads and the default, "name=value name=value" */
	int min_fields;			/* 2: it takes pairs of fields */
	int (*check)(const struct ctr_config *, struct cp_err *);	/* do its sizes go together, and with the fields?  NULL: always */
};

#define CTR_MLP_SIZES "batch_norm=0 act=relu dropout=0 emb_dropout=0"	/* of all that have an MLP */

extern const struct ctr_model ctr_autoint, ctr_dcn, ctr_dcnv2, ctr_deepfm, ctr_dnn, ctr_fgcnn, ctr_fibinet, ctr_fignn,
	ctr_finalmlp, ctr_fm, ctr_ipnn, ctr_lr, ctr_masknet, ctr_xdeepfm;

const struct ctr_model *ctr_find(const char *name);
const char *ctr_names(void);			/* "autoint|dcn|...", for options */

void ctr_config_init(struct ctr_config *, const struct ctr_model *, int n_fields, size_t n_rows);
/* "dim=16", "hidden=256x3", "hidden=512,256"; a name the model does not read is refused. */
int ctr_config_set(struct ctr_config *, const char *name_value, struct cp_err *);
/* "dim=16 hidden=512,256", as ctr_config_print has it. */
int ctr_config_set_words(struct ctr_config *, const char *words, struct cp_err *);
/* Whether a field has an embedding of its own width. */
int ctr_config_has_widths(const struct ctr_config *);
/* Whether the model reads the size of that name. */
int ctr_config_reads(const struct ctr_config *, const char *name);
/* Do the sizes go together, and with the number of fields?  Before ctr_final. */
int ctr_config_check(const struct ctr_config *, struct cp_err *);
void ctr_config_print(const struct ctr_config *, struct cp_buf *);	/* "dim=32 hidden=256,256 ...": set() reads each word back */

/* Add the embedding look-up and the model's body; q, or NULL where the model has none.  The logit, of q where there is one: parameters
 * out.weight, out.bias. */
struct nn_node *ctr_final(struct ctr_build *);
struct nn_node *ctr_logit(struct ctr_build *, struct nn_node *q);

/* --- For models -------------------------------------------------------------------------------------------------------------------- */

/* The rows' embeddings side by side, (B, F d): looked up when first asked for.  A field of another width than d is mapped to d by a matrix
 * without bias (mixed dimension embeddings; Ginart et al., ISIT 2021): then tables are embedding.F (rows of field F, its width) and maps
 * embedding.F.map.weight (d, its width), F from 1. */
struct nn_node *ctr_embed(struct ctr_build *);
/* The same from another table, (V,d), called `name`. */
struct nn_node *ctr_embed_by(struct ctr_build *, const char *name);
/* The linear term, (B,1): sum over fields of w[id] (of a list their mean, of a number v w[id]), + b.  Parameters lr.weight (V,1), lr.bias.  In a model
 * without a final vector (LR, FM) the term is all there is, or the greater part, and w starts at 0, which is as good as any for what has one optimum;
 * lib/train starts b at the log-odds of a click. */
struct nn_node *ctr_linear(struct ctr_build *, int bias);
/* z + the linear term without bias, where `wide` is on. */
struct nn_node *ctr_add_linear(struct ctr_build *, struct nn_node *z);
/* The logit of q = [a; u], a being a_cols wide: out(q), or with towers=sum out(a) + mlp.out(u); u may be empty. */
struct nn_node *ctr_towers_logit(struct ctr_build *, struct nn_node *q, size_t a_cols);

/* An MLP over x: hidden layers, each Linear -> BatchNorm (if on) -> act -> dropout; no output layer.  Parameters NAME.L.weight ... */
struct nn_node *ctr_mlp(struct ctr_build *, struct nn_node *x, const struct ctr_sizes *, const char *name);

#endif
