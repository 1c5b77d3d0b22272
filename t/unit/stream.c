/* The record stream in memory: round trips of every type, every byte cut and flipped, seams, columns passed on, digests that survive.
 * With a file name: writes a sample stream there. */
#include "stream/stream.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"
#include "stream/format.h"

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, what);
}

/* ---- A sample with every type ---- */

enum { LABEL, TIME, WEIGHT, NUMBER, ROW, KEY, KEYS, TEXT, TOKENS, MASK, N_COLUMNS };

static void sample_schema(struct cp_schema *s)
{
	static const struct { enum cp_type type; const char *name; } c[N_COLUMNS] = {
		{ CP_LABEL, "label" }, { CP_TIME, "timestamp" }, { CP_WEIGHT, "weight" }, { CP_NUMBER, "price" }, { CP_ROW, "row" },
		{ CP_KEY, "User ID" }, { CP_KEYS, "Genre" }, { CP_TEXT, "text" }, { CP_TOKENS, "tokens" }, { CP_MASK, "mask" },
	};
	json_t *step = cp_step_new("cp-test", "0.1.0", NULL);
	cp_schema_init(s);
	for (int i = 0; i < N_COLUMNS; i++)
		cp_schema_add(s, c[i].type, c[i].name, NULL);
	cp_step_set(step, "rate", "0.15");
	cp_step_file(step, "vocab.txt", "00112233445566778899aabbccddeeff");
	cp_column_set_int(&s->column[TOKENS], "vocabulary", 30522);
	cp_column_set_real(&s->column[MASK], "rate", 0.15);
	cp_schema_step(s, step);
	json_decref(step);
}

/* Row `row` of the sample, the same wherever it is written. */
static void add_row(struct cp_build *const c[], uint64_t row)
{
	struct cp_rng r = cp_rng(7, CP_RNG_TEST, 0, row);
	uint64_t keys[5];
	uint32_t tokens[20], mask[4] = { 1, (uint32_t)row % 30000, 3, 103 };
	char text[40];
	size_t n_keys = cp_rng_below(&r, 5), n_tokens = 4 + cp_rng_below(&r, 16), n_text = cp_rng_below(&r, 40);
	for (size_t i = 0; i < n_keys; i++)
		keys[i] = cp_rng_u64(&r);
	for (size_t i = 0; i < n_tokens; i++)
		tokens[i] = (uint32_t)cp_rng_below(&r, 500);
	for (size_t i = 0; i < n_text; i++)
		text[i] = (char)(row % 5 ? 'a' + cp_rng_below(&r, 4) : cp_rng_below(&r, 256));
	cp_add_f64(c[LABEL], (double)(row % 2));
	cp_add_i64(c[TIME], row % 7 ? 900000000 + (int64_t)row : CP_TIME_MISSING);
	cp_add_f64(c[WEIGHT], 1.0 / (double)(row + 1));
	cp_add_f64(c[NUMBER], row % 3 ? -(double)row : NAN);
	cp_add_u64(c[ROW], row);
	cp_add_u64(c[KEY], cp_hash64(&row, 1, 5));
	cp_add_list(c[KEYS], keys, n_keys);
	cp_add_list(c[TEXT], text, n_text);
	cp_add_list(c[TOKENS], tokens, n_tokens);
	cp_add_list(c[MASK], mask, row % 4 == 0 ? 0 : row % 4 == 1 ? 2 : 4);
}

struct bytes {
	char *p;
	size_t n;
};

static void put_rows(struct cp_writer *w, uint64_t first, uint64_t n)
{
	struct cp_build *c[N_COLUMNS];
	for (int i = 0; i < N_COLUMNS; i++)
		c[i] = cp_writer_column(w, i);
	for (uint64_t row = first; row < first + n; row++) {
		add_row(c, row);
		if (cp_writer_row(w, NULL) < 0)
			abort();
	}
}

static struct bytes sample(uint64_t first, uint64_t n, size_t block_rows, int raw)
{
	struct cp_schema s;
	struct bytes b;
	FILE *f = open_memstream(&b.p, &b.n);
	sample_schema(&s);
	struct cp_writer *w = cp_writer_open(f, &s, &(struct cp_writer_opts){ .block_rows = block_rows, .raw = raw }, NULL);
	put_rows(w, first, n);
	cp_writer_source(w, "0123456789abcdef0123456789abcdef", 1000 + n);
	if (cp_writer_close(w, NULL) < 0)
		abort();
	fclose(f);
	cp_schema_release(&s);
	return b;
}

static struct bytes join(struct bytes a, struct bytes b)
{
	struct bytes c = { cp_xmalloc(a.n + b.n), a.n + b.n };
	memcpy(c.p, a.p, a.n);
	memcpy(c.p + a.n, b.p, b.n);
	return c;
}

static struct cp_reader *open_bytes(struct bytes b, struct cp_err *err)
{
	static char none;
	FILE *f = fmemopen(b.n ? b.p : &none, b.n ? b.n : 1, "rb");
	if (!b.n)
		fgetc(f);
	return cp_reader_open_file(f, "x.cps", err);
}

/* ---- Reading back ---- */

static int same_value(const struct cp_values *v, size_t i, struct cp_store s, const struct cp_build *want, size_t k)
{
	size_t w = (size_t)s.width;
	if (!s.is_list)
		return !memcmp(v->bytes + i * w, want->data + k * w, w);
	size_t n = v->offsets[i + 1] - v->offsets[i];
	return n == want->offsets[k + 1] - want->offsets[k] &&
	       (n == 0 || !memcmp(v->bytes + v->offsets[i] * w, want->data + want->offsets[k] * w, n * w));
}

/* Are the stream's rows the sample's rows 0..n-1 ? */
static int holds_sample(struct bytes b, uint64_t n)
{
	struct cp_err err;
	struct cp_schema s;
	struct cp_build built[N_COLUMNS], *c[N_COLUMNS];
	struct cp_block block;
	struct cp_reader *r = open_bytes(b, &err);
	int rc = r ? 1 : -1, good = 1;
	sample_schema(&s);
	for (int i = 0; i < N_COLUMNS; i++)
		cp_build_init(c[i] = &built[i], s.column[i].store);
	for (uint64_t row = 0; row < n; row++)
		add_row(c, row);
	while (r && (rc = cp_reader_next(r, &block, &err)) == 1)
		for (size_t i = 0; i < block.n_rows; i++)
			for (int k = 0; k < N_COLUMNS; k++)
				good = good && block.first_row + i < n &&
				       same_value(&block.column[k], i, s.column[k].store, &built[k], block.first_row + i);
	good = good && rc == 0 && cp_reader_rows(r) == n;
	if (rc < 0)
		printf("# %s\n", err.msg);
	for (int i = 0; i < N_COLUMNS; i++)
		cp_build_release(&built[i]);
	cp_schema_release(&s);
	cp_reader_close(r);
	return good;
}

/* All digests, one after another; "" where the stream is not good. */
static void digests(struct bytes b, int decode, struct cp_buf *out)
{
	struct cp_err err;
	struct cp_block block;
	struct cp_reader *r = open_bytes(b, &err);
	int rc = r ? 1 : -1;
	if (r && !decode)
		cp_reader_choose(r, NULL, 0);
	while (r && (rc = cp_reader_next(r, &block, &err)) == 1)
		;
	cp_buf_reset(out);
	for (int i = 0; rc == 0 && i < cp_reader_schema(r)->n; i++) {
		char hex[33];
		size_t n_ids;
		const uint64_t *ids = cp_reader_token_ids(r, i, &n_ids);
		cp_reader_digest(r, i, hex);
		cp_buf_str(out, hex);
		for (size_t k = 0; ids && k < n_ids / 64; k++)
			cp_buf_printf(out, ".%" PRIx64, ids[k]);
	}
	if (rc < 0)
		printf("# %s\n", err.msg);
	cp_reader_close(r);
}

static int same_digests(struct bytes a, struct bytes b)
{
	struct cp_buf x = CP_BUF_INIT, y = CP_BUF_INIT;
	digests(a, 1, &x);
	digests(b, 0, &y);
	int same = x.len > 0 && x.len == y.len && !memcmp(x.data, y.data, x.len);
	cp_buf_release(&x);
	cp_buf_release(&y);
	return same;
}

/* Reading fails with a sentence that names the file; decode: all columns, or none. */
static int refused(struct bytes b, int decode, struct cp_err *err)
{
	struct cp_block block;
	err->msg[0] = 0;
	struct cp_reader *r = open_bytes(b, err);
	int rc = r ? 1 : -1;
	if (r && !decode)
		cp_reader_choose(r, NULL, 0);
	while (r && (rc = cp_reader_next(r, &block, err)) == 1)
		;
	cp_reader_close(r);
	return rc == -1 && !strncmp(err->msg, "x.cps: ", 7) && !strchr(err->msg, '\n');
}

static void test_damage(struct bytes b, const char *what)
{
	struct cp_err err;
	size_t n_cut = 0, n_flip = 0, n_bad = 0;
	struct cp_buf name = CP_BUF_INIT;
	for (size_t n = 0; n < b.n; n++, n_cut++)
		if (!refused((struct bytes){ b.p, n }, n % 2, &err) && ++n_bad < 5)
			printf("# cut at %zu: %s\n", n, err.msg);
	cp_buf_printf(&name, "%s: cut at each of %zu bytes, it is refused", what, n_cut);
	ok(n_bad == 0, name.data);
	n_bad = 0;
	for (size_t i = 0; i < b.n; i++)
		for (int bit = 1; bit < 256; bit <<= 1, n_flip++) {
			b.p[i] ^= (char)bit;
			if (!refused(b, (int)(i % 2), &err) && ++n_bad < 5)
				printf("# bit %02x of byte %zu: %s\n", bit, i, err.msg);
			b.p[i] ^= (char)bit;
		}
	cp_buf_reset(&name);
	cp_buf_printf(&name, "%s: with any of %zu bits flipped, it is refused", what, n_flip);
	ok(n_bad == 0, name.data);
	cp_buf_release(&name);
}

/* ---- Filters ---- */

/* Passes on every column but `replace`, which is written anew; only that one is decoded. */
static struct bytes pass(struct bytes b, int replace)
{
	struct cp_err err = { "" };
	struct cp_block block;
	struct bytes out;
	struct cp_reader *r = open_bytes(b, &err);
	FILE *f = open_memstream(&out.p, &out.n);
	cp_reader_choose(r, &replace, replace >= 0);
	struct cp_writer *w = cp_writer_open(f, cp_reader_schema(r), &(struct cp_writer_opts){ .pass = r }, &err);
	int rc;
	while ((rc = cp_reader_next(r, &block, &err)) == 1) {
		struct cp_values v[N_COLUMNS];
		memcpy(v, block.column, sizeof v);
		if (replace >= 0)
			v[replace].stored = NULL;
		if ((rc = cp_writer_block(w, block.n_rows, v, &err)) < 0)
			break;
	}
	if (rc < 0 || cp_writer_close(w, &err) < 0)
		printf("# %s\n", err.msg);
	cp_reader_close(r);
	fclose(f);
	return out;
}

static void test_filters(struct bytes one)
{
	struct bytes a = pass(one, -1), b = pass(one, TEXT);
	ok(a.n == one.n && !memcmp(a.p, one.p, a.n), "all columns passed on undecoded: the same bytes");
	ok(b.n == one.n && !memcmp(b.p, one.p, b.n), "one column decoded and written again: the same bytes");
	free(a.p);
	free(b.p);
}

static void test_seams(struct bytes one)
{
	struct bytes a = sample(0, 13, 5, 0), b = sample(13, 0, 5, 0), c = sample(13, 27, 9, 1);
	struct bytes ab = join(a, b), abc = join(ab, c), merged = pass(abc, TOKENS);
	ok(holds_sample(abc, 40), "three segments joined hold the rows of the whole");
	ok(same_digests(one, abc), "and have its digests and token ids");
	ok(holds_sample(merged, 40) && same_digests(one, merged), "a filter makes them one segment with the same digests");
	free(a.p);
	free(b.p);
	free(c.p);
	free(ab.p);
	free(abc.p);
	free(merged.p);
}

/* ---- Streams that a correct writer would not make ---- */

/* Rewrite the segment's header text and seal everything anew, so that only what the text says is wrong. */
static struct bytes reseal(struct bytes b, const char *from, const char *to)
{
	struct cp_buf out = CP_BUF_INIT;
	uint64_t before_in = 0, before_out = 0;
	for (size_t at = 0; at < b.n;) {
		struct cp_head h;
		char mark[9] = "";
		struct cp_buf body = CP_BUF_INIT;
		memcpy(mark, b.p + at, 8);
		if (cp_head_get(&h, (unsigned char *)b.p + at, before_in) < 0)
			abort();
		before_in = h.seal;
		cp_buf_add(&body, b.p + at + CP_HEAD_SIZE, h.length);
		at += CP_HEAD_SIZE + h.length;
		char *hit = mark[3] != 'B' ? strstr(body.data, from) : NULL;
		if (hit) {
			struct cp_buf text = CP_BUF_INIT;
			cp_buf_add(&text, body.data, (size_t)(hit - body.data));
			cp_buf_str(&text, to);
			cp_buf_str(&text, hit + strlen(from));
			cp_buf_release(&body);
			body = text;
			h.length = body.len;
			h.sum = cp_hash64(body.data, body.len, 0);
		}
		cp_head_put(&out, mark, &h, before_out);
		before_out = h.seal;
		cp_buf_add(&out, body.data, body.len);
		cp_buf_release(&body);
	}
	return (struct bytes){ out.data, out.len };
}

/* Without block number `drop`, and everything sealed anew. */
static struct bytes without_block(struct bytes b, uint64_t drop)
{
	struct cp_buf out = CP_BUF_INIT;
	uint64_t before_in = 0, before_out = 0;
	for (size_t at = 0; at < b.n;) {
		struct cp_head h;
		char mark[9] = "";
		memcpy(mark, b.p + at, 8);
		cp_head_get(&h, (unsigned char *)b.p + at, before_in);
		before_in = h.seal;
		const char *body = b.p + at + CP_HEAD_SIZE;
		at += CP_HEAD_SIZE + h.length;
		if (!strcmp(mark, CP_MARK_BLOCK) && h.b == drop)
			continue;
		cp_head_put(&out, mark, &h, before_out);
		before_out = h.seal;
		cp_buf_add(&out, body, h.length);
	}
	return (struct bytes){ out.data, out.len };
}

static void test_lost_blocks(struct bytes b)
{
	struct cp_err err;
	struct bytes first = without_block(b, 0), last = without_block(b, 2);
	ok(refused(first, 0, &err) && strstr(err.msg, "says to be block 1"), "a block lost in the middle is told by its number");
	ok(refused(last, 0, &err) && strstr(err.msg, "40 rows in 3 blocks, found 32 rows in 2 blocks"), "a block lost at the end, by the trailer");
	free(first.p);
	free(last.p);
}

static void is_refused(struct bytes b, const char *from, const char *to, const char *because)
{
	struct cp_err err;
	struct bytes bad = reseal(b, from, to);
	struct cp_buf name = CP_BUF_INIT;
	int good = refused(bad, 1, &err) && strstr(err.msg, because);
	cp_buf_printf(&name, "%s -> %s is refused", from, to);
	ok(good, name.data);
	if (!good)
		printf("# %s\n", err.msg);
	cp_buf_release(&name);
	free(bad.p);
}

static void test_texts(struct bytes b)
{
	struct bytes same = reseal(b, "\"name\":\"label\"", "\"name\":\"label\"");
	ok(same.n == b.n && !memcmp(same.p, b.p, b.n), "sealing anew what is good changes nothing");
	free(same.p);
	is_refused(b, "\"storage\":\"f64\"", "\"storage\":\"u64\"", "storage");
	is_refused(b, "\"name\":\"weight\",\"type\":\"weight\"", "\"name\":\"label\",\"type\":\"label\"", "two columns 'label'");
	is_refused(b, "\"chain\":[0]", "\"chain\":[1]", "chain");
	is_refused(b, "\"format\":\"cps\"", "\"format\":\"cpm\"", "format");
	is_refused(b, "{\"format\"", "[\"format\"", "not JSON");
	is_refused(b, "\"rows\":40", "\"rows\":41", "41");
	is_refused(b, "\"digest\":\"", "\"digest\":\"0", "digest");
	is_refused(b, "\"ids\":\"", "\"ids\":\"ff", "token ids");
	is_refused(b, "\"ids\"", "\"idx\"", "token ids");
}

static struct bytes stream_of_version(uint64_t version)
{
	struct cp_buf b = CP_BUF_INIT;
	const char *text = "{\"needs\":\"clickprompt 7.0\"}";
	struct cp_head h = { version, 0, strlen(text), cp_hash64(text, strlen(text), 0), 0 };
	cp_head_put(&b, CP_MARK_HEADER, &h, 0);
	cp_buf_str(&b, text);
	return (struct bytes){ b.data, b.len };
}

static void test_newer(struct bytes b)
{
	struct cp_err err;
	struct bytes n = stream_of_version(CP_STREAM_VERSION + 1);
	ok(refused(n, 1, &err) && strstr(err.msg, "version 3") && strstr(err.msg, "clickprompt 7.0"), "a newer version says what it needs");
	free(n.p);
	n = stream_of_version(1);
	ok(refused(n, 1, &err) && strstr(err.msg, "version 1") && strstr(err.msg, "from its CSV"), "an older version is to be made again");
	free(n.p);
	struct bytes type = reseal(b, "\"type\":\"number\"", "\"type\":\"angle\""), merged = pass(type, TEXT);
	ok(holds_sample(type, 40) && same_digests(type, merged), "a type of a later version is read by its storage");
	free(type.p);
	free(merged.p);
	struct bytes odd = reseal(b, "\"text\",\"storage\":\"bytes\",\"chain\":[0]",
				    "\"words\",\"storage\":\"trie\",\"chain\":[0],\"level\":3");
	merged = pass(odd, TOKENS);
	ok(merged.n == odd.n && !memcmp(odd.p, merged.p, odd.n), "a storage of a later version is passed on, byte for byte");
	free(odd.p);
	free(merged.p);
}

/* A stream of one text column whose block of two rows has the directory entry and body length given; all seals hold. */
static struct bytes forged(uint64_t body, uint64_t stored, uint64_t raw, uint32_t codec, uint64_t rows)
{
	const char *text = "{\"format\":\"cps\",\"columns\":[{\"name\":\"text\",\"type\":\"text\",\"storage\":\"bytes\",\"chain\":[]}],\"steps\":[]}";
	const char data[11] = "abc\1\0\0\0\2\0\0";
	struct cp_buf b = CP_BUF_INIT, dir = CP_BUF_INIT;
	struct cp_head h = { CP_STREAM_VERSION, 0, strlen(text), cp_hash64(text, strlen(text), 0), 0 };
	cp_head_put(&b, CP_MARK_HEADER, &h, 0);
	cp_buf_str(&b, text);
	cp_entry_put(&dir, &(struct cp_entry){ stored, raw, cp_hash64(data, 11, 0), codec });
	struct cp_head k = { rows, 0, body, cp_hash64(dir.data, dir.len, 0), 0 };
	cp_head_put(&b, CP_MARK_BLOCK, &k, h.seal);
	cp_buf_add(&b, dir.data, dir.len);
	cp_buf_add(&b, data, 11);
	cp_buf_release(&dir);
	return (struct bytes){ b.data, b.len };
}

static void test_forged(void)
{
	static const struct { uint64_t body, stored, raw; uint32_t codec; uint64_t rows; const char *because; } f[] = {
		{ 43, 11, 11, CP_RAW, 2, "without its trailer" },	/* as it should be */
		{ UINT64_MAX, 11, 11, CP_RAW, 2, "bytes, expected" },
		{ 31, 11, 11, CP_RAW, 2, "bytes, expected" },
		{ 44, 11, 11, CP_RAW, 2, "expected 12" },
		{ 43, 11, UINT64_MAX, CP_LZ4, 2, "over the limit" },
		{ 43, 11, CP_BLOCK_LIMIT, CP_LZ4, 2, "cannot decode" },
		{ 43, 11, 12, CP_RAW, 2, "not compressed" },
		{ 43, 11, 12, CP_LZ4, 2, "do not decode" },
		{ 43, 11, 11, 9, 2, "method 9" },
		{ 43, 11, 11, CP_DICTIONARY, 2, "elements of 8 bytes" },
		{ 43, 11, 11, CP_DIFFERENCES, 2, "elements of 8 bytes" },
		{ 43, 11, 11, CP_RAW, 1, "do not add up" },
		{ 43, 11, 11, CP_RAW, 3, "do not fit" },
		{ 43, 11, 11, CP_RAW, 0, "0 rows" },
		{ 43, 11, 11, CP_RAW, UINT64_MAX, "rows" },
		{ 32 + CP_BLOCK_LIMIT, CP_BLOCK_LIMIT, CP_BLOCK_LIMIT, CP_RAW, 2, "cut short" },
	};
	for (size_t i = 0; i < sizeof f / sizeof *f; i++) {
		struct cp_err err;
		struct bytes b = forged(f[i].body, f[i].stored, f[i].raw, f[i].codec, f[i].rows);
		struct cp_buf name = CP_BUF_INIT;
		int good = refused(b, 1, &err) && strstr(err.msg, f[i].because);
		cp_buf_printf(&name, "a forged block is refused: %s", f[i].because);
		ok(good, name.data);
		if (!good)
			printf("# %s\n", err.msg);
		cp_buf_release(&name);
		free(b.p);
	}
}

static void test_nan(void)
{
	struct cp_build b;
	uint64_t u = UINT64_C(0xfff8000000000123), v;
	double nan;
	memcpy(&nan, &u, 8);
	cp_build_init(&b, (struct cp_store){ CP_F64, 0, 8 });
	cp_add_f64(&b, nan);
	memcpy(&v, b.data, 8);
	ok(v == UINT64_C(0x7ff8000000000000), "every NaN is the same NaN");
	cp_build_release(&b);
}

static void test_seam_disagrees(struct bytes b)
{
	struct cp_err err;
	struct bytes other = reseal(b, "\"rate\":0.15", "\"rate\":0.25"), both = join(b, other);
	ok(refused(both, 1, &err) && strstr(err.msg, "segment 2") && strstr(err.msg, "'mask'"), "segments with other attributes do not join");
	free(other.p);
	free(both.p);
	other = reseal(b, "\"version\":\"0.1.0\"", "\"version\":\"0.2.0\"");
	both = join(b, other);
	struct bytes merged = pass(both, TEXT), again = pass(merged, TEXT);
	ok(merged.n < both.n && memmem(merged.p, merged.n, "\"joined\":[", 10) && memmem(merged.p, merged.n, "0.2.0", 5) &&
	   again.n == merged.n && !memcmp(again.p, merged.p, again.n), "other chains join, and the trailer keeps them");
	free(other.p);
	free(both.p);
	free(merged.p);
	free(again.p);
}

/* ---- Limits ---- */

static void test_writer_refuses(void)
{
	struct cp_schema s;
	struct cp_err err = { "" };
	struct bytes b;
	FILE *f = open_memstream(&b.p, &b.n);
	cp_schema_init(&s);
	ok(cp_schema_add(&s, CP_TOKENS, "", &err) < 0 && cp_schema_add(&s, CP_TOKENS, "\xff", &err) < 0, "a bad name is refused");
	ok(!cp_writer_open(f, &s, NULL, &err), "no columns, no stream");
	cp_schema_add(&s, CP_TOKENS, "tokens", &err);
	ok(cp_schema_add(&s, CP_TOKENS, "tokens", &err) < 0 && strstr(err.msg, "two columns"), "(type, name) is unique");
	struct cp_writer *w = cp_writer_open(f, &s, NULL, &err);
	cp_add_list(cp_writer_column(w, 0), (uint32_t[]){ 5, CP_TOKEN_LIMIT }, 2);
	ok(cp_writer_row(w, &err) == 0 && cp_writer_close(w, &err) < 0 && strstr(err.msg, "token id 16777216"), "a token id past the limit is refused");
	w = cp_writer_open(f, &s, NULL, &err);
	cp_add_list(cp_writer_column(w, 0), NULL, CP_BLOCK_LIMIT / 4 + 1);
	ok(cp_writer_row(w, &err) < 0 && strstr(err.msg, "column 'tokens'"), "a value longer than a block is refused");
	cp_writer_abort(w);
	cp_schema_release(&s);
	fclose(f);
	free(b.p);
}

static void test_long_texts(void)
{
	struct cp_schema s;
	struct cp_err err = { "" };
	struct cp_block block = { 0 };
	struct bytes b;
	FILE *f = open_memstream(&b.p, &b.n);
	char *text = cp_xmalloc(10000);
	memset(text, 'x', 10000);
	cp_schema_init(&s);
	cp_schema_add(&s, CP_TEXT, "text", NULL);
	struct cp_writer *w = cp_writer_open(f, &s, NULL, NULL);
	for (int i = 0; i < 5000; i++) {
		cp_add_list(cp_writer_column(w, 0), text, 10000);
		cp_writer_row(w, NULL);
	}
	cp_writer_close(w, NULL);
	fclose(f);
	struct cp_reader *r = open_bytes(b, &err);
	int rc;
	size_t most = 0;
	while ((rc = cp_reader_next(r, &block, &err)) == 1)
		most = block.column[0].raw_len > most ? block.column[0].raw_len : most;
	ok(rc == 0 && cp_reader_rows(r) == 5000 && most < CP_BLOCK_BYTES + 20000, "blocks of long texts close by their bytes");
	cp_reader_close(r);
	cp_schema_release(&s);
	free(text);
	free(b.p);
}

static void test_rewind(struct bytes b)
{
	struct cp_err err = { "" };
	struct cp_block block;
	struct cp_reader *r = open_bytes(b, &err);
	uint64_t n = 0;
	int rc = 0;
	for (int pass_no = 0; pass_no < 3 && rc == 0; pass_no++) {
		if (pass_no && (rc = cp_reader_rewind(r, &err)) < 0)
			break;
		while ((rc = cp_reader_next(r, &block, &err)) == 1)
			n += block.n_rows;
	}
	ok(rc == 0 && n == 120, "read three times over");
	cp_reader_close(r);
}

static void test_labels(void)
{
	struct cp_schema s;
	struct cp_err err = { "" };
	struct cp_buf b = CP_BUF_INIT;
	cp_schema_init(&s);
	cp_schema_add(&s, CP_KEY, "age", NULL);
	cp_schema_add(&s, CP_NUMBER, "age", NULL);
	cp_schema_add(&s, CP_KEY, "number:age", NULL);
	cp_schema_add(&s, CP_KEY, "#", NULL);
	for (int i = 0; i < s.n; i++) {
		cp_schema_label(&s, i, &b);
		cp_buf_char(&b, ' ');
	}
	ok(!strcmp(b.data, "key:age number:age key:number:age key:# "), "columns are called by name, or by type and name");
	ok(cp_schema_lookup(&s, "number:age", &err) == 1 && cp_schema_lookup(&s, "key:number:age", &err) == 2 &&
	   cp_schema_lookup(&s, "age", &err) < 0, "and found so");
	cp_buf_release(&b);
	cp_schema_release(&s);
}

static int write_to(const char *path)
{
	struct bytes b = sample(0, 40, 16, 0);
	FILE *f = fopen(path, "wb");
	int bad = !f || fwrite(b.p, 1, b.n, f) != b.n || fclose(f);
	free(b.p);
	return bad;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return write_to(argv[1]);
	struct bytes lz4 = sample(0, 40, 16, 0), raw = sample(0, 40, 16, 1), one = sample(0, 40, 40, 0);
	struct bytes few = sample(3, 8, 5, 0), few_raw = sample(3, 8, 5, 1);
	ok(holds_sample(lz4, 40) && holds_sample(raw, 40), "every type comes back as it was written, compressed or not");
	ok(lz4.n < raw.n, "compressed is shorter");
	ok(same_digests(lz4, raw) && same_digests(raw, one), "digests survive compression and other blocks");
	test_filters(lz4);
	test_seams(one);
	test_texts(lz4);
	test_lost_blocks(lz4);
	test_newer(lz4);
	test_seam_disagrees(lz4);
	test_writer_refuses();
	test_long_texts();
	test_rewind(lz4);
	test_labels();
	test_forged();
	test_nan();
	test_damage(few, "LZ4");
	test_damage(few_raw, "not compressed");
	free(few.p);
	free(few_raw.p);
	free(lz4.p);
	free(raw.p);
	free(one.p);
	printf("1..%d\n", n_tests);
	return n_failed > 0;
}
