/* lib/text/unigram, charsmap and trie: the best pieces against all ways, unknown characters, spaces, rules of normalization, and what is refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/rng.h"
#include "text/charsmap.h"
#include "text/tokenizer.h"
#include "text/trie.h"
#include "text/unicode.h"

#define SPACE "\xE2\x96\x81"

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_tests++;
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", n_tests, what);
}

/* ---- A trie against looking at each string ---- */

static size_t random_string(struct cp_rng *r, char *s, size_t most)
{
	size_t n = 1 + cp_rng_below(r, most);
	for (size_t i = 0; i < n; i++)
		s[i] = (char)("ab\xFF"[cp_rng_below(r, 3)]);
	return n;
}

static int in_set(const struct cp_trie_string *set, size_t n_set, const char *s, size_t n)
{
	for (size_t i = 0; i < n_set; i++)
		if (set[i].n == n && !memcmp(set[i].s, s, n))
			return 1;
	return 0;
}

static void trie(void)
{
	enum { N = 60, LONGEST = 6 };
	static char bytes[N][LONGEST];
	struct cp_trie_string set[N];
	struct cp_rng r = cp_rng(1, CP_RNG_TEST, 0, 0);
	struct cp_trie t;
	int good = 1;
	for (size_t i = 0; i < N; i++)
		set[i] = (struct cp_trie_string){ bytes[i], (uint32_t)random_string(&r, bytes[i], LONGEST), (uint32_t)i };
	cp_trie_init(&t, set, N);
	for (int k = 0; k < 3000; k++) {
		char s[8];
		size_t n = random_string(&r, s, sizeof s), i = 0;
		uint32_t node = 0;
		for (; i < n && cp_trie_step(&t, &node, (unsigned char)s[i]); i++)
			good &= in_set(set, N, s, i + 1) == (t.node[node].id != CP_TRIE_NONE);
		for (; i < n; i++)
			good &= !in_set(set, N, s, i + 1);
	}
	ok(good, "a trie finds what is in the set, and nothing else");
	cp_trie_release(&t);
	cp_trie_init(&t, NULL, 0);
	uint32_t node = 0;
	ok(!cp_trie_step(&t, &node, 'a'), "an empty one nothing");
	cp_trie_release(&t);
}

/* ---- Rules of normalization made here ---- */

/* A double array by hand: the children of node k lie in the 256 units from 256 k; its leaf, if it has one, at the first of them. */
struct rules {
	uint32_t unit[256 * 64];
	uint32_t at[64], n_nodes;	/* where a node's own unit is */
	struct cp_buf text;
};

static uint32_t child(struct rules *r, uint32_t node, unsigned char c)
{
	uint32_t place = 256 * node + c;
	for (uint32_t k = 1; k < r->n_nodes; k++)
		if (r->at[k] == place)
			return k;
	uint32_t k = r->n_nodes++;
	r->at[k] = place;
	r->unit[place] = (place ^ 256 * k) << 10 | c;
	return k;
}

static void rule(struct rules *r, const char *from, const char *to)
{
	uint32_t node = 1;
	for (; *from; from++)
		node = child(r, node, (unsigned char)*from);
	r->unit[r->at[node]] |= 1u << 8;
	r->unit[256 * node] = UINT32_C(1) << 31 | (uint32_t)r->text.len;
	cp_buf_add(&r->text, to, strlen(to) + 1);
}

static void rules_init(struct rules *r)
{
	memset(r, 0, sizeof *r);
	cp_buf_init(&r->text);
	r->n_nodes = 2;
	r->unit[0] = 256u << 10;
}

static char *base64(const void *bytes, size_t n)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = bytes;
	struct cp_buf b = CP_BUF_INIT;
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0u);
		cp_buf_char(&b, digit[v >> 18]);
		cp_buf_char(&b, digit[v >> 12 & 63]);
		cp_buf_char(&b, i + 1 < n ? digit[v >> 6 & 63] : '=');
		cp_buf_char(&b, i + 2 < n ? digit[v & 63] : '=');
	}
	return cp_buf_detach(&b);
}

static char *rules_base64(const struct rules *r)
{
	struct cp_buf b = CP_BUF_INIT;
	cp_buf_u32le(&b, 256 * r->n_nodes * 4);
	for (size_t i = 0; i < 256 * (size_t)r->n_nodes; i++)
		cp_buf_u32le(&b, r->unit[i]);
	cp_buf_add(&b, r->text.data, r->text.len);
	char *s = base64(b.data, b.len);
	cp_buf_release(&b);
	return s;
}

static char *some_rules(void)
{
	static struct rules r;
	rules_init(&r);
	rule(&r, "A", "a");
	rule(&r, "\t", " ");
	rule(&r, "\r\n", "N");
	rule(&r, "e\xCC\x81", "\xC3\xA9");		/* e, acute */
	rule(&r, "o", "0");
	rule(&r, "o\xCC\x81", "1");
	rule(&r, "\xE2\x80\x8B", "");			/* zero-width space */
	rule(&r, "\xEF\xAC\x81", "fi");
	char *s = rules_base64(&r);
	cp_buf_release(&r.text);
	return s;
}

static int becomes(const struct cp_charsmap *m, const char *s, size_t n, const char *want)
{
	struct cp_buf b = CP_BUF_INIT;
	cp_charsmap_apply(m, s, n, &b);
	int good = !strcmp(b.data, want);
	if (!good)
		printf("# '%s', expected '%s'\n", b.data, want);
	cp_buf_release(&b);
	return good;
}

#define BECOMES(s, want) becomes(m, s, sizeof (s) - 1, want)

static void charsmap(void)
{
	struct cp_err err;
	char *rules = some_rules();
	struct cp_charsmap *m = cp_charsmap_new(rules, "test", &err);
	ok(m != NULL, "rules are read");
	ok(BECOMES("bAr\tA", "bar a") && BECOMES("\xEF\xAC\x81x", "fix") && BECOMES("a\xE2\x80\x8B" "b", "ab") && BECOMES("", ""), "characters are replaced");
	ok(BECOMES("e\xCC\x81" "e", "\xC3\xA9" "e") && BECOMES("e\xCC\x80", "e\xCC\x80"), "so is a cluster");
	ok(BECOMES("o\xCC\x81", "0") && BECOMES("A\xCC\x81", "a"), "as a whole, by the shortest that begins it");
	ok(BECOMES("A\xCC\x81\xCC\x81", "a") && BECOMES("A\xCC\x81\xE2\x80\x8D", "a\xCC\x81\xE2\x80\x8D"), "one of six bytes or more by characters");
	ok(BECOMES("a\r\nb\r", "aNb\r"), "CR and LF are a cluster");
	struct cp_buf b = CP_BUF_INIT;
	cp_charsmap_apply(m, "A\0A", 3, &b);
	ok(b.len == 3 && !memcmp(b.data, "a\0a", 3), "a zero byte stays");
	cp_buf_release(&b);
	cp_charsmap_free(m);
	free(rules);
	size_t end = cp_grapheme_end("a\xCC\x81\xE2\x80\x8D" "b", 7, 0);
	ok(end == 6 && cp_grapheme_end("\xF3\xA0\x80\x85\xCC\x81", 6, 0) == 4 && cp_grapheme_end("\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA\xF0\x9F\x87\xA9", 12, 0) == 8,
	   "clusters: marks and joiners, ignorable code points that nobody has assigned, flags");
}

static int map_refused(const char *bytes, size_t n, const char *word)
{
	struct cp_err err = { "" };
	char *s = base64(bytes, n);
	struct cp_charsmap *m = cp_charsmap_new(s, "test", &err);
	int good = !m && strstr(err.msg, word);
	cp_charsmap_free(m);
	free(s);
	return good;
}

static void bad_charsmap(void)
{
	struct cp_err err;
	static const char wild[] = "\x04\0\0\0\xFF\xFF\xFF\x7F" "text";	/* an offset far outside */
	ok(map_refused("", 0, "size") && map_refused("\0\0\0\0", 4, "size") && map_refused("\x08\0\0\0wxyz", 8, "size") &&
	   map_refused("\x05\0\0\0wxyzw", 9, "size"), "a size that is not there");
	ok(map_refused("\x04\0\0\0wxyz\xFF", 9, "UTF-8"), "replacements that are no text");
	ok(!cp_charsmap_new("AAA", "test", &err) && !cp_charsmap_new("AA=A", "test", &err) && !cp_charsmap_new("A*AA", "test", &err) &&
	   strstr(err.msg, "base64"), "what is not base64");
	char *s = base64(wild, sizeof wild - 1);
	struct cp_charsmap *m = cp_charsmap_new(s, "test", &err);
	ok(m && BECOMES("ab\xC3\xA9", "ab\xC3\xA9"), "an offset outside the trie finds nothing");
	cp_charsmap_free(m);
	free(s);
}

/* ---- Tokenizers made here ---- */

static json_t *pieces(void)
{
	return json_pack("[[s,f],[s,i],[s,f],[s,f],[s,f],[s,f],[s,f],[s,f],[s,f],[s,f],[s,f]]", "<unk>", 0.0, "</s>", 0, SPACE, -2.0, "a", -3.0, "b", -3.5,
		"ab", -4.0, SPACE "a", -4.5, "aba", -9.0, "\xC3\xA9", -5.0, SPACE SPACE, -4.2, "ba", -6.5);
}

/* Takes vocab and norm. */
static json_t *describe(json_t *vocab, json_t *norm)
{
	return json_pack("{s:{s:[{s:i,s:s,s:b}], s:o, s:{s:s,s:s,s:b}, s:{s:s,s:[{s:{s:s}},{s:{s:s}}],s:{s:{s:[i]}}}, s:{s:s,s:i,s:o}}}", "tokenizer.json",
		"added_tokens", "id", 1, "content", "</s>", "special", 1, "normalizer", norm,
		"pre_tokenizer", "type", "Metaspace", "replacement", SPACE, "add_prefix_space", 1,
		"post_processor", "type", "TemplateProcessing", "single", "Sequence", "id", "A", "SpecialToken", "id", "</s>",
		"special_tokens", "</s>", "ids", 1, "model", "type", "Unigram", "unk_id", 0, "vocab", vocab);
}

/* Takes root. */
static struct cp_tokenizer *open_json(json_t *root, struct cp_err *err)
{
	char *text = json_dumps(root, JSON_COMPACT);
	struct cp_tokenizer *t = cp_tokenizer_unpack(text, strlen(text), "test", err);
	free(text);
	json_decref(root);
	return t;
}

static json_t *usual_norm(void)
{
	char *rules = some_rules();
	json_t *norm = json_pack("{s:s,s:[{s:s,s:s},{s:s,s:{s:s},s:s}]}", "type", "Sequence", "normalizers", "type", "Precompiled", "precompiled_charsmap",
		rules, "type", "Replace", "pattern", "Regex", " {2,}", "content", " ");
	free(rules);
	return norm;
}

static int is(const struct cp_tokenizer *t, const char *text, size_t n, int special, const char *want)
{
	struct cp_ids ids = { 0 };
	struct cp_buf got = CP_BUF_INIT;
	cp_tokenizer_encode(t, NULL, text, n, special, 0, &ids);
	for (size_t i = 0; i < ids.n; i++)
		cp_buf_printf(&got, "%s%u", i ? " " : "", ids.v[i]);
	int good = !strcmp(got.data, want);
	if (!good)
		printf("# '%.60s': %.200s, expected %s\n", text, got.data, want);
	cp_ids_release(&ids);
	cp_buf_release(&got);
	return good;
}

#define IS(t, text, special, want) is(t, text, sizeof (text) - 1, special, want)

static void texts(void)
{
	struct cp_err err;
	struct cp_tokenizer *t = open_json(describe(pieces(), usual_norm()), &err), *plain = open_json(describe(pieces(), json_null()), &err);
	ok(IS(t, "ab", 0, "2 5") && IS(t, "aba", 0, "2 5 3") && IS(t, "a b", 1, "6 2 4 1"), "the most probable pieces");
	ok(IS(t, "ba", 0, "2 10") && IS(t, "baba", 0, "2 4 5 3"), "of equal sums that with the longer last piece");
	ok(IS(t, "axyzb", 0, "6 0 4") && IS(t, "x", 0, "2 0"), "neighbouring unknown characters are one");
	ok(IS(t, "", 1, "1") && IS(t, " ", 0, "2") && IS(t, "  a   A ", 0, "6 6 2"), "runs of spaces are one");
	ok(IS(plain, "  a", 0, "2 6") && IS(plain, SPACE "a", 0, "6"), "not without that rule; the sign of a space is one");
	ok(IS(t, "e\xCC\x81", 0, "2 8") && IS(plain, "e\xCC\x81", 0, "2 0"), "rules are applied");
	ok(IS(t, "a</s>b</s>", 0, "6 1 2 4 1"), "an added token, and the space after it");
	ok(IS(t, "a\xFF\xC3" "b", 0, "6 0 4") && is(t, "a\0b", 3, 0, "6 0 4"), "what is not UTF-8, and a zero byte, are unknown");
	ok(!strcmp(cp_tokenizer_kind(t), "unigram") && cp_tokenizer_size(t) == 11 && cp_tokenizer_special(t, CP_TOK_SEP) == 1 &&
	   cp_tokenizer_special(t, CP_TOK_UNK) == 0 && cp_tokenizer_special(t, CP_TOK_CLS) == CP_TOK_NONE, "kind, size, roles");
	cp_tokenizer_free(t);
	cp_tokenizer_free(plain);
}

/* "e ee" and "ee e" have the same terms: which sum is larger depends on how a score was read. */
static void ties(void)
{
	struct cp_err err;
	json_t *vocab = json_pack("[[s,f],[s,f],[s,f],[s,f],[s,f]]", "<unk>", 0.0, "</s>", 0.0, SPACE "ca", -12.751961966099321, "e", -3.6765694618225098,
		"ee", -5.9655660226265805);
	struct cp_tokenizer *t = open_json(describe(vocab, json_null()), &err);
	ok(IS(t, "caeee", 0, "2 3 4"), "ties by the bits of the reference");
	cp_tokenizer_free(t);
}

static void other_words(void)
{
	struct cp_err err;
	json_t *root = describe(pieces(), json_pack("{s:s,s:b,s:b}", "type", "Strip", "strip_left", 1, "strip_right", 1)), *tok = json_object_get(root, "tokenizer.json");
	json_t *space = json_incref(json_object_get(tok, "pre_tokenizer"));
	struct cp_tokenizer *t = open_json(json_deep_copy(root), &err);
	ok(IS(t, " \xE3\x80\x80" "a b \t", 0, "6 2 4") && IS(t, " ", 0, ""), "Strip");
	cp_tokenizer_free(t);
	json_object_set_new(tok, "normalizer", json_null());
	json_object_set_new(tok, "pre_tokenizer", json_pack("{s:s,s:[{s:s},o]}", "type", "Sequence", "pretokenizers", "type", "WhitespaceSplit", space));
	t = open_json(json_incref(root), &err);
	ok(IS(t, " a\xC2\xA0\tb \n", 0, "6 2 4") && IS(t, " \n", 0, ""), "WhitespaceSplit");
	cp_tokenizer_free(t);
	json_object_set_new(space, "add_prefix_space", json_false());
	t = open_json(root, &err);
	ok(IS(t, "a a", 0, "3 3"), "no add_prefix_space");
	cp_tokenizer_free(t);
}

/* ---- The best way against all ways ---- */

enum { N_PIECES = 14 };

/* The largest sum over all ways to take s apart. */
static double best_of_all(const json_t *vocab, const char *s, size_t n, double unk)
{
	double best = n ? -INFINITY : 0;
	int alone = 0;
	for (size_t i = 0; n && i < json_array_size(vocab); i++) {
		const char *piece = json_string_value(json_array_get(json_array_get(vocab, i), 0));
		size_t len = strlen(piece);
		if (len > n || memcmp(piece, s, len))
			continue;
		alone |= len == 1;
		best = fmax(best, json_number_value(json_array_get(json_array_get(vocab, i), 1)) + best_of_all(vocab, s + len, n - len, unk));
	}
	return n && !alone ? fmax(best, unk + best_of_all(vocab, s + 1, n - 1, unk)) : best;
}

/* The sum of what the ids say.  Unknown ones that were joined count by their characters, which are those that no piece spells. */
static double sum_of(const json_t *vocab, const struct cp_ids *ids, size_t n, double unk)
{
	double sum = 0;
	size_t known = 0;
	for (size_t i = 0; i < ids->n; i++)
		if (ids->v[i]) {
			const json_t *piece = json_array_get(vocab, ids->v[i]);
			known += json_string_length(json_array_get(piece, 0));
			sum += json_number_value(json_array_get(piece, 1));
		}
	return sum + (double)(n - known) * unk;
}

static int one_vocabulary(struct cp_rng *r)
{
	struct cp_err err;
	json_t *vocab = json_pack("[[s,f]]", "<unk>", 0.0), *seen = json_object();
	double least = 0;
	for (size_t i = 0; i < N_PIECES; i++) {
		char s[5];
		size_t n = 1 + cp_rng_below(r, 4);
		for (size_t k = 0; k < n; k++)
			s[k] = (char)('a' + cp_rng_below(r, 3));
		s[n] = 0;
		double score = -1 - 9 * cp_rng_real(r);
		if (json_object_get(seen, s))
			continue;
		json_object_set_new(seen, s, json_true());
		json_array_append_new(vocab, json_pack("[s,f]", s, score));
		least = fmin(least, score);
	}
	json_t *root = describe(json_deep_copy(vocab), json_null()), *tok = json_object_get(root, "tokenizer.json");
	json_object_set_new(json_object_get(tok, "pre_tokenizer"), "add_prefix_space", json_false());
	json_object_set_new(tok, "post_processor", json_null());
	json_object_set_new(tok, "added_tokens", json_array());
	struct cp_tokenizer *t = open_json(root, &err);
	int good = t != NULL;
	for (int k = 0; good && k < 20; k++) {
		struct cp_ids ids = { 0 };
		char s[10];
		size_t n = cp_rng_below(r, sizeof s);
		for (size_t i = 0; i < n; i++)
			s[i] = (char)('a' + cp_rng_below(r, 3));
		cp_tokenizer_encode(t, NULL, s, n, 0, 0, &ids);
		good = fabs(sum_of(vocab, &ids, n, least - 10) - best_of_all(vocab, s, n, least - 10)) < 1e-9;
		cp_ids_release(&ids);
	}
	cp_tokenizer_free(t);
	json_decref(vocab);
	json_decref(seen);
	return good;
}

static void best_pieces(void)
{
	struct cp_rng r = cp_rng(3, CP_RNG_TEST, 0, 0);
	int good = 1;
	for (int i = 0; i < 60; i++)
		good &= one_vocabulary(&r);
	ok(good, "no way to take a word apart is better");
}

static void long_words(void)
{
	enum { N = 1 << 20 };
	struct cp_err err;
	struct cp_tokenizer *t = open_json(describe(pieces(), usual_norm()), &err);
	struct cp_ids ids = { 0 };
	char *s = cp_xmalloc(N);
	for (size_t i = 0; i < N; i++)
		s[i] = "ab"[i % 2];
	cp_tokenizer_encode(t, NULL, s, N, 0, 0, &ids);
	ok(ids.n == 1 + N / 2, "a word of a million letters");
	for (size_t i = 1; i + 1 < N; i += 2)
		memcpy(s + i, "\xCC\x81", 2);
	ids.n = 0;
	cp_tokenizer_encode(t, NULL, s, N, 0, 0, &ids);
	ok(ids.n == 3, "half a million accents on a letter");
	cp_ids_release(&ids);
	free(s);
	cp_tokenizer_free(t);
}

/* ---- Packs and sentences ---- */

static void packs(void)
{
	struct cp_err err;
	struct cp_buf a = CP_BUF_INIT, b = CP_BUF_INIT;
	struct cp_tokenizer *t = open_json(describe(pieces(), usual_norm()), &err), *plain = open_json(describe(pieces(), json_null()), &err);
	cp_tokenizer_pack(t, &a);
	struct cp_tokenizer *back = cp_tokenizer_unpack(a.data, a.len, "pack", &err);
	cp_tokenizer_pack(back, &b);
	ok(a.len == b.len && !memcmp(a.data, b.data, a.len) && IS(back, "A  be\xCC\x81</s>", 1, "6 2 4 8 1 1"), "a pack opens and packs to the same bytes");
	ok(!strcmp(cp_tokenizer_digest(t), cp_tokenizer_digest(back)), "with the same digest");
	json_t *v = pieces();
	json_array_set_new(json_array_get(v, 3), 1, json_real(nextafter(-3, 0)));
	struct cp_tokenizer *other = open_json(describe(v, usual_norm()), &err);
	ok(strcmp(cp_tokenizer_digest(t), cp_tokenizer_digest(plain)) && strcmp(cp_tokenizer_digest(t), cp_tokenizer_digest(other)),
	   "rules and the last bit of a score are in the digest");
	cp_tokenizer_free(t);
	cp_tokenizer_free(plain);
	cp_tokenizer_free(back);
	cp_tokenizer_free(other);
	cp_buf_release(&a);
	cp_buf_release(&b);
}

static int refused(const char *part, const char *key, json_t *value, const char *word)
{
	struct cp_err err = { "" };
	json_t *root = describe(pieces(), json_null()), *tok = json_object_get(root, "tokenizer.json");
	json_object_set_new(*part ? json_object_get(tok, part) : tok, key, value);
	struct cp_tokenizer *t = open_json(root, &err);
	int good = !t && strstr(err.msg, word) && !strncmp(err.msg, "test: ", 6);
	if (!good)
		printf("# %s.%s: '%s', expected %s\n", part, key, err.msg, word);
	cp_tokenizer_free(t);
	return good;
}

static void sentences(void)
{
	ok(refused("model", "vocab", json_array(), "model.vocab") && refused("model", "vocab", json_pack("[[s]]", "a"), "entry 0") &&
	   refused("model", "vocab", json_pack("[[s,f],[s,f]]", "a", -1.0, "a", -2.0), "two ids"), "no vocabulary");
	ok(refused("model", "unk_id", json_null(), "unk_id") && refused("model", "unk_id", json_integer(11), "unk_id") &&
	   refused("model", "byte_fallback", json_true(), "byte_fallback"), "no unknown token, or bytes in its place");
	ok(refused("", "pre_tokenizer", json_pack("{s:s}", "type", "ByteLevel"), "ByteLevel") && refused("pre_tokenizer", "replacement", json_string("ab"), "character") &&
	   refused("pre_tokenizer", "split", json_false(), "split") && refused("pre_tokenizer", "prepend_scheme", json_string("often"), "often"), "other words");
	ok(refused("", "normalizer", json_pack("{s:s}", "type", "NFKC"), "NFKC") &&
	   refused("", "normalizer", json_pack("{s:s,s:s}", "type", "Precompiled", "precompiled_charsmap", "!"), "base64") &&
	   refused("", "normalizer", json_pack("{s:s,s:{s:s},s:s}", "type", "Replace", "pattern", "Regex", "x", "content", ""), "Replace") &&
	   refused("", "normalizer", json_pack("{s:s,s:[{s:s},{s:s}]}", "type", "Sequence", "normalizers", "type", "Strip", "type", "Strip"), "step 2"), "other rules");
}

int main(void)
{
	trie();
	charsmap();
	bad_charsmap();
	texts();
	ties();
	other_words();
	best_pieces();
	long_words();
	packs();
	sentences();
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
