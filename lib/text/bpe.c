/* Byte-level BPE, as GPT-2 and RoBERTa use it (Sennrich et al., arXiv 1508.07909; Radford et al. 2019).
 *
 * A text is cut into words (bytelevel.h).  A word begins as the tokens of its bytes; then, as long as there is one, the pair of neighbours with
 * the earliest merge becomes one token, of equal ones the leftmost.  Nothing is normalized: a text is its bytes.
 *
 * The tokens of a word are a linked list and the pairs that could be merged a heap, so a word of n bytes takes n log n steps, whatever its
 * bytes.  A pair in the heap may be out of date, one of the two having been merged elsewhere meanwhile; it is seen when it comes up.
 *
 * A folder's add_prefix_space puts a space before each stretch of text between added tokens that does not begin with one.  Other rules that
 * a BPE may have (suffixes of words, dropout, other patterns) are refused by name.
 */
#include "text/tok_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "base/map.h"
#include "base/utf8.h"
#include "text/bytelevel.h"

#define NONE UINT32_MAX
#define END SIZE_MAX

struct merge {
	uint32_t left, right, made;
};

struct bpe {
	uint32_t byte_id[256];		/* the token a byte begins as; NONE: it has none */
	struct merge *merge;		/* (n_merges), by rank */
	uint32_t n_merges;
	struct cp_map rank;		/* of a pair of tokens, from 1 */
	unsigned char *own;		/* (n_own) is the id in model.vocab? */
	uint32_t n_own;
	uint32_t unk;			/* or NONE: bytes without a token vanish */
	int fuse_unk, prefix_space;
};

/* ---- Merging ---- */

struct symbol {
	uint32_t id;			/* NONE: merged away */
	size_t prev, next;
};

struct candidate {
	uint32_t rank;
	size_t at;			/* the left one of the pair */
};

struct word {
	struct symbol *sym;
	struct candidate *heap;
	size_t n_heap;
};

static uint64_t pair_of(uint32_t left, uint32_t right)
{
	return (uint64_t)left << 32 | right;
}

/* 0: they are not merged. */
static uint64_t rank_of(const struct bpe *b, uint32_t left, uint32_t right)
{
	return cp_map_find(&b->rank, pair_of(left, right))->value;
}

CP_HEAP(heap, struct candidate, void, a->rank != b->rank ? a->rank < b->rank : a->at < b->at)

static void offer(const struct bpe *b, struct word *w, size_t at)
{
	if (at == END || w->sym[at].next == END)
		return;
	uint64_t rank = rank_of(b, w->sym[at].id, w->sym[w->sym[at].next].id);
	if (rank)
		heap_push(NULL, w->heap, &w->n_heap, (struct candidate){ (uint32_t)rank - 1, at });
}

static void merge_at(const struct bpe *b, struct word *w, struct candidate c)
{
	const struct merge *m = &b->merge[c.rank];
	struct symbol *left = &w->sym[c.at], *right;
	if (left->id != m->left || left->next == END || (right = &w->sym[left->next])->id != m->right)
		return;				/* out of date */
	left->id = m->made;
	left->next = right->next;
	right->id = NONE;
	if (left->next != END)
		w->sym[left->next].prev = c.at;
	offer(b, w, left->prev);
	offer(b, w, c.at);
}

/* The tokens of single bytes; returns how many. */
static size_t spell(const struct bpe *b, struct symbol *sym, const char *s, size_t n)
{
	size_t k = 0;
	int after_unk = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t id = b->byte_id[(unsigned char)s[i]];
		int unknown = id == NONE;
		if (!unknown || (b->unk != NONE && !(after_unk && b->fuse_unk)))
			sym[k++].id = unknown ? b->unk : id;
		after_unk = unknown;
	}
	for (size_t i = 0; i < k; i++) {
		sym[i].prev = i ? i - 1 : END;
		sym[i].next = i + 1 < k ? i + 1 : END;
	}
	return k;
}

/* A merge takes one symbol away and offers two pairs at most: fewer than 3n candidates in all. */
static void merge_word(const struct bpe *b, struct cp_tok_cache *c, const char *s, size_t n, struct cp_ids *ids)
{
	struct word w = { 0 };
	cp_buf_reset(&c->work);
	cp_buf_reserve(&c->work, n * (sizeof *w.sym + 3 * sizeof *w.heap));
	w.sym = (struct symbol *)(void *)c->work.data;
	w.heap = (struct candidate *)(void *)(w.sym + n);
	size_t n_sym = spell(b, w.sym, s, n);
	for (size_t i = 0; i < n_sym; i++)
		offer(b, &w, i);
	while (w.n_heap)
		merge_at(b, &w, heap_pop(NULL, w.heap, &w.n_heap));
	for (size_t i = n_sym ? 0 : END; i != END; i = w.sym[i].next)
		cp_ids_push(ids, w.sym[i].id);
}

/* ---- Encoding ---- */

static void encode_word(const struct bpe *b, struct cp_tok_cache *c, const char *s, size_t n, struct cp_ids *ids)
{
	size_t start = ids->n;
	if (cp_tok_cache_replay(c, s, n, ids))
		return;
	merge_word(b, c, s, n, ids);
	cp_tok_cache_put(c, s, n, ids, start);
}

static void bpe_encode(const struct cp_tokenizer *t, struct cp_tok_cache *c, const char *s, size_t n, int part, struct cp_ids *ids)
{
	const struct bpe *b = t->impl;
	(void)part;
	int is_valid = cp_utf8_valid(s, n, NULL), add_space = b->prefix_space && n && s[0] != ' ';
	if (!is_valid || add_space) {
		cp_buf_reset(&c->word);
		if (add_space)
			cp_buf_char(&c->word, ' ');
		if (is_valid)
			cp_buf_add(&c->word, s, n);
		else
			cp_utf8_repair(s, n, &c->word);
		s = c->word.data;
		n = c->word.len;
	}
	for (size_t i = 0, end; i < n; i = end) {
		end = cp_gpt2_word(s, n, i);
		encode_word(b, c, s + i, end - i, ids);
	}
}

/* ---- Loading ---- */

static int load_vocab(struct cp_tokenizer *t, struct bpe *b, const json_t *vocab, const char *name, struct cp_err *err)
{
	const char *s;
	json_t *id;
	if (!json_is_object(vocab))
		return cp_err_set(err, "%s: model.vocab is not an object of tokens and ids", name);
	json_object_foreach((json_t *)vocab, s, id) {
		json_int_t i = json_is_integer(id) ? json_integer_value(id) : -1;
		if (i < 0 || i >= CP_TOK_ID_LIMIT)
			return cp_err_set(err, "%s: model.vocab: \"%.60s\" has no id between 0 and %u", name, s, CP_TOK_ID_LIMIT - 1);
		if (cp_tok_entry(t, s, strlen(s), (uint32_t)i, name, err) < 0)
			return -1;
	}
	b->n_own = t->size;
	b->own = cp_xcalloc(b->n_own + 1, 1);
	for (uint32_t i = 0; i < b->n_own; i++)
		b->own[i] = t->token[i] != NULL;
	for (int i = 0; i < 256; i++) {
		char spelling[2];
		b->byte_id[i] = cp_vocab_get(&t->vocab, spelling, cp_byte_spelling((unsigned char)i, spelling));
	}
	return 0;
}

/* "Ġ t", or ["Ġ", "t"]: the two tokens of an entry; *n_left is 0 where it is neither form. */
static const char *merge_parts(const json_t *entry, size_t *n_left, const char **right)
{
	const char *left = json_string_value(entry), *space;
	*n_left = 0;
	if (json_is_array(entry) && json_array_size(entry) == 2) {
		left = json_string_value(json_array_get(entry, 0));
		*right = json_string_value(json_array_get(entry, 1));
		*n_left = left && *right && !strchr(left, ' ') && !strchr(*right, ' ') ? strlen(left) : 0;
	} else if (left && (space = strchr(left, ' ')) && !strchr(space + 1, ' ')) {
		*n_left = (size_t)(space - left);
		*right = space + 1;
	}
	return left;
}

static int load_merge(const struct cp_tokenizer *t, struct merge *m, const json_t *entry, size_t i, const char *name, struct cp_err *err)
{
	size_t n_left;
	const char *right = NULL, *left = merge_parts(entry, &n_left, &right);
	if (!n_left)
		return cp_err_set(err, "%s: merge %zu is not two tokens with a space between them%s%.60s", name, i + 1, left ? ": " : "", left ? left : "");
	char *made = cp_xasprintf("%.*s%s", (int)n_left, left, right);
	m->left = cp_vocab_get(&t->vocab, left, n_left);
	m->right = cp_vocab_get(&t->vocab, right, strlen(right));
	m->made = cp_vocab_get(&t->vocab, made, strlen(made));
	free(made);
	if (m->left == NONE || m->right == NONE || m->made == NONE)
		return cp_err_set(err, "%s: merge %zu, \"%.*s\" and \"%.60s\": %s not in the vocabulary of %zu", name, i + 1, n_left < 60 ? (int)n_left : 60, left,
		                  right, m->left != NONE && m->right != NONE ? "what they make is" : "not both are tokens:", t->vocab.n);
	return 0;
}

/* Of a pair that occurs twice the last entry holds. */
static int load_merges(const struct cp_tokenizer *t, struct bpe *b, const json_t *list, const char *name, struct cp_err *err)
{
	size_t n = json_array_size(list);
	if (!json_is_array(list) || n >= CP_TOK_ID_LIMIT)
		return cp_err_set(err, "%s: model.merges is not a list of fewer than %u pairs", name, CP_TOK_ID_LIMIT);
	b->merge = cp_xcalloc(n + 1, sizeof *b->merge);
	for (; b->n_merges < n; b->n_merges++) {
		struct merge *m = &b->merge[b->n_merges];
		if (load_merge(t, m, json_array_get(list, b->n_merges), b->n_merges, name, err) < 0)
			return -1;
		cp_map_at(&b->rank, pair_of(m->left, m->right))->value = b->n_merges + 1;
	}
	return 0;
}

/* Rules that change ids and that we do not have must be absent, null, false or empty. */
static int refuse_others(const json_t *model, const char *name, struct cp_err *err)
{
	static const char *const other[] = { "dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback", "ignore_merges" };
	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		const json_t *v = json_object_get(model, other[i]);
		int is_off = !v || json_is_null(v) || json_is_false(v) || (json_is_string(v) && !*json_string_value(v));
		if (!is_off && !(json_is_number(v) && json_number_value(v) == 0))
			return cp_err_set(err, "%s: model.%s is set; for BPE this version reads GPT-2's form, without it", name, other[i]);
	}
	return 0;
}

static int load_unk(const struct cp_tokenizer *t, struct bpe *b, const json_t *model, const char *name, struct cp_err *err)
{
	const char *unk = json_string_value(json_object_get(model, "unk_token"));
	b->unk = unk ? cp_vocab_get(&t->vocab, unk, strlen(unk)) : NONE;
	if (unk && b->unk == NONE)
		return cp_err_set(err, "%s: the token for unknown bytes, \"%.60s\", is not in the vocabulary of %zu", name, unk, t->vocab.n);
	return cp_tok_json_bool(model, "fuse_unk", &b->fuse_unk, name, err);
}

static int load_words(struct bpe *b, const json_t *root, const char *name, struct cp_err *err)
{
	const json_t *norm = json_object_get(root, "normalizer"), *pre = json_object_get(root, "pre_tokenizer");
	int use_regex = 1;
	if (norm && !json_is_null(norm))
		return cp_err_set(err, "%s: normalizer is %.60s; for BPE this version reads none", name, cp_tok_json_type(norm));
	if (strcmp(cp_tok_json_type(pre), "ByteLevel"))
		return cp_err_set(err, "%s: pre_tokenizer is %.60s; for BPE this version reads ByteLevel", name, cp_tok_json_type(pre));
	b->prefix_space = 1;		/* the reference's default */
	if (cp_tok_json_bool(pre, "add_prefix_space", &b->prefix_space, name, err) < 0 || cp_tok_json_bool(pre, "use_regex", &use_regex, name, err) < 0)
		return -1;
	if (!use_regex)
		return cp_err_set(err, "%s: pre_tokenizer.use_regex is false; this version reads ByteLevel with GPT-2's pattern", name);
	return 0;
}

static int bpe_load(struct cp_tokenizer *t, const json_t *root, const char *name, struct cp_err *err)
{
	const json_t *model = json_object_get(root, "model");
	struct bpe *b = t->impl = cp_xcalloc(1, sizeof *b);
	cp_map_init(&b->rank);
	if (load_words(b, root, name, err) < 0 || refuse_others(model, name, err) < 0)
		return -1;
	if (load_vocab(t, b, json_object_get(model, "vocab"), name, err) < 0 || load_unk(t, b, model, name, err) < 0)
		return -1;
	return load_merges(t, b, json_object_get(model, "merges"), name, err);
}

/* ---- Saving ---- */

static json_t *save_merges(const struct cp_tokenizer *t, const struct bpe *b)
{
	json_t *list = json_array();
	for (uint32_t rank = 0; rank < b->n_merges; rank++) {
		const struct merge *m = &b->merge[rank];
		if (rank_of(b, m->left, m->right) != rank + 1)
			continue;
		char *s = cp_xasprintf("%s %s", t->token[m->left], t->token[m->right]);
		json_array_append_new(list, json_string(s));
		free(s);
	}
	return list;
}

static void bpe_save(const struct cp_tokenizer *t, json_t *root)
{
	const struct bpe *b = t->impl;
	json_t *vocab = json_object();
	for (uint32_t id = 0; id < b->n_own; id++)
		if (b->own[id])
			json_object_set_new(vocab, t->token[id], json_integer(id));
	json_t *words = json_pack("{s:s,s:b,s:b,s:b}", "type", "ByteLevel", "add_prefix_space", b->prefix_space, "trim_offsets", 1, "use_regex", 1);
	json_object_set_new(root, "normalizer", json_null());
	json_object_set_new(root, "pre_tokenizer", words);
	json_object_set(root, "decoder", words);
	json_object_set_new(root, "model", json_pack("{s:s,s:n,s:s?,s:s,s:s,s:b,s:o,s:o}", "type", "BPE", "dropout", "unk_token",
		b->unk == NONE ? NULL : t->token[b->unk], "continuing_subword_prefix", "", "end_of_word_suffix", "", "fuse_unk", b->fuse_unk,
		"vocab", vocab, "merges", save_merges(t, b)));
}

static void bpe_release(void *impl)
{
	struct bpe *b = impl;
	if (!b)
		return;
	free(b->merge);
	cp_map_release(&b->rank);
	free(b->own);
	free(b);
}

const struct cp_tok_model cp_tok_bpe = { "bpe", "BPE", bpe_load, bpe_save, bpe_encode, NULL, bpe_release };
