/* Words met before, with their ids.
 *
 * When there are too many, all are forgotten and the table filled anew.  That keeps memory bounded and, sentences being what they are, costs
 * next to nothing: the frequent words are back at once.
 */
#include "text/tok_impl.h"

#include <stdlib.h>

enum {
	MOST_WORDS = 1 << 15,
	MOST_IDS = 1 << 20,
	LONGEST_WORD = 64,		/* a longer one is not likely to come again */
};

struct cp_tok_cache *cp_tok_cache_new(void)
{
	struct cp_tok_cache *c = cp_xcalloc(1, sizeof *c);
	cp_vocab_init(&c->words);
	cp_buf_init(&c->word);
	cp_buf_init(&c->text);
	cp_buf_init(&c->work);
	return c;
}

void cp_tok_cache_free(struct cp_tok_cache *c)
{
	if (!c)
		return;
	cp_vocab_release(&c->words);
	cp_ids_release(&c->known);
	cp_ids_release(&c->runes);
	cp_ids_release(&c->ids);
	cp_buf_release(&c->word);
	cp_buf_release(&c->text);
	cp_buf_release(&c->work);
	free(c);
}

int cp_tok_cache_replay(const struct cp_tok_cache *c, const char *s, size_t n, struct cp_ids *ids)
{
	uint32_t at = n > LONGEST_WORD ? CP_VOCAB_NONE : cp_vocab_get(&c->words, s, n);
	if (at == CP_VOCAB_NONE)
		return 0;
	const uint32_t *id = c->known.v + at + 1;
	for (uint32_t i = 0; i < id[-1]; i++)
		cp_ids_push(ids, id[i]);
	return 1;
}

void cp_tok_cache_put(struct cp_tok_cache *c, const char *s, size_t n, const struct cp_ids *ids, size_t start)
{
	if (n > LONGEST_WORD)
		return;
	if (c->words.n == MOST_WORDS || c->known.n > MOST_IDS) {
		cp_vocab_clear(&c->words);
		c->known.n = 0;
	}
	cp_vocab_put(&c->words, s, n, (uint32_t)c->known.n);
	cp_ids_push(&c->known, (uint32_t)(ids->n - start));
	for (size_t i = start; i < ids->n; i++)
		cp_ids_push(&c->known, ids->v[i]);
}
