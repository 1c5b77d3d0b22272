/* Rows in files are the rows in memory, and the order of training goes over each row once: data FILE, a stream with a label. */
#include "train/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "train/rowfile.h"
#include "train/shuffle.h"

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, what);
}

static void load(struct cp_data *d, const char *path, int times, size_t memory)
{
	struct cp_err err;
	struct cp_reader *r = cp_reader_open(path, &err);
	if (!r) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	int tokens = cp_schema_find(cp_reader_schema(r), CP_TOKENS, "tokens") >= 0;
	cp_reader_close(r);
	*d = (struct cp_data){ .want_keys = 1, .want_labels = 1, .want_tokens = tokens, .want_masks = tokens, .memory = memory };
	int rc = 0;
	while (!rc && times--)
		rc = cp_data_load(d, path, &err);
	if (rc < 0 || cp_data_finish(d, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
}

static void index_by(struct cp_data *d, struct cp_features *v)
{
	struct cp_err err;
	cp_features_init(v, &d->fields);
	ok(cp_data_count(d, v, &err) == 0, "values are counted");
	cp_features_join(v, 2);
	ok(cp_data_index(d, v, &err) == 0, "keys become rows of the table");
}

static int same(const void *a, const void *b, size_t bytes)
{
	return !bytes || !memcmp(a, b, bytes);
}

/* ---- rows ---- */

/* Row i of a and row k of b, wherever in their arrays these begin. */
static int same_row(const struct cp_data *a, size_t i, const struct cp_data *b, size_t k)
{
	size_t n = cp_data_values(a, i);
	if (a->row[i] != b->row[k] || a->label[i] != b->label[k] || n != cp_data_values(b, k))
		return 0;
	if (!same(a->ids + cp_data_first(a, i), b->ids + cp_data_first(b, k), n * sizeof *a->ids) ||
	    !same(cp_data_members(a, i), cp_data_members(b, k), 4 * (size_t)a->n_lists))
		return 0;
	if (!same(cp_data_numbers(a, i), cp_data_numbers(b, k), (size_t)a->n_numbers * sizeof(nn_float)))
		return 0;
	if (!a->want_tokens)
		return 1;
	n = a->token_at[i + 1] - a->token_at[i];
	if (n != b->token_at[k + 1] - b->token_at[k] || !same(a->token + a->token_at[i], b->token + b->token_at[k], n * 4))
		return 0;
	if (!a->pair || !b->pair)
		return a->pair == b->pair;
	n = a->pair_at[i + 1] - a->pair_at[i];
	return n == b->pair_at[k + 1] - b->pair_at[k] && same(a->pair + a->pair_at[i], b->pair + b->pair_at[k], n * 4);
}

/* A pass over b meets a's rows; each also when it is copied, behind another, from the part it was read into. */
static void pass_over(const struct cp_data *a, const struct cp_data *b)
{
	struct cp_err err;
	struct cp_pass p;
	struct cp_data copy;
	const struct cp_data *x;
	size_t at = 0, parts = 0;
	int rc, good = 1;
	cp_pass_init(&p, b);
	cp_part_init(&copy, b);
	while ((rc = cp_pass_next(&p, &x, &err)) == 1) {
		parts++;
		for (size_t k = 0; good && k < x->n; k++) {
			if (k % 100 == 0)
				cp_data_clear(&copy);
			cp_part_copy(&copy, x, k);
			good = same_row(a, at + k, x, k) && same_row(a, at + k, &copy, k % 100);
		}
		at += x->n;
	}
	ok(!rc && good && at == a->n, "every row is the same");
	ok(parts == (b->file ? (b->n + CP_DATA_UNIT - 1) / CP_DATA_UNIT : 1), "in files a unit at a time, in memory all");
	cp_part_release(&copy);
	cp_pass_release(&p);
}

/* Parts that were read from several places, in one. */
static void read_parts(const struct cp_data *a, const struct cp_data *b)
{
	struct cp_err err;
	struct cp_data part;
	size_t n = a->n, from[] = { n / 2, 0, n - 3 }, to[] = { n / 2 + 500, 70, n }, at = 0;
	int good = 1;
	cp_part_init(&part, b);
	for (int i = 0; i < 3; i++)
		good &= cp_part_read(&part, b->file, from[i], to[i], &err) == 0;
	for (int i = 0; i < 3; i++)
		for (size_t k = from[i]; k < to[i]; k++)
			good &= same_row(a, k, &part, at++);
	ok(good && part.n == at, "rows from several places, one behind the other");
	cp_part_release(&part);
}

static void rows(const char *path, size_t memory)
{
	struct cp_data a, b;
	struct cp_features u, v;
	struct cp_err err;
	char x[33], y[33];
	load(&a, path, 2, SIZE_MAX);
	load(&b, path, 2, memory);
	ok(!a.file && b.file && a.n == b.n && a.bytes == b.bytes, "as many rows, of as many bytes, in memory and in files");
	ok(!b.row && !b.keys && !b.token, "in files, none in memory");
	ok(cp_data_digest(&a, x, &err) == 0 && cp_data_digest(&b, y, &err) == 0 && !strcmp(x, y), "one digest");
	index_by(&a, &u);
	index_by(&b, &v);
	ok(u.n_rows == v.n_rows && a.n_unseen == b.n_unseen, "one vocabulary, and as many values without a row");
	pass_over(&a, &a);
	pass_over(&a, &b);
	read_parts(&a, &b);
	cp_features_release(&u);
	cp_features_release(&v);
	cp_data_release(&a);
	cp_data_release(&b);
}

/* ---- order ---- */

static int is_permutation(const uint32_t *v, size_t n)
{
	uint8_t *met = cp_xcalloc(n, 1);
	int good = 1;
	for (size_t i = 0; i < n; i++)
		good &= v[i] < n && !met[v[i]]++;
	free(met);
	return good;
}

/* How many units the rows from..to-1 of the order are of. */
static size_t units_of(const uint32_t *v, size_t from, size_t to, size_t n)
{
	uint8_t *met = cp_xcalloc(n / CP_DATA_UNIT + 1, 1);
	size_t units = 0;
	for (size_t i = from; i < to; i++) {
		uint8_t *m = &met[v[i] / CP_DATA_UNIT];
		units += !*m;
		*m = 1;
	}
	free(met);
	return units;
}

static int origins_hold = 1;

/* Places in the stream, which its row column tells, and the order too. */
static void take(struct cp_shuffle *s, uint64_t epoch, size_t at, size_t n, uint32_t *v)
{
	struct cp_err err;
	const struct cp_data *rows;
	uint32_t *origin = cp_xcalloc(n, sizeof *origin);
	if (cp_shuffle_take(s, epoch, at, n, &rows, v, origin, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	for (size_t i = 0; i < n; i++)
		v[i] = (uint32_t)rows->row[v[i]];
	origins_hold &= same(v, origin, n * sizeof *v);
	free(origin);
}

static void take_all(struct cp_shuffle *s, uint64_t epoch, size_t n, size_t step, uint32_t *v)
{
	for (size_t at = 0; at < n; at += step)
		take(s, epoch, at, n - at < step ? n - at : step, v + at);
}

static void order(const char *path)
{
	enum { UNITS = 3, SEED = 5 };
	struct cp_data d;
	struct cp_shuffle s;
	struct cp_features v;
	load(&d, path, 1, SIZE_MAX);
	uint32_t *a = cp_xcalloc(d.n, sizeof *a), *b = cp_xcalloc(d.n, sizeof *b);
	cp_shuffle_init(&s, &d, SEED);
	take_all(&s, 1, d.n, 100, a);
	ok(is_permutation(a, d.n) && !cp_shuffle_window(&s), "in memory an epoch goes over every row once");
	struct cp_rng r = cp_rng(SEED, CP_RNG_SHUFFLE, 1, 0);
	for (size_t i = 0; i < d.n; i++)
		b[i] = (uint32_t)i;
	for (size_t i = d.n; i > 1; i--) {
		size_t j = cp_rng_below(&r, i);
		uint32_t x = b[i - 1];
		b[i - 1] = b[j];
		b[j] = x;
	}
	ok(same(a, b, d.n * sizeof *a), "and is one shuffle of all of them");
	cp_shuffle_release(&s);
	size_t row = d.bytes / d.n - 8 * (size_t)d.fields.n;	/* ids without keys */
	cp_data_release(&d);

	load(&d, path, 1, UNITS * CP_DATA_UNIT * row);
	index_by(&d, &v);
	cp_shuffle_init(&s, &d, SEED);
	size_t window = cp_shuffle_window(&s), n = d.n;
	ok(d.file && window == UNITS * CP_DATA_UNIT, "in files a window is what fits");
	take_all(&s, 0, n, 100, a);
	ok(is_permutation(a, n), "in files an epoch goes over every row once");
	ok(units_of(a, 0, CP_DATA_UNIT, n) == UNITS && units_of(a, 0, 2 * CP_DATA_UNIT, n) == UNITS, "a window mixes its units, and no others");
	take_all(&s, 0, n, 9973, b);
	ok(same(a, b, n * sizeof *a), "whatever is taken at a time");
	uint32_t one[7];
	int good = 1;
	for (size_t at = n - 7; at > n / 5; at -= n / 5) {
		take(&s, 0, at, 7, one);
		good &= same(one, a + at, sizeof one);
	}
	ok(good, "and from wherever it is gone on");
	take_all(&s, 1, n, 64, b);
	ok(is_permutation(b, n) && units_of(b, 0, 2 * CP_DATA_UNIT, n) == UNITS && memcmp(a, b, n * sizeof *a), "another epoch has another order");
	take(&s, 0, 0, 7, one);
	ok(same(one, a, sizeof one), "back to the one before");
	ok(origins_hold, "all the while it tells which rows they are");
	cp_shuffle_release(&s);
	cp_features_release(&v);
	cp_data_release(&d);
	free(a);
	free(b);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		rows(argv[i], 1000);
	order(argv[1]);
	printf("1..%d\n", n_tests);
	return n_failed > 0;
}
