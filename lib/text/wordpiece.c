/* WordPiece, as BERT uses it (Schuster & Nakajima 2012; Devlin et al., arXiv 1810.04805).
 *
 * A text is normalized, cut into words at white space and punctuation, and each word is taken apart greedily: the longest piece of the
 * vocabulary that begins it, then the longest of the continuing pieces ("##ing") that begins the rest, and so on.  A word that cannot
 * be taken apart to its end, or has more than max_input_chars_per_word code points, is one unk.
 *
 * Continuing pieces have a table of their own, without their prefix, so that no string is put together while encoding.  Words are
 * remembered by their raw bytes between white space; normalizing works on each such stretch alone, because a space is a starter and nothing
 * is composed or moved across it.
 */
#include "text/tok_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "text/bertnorm.h"

struct wordpiece {
	struct cp_bert_norm norm;
	struct cp_vocab first, rest;	/* model.vocab; its continuing pieces, without the prefix */
	char *prefix;
	size_t max_chars;
	uint32_t unk;
};

/* ---- Encoding ---- */

/* The longest piece of v that begins s[0..n-1]: its id and length, or 0. Shorter candidates end before the last code point. */
static size_t longest_piece(const struct cp_vocab *v, const char *s, size_t n, uint32_t *id)
{
	size_t len = n < v->longest ? n : v->longest;
	while (len < n && len && (s[len] & 0xC0) == 0x80)
		len--;
	while (len) {
		if ((*id = cp_vocab_get(v, s, len)) != CP_VOCAB_NONE)
			return len;
		do
			len--;
		while (len && (s[len] & 0xC0) == 0x80);
	}
	return 0;
}

static void encode_word(const struct wordpiece *w, const char *s, size_t n, size_t n_chars, struct cp_ids *ids)
{
	size_t start = ids->n;
	for (size_t i = 0; i < n; ) {
		uint32_t id;
		size_t len = n_chars > w->max_chars ? 0 : longest_piece(i ? &w->rest : &w->first, s + i, n - i, &id);
		if (!len) {
			ids->n = start;
			cp_ids_push(ids, w->unk);
			return;
		}
		cp_ids_push(ids, id);
		i += len;
	}
}

static void encode_runes(const struct wordpiece *w, struct cp_tok_cache *c, struct cp_ids *ids)
{
	size_t from = 0, to = 0;
	while (cp_bert_word(c->runes.v, c->runes.n, &from, &to)) {
		cp_buf_reset(&c->word);
		cp_buf_reserve(&c->word, 4 * (to - from));
		for (size_t i = from; i < to; i++)
			c->word.len += cp_utf8_put(c->word.data + c->word.len, c->runes.v[i]);
		encode_word(w, c->word.data, c->word.len, to - from, ids);
	}
}

/* A stretch without white space. */
static void encode_stretch(const struct wordpiece *w, struct cp_tok_cache *c, const char *s, size_t n, struct cp_ids *ids)
{
	size_t start = ids->n;
	if (cp_tok_cache_replay(c, s, n, ids))
		return;
	c->runes.n = 0;
	cp_bert_normalize(&w->norm, s, n, &c->runes);
	encode_runes(w, c, ids);
	cp_tok_cache_put(c, s, n, ids, start);
}

static int is_break(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void encode_normalized(const struct wordpiece *w, struct cp_tok_cache *c, const char *s, size_t n, struct cp_ids *ids)
{
	c->runes.n = 0;
	for (size_t i = 0; i < n; )
		cp_ids_push(&c->runes, cp_utf8_next(s, n, &i));
	encode_runes(w, c, ids);
}

static void wordpiece_encode(const struct cp_tokenizer *t, struct cp_tok_cache *c, const char *s, size_t n, int part, struct cp_ids *ids)
{
	const struct wordpiece *w = t->impl;
	if (part & CP_TOK_NORMALIZED) {
		encode_normalized(w, c, s, n, ids);
		return;
	}
	for (size_t i = 0, end; i < n; i = end) {
		for (; i < n && is_break(s[i]); i++)
			;
		for (end = i; end < n && !is_break(s[end]); end++)
			;
		if (end > i)
			encode_stretch(w, c, s + i, end - i, ids);
	}
}

static void wordpiece_normalize(const struct cp_tokenizer *t, const char *s, size_t n, struct cp_buf *b)
{
	const struct wordpiece *w = t->impl;
	struct cp_ids runes = { 0 };
	cp_bert_normalize(&w->norm, s, n, &runes);
	for (size_t i = 0; i < runes.n; i++) {
		char utf8[4];
		cp_buf_add(b, utf8, cp_utf8_put(utf8, runes.v[i]));
	}
	cp_ids_release(&runes);
}

/* ---- Loading and saving ---- */

static int load_norm(struct cp_bert_norm *norm, const json_t *root, const char *name, struct cp_err *err)
{
	const json_t *n = json_object_get(root, "normalizer"), *pre = json_object_get(root, "pre_tokenizer");
	if (strcmp(cp_tok_json_type(pre), "BertPreTokenizer"))
		return cp_err_set(err, "%s: pre_tokenizer is %.60s; for WordPiece this version reads BertPreTokenizer", name, cp_tok_json_type(pre));
	*norm = (struct cp_bert_norm){ 0 };
	if (!n || json_is_null(n))
		return 0;
	if (strcmp(cp_tok_json_type(n), "BertNormalizer"))
		return cp_err_set(err, "%s: normalizer is %.60s; for WordPiece this version reads BertNormalizer", name, cp_tok_json_type(n));
	*norm = (struct cp_bert_norm){ 1, 1, 1, 1 };
	if (cp_tok_json_bool(n, "clean_text", &norm->clean, name, err) < 0 ||
	    cp_tok_json_bool(n, "handle_chinese_chars", &norm->cjk, name, err) < 0 ||
	    cp_tok_json_bool(n, "lowercase", &norm->lower, name, err) < 0)
		return -1;
	norm->strip_accents = norm->lower;		/* null: as lowercase */
	return cp_tok_json_bool(n, "strip_accents", &norm->strip_accents, name, err);
}

static int load_vocab(struct cp_tokenizer *t, struct wordpiece *w, const json_t *vocab, const char *name, struct cp_err *err)
{
	const char *s;
	json_t *id;
	size_t n_prefix = strlen(w->prefix);
	if (!json_is_object(vocab))
		return cp_err_set(err, "%s: model.vocab is not an object of tokens and ids", name);
	json_object_foreach((json_t *)vocab, s, id) {
		size_t n = strlen(s);
		json_int_t i = json_is_integer(id) ? json_integer_value(id) : -1;
		if (i < 0 || i >= CP_TOK_ID_LIMIT)
			return cp_err_set(err, "%s: model.vocab: \"%.60s\" has no id between 0 and %u", name, s, CP_TOK_ID_LIMIT - 1);
		if (cp_tok_entry(t, s, n, (uint32_t)i, name, err) < 0)
			return -1;
		cp_vocab_put(&w->first, s, n, (uint32_t)i);
		if (n > n_prefix && !memcmp(s, w->prefix, n_prefix))
			cp_vocab_put(&w->rest, s + n_prefix, n - n_prefix, (uint32_t)i);
	}
	return 0;
}

static int load_unk(struct wordpiece *w, const json_t *model, const char *name, struct cp_err *err)
{
	const char *unk = json_string_value(json_object_get(model, "unk_token"));
	if (!unk)
		unk = "[UNK]";
	w->unk = cp_vocab_get(&w->first, unk, strlen(unk));
	if (w->unk == CP_VOCAB_NONE)
		return cp_err_set(err, "%s: the token for unknown words, \"%.60s\", is not in the vocabulary of %zu", name, unk, w->first.n);
	return 0;
}

static int load_model(struct cp_tokenizer *t, struct wordpiece *w, const json_t *model, const char *name, struct cp_err *err)
{
	const json_t *max = json_object_get(model, "max_input_chars_per_word"), *prefix = json_object_get(model, "continuing_subword_prefix");
	if (prefix && !json_is_string(prefix))
		return cp_err_set(err, "%s: model.continuing_subword_prefix is not a string", name);
	if (max && (!json_is_integer(max) || json_integer_value(max) < 0))
		return cp_err_set(err, "%s: model.max_input_chars_per_word is not a number of characters", name);
	w->prefix = cp_xstrdup(prefix ? json_string_value(prefix) : "##");
	w->max_chars = max ? (size_t)json_integer_value(max) : 100;
	if (load_vocab(t, w, json_object_get(model, "vocab"), name, err) < 0)
		return -1;
	return load_unk(w, model, name, err);
}

static int wordpiece_load(struct cp_tokenizer *t, const json_t *root, const char *name, struct cp_err *err)
{
	struct wordpiece *w = cp_xcalloc(1, sizeof *w);
	t->impl = w;
	cp_vocab_init(&w->first);
	cp_vocab_init(&w->rest);
	if (load_norm(&w->norm, root, name, err) < 0)
		return -1;
	return load_model(t, w, json_object_get(root, "model"), name, err);
}

static void wordpiece_save(const struct cp_tokenizer *t, json_t *root)
{
	const struct wordpiece *w = t->impl;
	const struct cp_bert_norm *n = &w->norm;
	json_t *vocab = json_object();
	for (uint32_t id = 0; id < t->size; id++)
		if (t->token[id] && cp_vocab_get(&w->first, t->token[id], strlen(t->token[id])) == id)
			json_object_set_new(vocab, t->token[id], json_integer(id));
	json_object_set_new(root, "normalizer", json_pack("{s:s,s:b,s:b,s:b,s:b}", "type", "BertNormalizer", "clean_text", n->clean,
		"handle_chinese_chars", n->cjk, "strip_accents", n->strip_accents, "lowercase", n->lower));
	json_object_set_new(root, "pre_tokenizer", json_pack("{s:s}", "type", "BertPreTokenizer"));
	json_object_set_new(root, "decoder", json_pack("{s:s,s:s,s:b}", "type", "WordPiece", "prefix", w->prefix, "cleanup", 1));
	json_object_set_new(root, "model", json_pack("{s:s,s:s,s:s,s:I,s:o}", "type", "WordPiece", "unk_token", t->token[w->unk],
		"continuing_subword_prefix", w->prefix, "max_input_chars_per_word", (json_int_t)w->max_chars, "vocab", vocab));
}

static void wordpiece_release(void *impl)
{
	struct wordpiece *w = impl;
	if (!w)
		return;
	cp_vocab_release(&w->first);
	cp_vocab_release(&w->rest);
	free(w->prefix);
	free(w);
}

const struct cp_tok_model cp_tok_wordpiece = {
	"wordpiece", "WordPiece", wordpiece_load, wordpiece_save, wordpiece_encode, wordpiece_normalize, wordpiece_release,
};
