/* Added tokens: those that are found in the text itself, before the model sees it ("[MASK]", "<mask>").
 *
 * At each place the longest wins, leftmost first, as in the reference.  A bit set of first bytes makes the search cost a look a byte;
 * there are rarely more than a handful of such tokens, and they rarely occur.
 */
#include "text/tok_impl.h"

#include <stdlib.h>
#include <string.h>

#include "text/unicode.h"

struct cp_tok_added *cp_tok_added_get(struct cp_tokenizer *t, uint32_t id)
{
	for (size_t i = 0; i < t->n_added; i++)
		if (t->added[i].id == id)
			return &t->added[i];
	return NULL;
}

int cp_tok_added_put(struct cp_tokenizer *t, const struct cp_tok_added *a)
{
	if (cp_tok_added_get(t, a->id))
		return 0;
	t->added = cp_xrealloc(t->added, t->n_added + 1, sizeof *t->added);
	t->added[t->n_added] = *a;
	t->added[t->n_added++].pattern = NULL;
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

void cp_tok_added_ready(struct cp_tokenizer *t)
{
	if (t->n_added)
		qsort(t->added, t->n_added, sizeof *t->added, by_id);
	if (!t->model->normalize)
		forget_normalized(t);
	for (size_t i = 0; i < t->n_added; i++) {
		struct cp_tok_added *a = &t->added[i];
		struct cp_buf b = CP_BUF_INIT;
		unsigned char *first = a->normalized ? t->first_norm : t->first_raw;
		if (a->normalized && t->model->normalize)
			t->model->normalize(t, a->s, a->n, &b);
		else
			cp_buf_add(&b, a->s, a->n);
		a->n_pattern = b.len;
		a->pattern = cp_buf_detach(&b);
		t->any_normalized |= a->normalized;
		if (a->n_pattern) {
			unsigned char c = (unsigned char)a->pattern[0];
			first[c / 8] |= (unsigned char)(1u << c % 8);
		}
	}
}

/* The longest added token at s[i], or NULL.  Of two that are alike once normalized a special one wins, then the one with the lower id. */
static const struct cp_tok_added *longest_at(const struct cp_tokenizer *t, int normalized, const char *s, size_t n, size_t i)
{
	const struct cp_tok_added *best = NULL;
	for (size_t k = 0; k < t->n_added; k++) {
		const struct cp_tok_added *a = &t->added[k];
		if (a->normalized == normalized && a->n_pattern && a->n_pattern <= n - i && !memcmp(a->pattern, s + i, a->n_pattern) &&
		    (!best || a->n_pattern > best->n_pattern || (a->n_pattern == best->n_pattern && a->special > best->special)))
			best = a;
	}
	return best;
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
	const unsigned char *first = normalized ? t->first_norm : t->first_raw;
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
