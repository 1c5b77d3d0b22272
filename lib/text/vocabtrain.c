/* A vocabulary from text: see vocabtrain.h.  Here words are counted and begun as characters or bytes; pairmerge.h merges. */
#include "text/vocabtrain.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/utf8.h"
#include "text/bertnorm.h"
#include "text/bytelevel.h"
#include "text/pairmerge.h"
#include "text/unicode.h"
#include "text/vocab.h"

enum {
	LONGEST_WORD = 100,		/* characters of WordPiece's: a longer word is unknown to the tokenizer */
	MOST_BYTES = 1000,		/* of a word of BPE: each merge goes through the words it is in, and a longer one is no word */
	N_RUNES = 0x110000,
};

static const char *const special[] = { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]" };
static const char *const roberta[] = { "<s>", "<pad>", "</s>", "<unk>", "<mask>" };
enum { N_FIRST = 4 };		/* of them come first, <mask> last */

struct cp_vocab_trainer {
	struct cp_vocab_opts opts;
	struct cp_bert_norm norm;
	struct cp_vocab words;		/* spelling -> index of count */
	uint64_t *count;		/* of words */
	size_t n_words, cap_words;
	struct cp_ids runes;
	struct cp_buf utf8;

	struct cp_merger *merger;
	unsigned char *known;		/* bit set of code points that are entries */
};

/* ---- Counting words ---- */

struct cp_vocab_trainer *cp_vocab_trainer_new(const struct cp_vocab_opts *opts)
{
	struct cp_vocab_trainer *t = cp_xcalloc(1, sizeof *t);
	t->opts = *opts;
	t->norm = (struct cp_bert_norm){ 1, 1, opts->lower, opts->lower };
	cp_vocab_init(&t->words);
	cp_buf_init(&t->utf8);
	t->known = cp_xcalloc(N_RUNES / 8, 1);
	t->merger = cp_merger_new(opts->kind == CP_VOCAB_BPE ? 0 : 2);
	return t;
}

void cp_vocab_trainer_free(struct cp_vocab_trainer *t)
{
	if (!t)
		return;
	cp_merger_free(t->merger);
	cp_vocab_release(&t->words);
	cp_ids_release(&t->runes);
	cp_buf_release(&t->utf8);
	free(t->count);
	free(t->known);
	free(t);
}

static void count_word(struct cp_vocab_trainer *t, const char *s, size_t n)
{
	uint32_t i = cp_vocab_get(&t->words, s, n);
	if (i == CP_VOCAB_NONE) {
		i = (uint32_t)t->n_words;
		t->count = cp_xgrow(t->count, &t->cap_words, t->n_words + 1, sizeof *t->count);
		t->count[t->n_words++] = 0;
		cp_vocab_put(&t->words, s, n, i);
	}
	t->count[i]++;
}

static void add_wordpiece(struct cp_vocab_trainer *t, const char *text, size_t n)
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

static void add_bpe(struct cp_vocab_trainer *t, const char *text, size_t n)
{
	cp_buf_reset(&t->utf8);
	cp_utf8_repair(text, n, &t->utf8);
	for (size_t i = 0, end; i < t->utf8.len; i = end) {
		end = cp_gpt2_word(t->utf8.data, t->utf8.len, i);
		if (end - i <= MOST_BYTES)
			count_word(t, t->utf8.data + i, end - i);
	}
}

void cp_vocab_trainer_add(struct cp_vocab_trainer *t, const char *text, size_t n)
{
	if (t->opts.kind == CP_VOCAB_BPE)
		add_bpe(t, text, n);
	else
		add_wordpiece(t, text, n);
}

/* ---- Characters ---- */

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
	choose_characters(t);
	for (size_t i = 0; i < sizeof special / sizeof *special; i++)
		cp_merger_add(t->merger, special[i], strlen(special[i]));
	for (uint32_t c = 0; c < N_RUNES; c++)
		if (is_known(t, c))
			cp_merger_add(t->merger, s + 2, cp_utf8_put(s + 2, c));
	for (uint32_t c = 0; c < N_RUNES; c++)
		if (is_known(t, c) && !cp_rune_is_punct(c) && !cp_rune_is_cjk(c))
			cp_merger_add(t->merger, s, 2 + cp_utf8_put(s + 2, c));
}

/* The word's characters as pieces; a word with one that is no entry is unknown whatever is merged, so it is left out. */
static void split_wordpiece(struct cp_vocab_trainer *t, const struct cp_vocab_slot *word)
{
	char s[6] = "##";
	t->runes.n = 0;
	for (size_t i = 0; i < word->n; ) {
		int begins = i == 0;
		size_t n = cp_utf8_put(s + 2, cp_utf8_next(word->s, word->n, &i));
		uint32_t id = begins ? cp_merger_find(t->merger, s + 2, n) : cp_merger_find(t->merger, s, n + 2);
		if (id == CP_VOCAB_NONE)
			return;
		cp_ids_push(&t->runes, id);
	}
	cp_merger_word(t->merger, t->runes.v, (uint32_t)t->runes.n, t->count[word->id]);
}

/* ---- Bytes ---- */

/* In the order of the characters that stand for them: first those that stand for themselves. */
static void add_bytes(struct cp_vocab_trainer *t)
{
	for (size_t i = 0; i < N_FIRST; i++)
		cp_merger_add(t->merger, roberta[i], strlen(roberta[i]));
	for (int pass = 0; pass < 2; pass++)
		for (unsigned byte = 0; byte < 256; byte++) {
			char s[2];
			size_t n = cp_byte_spelling((unsigned char)byte, s), end = 0;
			if ((cp_utf8_next(s, n, &end) != byte) == pass)
				cp_merger_add(t->merger, s, n);
		}
}

static void split_bpe(struct cp_vocab_trainer *t, const struct cp_vocab_slot *word)
{
	t->runes.n = 0;
	for (size_t i = 0; i < word->n; i++) {
		char s[2];
		cp_ids_push(&t->runes, cp_merger_find(t->merger, s, cp_byte_spelling((unsigned char)word->s[i], s)));
	}
	cp_merger_word(t->merger, t->runes.v, (uint32_t)t->runes.n, t->count[word->id]);
}

/* ---- What comes out ---- */

static void lines_of(const struct cp_merger *m, struct cp_buf *out)
{
	for (uint32_t i = 0; i < cp_merger_size(m); i++) {
		cp_buf_str(out, cp_merger_spelling(m, i));
		cp_buf_char(out, '\n');
	}
}

static json_t *merges_of(const struct cp_merger *m)
{
	const struct cp_ids *rules = cp_merger_rules(m);
	json_t *list = json_array();
	struct cp_buf b = CP_BUF_INIT;
	for (size_t i = 0; i < rules->n; i += 2) {
		cp_buf_reset(&b);
		cp_buf_printf(&b, "%s %s", cp_merger_spelling(m, rules->v[i]), cp_merger_spelling(m, rules->v[i + 1]));
		json_array_append_new(list, json_stringn(b.data, b.len));
	}
	cp_buf_release(&b);
	return list;
}

static void pack_of(const struct cp_merger *m, struct cp_buf *out)
{
	json_t *vocab = json_object(), *added = json_array(), *map = json_object();
	for (uint32_t i = 0; i < cp_merger_size(m); i++)
		json_object_set_new(vocab, cp_merger_spelling(m, i), json_integer(i));
	for (size_t i = 0; i < sizeof roberta / sizeof *roberta; i++)
		json_array_append_new(added, json_pack("{s:i,s:s,s:b,s:b}", "id", (int)cp_merger_find(m, roberta[i], strlen(roberta[i])),
			"content", roberta[i], "lstrip", i == N_FIRST, "special", 1));
	json_t *pack = json_pack("{s:{s:o,s:{s:s,s:b},s:{s:s,s:[s,i],s:[s,i]},s:{s:s,s:o,s:o}},s:o}", "tokenizer.json", "added_tokens", added,
		"pre_tokenizer", "type", "ByteLevel", "add_prefix_space", 0, "post_processor", "type", "RobertaProcessing", "cls", "<s>", 0, "sep", "</s>", 2,
		"model", "type", "BPE", "vocab", vocab, "merges", merges_of(m), "special_tokens_map.json", map);
	char *text = json_dumps(pack, JSON_COMPACT);
	cp_buf_str(out, text);
	free(text);
	json_decref(pack);
}

static void split_words(struct cp_vocab_trainer *t)
{
	for (size_t k = 0; k < t->words.n_slots; k++)
		if (t->words.slot[k].s)
			(t->opts.kind == CP_VOCAB_BPE ? split_bpe : split_wordpiece)(t, &t->words.slot[k]);
}

int cp_vocab_trainer_run(struct cp_vocab_trainer *t, struct cp_buf *vocab, struct cp_err *err)
{
	struct cp_merger *m = t->merger;
	int is_bpe = t->opts.kind == CP_VOCAB_BPE;
	size_t n_after = is_bpe ? sizeof roberta / sizeof *roberta - N_FIRST : 0;
	if (is_bpe)
		add_bytes(t);
	else
		add_characters(t);
	if (cp_merger_size(m) + n_after > t->opts.size)
		return cp_err_set(err, "a vocabulary of %zu has no room: special tokens and %s are %zu entries", t->opts.size,
		                  is_bpe ? "bytes" : "characters", cp_merger_size(m) + n_after);
	split_words(t);
	cp_merger_run(m, t->opts.size - n_after, t->opts.min_frequency);
	if (is_bpe) {
		cp_merger_add(m, roberta[N_FIRST], strlen(roberta[N_FIRST]));
		pack_of(m, vocab);
	} else
		lines_of(m, vocab);
	return 0;
}
