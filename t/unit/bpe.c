/* lib/text/bpe and bytelevel: GPT-2's words, merges against a plain loop, long words, added tokens, packs, and what is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/rng.h"
#include "text/bytelevel.h"
#include "text/tokenizer.h"

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_tests++;
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", n_tests, what);
}

/* ---- Words ---- */

/* The words of s with | between them, or not? */
static int cut(const char *s, const char *want)
{
	struct cp_buf got = CP_BUF_INIT;
	size_t n = strlen(s);
	for (size_t i = 0, end; i < n; i = end) {
		end = cp_gpt2_word(s, n, i);
		cp_buf_printf(&got, "%s%.*s", i ? "|" : "", (int)(end - i), s + i);
	}
	int good = !strcmp(got.data, want);
	if (!good)
		printf("# '%s', expected '%s'\n", got.data, want);
	cp_buf_release(&got);
	return good;
}

static void words(void)
{
	ok(cut("It's we're I'LL 'd'x", "It|'s| we|'re| I|'|LL| '|d|'|x"), "English endings, in lower case, at the start of a word");
	ok(cut("!!'s 'tis", "!!'|s| '|tis"), "not after a sign or a space");
	ok(cut("a1 b2.c", "a|1| b|2|.|c"), "letters, digits, signs");
	ok(cut("  a \t b \n", " | a| \t| b| \n"), "white space, the last of it apart");
	ok(cut("a \n\n", "a| \n\n") && cut("\ta", "\t|a") && cut(" ", " ") && cut("", ""), "at the end it is together");
	ok(cut("\xC3\xA9\xCC\x81\xD0\x96\xC2\xB2\xE4\xB8\xAD", "\xC3\xA9|\xCC\x81|\xD0\x96|\xC2\xB2|\xE4\xB8\xAD"), "classes of Unicode: a mark is a sign");
	ok(cut("a\xC2\xA0\xE3\x80\x80 b\xC2\x85" "c", "a|\xC2\xA0\xE3\x80\x80| b|\xC2\x85|c"), "white space of Unicode");
}

static int spelled_as(unsigned char byte, const char *want)
{
	char s[2];
	return cp_byte_spelling(byte, s) == strlen(want) && !memcmp(s, want, strlen(want));
}

static void bytes(void)
{
	ok(spelled_as(' ', "\xC4\xA0") && spelled_as('!', "!") && spelled_as('~', "~") && spelled_as(0, "\xC4\x80") && spelled_as(127, "\xC4\xA1") &&
	   spelled_as(160, "\xC5\x82") && spelled_as(161, "\xC2\xA1") && spelled_as(173, "\xC5\x83") && spelled_as(255, "\xC3\xBF"), "characters of bytes");
}

/* ---- Tokenizers made here: <s> and </s>, the bytes, then what the merges make ---- */

static json_t *vocabulary(void)
{
	json_t *v = json_pack("{s:i,s:i,s:i}", "<s>", 0, "</s>", 1, "<mask>", 2);
	for (int i = 0; i < 256; i++) {
		char s[2];
		json_object_setn_new(v, s, cp_byte_spelling((unsigned char)i, s), json_integer(3 + i));
	}
	return v;
}

static json_t *merge(json_t *vocab, json_t *merges, const char *left, const char *right)
{
	char *pair = cp_xasprintf("%s %s", left, right), *made = cp_xasprintf("%s%s", left, right);
	json_array_append_new(merges, json_string(pair));
	if (!json_object_get(vocab, made))
		json_object_set_new(vocab, made, json_integer((json_int_t)json_object_size(vocab)));
	free(pair);
	free(made);
	return merges;
}

/* Takes vocab and merges. */
static json_t *describe(json_t *vocab, json_t *merges, int prefix_space)
{
	return json_pack("{s:{s:[{s:i,s:s,s:b,s:b}], s:n, s:{s:s,s:b}, s:{s:s,s:[s,i],s:[s,i]}, s:{s:s,s:o,s:o}}}", "tokenizer.json",
		"added_tokens", "id", 2, "content", "<mask>", "lstrip", 1, "special", 1, "normalizer",
		"pre_tokenizer", "type", "ByteLevel", "add_prefix_space", prefix_space,
		"post_processor", "type", "RobertaProcessing", "cls", "<s>", 0, "sep", "</s>", 1,
		"model", "type", "BPE", "vocab", vocab, "merges", merges);
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

static struct cp_tokenizer *small(int prefix_space)
{
	struct cp_err err;
	json_t *v = vocabulary(), *m = json_array();
	merge(v, m, "a", "b");		/* 259 */
	merge(v, m, "\xC4\xA0", "a");	/* 260: " a" */
	merge(v, m, "b", "c");		/* 261 */
	merge(v, m, "ab", "ab");	/* 262 */
	merge(v, m, "ab", "c");		/* 263 */
	struct cp_tokenizer *t = open_json(describe(v, m, prefix_space), &err);
	if (!t)
		printf("# %s\n", err.msg);
	return t;
}

/* Are the ids of the text these?  A letter, digit or sign of ASCII stands for the token of that byte. */
static int is(const struct cp_tokenizer *t, const char *text, size_t n, int special, const char *want)
{
	struct cp_ids ids = { 0 };
	struct cp_buf got = CP_BUF_INIT;
	cp_tokenizer_encode(t, NULL, text, n, special, 0, &ids);
	for (size_t i = 0; i < ids.n; i++)
		if (ids.v[i] > 3 + ' ' && ids.v[i] < 3 + 127)
			cp_buf_printf(&got, "%s%c", i ? " " : "", (char)(ids.v[i] - 3));
		else
			cp_buf_printf(&got, "%s%u", i ? " " : "", ids.v[i]);
	int good = !strcmp(got.data, want);
	if (!good)
		printf("# '%.60s': %.200s, expected %s\n", text, got.data, want);
	cp_ids_release(&ids);
	cp_buf_release(&got);
	return good;
}

#define IS(t, text, special, want) is(t, text, sizeof (text) - 1, special, want)

static void merges(void)
{
	struct cp_tokenizer *t = small(0);
	ok(IS(t, "abc", 0, "263") && IS(t, "bcb", 0, "261 b"), "the earliest merge first");
	ok(IS(t, "ababab", 0, "262 259") && IS(t, "abababc", 0, "262 263"), "of equal ones the leftmost");
	ok(IS(t, "a ab a", 0, "a 35 259 260"), "a space is a byte like others");
	ok(IS(t, "a\xFF\xC3" "b", 0, "a 242 194 192 242 194 192 b") && IS(t, "\xEF\xBF\xBD", 0, "242 194 192"), "what is not UTF-8 is U+FFFD");
	ok(is(t, "a\0b", 3, 0, "a 3 b"), "a zero byte is a byte");
	ok(IS(t, "ab  <mask> <mask>c", 1, "0 259 2 2 c 1") && IS(t, " a<mask", 0, "260 < m a s k"), "<mask> takes the spaces before it");
	ok(IS(t, "", 1, "0 1") && IS(t, "", 0, ""), "nothing is nothing");
	cp_tokenizer_free(t);
	t = small(1);
	ok(IS(t, "abc", 0, "35 263") && IS(t, "a b", 0, "260 35 b") && IS(t, " a", 0, "260"), "add_prefix_space, unless there is one");
	ok(IS(t, "<mask>a<mask>", 0, "2 260 2") && IS(t, "\ta", 0, "35 12 a"), "after an added token too, and before other white space");
	cp_tokenizer_free(t);
}

/* ---- Against a plain loop ---- */

enum { LETTERS = 3, RULES = 40, LONGEST = 60 };

struct plain {
	uint32_t left[RULES], right[RULES], made[RULES];
	size_t n;
};

static uint32_t spelled(const json_t *vocab, const char *s)
{
	return (uint32_t)json_integer_value(json_object_get(vocab, s));
}

/* Rules over a, b, c: each joins two tokens that are there, none twice. */
static struct cp_tokenizer *random_rules(struct cp_rng *r, struct plain *p)
{
	struct cp_err err;
	json_t *v = vocabulary(), *m = json_array(), *seen = json_object();
	char token[RULES + LETTERS][64] = { "a", "b", "c" };
	size_t n = LETTERS;
	p->n = 0;
	for (int tries = 0; tries < 4 * RULES && p->n < RULES; tries++) {
		const char *left = token[cp_rng_below(r, n)], *right = token[cp_rng_below(r, n)];
		char made[64], pair[64];
		if (strlen(left) + strlen(right) > 12)
			continue;
		snprintf(made, sizeof made, "%.30s%.30s", left, right);
		snprintf(pair, sizeof pair, "%.30s %.30s", left, right);
		if (json_object_get(seen, pair))
			continue;
		json_object_set_new(seen, pair, json_true());
		if (!json_object_get(v, made))
			memcpy(token[n++], made, sizeof made);
		merge(v, m, left, right);
		p->left[p->n] = spelled(v, left);
		p->right[p->n] = spelled(v, right);
		p->made[p->n++] = spelled(v, made);
	}
	json_decref(seen);
	struct cp_tokenizer *t = open_json(describe(v, m, 0), &err);
	if (!t)
		printf("# %s\n", err.msg);
	return t;
}

/* The definition: look for the earliest rule that fits anywhere, at its leftmost place; join; again. */
static size_t merge_plainly(const struct plain *p, uint32_t *id, size_t n)
{
	for (size_t rule = 0; rule < p->n; ) {
		size_t i = 0;
		while (i + 1 < n && !(id[i] == p->left[rule] && id[i + 1] == p->right[rule]))
			i++;
		if (i + 1 >= n) {
			rule++;
			continue;
		}
		id[i] = p->made[rule];
		memmove(id + i + 1, id + i + 2, (--n - i - 1) * sizeof *id);
		rule = 0;
	}
	return n;
}

static int one_random(struct cp_rng *r)
{
	struct plain p;
	struct cp_tokenizer *t = random_rules(r, &p);
	struct cp_tok_cache *c = t ? cp_tok_cache_new() : NULL;
	int good = t != NULL;
	for (int k = 0; good && k < 40; k++) {
		char s[LONGEST];
		uint32_t id[LONGEST];
		struct cp_ids ids = { 0 };
		size_t n = cp_rng_below(r, LONGEST);
		for (size_t i = 0; i < n; i++)
			id[i] = 3u + (uint32_t)(unsigned char)(s[i] = (char)('a' + cp_rng_below(r, LETTERS)));
		size_t m = merge_plainly(&p, id, n);
		cp_tokenizer_encode(t, c, s, n, 0, 0, &ids);
		good = ids.n == m && (!m || !memcmp(ids.v, id, m * sizeof *id));
		cp_ids_release(&ids);
	}
	cp_tok_cache_free(c);
	cp_tokenizer_free(t);
	return good;
}

static void random_merges(void)
{
	struct cp_rng r;
	int good = 1;
		for (int i = 0; i < 100; i++)
		good &= one_random(&r);
	ok(good, "random merges of random words are those of a plain loop");
}

/* Quadratic time would be minutes. */
static void long_words(void)
{
	enum { N = 1 << 20 };
	struct cp_tokenizer *t = small(0);
	struct cp_ids ids = { 0 };
	char *s = cp_xmalloc(N);
	for (size_t i = 0; i < N; i++)
		s[i] = "ab"[i % 2];
	cp_tokenizer_encode(t, NULL, s, N, 0, 0, &ids);
	ok(ids.n == N / 4 && ids.v[0] == 262 && ids.v[N / 4 - 1] == 262, "a word of a million letters");
	ids.n = 0;
	memset(s, ' ', N);
	cp_tokenizer_encode(t, NULL, s, N, 0, 0, &ids);
	ok(ids.n == N, "a million spaces");
	cp_ids_release(&ids);
	free(s);
	cp_tokenizer_free(t);
}

/* ---- Packs and sentences ---- */

static void packs(void)
{
	struct cp_err err;
	struct cp_buf a = CP_BUF_INIT, b = CP_BUF_INIT;
	struct cp_tokenizer *t = small(0), *prefixed = small(1), *back;
	cp_tokenizer_pack(t, &a);
	back = cp_tokenizer_unpack(a.data, a.len, "pack", &err);
	cp_tokenizer_pack(back, &b);
	ok(a.len == b.len && !memcmp(a.data, b.data, a.len) && IS(back, "abc<mask>", 1, "0 263 2 1"), "a pack opens and packs to the same bytes");
	ok(!strcmp(cp_tokenizer_digest(t), cp_tokenizer_digest(back)), "with the same digest");
	ok(strcmp(cp_tokenizer_digest(t), cp_tokenizer_digest(prefixed)), "add_prefix_space is in the digest");
	json_t *v = vocabulary(), *m = json_array();
	merge(v, merge(v, m, "a", "b"), "b", "c");
	struct cp_tokenizer *one = open_json(describe(json_deep_copy(v), json_deep_copy(m), 0), &err);
	json_array_insert(m, 0, json_array_get(m, 1));
	json_array_remove(m, 2);
	struct cp_tokenizer *other = open_json(describe(v, m, 0), &err);
	ok(strcmp(cp_tokenizer_digest(one), cp_tokenizer_digest(other)), "and so is the order of merges");
	ok(!strcmp(cp_tokenizer_kind(t), "bpe") && cp_tokenizer_size(t) == 264 && cp_tokenizer_special(t, CP_TOK_MASK) == 2, "kind, size, roles");
	cp_tokenizer_free(one);
	cp_tokenizer_free(other);
	cp_tokenizer_free(t);
	cp_tokenizer_free(prefixed);
	cp_tokenizer_free(back);
	cp_buf_release(&a);
	cp_buf_release(&b);
}

/* A tokenizer with a member of one of its parts set to something: refused, by name? */
static int refused(const char *part, const char *key, json_t *value, const char *word)
{
	struct cp_err err = { "" };
	json_t *v = vocabulary(), *root = describe(v, json_array(), 0), *tok = json_object_get(root, "tokenizer.json");
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
	ok(refused("model", "merges", json_pack("[s,s]", "a b", "a  b"), "merge 1, \"a\" and \"b\": what they make"), "a merge whose result is no token");
	ok(refused("model", "merges", json_pack("[s]", "zz b"), "not both are tokens"), "a merge of what is no token");
	ok(refused("model", "merges", json_pack("[s]", "ab"), "merge 1 is not two tokens") && refused("model", "merges", json_pack("[i]", 1), "merge 1 is not") &&
	   refused("model", "merges", json_pack("[[s,s]]", "a b", ""), "merge 1 is not") && refused("model", "merges", json_object(), "not a list"), "no merges");
	ok(refused("model", "vocab", json_pack("{s:i}", "a", -1), "no id") && refused("model", "vocab", json_pack("{s:i,s:i}", "a", 1, "b", 1), "two tokens") &&
	   refused("model", "vocab", json_array(), "not an object"), "no vocabulary");
	ok(refused("model", "dropout", json_real(0.1), "dropout") && refused("model", "end_of_word_suffix", json_string("</w>"), "end_of_word_suffix") &&
	   refused("model", "ignore_merges", json_true(), "ignore_merges"), "rules of other BPEs");
	ok(refused("model", "unk_token", json_string("<unk>"), "<unk>"), "an unknown token that is none");
	ok(refused("", "normalizer", json_pack("{s:s}", "type", "NFC"), "NFC") && refused("", "pre_tokenizer", json_pack("{s:s}", "type", "Whitespace"), "Whitespace") &&
	   refused("pre_tokenizer", "use_regex", json_false(), "use_regex"), "another normalizer, other words");
}

int main(void)
{
	words();
	bytes();
	merges();
	random_merges();
	long_words();
	packs();
	sentences();
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
