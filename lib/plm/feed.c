/* The feed of a batch: texts end to end, where each begins, and the positions of their tokens around the prompts. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "plm/plm.h"

static void add_key(struct plm_keys *keys, uint64_t key)
{
	keys->v = cp_xgrow(keys->v, &keys->cap, keys->n + 1, sizeof *keys->v);
	keys->v[keys->n++] = key;
}

#define ARRAYS(f)                                                                                                                              \
	{ &(f)->word_v, &(f)->type_v, &(f)->pos_v, &(f)->off_v, &(f)->place_off_v, &(f)->pick_v, &(f)->pick_off_v, &(f)->label_v, \
	  &(f)->first_v, &(f)->one_v, &(f)->whole_v, &(f)->answer_v, &(f)->answer_off_v, &(f)->turn_v }

void plm_feed_init(struct plm_feed *f, const struct plm_config *c, const struct plm_prompting *p)
{
	memset(f, 0, sizeof *f);
	f->c = c;
	f->p = *p;
	f->texts = PLM_ROWS;
	if (c->family == PLM_T5)
		f->no_bias.v = cp_xcalloc(c->vocab, sizeof(nn_float));
	plm_feed_reset(f);
}

void plm_feed_release(struct plm_feed *f)
{
	struct cp_ids *all[] = ARRAYS(f);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		cp_ids_release(all[i]);
	free(f->place_key_v.v);
	free(f->pick_key_v.v);
	free(f->first_key_v.v);
	free((nn_float *)f->no_bias.v);
	memset(f, 0, sizeof *f);
}

void plm_feed_reset(struct plm_feed *f)
{
	struct cp_ids *all[] = ARRAYS(f);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		all[i]->n = 0;
	f->place_key_v.n = f->pick_key_v.n = f->first_key_v.n = 0;
	cp_ids_push(&f->off_v, 0);
	cp_ids_push(&f->place_off_v, 0);
	cp_ids_push(&f->answer_off_v, 0);
}

/* Positions as the reference's library counts them: BERT plainly; RoBERTa from padding_idx + 1, where a pad id inside
 * the text gets padding_idx and does not count. */
static void positions(struct plm_feed *f, const uint32_t *ids, size_t n)
{
	const struct plm_config *c = f->c;
	uint32_t shift = f->p.shift ? (uint32_t)f->p.k : 0, seen = 0;
	if (f->p.where == PLM_PROMPT_INPUT) {
		for (size_t t = 0; t < n + (size_t)f->p.k; t++)
			cp_ids_push(&f->pos_v, (c->family == PLM_ROBERTA ? c->pad + 1 : 0) + (uint32_t)t);
		return;
	}
	for (size_t t = 0; t < n; t++) {
		if (c->family != PLM_ROBERTA)
			cp_ids_push(&f->pos_v, shift + (uint32_t)t);
		else
			cp_ids_push(&f->pos_v, ids[t] == c->pad ? c->pad : c->pad + shift + ++seen);
	}
}

size_t plm_feed_row(struct plm_feed *f, const uint32_t *ids, size_t n, uint64_t key)
{
	size_t first = f->word_v.n, lead = f->p.where == PLM_PROMPT_INPUT ? (size_t)f->p.k : 0, places = f->place_off_v.v[f->place_off_v.n - 1];
	cp_ids_add(&f->word_v, ids, n);
	cp_ids_push(&f->first_v, (uint32_t)places);
	cp_ids_push(&f->off_v, (uint32_t)(first + n));
	cp_ids_push(&f->place_off_v, (uint32_t)(places + n + lead));
	positions(f, ids, n);
	for (size_t t = 0; t < n + lead; t++) {
		cp_ids_push(&f->type_v, 0);
		add_key(&f->place_key_v, cp_mix64(key + CP_GOLDEN * (t + 1)));
	}
	return first;
}

void plm_feed_pick(struct plm_feed *f, size_t at, uint32_t label)
{
	size_t row = f->first_v.n - 1;
	while (f->off_v.v[row] > at)
		row--;
	assert(!f->pick_v.n || f->place_off_v.v[row + 1] > f->pick_v.v[f->pick_v.n - 1]);
	size_t lead = f->p.where == PLM_PROMPT_INPUT ? (size_t)f->p.k * (row + 1) : 0;
	cp_ids_push(&f->pick_v, (uint32_t)(at + lead));
	cp_ids_push(&f->label_v, label);
}

void plm_feed_whole(struct plm_feed *f, const uint32_t *words, size_t n)
{
	cp_ids_add(&f->whole_v, words, n);
}

void plm_feed_answer(struct plm_feed *f, const uint32_t *ids, size_t n, size_t turn, uint64_t key)
{
	cp_ids_push(&f->turn_v, (uint32_t)(f->label_v.n + turn));
	for (size_t t = 0; t < n; t++) {
		cp_ids_push(&f->answer_v, t ? ids[t - 1] : f->c->start);
		cp_ids_push(&f->label_v, ids[t]);
		add_key(&f->pick_key_v, cp_mix64(~key + CP_GOLDEN * (t + 1)));
	}
	cp_ids_push(&f->answer_off_v, (uint32_t)f->label_v.n);
}

/* Which picks and which first token are a text's, and the keys of their places. */
static void read_places(struct plm_feed *f)
{
	size_t texts = f->first_v.n;
	f->pick_off_v.n = f->one_v.n = f->first_key_v.n = 0;
	if (f->pick_v.n)		/* else of the answers */
		f->pick_key_v.n = 0;
	for (size_t i = 0, k = 0; i <= texts; i++) {
		for (; k < f->pick_v.n && f->pick_v.v[k] < f->place_off_v.v[i]; k++)
			add_key(&f->pick_key_v, f->place_key_v.v[f->pick_v.v[k]]);
		cp_ids_push(&f->pick_off_v, (uint32_t)k);
		cp_ids_push(&f->one_v, (uint32_t)i);
	}
	for (size_t i = 0; i < texts; i++)
		add_key(&f->first_key_v, f->place_key_v.v[f->first_v.v[i]]);
}

void plm_feed_bind(struct plm_feed *f, struct nn_graph *g)
{
	read_places(f);
	f->word.v = f->word_v.v;
	f->type.v = f->type_v.v;
	f->pos.v = f->pos_v.v;
	f->picks.v = f->pick_v.v;
	f->labels.v = f->label_v.v;
	f->first.v = f->first_v.v;
	f->one.v = f->one_v.v;
	f->segs.off = f->off_v.v;
	f->place_segs.off = f->place_off_v.v;
	f->whole.v = f->whole_v.v;
	f->answer.v = f->answer_v.v;
	f->turn.v = f->turn_v.v;
	f->pick_segs.off = f->pick_off_v.v;
	f->one_segs.off = f->one_v.v;
	f->answer_segs.off = f->answer_off_v.v;
	g->len[PLM_TEXTS] = f->first_v.n;
	g->len[PLM_TOKENS] = f->word_v.n;
	g->len[PLM_PLACES] = f->type_v.n;
	g->len[PLM_PICKS] = f->label_v.n;
	g->keys[PLM_PICKS] = f->pick_key_v.v;
	g->keys[PLM_TEXTS] = f->first_key_v.v;
	g->keys[PLM_TOKENS] = g->keys[PLM_PLACES] = f->place_key_v.v;	/* without input prompts places are tokens */
}
