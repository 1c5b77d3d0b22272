/* A WordPiece vocabulary from text: see vocabtrain.h.
 *
 * Pieces, words and pairs are numbered.  A pair knows its count and the words in which it may occur; a merge visits only those, takes the word's
 * pairs out of the counts, merges, and puts the new ones in.  Each pair whose count a merge changed goes into a heap with the new count; an entry
 * that says another count than the pair has now is out of date and dropped.
 */
#include "text/vocabtrain.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "text/bertnorm.h"
#include "text/unicode.h"
#include "text/vocab.h"

enum { LONGEST_WORD = 100, N_RUNES = 0x110000 };	/* a longer word is unknown to the tokenizer */

static const char *const special[] = { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]" };

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

struct cp_vocab_trainer {
	struct cp_vocab_opts opts;
	struct cp_bert_norm norm;
	struct cp_vocab words;		/* spelling -> index of count */
	uint64_t *count;		/* of words */
	size_t n_words, cap_words;
	struct cp_ids runes;
	struct cp_buf utf8;

	struct cp_vocab pieces;		/* spelling -> number */
	const char **piece;		/* number -> spelling */
	size_t n_pieces, cap_pieces;
	unsigned char *known;		/* bit set of code points that are entries */

	struct word *word;
	struct cp_ids symbols;
	struct pair *pair;
	size_t n_pairs, cap_pairs;
	struct cp_vocab pair_index;	/* the two numbers -> index of pair */
	struct entry *heap;
	size_t n_heap, cap_heap;
	struct cp_ids changed;		/* pairs of this merge */
	uint64_t n_merges;
};

/* ---- Counting words ---- */

struct cp_vocab_trainer *cp_vocab_trainer_new(const struct cp_vocab_opts *opts)
{
	struct cp_vocab_trainer *t = cp_xcalloc(1, sizeof *t);
	t->opts = *opts;
	t->norm = (struct cp_bert_norm){ 1, 1, opts->lower, opts->lower };
	cp_vocab_init(&t->words);
	cp_vocab_init(&t->pieces);
	cp_vocab_init(&t->pair_index);
	cp_buf_init(&t->utf8);
	t->known = cp_xcalloc(N_RUNES / 8, 1);
	return t;
}

void cp_vocab_trainer_free(struct cp_vocab_trainer *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_pairs; i++)
		cp_ids_release(&t->pair[i].words);
	cp_vocab_release(&t->words);
	cp_vocab_release(&t->pieces);
	cp_vocab_release(&t->pair_index);
	cp_ids_release(&t->runes);
	cp_ids_release(&t->symbols);
	cp_ids_release(&t->changed);
	cp_buf_release(&t->utf8);
	free(t->count);
	free(t->piece);
	free(t->known);
	free(t->word);
	free(t->pair);
	free(t->heap);
	free(t);
}

/* Room for one more of n elements. */
static void *room(void *v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return v;
	*cap = *cap ? 2 * *cap : 1024;
	return cp_xrealloc(v, *cap, size);
}

static void count_word(struct cp_vocab_trainer *t, const char *s, size_t n)
{
	uint32_t i = cp_vocab_get(&t->words, s, n);
	if (i == CP_VOCAB_NONE) {
		i = (uint32_t)t->n_words;
		t->count = room(t->count, t->n_words, &t->cap_words, sizeof *t->count);
		t->count[t->n_words++] = 0;
		cp_vocab_put(&t->words, s, n, i);
	}
	t->count[i]++;
}

void cp_vocab_trainer_add(struct cp_vocab_trainer *t, const char *text, size_t n)
{
	size_t from = 0, to = 0;
	char utf8[4];
	t->runes.n = 0;
	cp_bert_normalize(&t->norm, text, n, &t->runes);
	while (cp_bert_word(t->runes.v, t->runes.n, &from, &to)) {
		cp_buf_reset(&t->utf8);
		for (size_t i = from; i < to; i++)
			cp_buf_add(&t->utf8, utf8, cp_utf8_put(utf8, t->runes.v[i]));
		if (to - from <= LONGEST_WORD)
			count_word(t, t->utf8.data, t->utf8.len);
	}
}

/* ---- Characters ---- */

static uint32_t add_piece(struct cp_vocab_trainer *t, const char *s, size_t n)
{
	uint32_t id = cp_vocab_get(&t->pieces, s, n);
	if (id != CP_VOCAB_NONE)
		return id;
	id = (uint32_t)t->n_pieces;
	t->piece = room(t->piece, t->n_pieces, &t->cap_pieces, sizeof *t->piece);
	t->piece[t->n_pieces++] = cp_vocab_put(&t->pieces, s, n, id);
	return id;
}

static void set_known(struct cp_vocab_trainer *t, uint32_t c)
{
	t->known[c / 8] |= (unsigned char)(1u << c % 8);
}

static int is_known(const struct cp_vocab_trainer *t, uint32_t c)
{
	return t->known[c / 8] >> c % 8 & 1;
}

/* Code points as they come out of the normalizer. */
static void cover(struct cp_vocab_trainer *t, uint32_t first, uint32_t last)
{
	for (uint32_t c = first; c <= last; c++) {
		char utf8[4];
		t->runes.n = 0;
		cp_bert_normalize(&t->norm, utf8, cp_utf8_put(utf8, c), &t->runes);
		for (size_t i = 0; i < t->runes.n; i++)
			if (t->runes.v[i] != ' ')
				set_known(t, t->runes.v[i]);
	}
}

struct tally {
	uint64_t count;
	uint32_t c;
};

static int by_tally(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;
	return x->count != y->count ? (x->count < y->count) - (x->count > y->count) : (x->c > y->c) - (x->c < y->c);
}

/* The characters that become entries: those of `cover`, and the most frequent of the text. */
static void choose_characters(struct cp_vocab_trainer *t)
{
	struct tally *tally = cp_xcalloc(N_RUNES, sizeof *tally);
	size_t n = 0;
	for (size_t k = 0; k < t->words.n_slots; k++) {
		const struct cp_vocab_slot *w = &t->words.slot[k];
		for (size_t i = 0; w->s && i < w->n; )
			tally[cp_utf8_next(w->s, w->n, &i)].count += t->count[w->id];
	}
	for (uint32_t c = 0; c < N_RUNES; c++)
		if (tally[c].count && tally[c].count >= t->opts.min_frequency)
			tally[n++] = (struct tally){ tally[c].count, c };
	qsort(tally, n, sizeof *tally, by_tally);
	for (size_t k = 0; k < n && k < t->opts.max_characters; k++)
		set_known(t, tally[k].c);
	free(tally);
	if (t->opts.cover >= CP_COVER_ASCII)
		cover(t, '!', '~');
	if (t->opts.cover >= CP_COVER_LATIN1) {
		cover(t, 0xA1, 0xFF);
		cover(t, 0x2010, 0x2027);	/* dashes, quotation marks, bullets, dots */
		cover(t, 0x2039, 0x203A);	/* single angle quotation marks */
		cover(t, 0x20AC, 0x20AC);	/* euro */
		cover(t, 0x2122, 0x2122);	/* trade mark */
	}
}

/* Every known character as a word's beginning, then as its continuation; punctuation and ideographs are words alone. */
static void add_characters(struct cp_vocab_trainer *t)
{
	char s[6] = "##";
	for (size_t i = 0; i < sizeof special / sizeof *special; i++)
		add_piece(t, special[i], strlen(special[i]));
	for (uint32_t c = 0; c < N_RUNES; c++)
		if (is_known(t, c))
			add_piece(t, s + 2, cp_utf8_put(s + 2, c));
	for (uint32_t c = 0; c < N_RUNES; c++)
		if (is_known(t, c) && !cp_rune_is_punct(c) && !cp_rune_is_cjk(c))
			add_piece(t, s, 2 + cp_utf8_put(s + 2, c));
}

/* ---- Pairs ---- */

static uint32_t pair_of(struct cp_vocab_trainer *t, uint32_t a, uint32_t b)
{
	const uint32_t key[2] = { a, b };
	uint32_t i = cp_vocab_get(&t->pair_index, (const char *)key, sizeof key);
	if (i != CP_VOCAB_NONE)
		return i;
	i = (uint32_t)t->n_pairs;
	t->pair = room(t->pair, t->n_pairs, &t->cap_pairs, sizeof *t->pair);
	t->pair[t->n_pairs++] = (struct pair){ .a = a, .b = b };
	cp_vocab_put(&t->pair_index, (const char *)key, sizeof key, i);
	return i;
}

/* Put a word's pairs into the counts (sign 1) or take them out (-1). */
static void count_pairs(struct cp_vocab_trainer *t, uint32_t word, int sign)
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

/* The word's characters as pieces; a word with one that is no entry is unknown whatever is merged, so it is left out. */
static void split_word(struct cp_vocab_trainer *t, const struct cp_vocab_slot *slot)
{
	struct word *w = &t->word[slot->id];
	char s[6] = "##";
	*w = (struct word){ .count = t->count[slot->id], .first = t->symbols.n };
	for (size_t i = 0; i < slot->n; w->n++) {
		int begins = i == 0;
		size_t n = cp_utf8_put(s + 2, cp_utf8_next(slot->s, slot->n, &i));
		uint32_t id = begins ? cp_vocab_get(&t->pieces, s + 2, n) : cp_vocab_get(&t->pieces, s, n + 2);
		if (id == CP_VOCAB_NONE) {
			t->symbols.n = w->first;
			w->n = 0;
			return;
		}
		cp_ids_push(&t->symbols, id);
	}
}

static void split_words(struct cp_vocab_trainer *t)
{
	t->word = cp_xcalloc(t->n_words, sizeof *t->word);
	for (size_t k = 0; k < t->words.n_slots; k++)
		if (t->words.slot[k].s)
			split_word(t, &t->words.slot[k]);
	for (uint32_t i = 0; i < t->n_words; i++)
		count_pairs(t, i, 1);
}

/* ---- The heap ---- */

/* Does x come before y? */
static int before(const struct cp_vocab_trainer *t, struct entry x, struct entry y)
{
	const struct pair *p = &t->pair[x.pair], *q = &t->pair[y.pair];
	if (x.count != y.count)
		return x.count > y.count;
	int cmp = strcmp(t->piece[p->a], t->piece[q->a]);
	return (cmp ? cmp : strcmp(t->piece[p->b], t->piece[q->b])) < 0;
}

static void heap_push(struct cp_vocab_trainer *t, struct entry e)
{
	t->heap = room(t->heap, t->n_heap, &t->cap_heap, sizeof *t->heap);
	size_t i = t->n_heap++;
	for (; i && before(t, e, t->heap[(i - 1) / 2]); i = (i - 1) / 2)
		t->heap[i] = t->heap[(i - 1) / 2];
	t->heap[i] = e;
}

static struct entry heap_pop(struct cp_vocab_trainer *t)
{
	struct entry top = t->heap[0], last = t->heap[--t->n_heap];
	size_t i = 0, child;
	while ((child = 2 * i + 1) < t->n_heap) {
		if (child + 1 < t->n_heap && before(t, t->heap[child + 1], t->heap[child]))
			child++;
		if (!before(t, t->heap[child], last))
			break;
		t->heap[i] = t->heap[child];
		i = child;
	}
	t->heap[i] = last;
	return top;
}

static void push_changed(struct cp_vocab_trainer *t)
{
	for (size_t i = 0; i < t->changed.n; i++) {
		uint32_t k = t->changed.v[i];
		if (t->pair[k].count > 0)
			heap_push(t, (struct entry){ t->pair[k].count, k });
	}
	t->changed.n = 0;
}

/* ---- Merging ---- */

static uint32_t merged_piece(struct cp_vocab_trainer *t, const struct pair *p)
{
	cp_buf_reset(&t->utf8);
	cp_buf_str(&t->utf8, t->piece[p->a]);
	cp_buf_str(&t->utf8, t->piece[p->b] + 2);	/* the second always continues a word */
	return add_piece(t, t->utf8.data, t->utf8.len);
}

static void merge_in_word(struct cp_vocab_trainer *t, uint32_t word, uint32_t a, uint32_t b, uint32_t c)
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

static void merge(struct cp_vocab_trainer *t, uint32_t k)
{
	struct pair p = t->pair[k];
	uint32_t c = merged_piece(t, &p);
	t->pair[k].words = (struct cp_ids){ 0 };
	for (size_t i = 0; i < p.words.n; i++)
		merge_in_word(t, p.words.v[i], p.a, p.b, c);
	cp_ids_release(&p.words);
	push_changed(t);
	t->n_merges++;
}

static void merge_all(struct cp_vocab_trainer *t)
{
	push_changed(t);
	t->n_merges++;
	while (t->n_heap && t->n_pieces < t->opts.size) {
		struct entry e = heap_pop(t);
		if (e.count < (int64_t)t->opts.min_frequency)
			break;
		if (e.count == t->pair[e.pair].count)
			merge(t, e.pair);
	}
}

int cp_vocab_trainer_run(struct cp_vocab_trainer *t, struct cp_buf *vocab, struct cp_err *err)
{
	choose_characters(t);
	add_characters(t);
	if (t->n_pieces > t->opts.size)
		return cp_err_set(err, "a vocabulary of %zu has no room: special tokens and characters are %zu entries", t->opts.size, t->n_pieces);
	split_words(t);
	merge_all(t);
	for (size_t i = 0; i < t->n_pieces; i++) {
		cp_buf_str(vocab, t->piece[i]);
		cp_buf_char(vocab, '\n');
	}
	return 0;
}
