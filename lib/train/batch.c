/* A batch into a model: values, tokens and masks of its rows, and what comes out of them. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "train/model.h"

/* --- Values ------------------------------------------------------------------------------------------------------------------------ */

static void reserve(struct cp_batch *b, size_t n, int n_fields)
{
	if (n <= b->cap)
		return;
	b->cap = n;
	b->off_v = cp_xrealloc(b->off_v, n * (size_t)n_fields + 1, sizeof *b->off_v);
	b->label_v = cp_xrealloc(b->label_v, n, sizeof *b->label_v);
	b->row_weight_v = cp_xrealloc(b->row_weight_v, n, sizeof *b->row_weight_v);
	b->key_v = cp_xrealloc(b->key_v, n, sizeof *b->key_v);
}

static void reserve_values(struct cp_batch *b, size_t n)
{
	if (n <= b->value_cap)
		return;
	b->value_cap = n + n / 2;
	b->id_v = cp_xrealloc(b->id_v, b->value_cap, sizeof *b->id_v);
	b->weight_v = cp_xrealloc(b->weight_v, b->value_cap, sizeof *b->weight_v);
}

void cp_batch_release(struct cp_batch *b)
{
	void *own[] = { b->id_v, b->off_v, b->weight_v, b->label_v, b->row_weight_v, b->key_v };
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		free(own[i]);
	plm_feed_release(&b->feed);
	cp_ids_release(&b->words);
	cp_ids_release(&b->pairs);
}

/* Rows of the table for the row's values, and how they make up its fields: w of them that weigh 1/w for a list, one by its number. */
static void feed_bags(struct cp_batch *b, const struct cp_data *d, size_t place, size_t at, uint32_t *off)
{
	const uint32_t *members = cp_data_members(d, place);
	const nn_float *number = cp_data_numbers(d, place);
	for (int f = 0; f < d->fields.n; f++) {
		uint32_t n = cp_data_of_field(d, f, &members);
		nn_float w = d->fields.v[f].type == CP_NUMBER ? *number++ : 1 / (nn_float)n;
		for (uint32_t k = 0; k < n; k++)
			b->weight_v[at++] = w;
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
			m->batch.id_v[at] = (uint32_t)m->vocab.field[i].base;
			if (d->fields.v[i].type == CP_NUMBER)
				m->batch.weight_v[at] = 1;
		}
}

/* Values of the i-th row of the batch, behind the `at` that are there; how many there are now. */
static size_t feed_values(struct cp_model *m, const struct cp_data *d, size_t place, size_t i, size_t at, const struct cp_feeding *f)
{
	struct cp_batch *b = &m->batch;
	size_t first = cp_data_first(d, place), n = cp_data_values(d, place);
	reserve_values(b, at + n);
	memcpy(b->id_v + at, d->ids + first, n * sizeof *b->id_v);
	if (!cp_data_is_plain(d))
		feed_bags(b, d, place, at, b->off_v + i * (size_t)d->fields.n);
	if (f->unseen_rate > 0)
		hide_values(m, d, place, at, f);
	return at + n;
}

/* --- Tokens ------------------------------------------------------------------------------------------------------------------------ */

static void masks_of(struct cp_ids *pairs, const struct cp_data *d, size_t place, uint64_t epoch, const uint32_t *token, size_t n)
{
	pairs->n = 0;
	if (!d->spec.is_static) {
		cp_mask_row(&d->spec, epoch, d->row[place], token, n, pairs);
	} else if (d->pair) {
		for (uint64_t i = d->pair_at[place]; i < d->pair_at[place + 1]; i++)
			cp_ids_push(pairs, d->pair[i]);
	} else {
		cp_mask_row(&d->spec, 0, d->row[place], token, n, pairs);
	}
}

static void feed_tokens(struct cp_model *m, const struct cp_data *d, size_t place, const struct cp_feeding *f, uint64_t key)
{
	struct plm_feed *to = &m->batch.feed;
	struct cp_ids *words = &m->batch.words, *pairs = &m->batch.pairs;
	const uint32_t *token = d->token + d->token_at[place];
	size_t n = d->token_at[place + 1] - d->token_at[place];
	if (m->c.baseline == CP_CTR_BERT) {
		size_t user = d->seam[place];
		plm_feed_row(to, token, user, key);
		plm_feed_row(to, token + user, n - user, ~key);
		return;
	}
	if (m->p5) {
		cp_p5_feed(m->p5, to, token, n, d->label && d->label[place] > 0.5, key);
		return;
	}
	if (!f->masked) {
		plm_feed_row(to, token, n, key);
		return;
	}
	words->n = 0;
	cp_ids_add(words, token, n);
	masks_of(pairs, d, place, f->epoch, token, n);
	for (size_t i = 0; i < pairs->n; i += 2)
		words->v[pairs->v[i]] = pairs->v[i + 1];
	size_t first = plm_feed_row(to, words->v, n, key);
	for (size_t i = 0; i < pairs->n; i += 2)
		plm_feed_pick(to, first + pairs->v[i], token[pairs->v[i]]);
}

static uint64_t row_key(const struct cp_data *d, size_t place, const struct cp_feeding *f)
{
	return cp_rng(f->seed, CP_RNG_DROPOUT, f->epoch, d->row[place]).key;
}

static void feed_texts(struct cp_model *m, const struct cp_data *d, const uint32_t *places, size_t n, const struct cp_feeding *f)
{
	plm_feed_reset(&m->batch.feed);
	for (size_t i = 0; i < n; i++)
		feed_tokens(m, d, places[i], f, row_key(d, places[i], f));
	plm_feed_bind(&m->batch.feed, m->g);
}

/* --- The batch --------------------------------------------------------------------------------------------------------------------- */

void cp_model_feed(struct cp_model *m, const struct cp_data *d, const uint32_t *places, size_t n, const struct cp_feeding *f)
{
	struct cp_batch *b = &m->batch;
	size_t values = 0;
	reserve(b, n, m->vocab.fields.n);
	b->off_v[0] = 0;
	for (size_t i = 0; i < n; i++) {
		b->key_v[i] = row_key(d, places[i], f);
		if (m->c.has_ctr)
			values = feed_values(m, d, places[i], i, values, f);
		if (d->label)
			b->label_v[i] = d->label[places[i]];
		if (d->weight)
			b->row_weight_v[i] = (nn_float)(d->weight[places[i]] / d->mean_weight);
	}
	b->ids.v = b->id_v;
	b->bags = (struct nn_bags){ b->off_v, b->weight_v };
	b->labels.v = b->label_v;
	b->weights.v = d->weight ? b->row_weight_v : NULL;
	m->kept.v = f->kept;
	m->g->len[PLM_ROWS] = n;
	m->g->keys[PLM_ROWS] = b->key_v;
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
		memcpy(p->t + at * PLM_HEAD_WIDTH, p->text->val, k * PLM_HEAD_WIDTH * sizeof *p->t);
	}
	cp_model_feed(m, d, places, n, f);
	nn_forward(m->g, m->loss);
}

void cp_model_pair_back(struct cp_model *m, const struct cp_data *d, const uint32_t *places, size_t n, const struct cp_feeding *f)
{
	struct cp_ctrl *p = &m->ctrl;
	for (size_t at = 0; at < n; at += p->part) {
		feed_texts(m, d, places + at, n - at < p->part ? n - at : p->part, f);
		p->want.v = p->dt + at * PLM_HEAD_WIDTH;
		nn_forward(m->g, p->pull);
		nn_backward(m->g, p->pull);
	}
}

/* --- What the loss is the mean over, and scores ------------------------------------------------------------------------------------ */

static int loses_by_words(const struct cp_model *m)
{
	return m->p5 || m->c.objective == CP_OBJECTIVE_LM;
}

static size_t terms_of_row(struct cp_model *m, const struct cp_data *d, size_t place, uint64_t epoch)
{
	if (m->p5)
		return m->p5->answer[d->label && d->label[place] > 0.5].n;
	masks_of(&m->batch.pairs, d, place, epoch, d->token + d->token_at[place], d->token_at[place + 1] - d->token_at[place]);
	return m->batch.pairs.n / 2;
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
