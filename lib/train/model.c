/* Composition of a model from its parts. */
#include "train/model.h"

#include <stdlib.h>

#include "base/mem.h"

struct cp_model *cp_model_new(void)
{
	return cp_xcalloc(1, sizeof(struct cp_model));
}

void cp_model_free(struct cp_model *m)
{
	if (!m)
		return;
	nn_graph_free(m->g);
	nn_params_free(m->params);
	nn_params_free(m->aside);
	cp_p5_free(m->p5);
	if (!m->of) {
		nn_packs_free(m->packs);
		cp_features_release(&m->vocab);
		cp_tokenizer_free(m->tokenizer);
	}
	cp_batch_release(&m->batch);
	free(m->first);
	free(m->stage);
	json_decref(m->sentence);
	free(m->label_made);
	free(m->training);
	free(m->cut_v);
	free(m->ctrl.t);
	free(m->ctrl.dt);
	free(m);
}

/* --- Composition ------------------------------------------------------------------------------------------------------------------- */

/* z_ctr is the CTR model's own, or a linear map of the prompts made of its final vector. */
static struct nn_node *ctr_side(struct cp_model *m, struct ctr_build *cb)
{
	if (m->c.usage == CP_USAGE_NO)
		return ctr_logit(cb, m->q);
	return plm_prompt_logit(&cb->b, &m->c.plm, m->prompts, m->c.usage == CP_USAGE_AVG);
}

static void build_plm(struct cp_model *m, struct nn_build *b)
{
	plm_feed_init(&m->batch.feed, &m->c.plm, &m->c.prompting);
	if (m->c.baseline == CP_CTR_BERT || m->c.baseline == CP_CTRL)
		m->batch.feed.texts = PLM_TEXTS;
	b->group = CP_GROUP_PLM;
	b->frozen = m->c.plm_frozen;
	plm_encoder(b, &m->c.plm, &m->batch.feed, m->prompts, &m->nodes);
	b->frozen = 0;
}

static struct nn_node *fuse(struct cp_model *m, struct nn_build *b)
{
	if (!m->z_ctr || !m->z_plm)
		return m->z_ctr ? m->z_ctr : m->z_plm;
	if (m->c.fusion == CP_FUSE_SUM)
		return ng_add(m->g, m->z_ctr, m->z_plm);
	struct nn_param *alpha = nn_param_new(b, NN_INIT_HALF, 1, (size_t[]){ 1 }, "alpha");
	alpha->no_decay = 0;
	return ng_lerp(m->g, m->z_plm, m->z_ctr, ng_weight(m->g, alpha));
}

/* CTRL: the loss is of u and of texts that were computed before; what it wants of them is then pulled out of the language model. */
static void build_pairs(struct cp_model *m, struct nn_build *b, struct ctr_build *cb)
{
	struct cp_ctrl *p = &m->ctrl;
	const struct cp_model_config *c = &m->c;
	struct nn_node *u = plm_ctrl_row(&cb->b, m->q);
	p->text = plm_ctrl_text(b, &c->plm, &m->nodes, &m->batch.feed);
	if (!c->ctrl.batch)
		return;
	p->t = cp_xcalloc(c->ctrl.batch, PLM_HEAD_WIDTH * sizeof *p->t);
	p->dt = cp_xcalloc(c->ctrl.batch, PLM_HEAD_WIDTH * sizeof *p->dt);
	p->all.v = p->t;
	p->part = c->ctrl.batch;
	m->loss = ng_info_nce(m->g, u, ng_input_grad(m->g, PLM_ROWS, 1, PLM_HEAD_WIDTH, &p->all, p->dt), c->ctrl.subspaces, c->ctrl.temperature);
	p->pull = ng_dot(m->g, p->text, &p->want);
}

static struct nn_node *text_logit(struct cp_model *m, struct nn_build *b)
{
	const struct cp_model_config *c = &m->c;
	if (c->baseline == CP_PTAB)
		return plm_ptab(b, &c->plm, &m->nodes, &m->batch.feed);
	if (c->baseline == CP_CTR_BERT)
		return plm_ctr_bert(b, &c->plm, &m->nodes, &m->batch.feed, m->q);
	m->pool = plm_pool(b, &c->plm, &m->nodes, &m->batch.feed, (enum plm_pooler)c->pooler);
	return plm_click_head(b, m->keeps ? ng_input(m->g, PLM_ROWS, 1, m->pool->cols, &m->kept) : m->pool);
}

static void build_heads(struct cp_model *m, struct nn_build *b, struct ctr_build *cb)
{
	const struct cp_model_config *c = &m->c;
	const struct plm_nodes *n = &m->nodes;
	b->group = CP_GROUP_HEAD;
	if (c->objective == CP_OBJECTIVE_LM) {
		struct nn_node *h = plm_lm_transform(b, &c->plm, n, &m->batch.feed);
		struct nn_node *decoder = plm_lm_decoder(b, &c->plm, n, c->tied);
		struct nn_node *bias = plm_lm_bias(b, &c->plm);
		m->loss = ng_lm_loss(m->g, h, decoder, bias, &m->batch.feed.labels, &m->cut);
		m->lm = ng_linear(m->g, h, decoder, bias, NN_NONE);
		return;
	}
	if (c->baseline == CP_CTRL) {
		build_pairs(m, b, cb);
		return;
	}
	if (c->has_plm)
		m->z_plm = text_logit(m, b);
	if (c->has_ctr && c->baseline != CP_CTR_BERT) {
		cb->b.group = CP_GROUP_CTR;
		m->z_ctr = ctr_side(m, cb);
	}
	m->z = fuse(m, b);
	m->loss = ng_bce_weighted(m->g, m->z, &m->batch.labels, &m->batch.weights);
}

static size_t *first_rows(const struct cp_features *v)
{
	size_t *first = cp_xcalloc((size_t)v->fields.n + 1, sizeof *first);
	for (int f = 0; f < v->fields.n; f++)
		first[f] = v->field[f].base;
	first[v->fields.n] = v->n_rows;
	return first;
}

static void build_p5(struct cp_model *m, struct nn_build *b)
{
	struct plm_t5_nodes n;
	const struct cp_p5 *p = m->p5;
	plm_feed_init(&m->batch.feed, &m->c.plm, &m->c.prompting);
	b->group = CP_GROUP_PLM;
	plm_t5(b, &m->c.plm, &m->batch.feed, &n);
	m->loss = plm_t5_loss(b, &m->c.plm, &n, &m->batch.feed, &m->cut);
	m->z = m->z_plm = plm_t5_logit(b, &m->c.plm, &n, &m->batch.feed, p->answer[1].v[p->turn], p->answer[0].v[p->turn]);
}

static void compose(struct cp_model *m, struct cp_team *team, int training)
{
	m->params = nn_params_new();
	m->g = nn_graph_new(team);
	m->c.ctr.n_rows = m->vocab.n_rows;
	m->c.ctr.n_fields = m->vocab.fields.n;
	struct nn_build b = { m->g, m->params, CP_GROUP_CTR, 0 };
	struct ctr_build cb = { .b = b, .c = &m->c.ctr, .ids = &m->batch.ids, .axis = PLM_ROWS, .pad = -1 };
	if (cp_fields_count(&m->vocab.fields, CP_KEY) < m->vocab.fields.n)
		cb.bags = &m->batch.bags;
	if (m->c.has_ctr && ctr_config_has_widths(&m->c.ctr))
		cb.first = m->first = first_rows(&m->vocab);
	m->g->training = training;
	if (m->c.has_ctr) {
		m->q = ctr_final(&cb);
		if (m->c.has_plm)
			m->prompts = plm_prompts(&b, &m->c.plm, &m->c.prompting, m->q);
	}
	if (m->p5) {
		build_p5(m, &b);
	} else {
		if (m->c.has_plm)
			build_plm(m, &b);
		build_heads(m, &b, &cb);
	}
}

void cp_model_build(struct cp_model *m, struct cp_team *team, int training)
{
	compose(m, team, training);
	nn_params_alloc(m->params, training ? NN_TRAINING_BY_ROWS : NN_SCORING);
	if (training && m->c.has_plm && m->c.plm.family != PLM_T5)
		m->aside = plm_unused_params(&m->c.plm);
}

static struct cp_model *replica(const struct cp_model *m, const struct plm_prompting *prompting, struct cp_err *err)
{
	struct cp_model *t = cp_model_new();
	t->of = m;
	t->c = m->c;
	t->c.prompting = *prompting;
	t->cut = m->cut;
	t->vocab = m->vocab;
	t->tokenizer = m->tokenizer;
	t->packs = m->packs;
	if (m->p5)
		t->p5 = cp_p5_new(m->tokenizer, &m->c.plm, "replica", err);	/* which went well before */
	compose(t, NULL, 0);
	nn_params_borrow(t->params, m->params);
	if (nn_graph_pack(t->g, t->packs, err) == 0)
		return t;
	cp_model_free(t);
	return NULL;
}

struct cp_model *cp_model_replica(const struct cp_model *m, struct cp_err *err)
{
	return replica(m, &m->c.prompting, err);
}

struct cp_model *cp_model_plain(const struct cp_model *m, struct cp_err *err)
{
	const struct plm_prompting *p = &m->c.prompting;
	int behind = p->where == PLM_PROMPT_INPUT || p->shift;
	return replica(m, &(struct plm_prompting){ .where = PLM_PROMPT_NONE, .k = behind ? p->k : 0, .shift = behind }, err);
}
