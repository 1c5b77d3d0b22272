/* Sets of token ids as bits. */
#include "stream/idset.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "stream/schema.h"

void cp_idset_release(struct cp_idset *s)
{
	free(s->word);
	*s = (struct cp_idset){ 0 };
}

static void grow(struct cp_idset *s, size_t n_words)
{
	if (n_words <= s->n_words)
		return;
	s->word = cp_xrealloc(s->word, n_words, sizeof *s->word);
	memset(s->word + s->n_words, 0, (n_words - s->n_words) * sizeof *s->word);
	s->n_words = n_words;
}

void cp_idset_add(struct cp_idset *s, const uint32_t *ids, size_t n)
{
	uint32_t max = 0;
	for (size_t i = 0; i < n; i++)
		max = ids[i] > max ? ids[i] : max;
	if (n)
		grow(s, max / 64 + 1);
	for (size_t i = 0; i < n; i++)
		s->word[ids[i] / 64] |= UINT64_C(1) << ids[i] % 64;
}

void cp_idset_join(struct cp_idset *s, const struct cp_idset *t)
{
	grow(s, t->n_words);
	for (size_t i = 0; i < t->n_words; i++)
		s->word[i] |= t->word[i];
}

int cp_idset_equal(const struct cp_idset *s, const struct cp_idset *t)
{
	size_t n = s->n_words > t->n_words ? s->n_words : t->n_words;
	for (size_t i = 0; i < n; i++)
		if ((i < s->n_words ? s->word[i] : 0) != (i < t->n_words ? t->word[i] : 0))
			return 0;
	return 1;
}

static unsigned byte_at(const struct cp_idset *s, size_t i)
{
	return (unsigned)(s->word[i / 8] >> 8 * (i % 8)) & 255;
}

void cp_idset_print(const struct cp_idset *s, struct cp_buf *b)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 8 * s->n_words;
	while (n && !byte_at(s, n - 1))
		n--;
	cp_buf_reserve(b, 2 * n);
	for (size_t i = 0; i < n; i++) {
		b->data[b->len++] = hex[byte_at(s, i) >> 4];
		b->data[b->len++] = hex[byte_at(s, i) & 15];
	}
	if (n)
		b->data[b->len] = 0;
}

int cp_idset_parse(struct cp_idset *s, const char *hex)
{
	size_t n = strlen(hex);
	*s = (struct cp_idset){ 0 };
	if (n % 2 || n > CP_TOKEN_LIMIT / 4 || strspn(hex, "0123456789abcdef") != n)
		return -1;
	grow(s, (n + 15) / 16);
	for (size_t i = 0; i < n; i++)
		s->word[i / 16] |= (uint64_t)cp_hex_digit(hex[i]) << (8 * (i / 2 % 8) + (i % 2 ? 0 : 4));
	return 0;
}
