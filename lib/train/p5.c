/* The answers of P5 and how a row is put to it. */
#include "train/p5.h"

#include <stdlib.h>
#include <string.h>

#include "text/wholeword.h"

struct cp_p5 *cp_p5_new(const struct cp_tokenizer *tok, const struct plm_config *c, const char *name, struct cp_err *err)
{
	static const char *const words[] = { "no", "yes" };
	struct cp_p5 *p = cp_xcalloc(1, sizeof *p);
	uint32_t most = 0;
	p->tokenizer = tok;
	for (int i = 0; i < 2; i++) {
		cp_tokenizer_encode(tok, NULL, words[i], strlen(words[i]), CP_TOK_PLAIN, 0, &p->answer[i]);
		cp_ids_push(&p->answer[i], c->eos);
		for (size_t k = 0; k < p->answer[i].n; k++)
			most = p->answer[i].v[k] > most ? p->answer[i].v[k] : most;
	}
	const struct cp_ids *no = &p->answer[0], *yes = &p->answer[1];
	while (p->turn < no->n && p->turn < yes->n && no->v[p->turn] == yes->v[p->turn])
		p->turn++;
	if (most < c->vocab && p->turn < no->n && p->turn < yes->n)
		return p;
	if (most >= c->vocab)
		cp_err_set(err, "%s: the answers 'yes' and 'no' have the token id %u; the language model has %zu", name, most, c->vocab);
	else
		cp_err_set(err, "%s: its tokenizer writes 'yes' and 'no' alike, so they cannot be answers", name);
	cp_p5_free(p);
	return NULL;
}

void cp_p5_free(struct cp_p5 *p)
{
	if (!p)
		return;
	cp_ids_release(&p->answer[0]);
	cp_ids_release(&p->answer[1]);
	cp_ids_release(&p->words);
	free(p);
}

void cp_p5_feed(struct cp_p5 *p, struct plm_feed *f, const uint32_t *token, size_t n, int clicked, uint64_t key)
{
	const struct cp_ids *a = &p->answer[clicked];
	plm_feed_row(f, token, n, key);
	if (f->c->words) {
		p->words.n = 0;
		cp_whole_words(p->tokenizer, token, n, (uint32_t)f->c->words, &p->words);
		plm_feed_whole(f, p->words.v, n);
	}
	plm_feed_answer(f, a->v, a->n, p->turn, key);
}

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

struct nn_cut cp_p5_cut(const struct cp_p5 *p)
{
	size_t all = p->answer[0].n + p->answer[1].n, kept = 0;
	uint32_t *v = cp_xcalloc(all, sizeof *v);
	memcpy(v, p->answer[0].v, p->answer[0].n * sizeof *v);
	memcpy(v + p->answer[0].n, p->answer[1].v, p->answer[1].n * sizeof *v);
	qsort(v, all, sizeof *v, ascending);
	for (size_t i = 0; i < all; i++)
		if (!i || v[i] != v[kept - 1])
			v[kept++] = v[i];
	return (struct nn_cut){ v, kept };
}
