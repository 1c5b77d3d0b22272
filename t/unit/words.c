/* Columns of 8-byte elements: dictionary and differences there and back, on damaged bytes too; the digest against its definition. */
#include "stream/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/rng.h"
#include "stream/stream.h"
#include "stream/sum.h"

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, what);
}

#define MOST 70000

static uint64_t v[MOST], back[MOST];

/* ---- shapes ---- */

static uint64_t scramble(uint64_t i)
{
	return (i + 1) * UINT64_C(0xd6e8feb86659fd93);
}

static uint64_t same(size_t i) { (void)i; return UINT64_MAX; }
static uint64_t count(size_t i) { return 123456789 + i; }
static uint64_t down(size_t i) { return 3 - (uint64_t)i; }
static uint64_t labels(size_t i) { return scramble(i) >> 63 ? UINT64_C(0x3ff0000000000000) : 0; }
static uint64_t of_256(size_t i) { return scramble(i % 256); }
static uint64_t of_257(size_t i) { return scramble(i % 257); }
static uint64_t of_3000(size_t i) { return scramble(scramble(i) >> 32 << 32 | 1) % 3000; }
static uint64_t half(size_t i) { return scramble(i / 2); }
static uint64_t extremes(size_t i) { return i % 2 ? UINT64_C(1) << 63 : UINT64_MAX >> 1; }
static uint64_t times(size_t i) { return i % 50 ? 978300760 + scramble(i) % 1000 : UINT64_C(1) << 63; }
static uint64_t all_differ(size_t i) { return scramble(i); }

/* What each codec makes of a shape, in bytes an element at most; 9: it cannot be shorter. */
static const struct shape {
	const char *name;
	uint64_t (*value)(size_t);
	size_t n;
	double dictionary, differences;
} shapes[] = {
	{ "one", count, 1, 9, 9 }, { "two the same", same, 2, 8, 8 }, { "three the same", same, 3, 6, 6 }, { "a constant", same, 4096, 0.1, 0.1 },
	{ "row numbers", count, 4096, 9, 0.1 }, { "going down past 0", down, 4096, 9, 0.1 }, { "labels", labels, 4097, 1, 8 },
	{ "256 values", of_256, 4096, 1.6, 9 }, { "257 values", of_257, 4096, 2.6, 9 }, { "3000 values", of_3000, 20000, 3.3, 8 },
	{ "each twice", half, 4096, 6.1, 9 }, { "extremes", extremes, 1000, 1, 1 }, { "times, some missing", times, 4096, 4.1, 8 },
	{ "all different", all_differ, 4096, 9, 9 }, { "more than an index can hold", all_differ, MOST, 9, 9 },
};

static struct cp_buf room = CP_BUF_INIT, out = CP_BUF_INIT;
static char work[CP_WORDS_ROOM(MOST)];

typedef int there(const uint64_t *, size_t, struct cp_buf *, struct cp_buf *);
typedef int home(const char *, size_t, uint64_t *, size_t, char *, struct cp_err *);

static const struct codec {
	const char *name;
	there *there;
	home *home;
} codecs[] = {
	{ "dictionary", cp_words_dictionary, cp_words_from_dictionary },
	{ "differences", cp_words_differences, cp_words_from_differences },
};

static int comes_back(const struct shape *s, const struct codec *c, double most)
{
	struct cp_err err = { "" };
	for (size_t i = 0; i < s->n; i++)
		v[i] = s->value(i);
	cp_buf_reset(&out);
	cp_buf_str(&out, "before");
	int done = c->there(v, s->n, &room, &out);
	size_t len = out.len - 6;
	if (!done || memcmp(out.data, "before", 6))
		return !done && !len && most == 9;
	memset(back, 0x55, sizeof back);
	int rc = c->home(out.data + 6, len, back, s->n, work, &err);
	if (rc < 0 || (double)len > most * (double)s->n)
		printf("# %zu bytes; %s\n", len, err.msg);
	return rc == 0 && !memcmp(v, back, 8 * s->n) && len < 8 * s->n && (double)len <= most * (double)s->n;
}

static void test_shapes(void)
{
	char name[100];
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		for (int k = 0; k < 2; k++) {
			snprintf(name, sizeof name, "%s: %s", codecs[k].name, shapes[i].name);
			ok(comes_back(&shapes[i], &codecs[k], k ? shapes[i].differences : shapes[i].dictionary), name);
		}
}

/* ---- damage ---- */

static int tells(const struct codec *c, const char *p, size_t len, size_t n)
{
	struct cp_err err = { "" };
	char *exact = cp_xmalloc(len);		/* so that a byte too far is seen */
	if (len)
		memcpy(exact, p, len);
	int rc = c->home(exact, len, back, n, work, &err);
	free(exact);
	return rc == 0 || (rc == -1 && err.msg[0]);
}

static void test_damage(const struct codec *c, uint64_t (*value)(size_t), size_t n, const char *what)
{
	char name[100];
	int good = 1;
	for (size_t i = 0; i < n; i++)
		v[i] = value(i);
	cp_buf_reset(&out);
	good &= c->there(v, n, &room, &out);
	for (size_t len = 0; len < out.len; len++)
		good &= tells(c, out.data, len, n) && (len > 12 || c->home(out.data, len, back, n, work, &(struct cp_err){ "" }) < 0);
	for (size_t i = 0; i < 8 * out.len; i++) {
		out.data[i / 8] ^= (char)(1 << i % 8);
		good &= tells(c, out.data, out.len, n);
		out.data[i / 8] ^= (char)(1 << i % 8);
	}
	good &= tells(c, out.data, out.len, n - 1) && tells(c, out.data, out.len, n + 1);
	snprintf(name, sizeof name, "%s: cut or changed anywhere, of %s: refused or another column, and no byte too far", c->name, what);
	ok(good, name);
}

static int refused(const struct codec *c, const char *p, size_t len, size_t n, const char *because)
{
	struct cp_err err = { "" };
	int good = c->home(p, len, back, n, work, &err) < 0 && strstr(err.msg, because);
	if (!good)
		printf("# %s\n", err.msg);
	return good;
}

static void test_refused(void)
{
	const struct codec *d = &codecs[0], *s = &codecs[1];
	ok(refused(d, "\0\0\0\0", 4, 1, "begin with a dictionary"), "a dictionary of nothing");
	ok(refused(d, "\2\0\0\0abcdefghABCDEF", 18, 4, "begin with a dictionary"), "a dictionary that is cut");
	ok(refused(d, "\xff\xff\xff\xff" "abcdefgh\0\0", 14, 2, "begin with a dictionary"), "a dictionary beyond all limits");
	ok(refused(d, "\1\0\0\0abcdefgh\0\0", 14, 3, "3 rows"), "too few indices");
	ok(refused(d, "\1\0\0\0abcdefgh\0\0\0\0", 16, 3, "3 rows"), "too many indices");
	ok(refused(d, "\1\0\0\0abcdefgh\0\1\0", 15, 3, "row 1 of the block: index 1 in a dictionary of 1"), "an index beyond the dictionary");
	ok(refused(s, "abcdefgh\11\0\0\0", 12, 1, "12 bytes"), "nine planes");
	ok(refused(s, "abcdefgh\1\0\0\0zz", 14, 2, "14 bytes"), "a plane too long");
}

/* ---- digest ---- */

static struct cp_sum defined(const uint64_t *p, size_t n)
{
	struct cp_sum s = { 0, 0 };
	for (size_t i = 0; i < n; i++) {
		uint64_t h = XXH3_64bits(&p[i], 8);
		s.a = s.a * UINT64_C(0x9e3779b97f4a7c15) + h;
		s.b = s.b * UINT64_C(0xd1342543de82ef95) + (h >> 32 | h << 32);
	}
	return s;
}

static int equal(struct cp_sum a, struct cp_sum b)
{
	return a.a == b.a && a.b == b.b;
}

static struct cp_sum sum_of(const uint64_t *p, size_t n)
{
	struct cp_sum s = { 0, 0 };
	struct cp_values values = { .u64 = p, .n_elems = n };
	cp_sum_add(&s, (struct cp_store){ CP_U64, 0, 8 }, n, &values);
	return s;
}

static void test_levels(void)
{
	static const char *const levels[] = { "base", "v3", "v4" };
	for (size_t i = 0; i < 3; i++) {
		cp_sum_kernel words = cp_sum_of_level(levels[i]);
		char name[60];
		int good = 1;
		for (size_t n = 0; words && n <= 4096; n += n < 160 ? CP_SUM_STEP : 496)
			good &= equal(words(v, n), defined(v, n));
		snprintf(name, sizeof name, "digest: %s is as defined%s", levels[i], words ? "" : " # SKIP not this processor");
		ok(good, name);
	}
}

static int any_cut(void)
{
	for (size_t n = 0; n < 70; n++)
		for (size_t cut = 0; cut <= n; cut++) {
			struct cp_sum s = sum_of(v, cut), t = s;
			cp_sum_join(&s, sum_of(v + cut, n - cut), n - cut);
			cp_sum_add(&t, (struct cp_store){ CP_U64, 0, 8 }, n - cut, &(struct cp_values){ .u64 = v + cut, .n_elems = n - cut });
			if (!equal(s, defined(v, n)) || !equal(t, s))
				return 0;
		}
	return 1;
}

static int any_bit(size_t n)
{
	struct cp_sum s = sum_of(v, n), t;
	for (size_t i = 0; i < 64 * n; i++) {
		v[i / 64] ^= UINT64_C(1) << i % 64;
		t = sum_of(v, n);
		v[i / 64] ^= UINT64_C(1) << i % 64;
		if (t.a == s.a || t.b == s.b)
			return 0;
	}
	return 1;
}

static void swap(size_t i, size_t k)
{
	uint64_t x = v[i];
	v[i] = v[k];
	v[k] = x;
}

static int any_swap(size_t first, size_t distance, size_t n)
{
	struct cp_sum s = sum_of(v, n), t;
	for (size_t i = first; i + distance < n; i += n / 40 + 1) {
		swap(i, i + distance);
		t = sum_of(v, n);
		swap(i, i + distance);
		if (equal(s, t))
			return 0;
	}
	return 1;
}

static void test_digest(void)
{
	for (size_t i = 0; i < MOST; i++)
		v[i] = i % 3 ? scramble(i) : i;
	test_levels();
	ok(any_cut(), "digest: joined anywhere it is that of the whole");
	ok(any_bit(50), "digest: either half knows every bit");
	int good = 1;
	for (size_t d = 1; d < 40; d++)
		good &= any_swap(0, d, 40);
	ok(good && any_swap(0, 1 << 14, 1 << 15) && any_swap(5, 1 << 16, MOST), "digest: rows that change places are seen, near and far");
	ok(!equal(sum_of(v, 99), sum_of(v, 100)) && !equal(sum_of(v + 1, 99), sum_of(v, 99)), "digest: a row more or less is seen");
	memset(v, 0, sizeof v);
	good = 1;
	for (size_t n = 1; n < 200; n++)
		good &= !equal(sum_of(v, n), sum_of(v, n - 1));
	ok(good, "digest: of zeros it tells how many");
}

int main(void)
{
	test_shapes();
	test_damage(&codecs[0], labels, 200, "labels");
	test_damage(&codecs[0], half, 600, "300 values");
	test_damage(&codecs[1], count, 100, "row numbers");
	test_damage(&codecs[1], times, 120, "times");
	test_refused();
	test_digest();
	cp_buf_release(&room);
	cp_buf_release(&out);
	printf("1..%d\n", n_tests);
	return n_failed > 0;
}
