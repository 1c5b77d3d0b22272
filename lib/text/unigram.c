/* Unigram, as T5 uses it (Kudo, arXiv 1804.10959; SentencePiece).
 *
 * A text is normalized (charsmap.h, then runs of spaces), its spaces become U+2581, "▁", one is put in front, and it is cut before each.  Of a text
 * cut at added tokens every part has one put in front, or, in T5's new way ("legacy": false), that with which the text begins alone.
 * A word is then taken apart into the pieces whose log probabilities have the largest sum, by Viterbi's algorithm; a character that is no piece
 * by itself may be unknown, at 10 less than the least probable piece, and neighbouring unknown ones are one token.  Sums are taken from
 * left to right in double, and of equal ones that with the longer last piece wins, as in the reference.
 *
 * The rules of normalization that are read are those that SentencePiece models come with: Precompiled, Strip, Replace of runs of spaces, in
 * that order, each of them or not.  Others are refused by name.
 */
#include "text/tok_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/choice.h"
#include "base/utf8.h"
#include "text/charsmap.h"
#include "text/trie.h"
#include "text/unicode.h"

#define UNK_PENALTY 10.0
#define SCHEMES "never|first|always"
enum { NEVER, FIRST, ALWAYS };

struct unigram {
	struct cp_charsmap *map;	/* or NULL */
	int strip_left, strip_right;
	char *run;			/* what two and more spaces become; NULL: they stay */
	int white_split;		/* first cut at white space, which goes */
	char *space;			/* "▁" */
	size_t n_space;
	int prepend;			/* of SCHEMES: put one in front of no part between added tokens, of the one that begins the text, of every one */

	struct cp_trie trie;
	double *score, *said;		/* (n), by id; as the file says them */
	uint32_t n, unk;
	double unk_score;
};

/* ---- Normalizing ---- */

static int has_normalizer(const struct unigram *u)
{
	return u->map || u->strip_left || u->strip_right || u->run;
}

static void strip(const struct unigram *u, const char *s, size_t *from, size_t *to)
{
	for (size_t end = *from; u->strip_left && *from < *to && cp_rune_is_space(cp_utf8_next(s, *to, &end)); )
		*from = end;
	while (u->strip_right && *to > *from) {
		size_t at = *to - 1, end;
		while (at > *from && (s[at] & 0xC0) == 0x80)
			at--;
		end = at;
		if (!cp_rune_is_space(cp_utf8_next(s, *to, &end)))
			return;
		*to = at;
	}
}

static void replace_runs(const char *run, const char *s, size_t n, struct cp_buf *out)
{
	for (size_t i = 0, end; i < n; i = end) {
		end = i + 1;
		while (s[i] == ' ' && end < n && s[end] == ' ')
			end++;
		if (end > i + 1)
			cp_buf_str(out, run);
		else
			cp_buf_char(out, s[i]);
	}
}

/* Append the normalized text to *out; *mapped is room to work in. */
static void normalize(const struct unigram *u, const char *s, size_t n, struct cp_buf *mapped, struct cp_buf *out)
{
	struct cp_buf good = CP_BUF_INIT;
	size_t from = 0;
	if (!cp_utf8_valid(s, n, NULL)) {
		cp_utf8_repair(s, n, &good);
		s = good.data;
		n = good.len;
	}
	cp_buf_reset(mapped);
	if (u->map) {
		cp_charsmap_apply(u->map, s, n, mapped);
		s = mapped->data;
		n = mapped->len;
	}
	strip(u, s, &from, &n);
	if (u->run)
		replace_runs(u->run, s + from, n - from, out);
	else
		cp_buf_add(out, s + from, n - from);
	cp_buf_release(&good);
}

static void unigram_normalize(const struct cp_tokenizer *t, const char *s, size_t n, struct cp_buf *b)
{
	struct cp_buf mapped = CP_BUF_INIT;
	normalize(t->impl, s, n, &mapped, b);
	cp_buf_release(&mapped);
}

/* ---- Taking a word apart ---- */

/* The best way to the place after some bytes of the word: its last piece. */
struct best {
	double score;
	size_t from;			/* where the piece begins; NOWHERE: no way yet */
	uint32_t id;
};
#define NOWHERE SIZE_MAX

static void offer(struct best *at, double score, size_t from, uint32_t id)
{
	if (at->from == NOWHERE || score > at->score)
		*at = (struct best){ score, from, id };
}

static void forward(const struct unigram *u, const char *s, size_t n, struct best *best)
{
	for (size_t i = 0; i <= n; i++)
		best[i] = (struct best){ 0, NOWHERE, 0 };
	for (size_t i = 0, next; i < n; i = next) {
		int alone = 0;
		uint32_t node = 0;
		next = i;
		cp_utf8_next(s, n, &next);
		for (size_t k = i; k < n && cp_trie_step(&u->trie, &node, (unsigned char)s[k]); k++) {
			uint32_t id = u->trie.node[node].id;
			if (id == CP_TRIE_NONE)
				continue;
			offer(&best[k + 1], u->score[id] + best[i].score, i, id);
			alone |= k + 1 == next;
		}
		if (!alone)
			offer(&best[next], u->unk_score + best[i].score, i, u->unk);
	}
}

/* The ids from the last to the first.  A run of unknown ones is one, and that one a piece if it happens to be spelled like one. */
static void backward(const struct cp_tokenizer *t, const char *s, size_t n, const struct best *best, struct cp_ids *ids)
{
	const struct unigram *u = t->impl;
	for (size_t end = n, from; end; end = from) {
		uint32_t id = best[end].id;
		from = best[end].from;
		if (id == u->unk) {
			while (from && best[from].id == u->unk)
				from = best[from].from;
			uint32_t piece = cp_vocab_get(&t->vocab, s + from, end - from);
			id = piece < u->n ? piece : u->unk;
		}
		cp_ids_push(ids, id);
	}
}

static void encode_word(const struct cp_tokenizer *t, struct cp_tok_cache *c, const char *s, size_t n, struct cp_ids *ids)
{
	size_t start = ids->n;
	if (cp_tok_cache_replay(c, s, n, ids))
		return;
	cp_buf_reset(&c->work);
	cp_buf_reserve(&c->work, (n + 1) * sizeof(struct best));
	struct best *best = (struct best *)(void *)c->work.data;
	forward(t->impl, s, n, best);
	backward(t, s, n, best, ids);
	for (size_t i = start, k = ids->n; i + 1 < k; i++) {
		uint32_t id = ids->v[i];
		ids->v[i] = ids->v[--k];
		ids->v[k] = id;
	}
	cp_tok_cache_put(c, s, n, ids, start);
}

/* ---- Words ---- */

static int begins_with_space(const struct unigram *u, const char *s, size_t n)
{
	return n >= u->n_space && !memcmp(s, u->space, u->n_space);
}

/* "a b" becomes "▁a▁b", which is cut before each "▁". */
static void encode_spaced(const struct cp_tokenizer *t, struct cp_tok_cache *c, const char *s, size_t n, int first, struct cp_ids *ids)
{
	const struct unigram *u = t->impl;
	struct cp_buf *b = &c->word;
	cp_buf_reset(b);
	if (n && (u->prepend == ALWAYS || (u->prepend == FIRST && first)) && s[0] != ' ' && !begins_with_space(u, s, n))
		cp_buf_str(b, u->space);
	for (size_t i = 0; i < n; i++)
		if (s[i] == ' ')
			cp_buf_str(b, u->space);
		else
			cp_buf_char(b, s[i]);
	for (size_t i = 0, end; i < b->len; i = end) {
		for (end = i + 1; end < b->len && !begins_with_space(u, b->data + end, b->len - end); end++)
			;
		encode_word(t, c, b->data + i, end - i, ids);
	}
}

static void encode_split(const struct cp_tokenizer *t, struct cp_tok_cache *c, const char *s, size_t n, struct cp_ids *ids)
{
	for (size_t i = 0, from = 0, end; i <= n; i = end) {
		end = i;
		if (i == n || cp_rune_is_space(cp_utf8_next(s, n, &end))) {
			encode_spaced(t, c, s + from, i - from, 0, ids);
			from = end;
		}
		if (i == n)
			return;
	}
}

static void unigram_encode(const struct cp_tokenizer *t, struct cp_tok_cache *c, const char *s, size_t n, int part, struct cp_ids *ids)
{
	const struct unigram *u = t->impl;
	int first = part & CP_TOK_FIRST;
	if (!(part & CP_TOK_NORMALIZED)) {
		cp_buf_reset(&c->text);
		normalize(u, s, n, &c->word, &c->text);
		s = c->text.data;
		n = c->text.len;
	}
	if (u->white_split)
		encode_split(t, c, s, n, ids);
	else
		encode_spaced(t, c, s, n, first, ids);
}

/* ---- Loading the normalizer ---- */

static int load_map(struct unigram *u, const json_t *step, const char *name, struct cp_err *err)
{
	const char *base64 = json_string_value(json_object_get(step, "precompiled_charsmap"));
	if (!base64)
		return cp_err_set(err, "%s: normalizer Precompiled: precompiled_charsmap is not a string", name);
	u->map = cp_charsmap_new(base64, name, err);
	return u->map ? 0 : -1;
}

static int load_strip(struct unigram *u, const json_t *step, const char *name, struct cp_err *err)
{
	if (cp_tok_json_bool(step, "strip_left", &u->strip_left, name, err) < 0)
		return -1;
	return cp_tok_json_bool(step, "strip_right", &u->strip_right, name, err);
}

static int load_replace(struct unigram *u, const json_t *step, const char *name, struct cp_err *err)
{
	const char *pattern = json_string_value(json_object_get(json_object_get(step, "pattern"), "Regex"));
	const char *content = json_string_value(json_object_get(step, "content"));
	if (!pattern || !content || strcmp(pattern, " {2,}"))
		return cp_err_set(err, "%s: normalizer Replace: this version replaces runs of spaces, Regex \" {2,}\", by a string", name);
	u->run = cp_xstrdup(content);
	return 0;
}

static const struct step {
	const char *type;
	int (*load)(struct unigram *, const json_t *, const char *, struct cp_err *);
} steps[] = {
	{ "Precompiled", load_map }, { "Strip", load_strip }, { "Replace", load_replace },
};
enum { N_STEPS = sizeof steps / sizeof *steps };

static int load_normalizer(struct unigram *u, const json_t *norm, const char *name, struct cp_err *err)
{
	const json_t *list = json_object_get(norm, "normalizers");
	int is_list = !strcmp(cp_tok_json_type(norm), "Sequence");
	size_t n = is_list ? json_array_size(list) : norm && !json_is_null(norm), k = 0;
	for (size_t i = 0; i < n; i++, k++) {
		const json_t *step = is_list ? json_array_get(list, i) : norm;
		const char *type = cp_tok_json_type(step);
		while (k < N_STEPS && strcmp(steps[k].type, type))
			k++;
		if (k == N_STEPS)
			return cp_err_set(err, "%s: normalizer: step %zu is %.60s; for Unigram this version reads Precompiled, Strip and Replace, in this order",
			                  name, i + 1, type);
		if (steps[k].load(u, step, name, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- Loading words and pieces ---- */

static int load_metaspace(struct unigram *u, const json_t *pre, const char *name, struct cp_err *err)
{
	const char *space = json_string_value(json_object_get(pre, "replacement")), *scheme = json_string_value(json_object_get(pre, "prepend_scheme"));
	int split = 1, prefix_space = 1;
	if (strcmp(cp_tok_json_type(pre), "Metaspace"))
		return cp_err_set(err, "%s: pre_tokenizer is %.60s; for Unigram this version reads Metaspace, and WhitespaceSplit before it", name,
		                  cp_tok_json_type(pre));
	size_t end = 0, n = space ? strlen(space) : 0;
	if (!n || (cp_utf8_next(space, n, &end), end != n))
		return cp_err_set(err, "%s: pre_tokenizer Metaspace: replacement is not one character", name);
	u->space = cp_xstrdup(space);
	u->n_space = n;
	if (cp_tok_json_bool(pre, "add_prefix_space", &prefix_space, name, err) < 0 || cp_tok_json_bool(pre, "split", &split, name, err) < 0)
		return -1;
	u->prepend = scheme ? cp_choice(SCHEMES, scheme) : prefix_space ? ALWAYS : NEVER;
	if (!split || u->prepend < 0)
		return cp_err_set(err, "%s: pre_tokenizer Metaspace: %s is %.60s, which this version does not read", name, split ? "prepend_scheme" : "split",
		                  split ? scheme : "false");
	if (!prefix_space && u->prepend != NEVER)
		return cp_err_set(err, "%s: pre_tokenizer Metaspace: prepend_scheme is %s, and add_prefix_space is false", name, scheme);
	return 0;
}

static int load_words(struct unigram *u, const json_t *pre, const char *name, struct cp_err *err)
{
	const json_t *list = json_object_get(pre, "pretokenizers");
	if (!strcmp(cp_tok_json_type(pre), "Sequence") && json_array_size(list) == 2 && !strcmp(cp_tok_json_type(json_array_get(list, 0)), "WhitespaceSplit")) {
		u->white_split = 1;
		pre = json_array_get(list, 1);
	}
	if (load_metaspace(u, pre, name, err) < 0)
		return -1;
	if (u->prepend == FIRST && (u->white_split || u->strip_left))	/* whether a word is the text's first is asked of the text before it was normalized */
		return cp_err_set(err, "%s: pre_tokenizer Metaspace: prepend_scheme is first, which this version reads neither behind WhitespaceSplit nor behind "
				  "a Strip of the left side", name);
	return 0;
}

static double power_of_ten(int k)
{
	char text[16];
	snprintf(text, sizeof text, "1e%d", k);
	return strtod(text, NULL);
}

/* A score as the reference reads it from its shortest decimal: digits and power of ten each rounded to a double.  That may be the neighbour of what
 * is written there, and where the sums of two ways have the same terms ("e ee", "ee e"), the last bit decides. */
static double as_read(double said)
{
	enum { LARGEST = 308 };
	char text[40], *s = text;
	uint64_t digits = 0;
	for (int n = 15; n <= 17; n++) {
		snprintf(text, sizeof text, "%.*e", n - 1, fabs(said));
		if (strtod(text, NULL) == fabs(said))
			break;
	}
	for (; *s != 'e'; s++)
		if (*s != '.')
			digits = 10 * digits + (uint64_t)(*s - '0');
	int power = atoi(s + 1) - (int)(s - text - 2);		/* d.ddd: the digits after the point */
	double v = (double)digits;
	if (power > 0)
		v *= power_of_ten(power);
	for (; power < 0; power += LARGEST)
		v /= power_of_ten(-power < LARGEST ? -power : LARGEST);
	return said < 0 ? -v : v;
}

static int load_pieces(struct cp_tokenizer *t, struct unigram *u, const json_t *list, const char *name, struct cp_err *err)
{
	size_t n = json_array_size(list);
	double least = 0;
	if (!json_is_array(list) || !n || n > CP_TOK_ID_LIMIT)
		return cp_err_set(err, "%s: model.vocab is not a list of 1 to %u pairs of piece and score", name, CP_TOK_ID_LIMIT);
	u->score = cp_xcalloc(2 * n, sizeof *u->score);
	u->said = u->score + n;
	for (size_t i = 0; i < n; i++) {
		const json_t *piece = json_array_get(json_array_get(list, i), 0), *score = json_array_get(json_array_get(list, i), 1);
		if (!json_is_string(piece) || !json_is_number(score))
			return cp_err_set(err, "%s: model.vocab: entry %zu is not a pair of piece and score", name, i);
		if (cp_tok_entry(t, json_string_value(piece), json_string_length(piece), (uint32_t)i, name, err) < 0)
			return -1;
		u->said[i] = json_number_value(score);
		u->score[i] = as_read(u->said[i]);
		if (!i || u->score[i] < least)
			least = u->score[i];
	}
	u->n = (uint32_t)n;
	u->unk_score = least - UNK_PENALTY;
	return 0;
}

static void make_trie(const struct cp_tokenizer *t, struct unigram *u)
{
	struct cp_trie_string *s = cp_xcalloc(u->n, sizeof *s);
	size_t n = 0;
	for (uint32_t i = 0; i < u->n; i++)
		if (*t->token[i])
			s[n++] = (struct cp_trie_string){ t->token[i], (uint32_t)strlen(t->token[i]), i };
	cp_trie_init(&u->trie, s, n);
	free(s);
}

static int unigram_load(struct cp_tokenizer *t, const json_t *root, const char *name, struct cp_err *err)
{
	const json_t *model = json_object_get(root, "model"), *unk = json_object_get(model, "unk_id");
	struct unigram *u = t->impl = cp_xcalloc(1, sizeof *u);
	int byte_fallback = 0;
	if (load_normalizer(u, json_object_get(root, "normalizer"), name, err) < 0 || load_words(u, json_object_get(root, "pre_tokenizer"), name, err) < 0 ||
	    load_pieces(t, u, json_object_get(model, "vocab"), name, err) < 0 || cp_tok_json_bool(model, "byte_fallback", &byte_fallback, name, err) < 0)
		return -1;
	if (byte_fallback)
		return cp_err_set(err, "%s: model.byte_fallback is true; for Unigram this version reads models without it", name);
	if (!json_is_integer(unk) || json_integer_value(unk) < 0 || json_integer_value(unk) >= u->n)
		return cp_err_set(err, "%s: model.unk_id is no entry of the vocabulary of %u", name, u->n);
	u->unk = (uint32_t)json_integer_value(unk);
	make_trie(t, u);
	return 0;
}

/* ---- Saving ---- */

static json_t *save_normalizer(const struct unigram *u)
{
	json_t *list = json_array();
	if (u->map)
		json_array_append_new(list, json_pack("{s:s,s:s}", "type", "Precompiled", "precompiled_charsmap", cp_charsmap_base64(u->map)));
	if (u->strip_left || u->strip_right)
		json_array_append_new(list, json_pack("{s:s,s:b,s:b}", "type", "Strip", "strip_left", u->strip_left, "strip_right", u->strip_right));
	if (u->run)
		json_array_append_new(list, json_pack("{s:s,s:{s:s},s:s}", "type", "Replace", "pattern", "Regex", " {2,}", "content", u->run));
	if (has_normalizer(u))
		return json_pack("{s:s,s:o}", "type", "Sequence", "normalizers", list);
	json_decref(list);
	return json_null();
}

static void unigram_save(const struct cp_tokenizer *t, json_t *root)
{
	const struct unigram *u = t->impl;
	json_t *vocab = json_array(), *pre;
	for (uint32_t i = 0; i < u->n; i++)
		json_array_append_new(vocab, json_pack("[s,f]", t->token[i], u->said[i]));
	json_t *space = json_pack("{s:s,s:s,s:b}", "type", "Metaspace", "replacement", u->space, "add_prefix_space", u->prepend != NEVER);
	if (u->prepend == FIRST)
		json_object_set_new(space, "prepend_scheme", json_string("first"));
	json_object_set(root, "decoder", space);
	pre = u->white_split ? json_pack("{s:s,s:[{s:s},o]}", "type", "Sequence", "pretokenizers", "type", "WhitespaceSplit", space) : space;
	json_object_set_new(root, "normalizer", save_normalizer(u));
	json_object_set_new(root, "pre_tokenizer", pre);
	json_object_set_new(root, "model", json_pack("{s:s,s:I,s:o}", "type", "Unigram", "unk_id", (json_int_t)u->unk, "vocab", vocab));
}

static void unigram_release(void *impl)
{
	struct unigram *u = impl;
	if (!u)
		return;
	cp_charsmap_free(u->map);
	cp_trie_release(&u->trie);
	free(u->run);
	free(u->space);
	free(u->score);
	free(u);
}

const struct cp_tok_model cp_tok_unigram = {
	"unigram", "Unigram", unigram_load, unigram_save, unigram_encode, unigram_normalize, unigram_release,
};
