/* BERT's normalizer and words: see bertnorm.h. */
#include "text/bertnorm.h"

#include "base/utf8.h"
#include "text/unicode.h"

static int is_dropped(uint32_t c)
{
	if (c == '\t' || c == '\n' || c == '\r')
		return 0;
	return c == 0 || c == CP_BAD_RUNE || cp_rune_is_control(c);
}

static void push_decomposed(struct cp_ids *runes, uint32_t c)
{
	uint32_t part[CP_NFD_MAX];
	int n = cp_rune_decompose(c, part);
	for (int i = 0; i < n; i++)
		cp_ids_push(runes, part[i]);
}

/* Cleaning, ideographs, decomposition: what needs one code point at a time and may need more room. */
static void spread(const struct cp_bert_norm *norm, const char *s, size_t n, struct cp_ids *runes)
{
	for (size_t i = 0; i < n; ) {
		uint32_t c = cp_utf8_next(s, n, &i);
		if (c > ' ' && c < 0x7F) {
			cp_ids_push(runes, c);
			continue;
		}
		if (norm->clean && is_dropped(c))
			continue;
		if (norm->clean && cp_rune_is_space(c))
			c = ' ';
		int alone = norm->cjk && cp_rune_is_cjk(c);
		if (alone)
			cp_ids_push(runes, ' ');
		if (norm->strip_accents)
			push_decomposed(runes, c);
		else
			cp_ids_push(runes, c);
		if (alone)
			cp_ids_push(runes, ' ');
	}
}

static void drop_marks(struct cp_ids *runes, size_t start)
{
	size_t kept = start;
	for (size_t i = start; i < runes->n; i++)
		if (!cp_rune_is_mark(runes->v[i]))
			runes->v[kept++] = runes->v[i];
	runes->n = kept;
}

/* One code point grows when lower-cased; a text with it goes through a copy. */
static void lower(struct cp_ids *runes, size_t start)
{
	struct cp_ids old = { 0 };
	size_t i = start;
	uint32_t low[2];
	for (; i < runes->n && runes->v[i] != 0x130; i++)
		if (runes->v[i] >= 0x80)
			cp_rune_lower(runes->v[i], &runes->v[i]);
		else if (runes->v[i] >= 'A' && runes->v[i] <= 'Z')
			runes->v[i] += 'a' - 'A';
	if (i == runes->n)
		return;
	for (size_t k = i; k < runes->n; k++)
		cp_ids_push(&old, runes->v[k]);
	runes->n = i;
	for (size_t k = 0; k < old.n; k++) {
		int n = cp_rune_lower(old.v[k], low);
		for (int j = 0; j < n; j++)
			cp_ids_push(runes, low[j]);
	}
	cp_ids_release(&old);
}

void cp_bert_normalize(const struct cp_bert_norm *norm, const char *s, size_t n, struct cp_ids *runes)
{
	size_t start = runes->n;
	spread(norm, s, n, runes);
	if (runes->n == start)		/* there may be no list yet */
		return;
	if (norm->strip_accents) {
		cp_runes_order(runes->v + start, runes->n - start);
		drop_marks(runes, start);
	}
	if (norm->lower)
		lower(runes, start);
}

int cp_bert_word(const uint32_t *runes, size_t n, size_t *from, size_t *to)
{
	size_t i = *to;
	while (i < n && cp_rune_is_space(runes[i]))
		i++;
	*from = i;
	if (i < n && cp_rune_is_punct(runes[i]))
		i++;
	else
		while (i < n && !cp_rune_is_space(runes[i]) && !cp_rune_is_punct(runes[i]))
			i++;
	*to = i;
	return *to > *from;
}
