/* Added tokens: those that are found in the text itself, before the model sees it ("[MASK]", "<mask>").
 *
 * At each place the longest wins, leftmost first, as in the reference; of two that are alike once normalized a special one, then the one with the
 * lower id.  A bit set of first bytes makes the search cost a look a byte where there are a handful of such tokens, which is usual; a trie, a step
 * a byte where people have added thousands.
 */
#include "text/tok_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "text/unicode.h"

struct cp_tok_added *cp_tok_added_get(struct cp_tokenizer *t, uint32_t id)
{
	return id < t->place.n && t->place.v[id] ? &t->added[t->place.v[id] - 1] : NULL;
}

int cp_tok_added_put(struct cp_tokenizer *t, const struct cp_tok_added *a)
{
	if (cp_tok_added_get(t, a->id))
		return 0;
	while (t->place.n <= a->id)
		cp_ids_push(&t->place, 0);
	t->added = cp_xrealloc(t->added, t->n_added + 1, sizeof *t->added);
	t->added[t->n_added] = *a;
	t->added[t->n_added++].pattern = NULL;
	t->place.v[a->id] = (uint32_t)t->n_added;
	return 1;
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = ((const struct cp_tok_added *)a)->id, y = ((const struct cp_tok_added *)b)->id;
	return (x > y) - (x < y);
}

/* Without a normalizer the two kinds differ only in which is looked for first; where all are of one kind, they are taken as raw. */
static void forget_normalized(struct cp_tokenizer *t)
{
	for (size_t i = 0; i < t->n_added; i++)
		if (!t->added[i].normalized)
			return;
	for (size_t i = 0; i < t->n_added; i++)
		t->added[i].normalized = 0;
}

/* What is looked for. */
static void set_pattern(const struct cp_tokenizer *t, struct cp_tok_added *a)
{
	struct cp_buf b = CP_BUF_INIT;
	if (a->normalized && t->model->normalize)
		t->model->normalize(t, a->s, a->n, &b);
	else
		cp_buf_add(&b, a->s, a->n);
	a->n_pattern = b.len;
	a->pattern = cp_buf_detach(&b);
}

/* Of equal strings a trie keeps the one with the greatest id: that is to be a special one, then the first. */
static uint32_t rank_of(const struct cp_tokenizer *t, size_t i)
{
	return (uint32_t)(t->n_added - 1 - i + (t->added[i].special ? t->n_added : 0));
}

static void make_index(struct cp_tokenizer *t, int normalized)
{
	struct cp_trie_string *s = cp_xcalloc(t->n_added + 1, sizeof *s);
	unsigned char *first = t->first[normalized];
	size_t n = 0;
	for (size_t i = 0; i < t->n_added; i++) {
		const struct cp_tok_added *a = &t->added[i];
		if (a->normalized != normalized || !a->n_pattern)
			continue;
		unsigned char c = (unsigned char)a->pattern[0];
		first[c / 8] |= (unsigned char)(1u << c % 8);
		s[n++] = (struct cp_trie_string){ a->pattern, (uint32_t)a->n_pattern, rank_of(t, i) };
	}
	cp_trie_init(&t->patterns[normalized], s, n);
	free(s);
}

void cp_tok_added_ready(struct cp_tokenizer *t)
{
	if (t->n_added)
		qsort(t->added, t->n_added, sizeof *t->added, by_id);
	cp_ids_release(&t->place);
	if (!t->model->normalize)
		forget_normalized(t);
	for (size_t i = 0; i < t->n_added; i++) {
		set_pattern(t, &t->added[i]);
		t->any_normalized |= t->added[i].normalized;
	}
	make_index(t, 0);
	make_index(t, 1);
}

/* The longest added token at s[i], or NULL. */
static const struct cp_tok_added *longest_at(const struct cp_tokenizer *t, int normalized, const char *s, size_t n, size_t i)
{
	const struct cp_trie *trie = &t->patterns[normalized];
	uint32_t node = 0, rank = CP_TRIE_NONE;
	for (; i < n && cp_trie_step(trie, &node, (unsigned char)s[i]); i++)
		if (trie->node[node].id != CP_TRIE_NONE)
			rank = trie->node[node].id;
	return rank == CP_TRIE_NONE ? NULL : &t->added[t->n_added - 1 - rank % t->n_added];
}

/* The code point that ends at s[i], i > from; *at is where it starts. */
static uint32_t rune_before(const char *s, size_t from, size_t i, size_t *at)
{
	for (size_t back = 1; back <= 4 && back <= i - from; back++) {
		size_t k = i - back;
		uint32_t c = cp_utf8_next(s, i, &k);
		if (c != CP_BAD_RUNE && k == i) {
			*at = i - back;
			return c;
		}
	}
	*at = i - 1;
	return CP_BAD_RUNE;
}

static int is_single_word(const char *s, size_t n, size_t from, size_t to)
{
	size_t at = to;
	if (to < n && cp_rune_is_word(cp_utf8_next(s, n, &at)))
		return 0;
	return !(from > 0 && cp_rune_is_word(rune_before(s, 0, from, &at)));
}

static size_t spaces_before(const char *s, size_t from, size_t i)
{
	size_t at;
	while (i > from && cp_rune_is_space(rune_before(s, from, i, &at)))
		i = at;
	return i;
}

static size_t spaces_after(const char *s, size_t n, size_t i)
{
	for (size_t at = i; i < n && cp_rune_is_space(cp_utf8_next(s, n, &at)); )
		i = at;
	return i;
}

int cp_tok_added_find(const struct cp_tokenizer *t, int normalized, const char *s, size_t n, size_t at, size_t done, struct cp_tok_match *m)
{
	const unsigned char *first = t->first[normalized];
	for (size_t i = at; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (!(first[c / 8] >> c % 8 & 1))
			continue;
		const struct cp_tok_added *a = longest_at(t, normalized, s, n, i);
		if (!a)
			continue;
		size_t end = i + a->n_pattern;
		if (a->single_word && !is_single_word(s, n, i, end)) {
			i = end - 1;
			continue;
		}
		m->from = a->lstrip ? spaces_before(s, done, i) : i;
		m->to = a->rstrip ? spaces_after(s, n, end) : end;
		m->end = end;
		m->id = a->id;
		return 1;
	}
	return 0;
}
