/* Composition of a model, and a batch into it. */
#include "train/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

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
	plm_feed_release(&m->feed);
	cp_ids_release(&m->words);
	cp_ids_release(&m->pairs);
	free(m->first);
	free(m->stage);
	json_decref(m->sentence);
	free(m->training);
	free(m->id_v);
	free(m->off_v);
	free(m->weight_v);
	free(m->label_v);
	free(m->key_v);
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
	struct nn_node *p = m->c.usage == CP_USAGE_AVG ? ng_mean_groups(m->g, m->prompts, m->c.plm.hidden) : m->prompts;
	return nn_dense(&cb->b, p, 1, NN_NONE, "out");
}

static void build_plm(struct cp_model *m, struct nn_build *b)
{
	plm_feed_init(&m->feed, &m->c.plm, &m->c.prompting);
	if (m->c.baseline == CP_CTR_BERT || m->c.baseline == CP_CTRL)
		m->feed.texts = PLM_TEXTS;
	b->group = CP_GROUP_PLM;
	b->frozen = m->c.plm_frozen;
	plm_encoder(b, &m->c.plm, &m->feed, m->prompts, &m->nodes);
	b->frozen = 0;
}

static struct nn_node *fuse(struct cp_model *m, struct nn_build *b)
{
	if (!m->z_ctr || !m->z_plm)
		return m->z_ctr ? m->z_ctr : m->z_plm;
	if (m->c.fusion == CP_FUSE_SUM)
		return ng_add(m->g, m->z_ctr, m->z_plm);
	struct nn_param *alpha = nn_new(b, NN_INIT_HALF, 1, (size_t[]){ 1 }, "alpha");
	alpha->no_decay = 0;
	return ng_lerp(m->g, m->z_plm, m->z_ctr, ng_weight(m->g, alpha));
}

/* CTRL: the loss is of u and of texts that were computed before; what it wants of them is then pulled out of the language model. */
static void build_pairs(struct cp_model *m, struct nn_build *b, struct ctr_build *cb)
{
	struct cp_ctrl *p = &m->ctrl;
	const struct cp_model_config *c = &m->c;
	struct nn_node *u = plm_ctrl_row(&cb->b, m->q);
	p->text = plm_ctrl_text(b, &c->plm, &m->nodes, &m->feed);
	if (!c->ctrl.batch)
		return;
	p->t = cp_xcalloc(c->ctrl.batch, PLM_NARROW * sizeof *p->t);
	p->dt = cp_xcalloc(c->ctrl.batch, PLM_NARROW * sizeof *p->dt);
	p->all.v = p->t;
	p->part = c->ctrl.batch;
	m->loss = ng_info_nce(m->g, u, ng_input_grad(m->g, PLM_ROWS, 1, PLM_NARROW, &p->all, p->dt), c->ctrl.subspaces, c->ctrl.temperature);
	p->pull = ng_pull(m->g, p->text, &p->want);
}

static struct nn_node *text_logit(struct cp_model *m, struct nn_build *b)
{
	const struct cp_model_config *c = &m->c;
	if (c->baseline == CP_PTAB)
		return plm_ptab(b, &c->plm, &m->nodes, &m->feed);
	if (c->baseline == CP_CTR_BERT)
		return plm_ctr_bert(b, &c->plm, &m->nodes, &m->feed, m->q);
	m->pool = plm_pool(b, &c->plm, &m->nodes, &m->feed, (enum plm_pooler)c->pooler);
	return plm_click_head(b, m->keeps ? ng_input(m->g, PLM_ROWS, 1, m->pool->cols, &m->kept) : m->pool);
}

static void build_heads(struct cp_model *m, struct nn_build *b, struct ctr_build *cb)
{
	const struct cp_model_config *c = &m->c;
	const struct plm_nodes *n = &m->nodes;
	b->group = CP_GROUP_HEAD;
	if (c->objective == CP_OBJECTIVE_LM) {
		struct nn_node *h = plm_lm_transform(b, &c->plm, n, &m->feed);
		struct nn_node *decoder = plm_lm_decoder(b, &c->plm, n, c->tied);
		struct nn_node *bias = plm_lm_bias(b, &c->plm);
		m->loss = ng_lm_loss(m->g, h, decoder, bias, &m->feed.labels, &m->cut);
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
	m->loss = ng_bce(m->g, m->z, &m->labels);
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
	plm_feed_init(&m->feed, &m->c.plm, &m->c.prompting);
	b->group = CP_GROUP_PLM;
	plm_t5(b, &m->c.plm, &m->feed, &n);
	m->loss = plm_t5_loss(b, &m->c.plm, &n, &m->feed, &m->cut);
	m->z = m->z_plm = plm_t5_odds(b, &m->c.plm, &n, &m->feed, p->answer[1].v[p->turn], p->answer[0].v[p->turn]);
}

static void compose(struct cp_model *m, struct cp_team *team, int training)
{
	m->params = nn_params_new();
	m->g = nn_graph_new(team);
	m->c.ctr.n_rows = m->vocab.n_rows;
	m->c.ctr.n_fields = m->vocab.fields.n;
	struct nn_build b = { m->g, m->params, CP_GROUP_CTR, 0 };
	struct ctr_build cb = { .b = b, .c = &m->c.ctr, .ids = &m->ids, .axis = PLM_ROWS, .pad = -1 };
	if (cp_fields_count(&m->vocab.fields, CP_KEY) < m->vocab.fields.n)
		cb.bags = &m->bags;
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
		m->aside = plm_aside(&m->c.plm);
}

static struct cp_model *twin(const struct cp_model *m, const struct plm_prompting *prompting, struct cp_err *err)
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
		t->p5 = cp_p5_new(m->tokenizer, &m->c.plm, "twin", err);	/* which went well before */
	compose(t, NULL, 0);
	nn_params_borrow(t->params, m->params);
	if (nn_graph_pack(t->g, t->packs, err) == 0)
		return t;
	cp_model_free(t);
	return NULL;
}

struct cp_model *cp_model_twin(const struct cp_model *m, struct cp_err *err)
{
	return twin(m, &m->c.prompting, err);
}

struct cp_model *cp_model_plain(const struct cp_model *m, struct cp_err *err)
{
	return twin(m, &(struct plm_prompting){ 0 }, err);
}

/* --- A batch ----------------------------------------------------------------------------------------------------------------------- */

static void reserve(struct cp_model *m, size_t n)
{
	if (n <= m->cap)
		return;
	m->cap = n;
	m->off_v = cp_xrealloc(m->off_v, n * (size_t)m->vocab.fields.n + 1, sizeof *m->off_v);
	m->label_v = cp_xrealloc(m->label_v, n, sizeof *m->label_v);
	m->key_v = cp_xrealloc(m->key_v, n, sizeof *m->key_v);
}

static void reserve_values(struct cp_model *m, size_t n)
{
	if (n <= m->value_cap)
		return;
	m->value_cap = n + n / 2;
	m->id_v = cp_xrealloc(m->id_v, m->value_cap, sizeof *m->id_v);
	m->weight_v = cp_xrealloc(m->weight_v, m->value_cap, sizeof *m->weight_v);
}

/* Rows of the table for the row's values, and how they make up its fields: w of them that weigh 1/w for a list, one by its number. */
static void feed_bags(struct cp_model *m, const struct cp_data *d, size_t place, size_t at, uint32_t *off)
{
	const uint32_t *members = cp_data_members(d, place);
	const nn_float *number = cp_data_numbers(d, place);
	for (int f = 0; f < d->fields.n; f++) {
		uint32_t n = cp_data_of_field(d, f, &members);
		nn_float w = d->fields.v[f].type == CP_NUMBER ? *number++ : 1 / (nn_float)n;
		for (uint32_t k = 0; k < n; k++)
			m->weight_v[at++] = w;
		off[f + 1] = (uint32_t)at;
	}
}

/* Some values are shown as if they had not been met: one of a number is then no number, but the field's row for what is unseen. */
static void hide_values(struct cp_model *m, const struct cp_data *d, size_t place, size_t at, const struct cp_feeding *f)
{
	const uint32_t *members = cp_data_members(d, place);
	struct cp_rng r = cp_rng(f->seed, CP_RNG_UNSEEN, f->epoch, d->row[place]);
	for (int i = 0; i < d->fields.n; i++)
		for (uint32_t k = cp_data_of_field(d, i, &members); k; k--, at++) {
			if (cp_rng_real(&r) >= f->unseen_rate)
				continue;
			m->id_v[at] = (uint32_t)m->vocab.field[i].base;
			if (d->fields.v[i].type == CP_NUMBER)
				m->weight_v[at] = 1;
		}
}

/* Values of the i-th row of the batch, behind the `at` that are there; how many there are now. */
static size_t feed_values(struct cp_model *m, const struct cp_data *d, size_t place, size_t i, size_t at, const struct cp_feeding *f)
{
	size_t first = cp_data_first(d, place), n = cp_data_values(d, place);
	reserve_values(m, at + n);
	memcpy(m->id_v + at, d->ids + first, n * sizeof *m->id_v);
	if (!cp_data_is_plain(d))
		feed_bags(m, d, place, at, m->off_v + i * (size_t)d->fields.n);
	if (f->unseen_rate > 0)
		hide_values(m, d, place, at, f);
	return at + n;
}

static void masks_of(struct cp_model *m, const struct cp_data *d, size_t place, uint64_t epoch, const uint32_t *token, size_t n)
{
	m->pairs.n = 0;
	if (!d->spec.is_static) {
		cp_mask_row(&d->spec, epoch, d->row[place], token, n, &m->pairs);
	} else if (d->pair) {
		for (uint64_t i = d->pair_at[place]; i < d->pair_at[place + 1]; i++)
			cp_ids_push(&m->pairs, d->pair[i]);
	} else {
		cp_mask_row(&d->spec, 0, d->row[place], token, n, &m->pairs);
	}
}

static void feed_tokens(struct cp_model *m, const struct cp_data *d, size_t place, const struct cp_feeding *f, uint64_t key)
{
	const uint32_t *token = d->token + d->token_at[place];
	size_t n = d->token_at[place + 1] - d->token_at[place];
	if (m->c.baseline == CP_CTR_BERT) {
		size_t user = cp_data_first_text(m->tokenizer, token, n);
		plm_feed_row(&m->feed, token, user, key);
		plm_feed_row(&m->feed, token + user, n - user, ~key);
		return;
	}
	if (m->p5) {
		cp_p5_feed(m->p5, &m->feed, token, n, d->label && d->label[place] > 0.5, key);
		return;
	}
	if (!f->masked) {
		plm_feed_row(&m->feed, token, n, key);
		return;
	}
	m->words.n = 0;
	for (size_t t = 0; t < n; t++)
		cp_ids_push(&m->words, token[t]);
	masks_of(m, d, place, f->epoch, token, n);
	for (size_t i = 0; i < m->pairs.n; i += 2)
		m->words.v[m->pairs.v[i]] = m->pairs.v[i + 1];
	size_t first = plm_feed_row(&m->feed, m->words.v, n, key);
	for (size_t i = 0; i < m->pairs.n; i += 2)
		plm_feed_pick(&m->feed, first + m->pairs.v[i], token[m->pairs.v[i]]);
}

static uint64_t row_key(const struct cp_data *d, size_t place, const struct cp_feeding *f)
{
	return cp_rng(f->seed, CP_RNG_DROPOUT, f->epoch, d->row[place]).key;
}

static void feed_texts(struct cp_model *m, const struct cp_data *d, const uint32_t *places, size_t n, const struct cp_feeding *f)
{
	plm_feed_reset(&m->feed);
	for (size_t i = 0; i < n; i++)
		feed_tokens(m, d, places[i], f, row_key(d, places[i], f));
	plm_feed_bind(&m->feed, m->g);
}

void cp_model_feed(struct cp_model *m, const struct cp_data *d, const uint32_t *places, size_t n, const struct cp_feeding *f)
{
	reserve(m, n);
	size_t values = 0;
	m->off_v[0] = 0;
	for (size_t i = 0; i < n; i++) {
		m->key_v[i] = row_key(d, places[i], f);
		if (m->c.has_ctr)
			values = feed_values(m, d, places[i], i, values, f);
		if (d->label)
			m->label_v[i] = d->label[places[i]];
	}
	m->ids.v = m->id_v;
	m->bags = (struct nn_bags){ m->off_v, m->weight_v };
	m->labels.v = m->label_v;
	m->kept.v = f->kept;
	m->g->len[PLM_ROWS] = n;
	m->g->keys[PLM_ROWS] = m->key_v;
	if (m->c.has_plm && !f->kept && m->c.baseline != CP_CTRL)
		feed_texts(m, d, places, n, f);
}

/* --- CTRL's batch ------------------------------------------------------------------------------------------------------------------ */

void cp_model_pair(struct cp_model *m, const struct cp_data *d, const uint32_t *places, size_t n, const struct cp_feeding *f)
{
	struct cp_ctrl *p = &m->ctrl;
	for (size_t at = 0; at < n; at += p->part) {
		size_t k = n - at < p->part ? n - at : p->part;
		feed_texts(m, d, places + at, k, f);
		nn_forward(m->g, p->text);
		memcpy(p->t + at * PLM_NARROW, p->text->val, k * PLM_NARROW * sizeof *p->t);
	}
	cp_model_feed(m, d, places, n, f);
	nn_forward(m->g, m->loss);
}

void cp_model_pair_back(struct cp_model *m, const struct cp_data *d, const uint32_t *places, size_t n, const struct cp_feeding *f)
{
	struct cp_ctrl *p = &m->ctrl;
	for (size_t at = 0; at < n; at += p->part) {
		feed_texts(m, d, places + at, n - at < p->part ? n - at : p->part, f);
		p->want.v = p->dt + at * PLM_NARROW;
		nn_forward(m->g, p->pull);
		nn_backward(m->g, p->pull);
	}
}

static int loses_by_words(const struct cp_model *m)
{
	return m->p5 || m->c.objective == CP_OBJECTIVE_LM;
}

static size_t terms_of_row(struct cp_model *m, const struct cp_data *d, size_t place, uint64_t epoch)
{
	if (m->p5)
		return m->p5->answer[d->label && d->label[place] > 0.5].n;
	masks_of(m, d, place, epoch, d->token + d->token_at[place], d->token_at[place + 1] - d->token_at[place]);
	return m->pairs.n / 2;
}

size_t cp_model_terms(struct cp_model *m, const struct cp_data *d, const uint32_t *places, size_t n, const struct cp_feeding *f)
{
	size_t terms = 0;
	if (!loses_by_words(m))
		return n;
	for (size_t i = 0; i < n; i++)
		terms += terms_of_row(m, d, places[i], f->epoch);
	return terms;
}

size_t cp_model_terms_fed(const struct cp_model *m)
{
	return m->g->len[loses_by_words(m) ? PLM_PICKS : PLM_ROWS];
}

void cp_model_score(struct cp_model *m, nn_float *logits)
{
	nn_forward(m->g, m->z);
	memcpy(logits, m->z->val, m->g->len[PLM_ROWS] * sizeof *logits);
}
