/* CTR models: what they share, and the registry.
 *
 * A model reads F categorical fields as rows of one embedding table (fields one behind the other) and makes a final vector q (B,Q); the
 * logit is a linear map of q.  q is also what soft prompts are made from.  One file a model; each is a page of composition over nn/graph.h.
 *
 *     struct ctr_config c;
 *     ctr_config_init(&c, ctr_find("dcnv2"), n_fields, n_rows);
 *     ctr_config_set(&c, "hidden=256x3", &err);
 *     struct ctr_build b = { .b = { g, ps, GROUP_CTR }, .c = &c, .ids = &ids, .axis = AXIS_ROWS };
 *     struct nn_node *q = ctr_final(&b), *z = ctr_logit(&b, q);
 *
 * To add a model: a file with its ctr_model, and a line in ctr.c.
 */
#ifndef CTR_CTR_H
#define CTR_CTR_H

#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "nn/build.h"

#define CTR_MAX_HIDDEN 16

enum ctr_structure { CTR_PARALLEL, CTR_CROSSNET_ONLY, CTR_STACKED, CTR_STACKED_PARALLEL };

struct ctr_sizes {
	int n;
	size_t v[CTR_MAX_HIDDEN];
};

/* Sizes and switches of all models; each reads those it knows.  Names for --set and for a model's metadata: ctr.c. */
struct ctr_config {
	const struct ctr_model *model;
	int n_fields;
	size_t n_rows;			/* of the table: all fields' rows */
	int64_t dim;			/* embedding width d */
	struct ctr_sizes hidden;	/* the MLP beside (or, DNN, after) the embeddings */
	struct ctr_sizes stacked;	/* DCNv2 stacked: the MLP on top of the cross network */
	int64_t cross;			/* cross layers */
	int64_t structure;		/* enum ctr_structure */
	int64_t low_rank, experts;	/* DCNv2's mixture: rank and experts of each layer; rank 0: full matrices */
	int64_t batch_norm;
	int64_t act;			/* enum nn_act, of the MLPs */
	double dropout, emb_dropout;
};

struct ctr_build {
	struct nn_build b;
	const struct ctr_config *c;
	const struct nn_ids *ids;	/* (B*F) rows of the table */
	int axis;			/* of the batch's rows */
	int pad;			/* row of the table that takes no gradient from look-ups, or -1 */
	struct nn_node *x;		/* (B, F d), made by ctr_final */
};

struct ctr_model {
	const char *name;
	const char *summary;
	struct nn_node *(*final)(struct ctr_build *);	/* q from b->x; NULL: the model has no final vector */
	struct nn_node *(*logit)(struct ctr_build *, struct nn_node *q);	/* NULL: Lin(Q -> 1) */
	const char *sizes;		/* default --set, "name=value name=value" */
};

extern const struct ctr_model ctr_dcnv2, ctr_dnn;

const struct ctr_model *ctr_find(const char *name);
const char *ctr_names(void);			/* "dcnv2|dnn", for options */

void ctr_config_init(struct ctr_config *, const struct ctr_model *, int n_fields, size_t n_rows);
int ctr_config_set(struct ctr_config *, const char *name_value, struct cp_err *);	/* "dim=16", "hidden=256x3", "hidden=512,256" */
void ctr_config_print(const struct ctr_config *, struct cp_buf *);	/* "dim=32 hidden=256,256 ...": set() reads each word back */

/* Add the embedding look-up and the model's body; q.  The logit of q: parameters out.weight, out.bias. */
struct nn_node *ctr_final(struct ctr_build *);
struct nn_node *ctr_logit(struct ctr_build *, struct nn_node *q);

/* An MLP over x: hidden layers, each Linear -> BatchNorm (if on) -> act -> dropout; no output layer.  Parameters NAME.L.weight ... */
struct nn_node *ctr_mlp(struct ctr_build *, struct nn_node *x, const struct ctr_sizes *, const char *name);

#endif
