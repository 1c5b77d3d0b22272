/* JSON lines: what the short way takes must be what jansson's way takes, with the same values; and plain lines do take the short way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "stream/twin_json.h"

static int count, failed;

static void ok(int good, const char *name, const char *line)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++count, name);
	if (!good)
		printf("# %s\n", line);
	failed += !good;
}

struct side {
	char *p;
	size_t n;
	FILE *f;
	struct cp_writer *w;
};

static void open_side(struct side *s, const struct cp_schema *schema)
{
	struct cp_err err;
	s->f = open_memstream(&s->p, &s->n);
	s->w = cp_writer_open(s->f, schema, NULL, &err);
}

static void close_side(struct side *s)
{
	cp_writer_abort(s->w);
	fclose(s->f);
	free(s->p);
}

static void clear(struct side *s, int n)
{
	for (int i = 0; i < n; i++)
		cp_build_reset(cp_writer_column(s->w, i));
}

static int same(struct side *a, struct side *b, int n)
{
	for (int i = 0; i < n; i++) {
		const struct cp_build *x = cp_writer_column(a->w, i), *y = cp_writer_column(b->w, i);
		if (x->n_rows != 1 || y->n_rows != 1 || x->len != y->len || (x->len && memcmp(x->data, y->data, x->len)))
			return 0;
	}
	return 1;
}

static struct cp_schema schema;
static struct cp_json_rows *rows;
static struct side a, b;

/* -1: the two ways disagree; 0: both refuse or only the long way takes it; 1: the short way took it */
static int compare(const char *line, size_t n)
{
	json_error_t e;
	struct cp_err err;
	clear(&a, schema.n);
	clear(&b, schema.n);
	if (!cp_json_rows_short(rows, line, n, a.w))
		return 0;
	json_t *j = json_loadb(line, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
	int rc = json_is_object(j) && cp_json_rows_long(rows, j, b.w, &err) == 0 && same(&a, &b, schema.n) ? 1 : -1;
	json_decref(j);
	return rc;
}

static const char *const plain[] = {
	"{\"label\":1,\"timestamp\":978300760,\"row\":0,\"User ID\":\"9ae16a3b2f90404f\",\"Tags\":[],\"price\":-0.25,\"text\":\"Gender is F.\",\"tokens\":[101,7,102],\"mask\":[]}",
	"{\"label\": 0, \"timestamp\": null, \"row\": 12345678901, \"User ID\": \"0000000000000000\", \"Tags\": [\"0123456789abcdef\", \"fedcba9876543210\"], \"price\": null, \"text\": \"\", \"tokens\": [], \"mask\": [1, 5]}",
	"{\"label\":0.5,\"timestamp\":-5,\"row\":999999999999999999,\"User ID\":\"ffffffffffffffff\",\"Tags\":[\"0123456789abcdef\"],\"price\":1e-7,\"text\":\"\\\"a\\\\b\\/\\n\\t\\r\\b\\f\\u0000\\u00e9\\u20AC \xc3\xa9 \xf0\x9f\x98\x80\",\"tokens\":[0],\"mask\":[0,0,1,1]}",
	"{\"label\":1.7976931348623157e308,\"timestamp\":0,\"row\":1,\"User ID\":\"00000000000000ff\",\"Tags\":[],\"price\":4.9406564584124654E-324,\"text\":\"x\",\"tokens\":[4294967295],\"mask\":[]}",
};

/* Lines that only the long way may judge. */
static const char *const odd[] = { "1e400", "-0", "00", "01", "1.", ".5", "+1", "1e", "12345678901234567890", "\"inf\"", "nan", "true", "0x10", "1 1", "" };

static void test_plain(void)
{
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		ok(compare(plain[i], strlen(plain[i])) == 1, "a plain line takes the short way and means the same", plain[i]);
}

static void test_odd(void)
{
	char line[1024];
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		snprintf(line, sizeof line, "{\"label\":1,\"timestamp\":1,\"row\":0,\"User ID\":\"9ae16a3b2f90404f\",\"Tags\":[],\"price\":%s,\"text\":\"\",\"tokens\":[],\"mask\":[]}", odd[i]);
		ok(compare(line, strlen(line)) == 0, "an odd number is left to the long way", line);
	}
}

/* Plain lines with some bytes changed, doubled or taken out, mostly to signs that JSON knows. */
static void test_changed(void)
{
	static const char signs[] = "{}[]\",:\\ 0123456789.eE-+ntfu\tabcdefx\x80\xc3\xff";
	int taken = 0, bad = 0;
	for (uint64_t i = 0; i < 200000 && !bad; i++) {
		struct cp_rng r = cp_rng(1, CP_RNG_TEST, 0, i);
		char line[1024];
		const char *from = plain[cp_rng_below(&r, sizeof plain / sizeof *plain)];
		size_t n = strlen(from);
		memcpy(line, from, n + 1);
		for (uint64_t k = cp_rng_below(&r, 3); k < 3; k++) {
			size_t at = cp_rng_below(&r, n);
			uint64_t how = cp_rng_below(&r, 4);
			if (how == 0 && n > 2)
				memmove(line + at, line + at + 1, n-- - at);
			else if (how == 1)
				memmove(line + at + 1, line + at, ++n - at);
			else
				line[at] = signs[cp_rng_below(&r, sizeof signs - 1)];
		}
		line[n] = 0;
		int rc = compare(line, n);
		taken += rc == 1;
		bad += rc < 0;
		if (bad)
			printf("# %s\n", line);
	}
	ok(!bad, "changed lines: what the short way takes means the same", "");
	ok(taken > 10000, "and it takes many", "");
	printf("# %d of 200000 taken\n", taken);
}

int main(void)
{
	struct cp_err err;
	static const struct { enum cp_type type; const char *name; } column[] = {
		{ CP_LABEL, "label" }, { CP_TIME, "timestamp" }, { CP_ROW, "row" }, { CP_KEY, "User ID" }, { CP_KEYS, "Tags" }, { CP_NUMBER, "price" },
		{ CP_TEXT, "text" }, { CP_TOKENS, "tokens" }, { CP_MASK, "mask" },
	};
	cp_schema_init(&schema);
	for (size_t i = 0; i < sizeof column / sizeof *column; i++)
		cp_schema_add(&schema, column[i].type, column[i].name, &err);
	rows = cp_json_rows_new(&schema);
	open_side(&a, &schema);
	open_side(&b, &schema);
	test_plain();
	test_odd();
	test_changed();
	close_side(&a);
	close_side(&b);
	cp_json_rows_free(rows);
	cp_schema_release(&schema);
	printf("1..%d\n", count);
	return failed > 0;
}
