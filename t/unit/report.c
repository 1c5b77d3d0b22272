/* lib/report where it cannot be reached from a CSV alone: tallies under growth, times in any order, lists, numbers, weights. */
#include "report/findings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "report/words.h"

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, what);
}

/* ---- tally ---- */

static void tallies(void)
{
	enum { N = 20000, KINDS = 3000 };
	static uint32_t want[KINDS][3];
	struct cp_rng r = cp_rng(1, CP_RNG_TEST, 0, 0);
	struct cp_tally t;
	cp_tally_init(&t, 3);
	for (int i = 0; i < N; i++) {
		uint64_t kind = cp_rng_below(&r, KINDS), slot = cp_rng_below(&r, 3);
		want[kind][slot]++;
		cp_tally_at(&t, kind * 64)[slot].n++;		/* kind 0 is key 0; the others share their low bits */
	}
	size_t at = 0, n = 0, used = 0;
	uint64_t key;
	int good = 1;
	for (const struct cp_count *c; (c = cp_tally_next(&t, &at, &key)); n++)
		for (int s = 0; s < 3; s++)
			good &= c[s].n == want[key / 64][s];
	for (int i = 0; i < KINDS; i++)
		used += want[i][0] + want[i][1] + want[i][2] > 0;
	ok(good && n == used && n == t.n, "a tally counts what a plain array counts, key 0 included");
	ok(!cp_tally_find(&t, 63) && cp_tally_find(&t, 0) && t.n <= t.cap, "what was not counted is not there, and the counts have room");
	cp_tally_release(&t);
}

static void lengths(void)
{
	struct cp_lengths l = {0};
	for (int i = 1; i <= 100; i++)
		cp_lengths_add(&l, (uint64_t)i);
	ok(cp_lengths_quantile(&l, 0.5) == 50 && cp_lengths_quantile(&l, 0.95) == 95 && cp_lengths_quantile(&l, 0) == 1, "quantiles of lengths");
	ok(cp_lengths_mean(&l) == 50.5 && cp_lengths_above(&l, 90) == 10 && cp_lengths_equal(&l, 7) == 1, "mean, above and equal");
	cp_lengths_add(&l, UINT64_C(5000000000));
	ok(l.longest == UINT64_C(5000000000) && cp_lengths_quantile(&l, 1) == l.longest && cp_lengths_above(&l, 100) == 1, "a very long one is told");
	cp_lengths_release(&l);
}

static void times(void)
{
	enum { N = 50000 };
	struct cp_timeline *up = cp_timeline_new(1), *down = cp_timeline_new(1);
	struct cp_period a[CP_PERIODS], b[CP_PERIODS];
	for (int64_t i = 0; i < N; i++) {
		cp_timeline_add(up, (i - N / 2) * 977, 0, 1, i % 3 == 0);
		cp_timeline_add(down, (N - 1 - i - N / 2) * 977, 0, 1, (N - 1 - i) % 3 == 0);
	}
	int n = cp_timeline_periods(up, a), m = cp_timeline_periods(down, b), same = n == m;
	uint64_t rows = 0, pos = 0;
	for (int i = 0; i < n; i++) {
		same &= a[i].from == b[i].from && a[i].to == b[i].to && a[i].n[0] == b[i].n[0] && a[i].pos[0] == b[i].pos[0];
		same &= a[i].from <= a[i].to && (!i || a[i].from > a[i - 1].to);
		rows += a[i].n[0];
		pos += a[i].pos[0];
	}
	ok(same && n == CP_PERIODS, "periods do not depend on the order of rows, and follow each other");
	ok(rows == N && pos == (N + 2) / 3 && a[0].from <= -N / 2 * 977 && a[n - 1].to >= (N - 1 - N / 2) * 977, "and hold every row, times before 1970 too");
	for (int i = 0; i < n; i++) {
		cp_period_release(&a[i]);
		cp_period_release(&b[i]);
	}
	cp_timeline_free(up);
	cp_timeline_free(down);
}

static void words(void)
{
	char buf[32];
	ok(!strcmp(cp_count_words(1000209, buf), "1,000,209") && !strcmp(cp_count_words(999, buf), "999") && !strcmp(cp_count_words(0, buf), "0"),
	   "counts in groups of three");
	ok(!strcmp(cp_time_words(956703932, buf), "2000-04-25 23:05:32") && !strcmp(cp_time_words(956703932000, buf), "2000-04-25 23:05:32") &&
	   !strcmp(cp_time_words(14102100, buf), "14102100") && !strcmp(cp_time_words(CP_TIME_MISSING, buf), "-"), "times in words");
	ok(!strcmp(cp_share_words(0.0001, buf), "<0.1 %") && !strcmp(cp_share_words(0, buf), "0.0 %") && !strcmp(cp_share_words(0.9999, buf), ">99.9 %") &&
	   !strcmp(cp_share_words(1, buf), "100.0 %"), "what is nearly none or all is not told as none or all");
}

/* ---- a profile of lists, numbers and weights ---- */

static struct cp_schema *schema_of(struct cp_schema *s)
{
	struct cp_err err;
	cp_schema_init(s);
	cp_schema_add(s, CP_LABEL, "label", &err);
	cp_schema_add(s, CP_WEIGHT, "weight", &err);
	cp_schema_add(s, CP_KEYS, "Tags", &err);
	cp_schema_add(s, CP_NUMBER, "Price", &err);
	return s;
}

static int add_rows(struct cp_profile *p, const double *label, const double *weight, const uint64_t *tags, const uint32_t *offsets,
		    const double *price, size_t n)
{
	struct cp_err err;
	struct cp_values v[4] = {
		{ .f64 = label, .n_elems = n }, { .f64 = weight, .n_elems = n }, { .u64 = tags, .offsets = offsets, .n_elems = offsets[n] },
		{ .f64 = price, .n_elems = n },
	};
	return cp_profile_block(p, &(struct cp_block){ .n_rows = n, .n_columns = 4, .column = v }, &err);
}

static int has(const struct cp_findings *f, const char *code, const char *column)
{
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->v[i].code, code) && f->v[i].column && !strcmp(f->v[i].column, column))
			return 1;
	return 0;
}

static void check_lists(const struct cp_profile *p)
{
	const struct cp_profile_column *tags = &p->column[2];
	ok(tags->split[0].distinct == 3 && tags->split[0].n_values == 6 && tags->split[0].most == 3 && tags->split[0].once == 1,
	   "members of lists are counted one by one");
	ok(tags->split[0].missing == 1 && tags->split[0].present == 3 && tags->split[0].lengths.longest == 3 && tags->split[0].lengths.sum == 6,
	   "an empty list is a missing one");
	ok(tags->split[1].unseen == 1 && p->split[1].unseen_any == 1, "a list with one new member is a row with an unseen value");
}

static void check_numbers(const struct cp_profile *p, const struct cp_findings *f)
{
	const struct cp_column_split *price = &p->column[3].split[0];
	ok(price->missing == 1 && price->present == 3 && price->quantile[0] == -2 && price->quantile[3] == 5 && price->quantile[6] == 5000,
	   "quantiles of numbers, without those that are missing");
	ok(price->distinct == 3 && price->sum == 5003 && p->column[3].split[1].n_infinite == 1, "infinite ones are counted apart");
	ok(has(f, "infinite", "Price") && has(f, "weights", "weight") && p->column[1].split[0].bad == 1 && p->column[1].split[0].zero == 1,
	   "and told, as are weights that are none");
	ok(p->column[3].auc == 1 && has(f, "leak", "Price"), "a number is its own score");
}

static void profiles(void)
{
	static const double label[4] = { 1, 0, 1, 0 }, weight[4] = { 1, 0, -1, 2 }, price[4] = { 5, -2, 5000, NAN };
	static const double label2[2] = { 1, 0 }, price2[2] = { INFINITY, -3 };
	static const uint64_t tags[6] = { 11, 12, 13, 11, 12, 11 }, tags2[3] = { 11, 99, 12 };
	static const uint32_t at[5] = { 0, 3, 3, 5, 6 }, at2[3] = { 0, 2, 3 };
	struct cp_schema s;
	struct cp_err err;
	struct cp_findings f;
	schema_of(&s);
	struct cp_profile *p = cp_profile_new(&(struct cp_profile_opts){ .n_splits = 2 });
	int rc = cp_profile_split(p, "train", &s, &err);
	rc |= add_rows(p, label, weight, tags, at, price, 4);
	rc |= cp_profile_split(p, "valid", &s, &err);
	rc |= add_rows(p, label2, weight, tags2, at2, price2, 2);
	cp_profile_finish(p);
	cp_findings_make(&f, p, &(struct cp_findings_opts){ .max_tokens = -1 });
	ok(rc == 0 && p->split[0].rows == 4 && p->split[1].labels[1] == 1, "two splits");
	check_lists(p);
	check_numbers(p, &f);
	cp_findings_release(&f);
	cp_profile_free(p);
	cp_schema_release(&s);
}

int main(void)
{
	tallies();
	lengths();
	times();
	words();
	profiles();
	printf("1..%d\n", n_tests);
	return n_failed > 0;
}
