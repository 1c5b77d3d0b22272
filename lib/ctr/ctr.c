/* The registry, and what the models share. */
#include "ctr/ctr.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static const struct ctr_model *const models[] = {
	&ctr_autoint, &ctr_dcn, &ctr_dcnv2, &ctr_deepfm, &ctr_dnn, &ctr_fgcnn, &ctr_fibinet,
	&ctr_fignn, &ctr_finalmlp, &ctr_fm, &ctr_ipnn, &ctr_lr, &ctr_masknet, &ctr_xdeepfm,
};
#define N_MODELS (sizeof models / sizeof *models)

const struct ctr_model *ctr_find(const char *name)
{
	for (size_t i = 0; i < N_MODELS; i++)
		if (!strcmp(models[i]->name, name))
			return models[i];
	return NULL;
}

static char model_names[256];

static void join_names(void)
{
	for (size_t i = 0; i < N_MODELS; i++)
		snprintf(model_names + strlen(model_names), sizeof model_names - strlen(model_names), "%s%s", i ? "|" : "", models[i]->name);
}

const char *ctr_names(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, join_names);
	return model_names;
}

/* --- What models share ------------------------------------------------------------------------------------------------------------- */

static struct nn_node *look_up(struct ctr_build *b, const char *name, size_t cols, enum nn_init start)
{
	const struct ctr_config *c = b->c;
	struct nn_param *table = nn_param_new(&b->b, start, 2, (size_t[]){ c->n_rows, cols }, "%s", name);
	table->by_key = 1;
	struct nn_node *e = b->bags ? ng_lookup_bags(b->b.g, table, b->ids, b->bags, b->axis, c->n_fields, b->pad)
				    : ng_lookup(b->b.g, table, b->ids, b->axis, c->n_fields, b->pad);
	return ng_view(b->b.g, e, 1, (size_t)c->n_fields * cols);
}

/* Field f (B,d), from its own table.  It starts at the scale that one table of all fields would have. */
static struct nn_node *look_up_own(struct ctr_build *b, const char *name, int f)
{
	const struct ctr_config *c = b->c;
	size_t d = (size_t)c->dim, width = c->width[f] ? c->width[f] : d;
	struct nn_param *table = nn_param_new(&b->b, NN_INIT_NORMAL, 2, (size_t[]){ b->first[f + 1] - b->first[f], width }, "%s.%d", name, f + 1);
	table->by_key = 1;
	table->part = f + 1;
	table->init_std = sqrt(2 / (double)(c->n_rows + d));
	struct nn_node *e = ng_lookup_place(b->b.g, table, b->ids, b->bags, b->axis, f, c->n_fields, b->first[f]);
	return width == d ? e : nn_dense_plain(&b->b, e, d, NN_NONE, "%s.%d.map", name, f + 1);
}

static struct nn_node *look_up_each(struct ctr_build *b, const char *name)
{
	struct nn_node *e[CTR_MAX_FIELDS];
	for (int f = 0; f < b->c->n_fields; f++)
		e[f] = look_up_own(b, name, f);
	return ng_concat(b->b.g, b->c->n_fields, e);
}

struct nn_node *ctr_embed_by(struct ctr_build *b, const char *name)
{
	struct nn_node *x = ctr_config_has_widths(b->c) ? look_up_each(b, name) : look_up(b, name, (size_t)b->c->dim, NN_INIT_XAVIER);
	return ng_dropout(b->b.g, x, b->c->emb_dropout);
}

struct nn_node *ctr_embed(struct ctr_build *b)
{
	if (!b->x)
		b->x = ctr_embed_by(b, "embedding");
	return b->x;
}

struct nn_node *ctr_linear(struct ctr_build *b, int bias)
{
	struct nn_node *z = ng_sum_groups(b->b.g, look_up(b, "lr.weight", 1, b->c->model->final ? NN_INIT_XAVIER : NN_INIT_ZERO), 1);
	return bias ? ng_bias(b->b.g, z, ng_weight(b->b.g, nn_param_new(&b->b, NN_INIT_ZERO, 1, (size_t[]){ 1 }, "lr.bias"))) : z;
}

struct nn_node *ctr_add_linear(struct ctr_build *b, struct nn_node *z)
{
	return b->c->wide ? ng_add(b->b.g, z, ctr_linear(b, 0)) : z;
}

struct nn_node *ctr_towers_logit(struct ctr_build *b, struct nn_node *q, size_t a_cols)
{
	if (b->c->towers == CTR_JOINT || a_cols == q->cols)
		return nn_dense(&b->b, q, 1, NN_NONE, "out");
	struct nn_node *a = nn_dense(&b->b, ng_cols(b->b.g, q, 0, a_cols), 1, NN_NONE, "out");
	return ng_add(b->b.g, a, nn_dense(&b->b, ng_cols(b->b.g, q, a_cols, q->cols - a_cols), 1, NN_NONE, "mlp.out"));
}

struct nn_node *ctr_final(struct ctr_build *b)
{
	return b->c->model->final ? b->c->model->final(b) : NULL;
}

struct nn_node *ctr_logit(struct ctr_build *b, struct nn_node *q)
{
	return b->c->model->logit ? b->c->model->logit(b, q) : nn_dense(&b->b, q, 1, NN_NONE, "out");
}

struct nn_node *ctr_mlp(struct ctr_build *b, struct nn_node *x, const struct ctr_sizes *hidden, const char *name)
{
	for (int l = 0; l < hidden->n; l++) {
		size_t width = hidden->v[l];
		if (b->c->batch_norm) {
			x = nn_dense(&b->b, x, width, NN_NONE, "%s.%d", name, l);
			x = nn_batch_norm(&b->b, x, 0, "%s.%d.norm", name, l);
			x = ng_activate(b->b.g, x, (enum nn_act)b->c->act);
		} else {
			x = nn_dense(&b->b, x, width, (enum nn_act)b->c->act, "%s.%d", name, l);
		}
		x = ng_dropout(b->b.g, x, b->c->dropout);
	}
	return x;
}
