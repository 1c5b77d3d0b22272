/* Merging frequent pairs: see pairmerge.h.
 *
 * Pieces, words and pairs are numbered.  A pair knows its count and the words in which it may occur; a merge visits only those, takes the word's
 * pairs out of the counts, merges, and puts the new ones in.  Each pair whose count a merge changed goes into a heap with the new count; an entry
 * that says another count than the pair has now is out of date and dropped.
 */
#include "text/pairmerge.h"

#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "base/map.h"
#include "text/vocab.h"

struct word {
	uint64_t count;
	size_t first;		/* in symbols */
	uint32_t n;		/* symbols now */
};

struct pair {
	uint32_t a, b;
	int64_t count;
	struct cp_ids words;	/* where it may occur; some more than once */
	uint64_t changed_in;	/* the merge that last changed it */
};

struct entry {			/* of the heap */
	int64_t count;
	uint32_t pair;
};

struct cp_merger {
	size_t skip;
	struct cp_vocab pieces;		/* spelling -> number */
	const char **piece;		/* number -> spelling */
	size_t n_pieces, cap_pieces;
	struct cp_ids rules;
	struct cp_buf spelling;

	struct word *word;
	size_t n_words, cap_words;
	struct cp_ids symbols;
	struct pair *pair;
	size_t n_pairs, cap_pairs;
	struct cp_map pair_index;	/* the two numbers in a word -> 1 + index of pair */
	struct entry *heap;
	size_t n_heap, cap_heap;
	struct cp_ids changed;		/* pairs of this merge */
	uint64_t n_merges;
};

struct cp_merger *cp_merger_new(size_t skip)
{
	struct cp_merger *t = cp_xcalloc(1, sizeof *t);
	t->skip = skip;
	cp_vocab_init(&t->pieces);
	cp_map_init(&t->pair_index);
	cp_buf_init(&t->spelling);
	return t;
}

void cp_merger_free(struct cp_merger *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_pairs; i++)
		cp_ids_release(&t->pair[i].words);
	cp_vocab_release(&t->pieces);
	cp_map_release(&t->pair_index);
	cp_ids_release(&t->rules);
	cp_ids_release(&t->symbols);
	cp_ids_release(&t->changed);
	cp_buf_release(&t->spelling);
	free(t->piece);
	free(t->word);
	free(t->pair);
	free(t->heap);
	free(t);
}

/* ---- Pieces and words ---- */

uint32_t cp_merger_add(struct cp_merger *t, const char *s, size_t n)
{
	uint32_t id = cp_vocab_get(&t->pieces, s, n);
	if (id != CP_VOCAB_NONE)
		return id;
	id = (uint32_t)t->n_pieces;
	t->piece = cp_xgrow(t->piece, &t->cap_pieces, t->n_pieces + 1, sizeof *t->piece);
	t->piece[t->n_pieces++] = cp_vocab_put(&t->pieces, s, n, id);
	return id;
}

uint32_t cp_merger_find(const struct cp_merger *t, const char *s, size_t n)
{
	return cp_vocab_get(&t->pieces, s, n);
}

size_t cp_merger_size(const struct cp_merger *t)
{
	return t->n_pieces;
}

const char *cp_merger_spelling(const struct cp_merger *t, uint32_t piece)
{
	return t->piece[piece];
}

const struct cp_ids *cp_merger_rules(const struct cp_merger *t)
{
	return &t->rules;
}

void cp_merger_word(struct cp_merger *t, const uint32_t *pieces, uint32_t n, uint64_t count)
{
	t->word = cp_xgrow(t->word, &t->cap_words, t->n_words + 1, sizeof *t->word);
	t->word[t->n_words++] = (struct word){ .count = count, .first = t->symbols.n, .n = n };
	for (uint32_t i = 0; i < n; i++)
		cp_ids_push(&t->symbols, pieces[i]);
}

/* ---- Pairs ---- */

static uint32_t pair_of(struct cp_merger *t, uint32_t a, uint32_t b)
{
	struct cp_slot *index = cp_map_at(&t->pair_index, (uint64_t)a << 32 | b);
	if (!index->value) {
		t->pair = cp_xgrow(t->pair, &t->cap_pairs, t->n_pairs + 1, sizeof *t->pair);
		t->pair[t->n_pairs++] = (struct pair){ .a = a, .b = b };
		index->value = t->n_pairs;
	}
	return (uint32_t)(index->value - 1);
}

/* Put a word's pairs into the counts (sign 1) or take them out (-1). */
static void count_pairs(struct cp_merger *t, uint32_t word, int sign)
{
	const struct word *w = &t->word[word];
	for (uint32_t i = 0; i + 1 < w->n; i++) {
		uint32_t k = pair_of(t, t->symbols.v[w->first + i], t->symbols.v[w->first + i + 1]);
		struct pair *p = &t->pair[k];
		p->count += sign * (int64_t)w->count;
		if (sign > 0 && (!p->words.n || p->words.v[p->words.n - 1] != word))
			cp_ids_push(&p->words, word);
		if (p->changed_in != t->n_merges + 1) {
			p->changed_in = t->n_merges + 1;
			cp_ids_push(&t->changed, k);
		}
	}
}

/* ---- The heap ---- */

static int before(const struct cp_merger *t, const struct entry *x, const struct entry *y)
{
	const struct pair *p = &t->pair[x->pair], *q = &t->pair[y->pair];
	if (x->count != y->count)
		return x->count > y->count;
	int cmp = strcmp(t->piece[p->a], t->piece[q->a]);
	return (cmp ? cmp : strcmp(t->piece[p->b], t->piece[q->b])) < 0;
}

CP_HEAP(heap, struct entry, struct cp_merger, before(in, a, b))

static void push_changed(struct cp_merger *t)
{
	t->heap = cp_xgrow(t->heap, &t->cap_heap, t->n_heap + t->changed.n, sizeof *t->heap);
	for (size_t i = 0; i < t->changed.n; i++) {
		uint32_t k = t->changed.v[i];
		if (t->pair[k].count > 0)
			heap_push(t, t->heap, &t->n_heap, (struct entry){ t->pair[k].count, k });
	}
	t->changed.n = 0;
}

/* ---- Merging ---- */

static uint32_t merged_piece(struct cp_merger *t, const struct pair *p)
{
	cp_buf_reset(&t->spelling);
	cp_buf_str(&t->spelling, t->piece[p->a]);
	cp_buf_str(&t->spelling, t->piece[p->b] + t->skip);
	return cp_merger_add(t, t->spelling.data, t->spelling.len);
}

static void merge_in_word(struct cp_merger *t, uint32_t word, uint32_t a, uint32_t b, uint32_t c)
{
	struct word *w = &t->word[word];
	uint32_t *s = t->symbols.v + w->first, i = 0, n = 0;
	for (; i + 1 < w->n && !(s[i] == a && s[i + 1] == b); i++)
		;
	if (i + 1 >= w->n)
		return;
	count_pairs(t, word, -1);
	for (i = 0; i < w->n; n++) {
		int here = i + 1 < w->n && s[i] == a && s[i + 1] == b;
		s[n] = here ? c : s[i];
		i += here ? 2 : 1;
	}
	w->n = n;
	count_pairs(t, word, 1);
}

static void merge(struct cp_merger *t, uint32_t k)
{
	struct pair p = t->pair[k];
	uint32_t c = merged_piece(t, &p);
	cp_ids_push(&t->rules, p.a);
	cp_ids_push(&t->rules, p.b);
	t->pair[k].words = (struct cp_ids){ 0 };
	for (size_t i = 0; i < p.words.n; i++)
		merge_in_word(t, p.words.v[i], p.a, p.b, c);
	cp_ids_release(&p.words);
	push_changed(t);
	t->n_merges++;
}

void cp_merger_run(struct cp_merger *t, size_t size, uint64_t min_count)
{
	for (size_t i = 0; i < t->n_words; i++)
		count_pairs(t, (uint32_t)i, 1);
	push_changed(t);
	t->n_merges++;
	while (t->n_heap && t->n_pieces < size) {
		struct entry e = heap_pop(t, t->heap, &t->n_heap);
		if (e.count < (int64_t)min_count)
			break;
		if (e.count == t->pair[e.pair].count)
			merge(t, e.pair);
	}
}
