/* lib/text/tokenizer on folders made here: pack and unpack, truncation, added tokens, roles, and text that is hard. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/utf8.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_tests++;
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", n_tests, what);
}

static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##a\n##b\nab\n##ab\n.\n\xC3\x9F\n\xE4\xB8\xAD\n";

/* Are the ids of the text these? */
static int is(const struct cp_tokenizer *t, const char *text, size_t n, int special, size_t max, const char *want)
{
	struct cp_ids ids = { 0 };
	struct cp_buf got = CP_BUF_INIT;
	cp_tokenizer_encode(t, NULL, text, n, special, max, &ids);
	for (size_t i = 0; i < ids.n; i++)
		cp_buf_printf(&got, "%s%u", i ? " " : "", ids.v[i]);
	int good = !strcmp(got.data, want);
	if (!good)
		printf("# '%.60s': %.200s, expected %s\n", text, got.data, want);
	cp_ids_release(&ids);
	cp_buf_release(&got);
	return good;
}

#define IS(t, text, special, max, want) is(t, text, sizeof (text) - 1, special, max, want)

static void words(const struct cp_tokenizer *t)
{
	ok(IS(t, "abab aba", 0, 0, "9 10 9 7"), "the longest piece first");
	ok(IS(t, "abc ab", 0, 0, "1 9"), "a word that cannot be taken apart is one unk");
	ok(IS(t, "A\xCC\x81" "B a.b", 0, 0, "9 5 11 6"), "case, accents, punctuation");
	ok(IS(t, "a\xE4\xB8\xAD" "b", 0, 0, "5 13 6"), "ideographs are words");
	ok(IS(t, "a\x01" "b\x00" "a \xE2\x80\x8B\xEF\xBF\xBD", 0, 0, "9 7"), "control characters, zero bytes and U+FFFD are nothing");
	ok(IS(t, "a\xFF\xC3\xE4\xB8" "b\xED\xA0\x80 \xF0\x9F\x92", 0, 0, "9"), "what is not UTF-8 is nothing");
	ok(IS(t, "", 1, 0, "2 3") && IS(t, " \t\r\n\xC2\xA0\xE3\x80\x80", 1, 0, "2 3"), "no text, or none but white space");
}

static void truncation(const struct cp_tokenizer *t)
{
	ok(IS(t, "a b a b", 1, 6, "2 5 6 5 6 3") && IS(t, "a b a b", 1, 5, "2 5 6 5 3") && IS(t, "a b a b", 1, 3, "2 5 3"), "the frame is kept");
	ok(IS(t, "a b a b", 1, 2, "2 3") && IS(t, "a b a b", 1, 1, "2 3"), "also where nothing else has room");
	ok(IS(t, "a b a b", 0, 2, "5 6") && IS(t, "a b", 0, 2, "5 6"), "and there may be none");
}

static void special(const struct cp_tokenizer *t)
{
	ok(IS(t, "a[MASK]b[mask]", 0, 0, "5 4 6 1 1 1"), "[MASK] in the text is the mask token, [mask] is not");
	ok(IS(t, "[[SEP][PAD]] [UNK][CLS", 0, 0, "1 3 0 1 1 1 1"), "the other special tokens, closely");
	ok(cp_tokenizer_special(t, CP_TOK_CLS) == 2 && cp_tokenizer_special(t, CP_TOK_SEP) == 3 && cp_tokenizer_special(t, CP_TOK_PAD) == 0 &&
	   cp_tokenizer_special(t, CP_TOK_MASK) == 4 && cp_tokenizer_special(t, CP_TOK_UNK) == 1, "roles");
	ok(cp_tokenizer_size(t) == 14 && cp_tokenizer_frame(t) == 2, "size and frame");
	ok(!strcmp(cp_tokenizer_token(t, 10), "##ab") && !cp_tokenizer_token(t, 14) && cp_tokenizer_id(t, "##ab", 4) == 10 &&
	   cp_tokenizer_id(t, "zz", 2) == CP_TOK_NONE, "ids and spellings");
}

static void pack(const struct cp_tokenizer *t)
{
	struct cp_err err;
	struct cp_buf a = CP_BUF_INIT, b = CP_BUF_INIT;
	cp_tokenizer_pack(t, &a);
	struct cp_tokenizer *back = cp_tokenizer_unpack(a.data, a.len, "pack", &err);
	ok(back != NULL, "a pack opens");
	if (back) {
		cp_tokenizer_pack(back, &b);
		ok(a.len == b.len && !memcmp(a.data, b.data, a.len) && !strcmp(cp_tokenizer_digest(t), cp_tokenizer_digest(back)), "and packs to the same bytes");
		ok(IS(back, "abab[MASK] aba", 1, 0, "2 9 10 4 9 7 3"), "and encodes");
	}
	cp_tokenizer_free(back);
	ok(!cp_tokenizer_unpack(a.data, a.len / 2, "half", &err) && strstr(err.msg, "half: line"), "half a pack is refused");
	ok(!cp_tokenizer_unpack("{}", 2, "none", &err) && strstr(err.msg, "no tokenizer.json"), "and one with nothing in it");
	struct cp_tokenizer *cased = cp_tokenizer_from_vocab(vocab, sizeof vocab - 1, 0, "vocab", &err);
	ok(cased && strcmp(cp_tokenizer_digest(t), cp_tokenizer_digest(cased)) && IS(cased, "ab AB", 0, 0, "9 1"), "cased: another digest, other ids");
	cp_tokenizer_free(cased);
	cp_buf_release(&a);
	cp_buf_release(&b);
}

static char *repeat(const char *s, size_t times, size_t *n)
{
	struct cp_buf b = CP_BUF_INIT;
	for (size_t i = 0; i < times; i++)
		cp_buf_str(&b, s);
	*n = b.len;
	return cp_buf_detach(&b);
}

/* Long words, and more marks behind one letter than anybody would write: linear time, and one answer. */
static void hard(const struct cp_tokenizer *t)
{
	static const char *const unit[] = { "ab", "\xF0\x9F\x98\x80", "\xCC\x81\xCC\xA7", "\xFF", "[MASK", "\xE4\xB8\xAD", "#" };
	size_t n;
	char *s = repeat("a", 100, &n);
	ok(is(t, s, 99, 0, 1, "5") && is(t, s, 100, 0, 1, "5"), "a word of 100 characters is taken apart");
	free(s);
	s = repeat("a", 101, &n);
	ok(is(t, s, n, 0, 0, "1"), "one of 101 is unknown");
	free(s);
	s = repeat("a\xCC\x81", 100, &n);
	ok(is(t, s, n, 0, 1, "5"), "characters are counted, without accents");
	free(s);
	for (size_t i = 0; i < sizeof unit / sizeof *unit; i++) {
		struct cp_ids ids = { 0 };
		s = repeat(unit[i], 500000, &n);
		cp_tokenizer_encode(t, NULL, s, n, 1, 64, &ids);
		n_failed += ids.n < 2 || ids.n > 64;
		cp_ids_release(&ids);
		free(s);
	}
	ok(1, "half a million times the same");
}

/* A word of its own for each i: 17 characters, either of two. */
static void spell(char word[17], unsigned i, char one, char zero)
{
	for (int n = 0; n < 17; n++, i >>= 1)
		word[n] = i & 1 ? one : zero;
}

/* The cache is emptied now and then, whether its table or its memory is full: the ids stay what they are. */
static void cache(const struct cp_tokenizer *t)
{
	struct cp_tok_cache *c = cp_tok_cache_new();
	struct cp_ids ids = { 0 };
	char word[17];
	int good = 1;
	for (unsigned i = 0; i < 200000; i++) {
		spell(word, i % 100000, 'a', '.');
		ids.n = 0;
		cp_tokenizer_encode(t, c, word, sizeof word, 0, 0, &ids);
		good &= ids.n > 0 && ids.v[0] == (word[0] == 'a' ? 5u : 11u);
	}
	for (unsigned i = 0; i < 100000; i++) {
		spell(word, i, 'x', 'y');
		ids.n = 0;
		cp_tokenizer_encode(t, c, word, sizeof word, 0, 0, &ids);
		good &= ids.n == 1 && ids.v[0] == 1;
	}
	ok(good, "more words than the cache holds");
	cp_ids_release(&ids);
	cp_tok_cache_free(c);
}

static void unicode(void)
{
	static const struct { const char *s; size_t n; int valid; } part[] = {
		{ "\xC3\xA9", 2, 1 }, { "\xC0\x80", 2, 0 }, { "\xE0\x9F\x80", 3, 0 }, { "\xED\xA0\x80", 3, 0 }, { "\xED\x9F\xBF", 3, 1 },
		{ "\xF0\x8F\xBF\xBF", 4, 0 }, { "\xF4\x8F\xBF\xBF", 4, 1 }, { "\xF4\x90\x80\x80", 4, 0 }, { "\xF8\x88\x80\x80\x80", 5, 0 },
		{ "\xEF\xBF\xBD", 3, 1 }, { "\xE2\x82", 2, 0 },
	};
	/* how many U+FFFD Python makes of each */
	static const int bad[] = { 0, 2, 3, 3, 0, 4, 0, 4, 5, 1, 1 };
	int good = 1;
	for (size_t k = 0; k < sizeof part / sizeof *part; k++) {
		int found = 0;
		for (size_t i = 0; i < part[k].n; )
			found += cp_utf8_next(part[k].s, part[k].n, &i) == CP_BAD_RUNE;
		good &= found == bad[k] && cp_utf8_valid(part[k].s, part[k].n, NULL) == part[k].valid;
	}
	ok(good, "UTF-8: maximal bad parts");
	uint32_t marks[] = { 'a', 0x301, 0x327, 0x323, 'b', 0x327, 0x301 }, want[] = { 'a', 0x327, 0x323, 0x301, 'b', 0x327, 0x301 };
	cp_runes_order(marks, 7);
	ok(!memcmp(marks, want, sizeof want), "canonical order: by class, stable");
}

int main(void)
{
	struct cp_err err;
	struct cp_tokenizer *t = cp_tokenizer_from_vocab(vocab, sizeof vocab - 1, 1, "vocab", &err);
	ok(t != NULL, "a vocabulary opens");
	if (t) {
		words(t);
		truncation(t);
		special(t);
		pack(t);
		hard(t);
		cache(t);
	}
	unicode();
	cp_tokenizer_free(t);
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
