/* lib/eval against its definitions (every pair counted) and, with a file named, against the reference figures in it. */
#include "eval/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"
#include "eval/order.h"

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, what);
}

static int close_to(double a, double b, double rel)
{
	if (isnan(a) || isnan(b))
		return isnan(a) && isnan(b);
	return fabs(a - b) <= rel * fmax(1e-3, fmax(fabs(a), fabs(b)));
}

/* As printf has it: at powers of ten and their neighbours, where a digit is a tie, and all over. */
static void check_nine_digits(void)
{
	static const double some[] = { 0, -0.0, 1, 0.5, 0.1, 0.01, 1e-3, 1e-4, 9.99999999949e-5, 0.0999999999949, 0.09999999999999999, 0.9999999, 0.99999999949, 2,
				       -0.25, 1e300, INFINITY, NAN };
	struct cp_rng r = cp_rng(5, 0, 0, 0);
	char a[40], b[40];
	int bad = 0;
	for (size_t i = 0; i < 300000; i++) {
		double v = i < 18 ? some[i] : i < 100000 ? cp_rng_real(&r) * pow(10, -(double)(i % 6)) : (double)(cp_rng_u64(&r) % 512 * 2 + 1) / (double)(1024 << i % 4);
		for (int k = 0; k < 3; k++, v = nextafter(v, k == 1 ? 2 : -2)) {
			size_t n = cp_print_9g(v, a);
			snprintf(b, sizeof b, "%.9g", v);
			bad += n != strlen(b) || strcmp(a, b);
		}
	}
	ok(!bad, "nine digits of a score are those of printf");
}

/* The definition, O(n^2). */
static double auc_by_pairs(const double *s, const uint8_t *y, size_t n)
{
	double sum = 0, pairs = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			if (y[i] && !y[j]) {
				sum += s[i] > s[j] ? 1 : s[i] == s[j] ? 0.5 : 0;
				pairs++;
			}
	return pairs > 0 ? sum / pairs : NAN;
}

static double gauc_by_pairs(const double *s, const uint8_t *y, const uint64_t *g, size_t n, uint64_t n_groups)
{
	double *ss = cp_xcalloc(n, sizeof *ss), sum = 0, rows = 0;
	uint8_t *yy = cp_xcalloc(n, 1);
	for (uint64_t k = 0; k < n_groups; k++) {
		size_t m = 0;
		for (size_t i = 0; i < n; i++)
			if (g[i] == k) {
				ss[m] = s[i];
				yy[m++] = y[i];
			}
		double a = auc_by_pairs(ss, yy, m);
		if (!isnan(a)) {
			sum += (double)m * a;
			rows += (double)m;
		}
	}
	free(ss);
	free(yy);
	return sum / rows;
}

/* Variance of the components by the definition, each component counted over all rows of the other class. */
static double delong_by_pairs(const double *s, const uint8_t *y, size_t n)
{
	double auc = auc_by_pairs(s, y, n), var = 0;
	for (int class = 0; class < 2; class++) {
		double squares = 0, m = 0;
		for (size_t i = 0; i < n; i++) {
			if (y[i] != class)
				continue;
			double v = 0, others = 0;
			for (size_t j = 0; j < n; j++)
				if (y[j] != class) {
					double d = class ? s[i] - s[j] : s[j] - s[i];
					v += d > 0 ? 1 : d == 0 ? 0.5 : 0;
					others++;
				}
			squares += (v / others - auc) * (v / others - auc);
			m++;
		}
		var += squares / (m - 1) / m;
	}
	return var;
}

static void against_definition(int levels)
{
	enum { N = 700, G = 40 };
	static double s[N];
	static uint8_t y[N];
	static uint64_t g[N];
	struct cp_rng r = cp_rng(7, CP_RNG_TEST, (uint64_t)levels, 0);
	for (size_t i = 0; i < N; i++) {
		y[i] = cp_rng_real(&r) < 0.3;
		s[i] = cp_rng_normal(&r) + 0.5 * y[i];
		if (levels)
			s[i] = floor(s[i] * levels) / levels + 0.0;
		g[i] = cp_rng_below(&r, G);
	}
	char name[100];
	struct cp_delong d;
	struct cp_gauc gauc;
	cp_delong(&d, s, y, N);
	cp_gauc(&gauc, s, y, g, N, NULL);
	snprintf(name, sizeof name, "every pair counted, %s", levels ? "many ties" : "no ties");
	ok(cp_auc(s, y, N) == auc_by_pairs(s, y, N) && close_to(d.var, delong_by_pairs(s, y, N), 1e-12) &&
	   close_to(gauc.gauc, gauc_by_pairs(s, y, g, N, G), 1e-13), name);
}

static void orders(void)
{
	static const double s[] = { -INFINITY, -1e300, -2, -1, -1e-310, 0, 1e-310, 1e-17, 0.1, 0.5, 1, 2, 1e300, INFINITY };
	size_t n = sizeof s / sizeof *s;
	int good = cp_ordered_bits(-0.0) == cp_ordered_bits(0.0);
	for (size_t i = 1; i < n; i++)
		good &= cp_ordered_bits(s[i - 1]) < cp_ordered_bits(s[i]);
	ok(good, "keys keep the order of doubles, and -0 is 0");
	double a[4] = { -0.0, 0.0, 3, -3 };
	uint8_t y[4] = { 1, 0, 1, 0 };
	ok(cp_auc(a, y, 4) == 3.5 / 4, "-0 and 0 tie");
}

/* --- The bootstrap by its definition ------------------------------------------------------------------------------------------------ */

#define REPLICATES 101

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Replicate k: the rows themselves, as often as their group was drawn. */
static double redrawn(const double *s, const uint8_t *y, const uint64_t *g, size_t n, size_t n_groups, uint64_t seed, int k)
{
	struct cp_rng r = cp_rng(seed, CP_RNG_BOOTSTRAP, 0, (uint64_t)k);
	size_t most = n * n_groups, m = 0;
	double *ss = cp_xcalloc(most, sizeof *ss);
	uint8_t *yy = cp_xcalloc(most, 1);
	for (size_t d = 0; d < n_groups; d++) {
		uint64_t drawn = cp_rng_below(&r, n_groups);
		for (size_t i = 0; i < n; i++)
			if (g[i] == drawn) {
				ss[m] = s[i];
				yy[m++] = y[i];
			}
	}
	double a = auc_by_pairs(ss, yy, m);
	free(ss);
	free(yy);
	return a;
}

static int same_interval(const struct cp_interval *got, double *v, size_t n)
{
	double mean = 0, square = 0, at[2] = { 0.025, 0.975 }, q[2];
	size_t m = 0;
	for (size_t i = 0; i < n; i++)
		if (!isnan(v[i]))
			v[m++] = v[i];
	for (size_t i = 0; i < m; i++)
		mean += v[i] / (double)m;
	for (size_t i = 0; i < m; i++)
		square += (v[i] - mean) * (v[i] - mean);
	qsort(v, m, sizeof *v, by_value);
	for (int k = 0; k < 2; k++) {
		double place = at[k] * (double)(m - 1), below = floor(place);
		q[k] = v[(size_t)below] + (place - below) * (v[(size_t)ceil(place)] - v[(size_t)below]);
	}
	return got->n == m && close_to(got->se, sqrt(square / (double)(m - 1)), 1e-12) && close_to(got->lo, q[0], 1e-12) && close_to(got->hi, q[1], 1e-12);
}

/* Groups in the order of their numbers, the k-th of 1 + k % 4 rows; few groups leave some replicates without one of the classes. */
static void bootstrap(size_t n_groups)
{
	double s[120], s2[120], a[REPLICATES], d[REPLICATES];
	uint8_t y[120];
	uint64_t g[120];
	size_t n = 0;
	char what[160];
	struct cp_rng r = cp_rng(n_groups, CP_RNG_TEST, 0, 0);
	struct cp_bootstrap b;
	for (size_t k = 0; k < n_groups; k++)
		for (size_t i = 0; i < 1 + k % 4; i++, n++) {
			s[n] = (double)cp_rng_below(&r, 9) / 9;
			s2[n] = (double)cp_rng_below(&r, 50) / 50;
			y[n] = k < 2 ? (uint8_t)k : cp_rng_real(&r) < 0.2 + 0.5 * s[n];
			g[n] = k;
		}
	cp_bootstrap(&b, s, s2, y, g, n, REPLICATES, 7, NULL);
	for (int k = 0; k < REPLICATES; k++) {
		a[k] = redrawn(s, y, g, n, n_groups, 7, k);
		d[k] = a[k] - redrawn(s2, y, g, n, n_groups, 7, k);
	}
	snprintf(what, sizeof what, "bootstrap of %zu groups: standard error, quantiles and paired difference are those of rows drawn again", n_groups);
	ok(b.n_groups == n_groups && same_interval(&b.auc, a, REPLICATES) && same_interval(&b.diff, d, REPLICATES), what);
}

/* --- Bins by their definition -------------------------------------------------------------------------------------------------------- */

static size_t bin_by_definition(const double *s, size_t n, size_t i, int n_bins, int by_width)
{
	size_t below = 0;
	for (size_t j = 0; j < n; j++)
		below += s[j] < s[i];
	size_t bin = by_width ? (size_t)(s[i] * n_bins) : below * (size_t)n_bins / n;
	return bin < (size_t)n_bins ? bin : (size_t)n_bins - 1;
}

static int same_bin(const struct cp_bin *b, const double *s, const uint8_t *y, size_t n, size_t k, int n_bins, int by_width, double *gap)
{
	size_t m = 0, positives = 0;
	double sum = 0, lowest = INFINITY, highest = -INFINITY;
	for (size_t i = 0; i < n; i++)
		if (bin_by_definition(s, n, i, n_bins, by_width) == k) {
			m++;
			positives += y[i];
			sum += s[i];
			lowest = fmin(lowest, s[i]);
			highest = fmax(highest, s[i]);
		}
	if (b->n != m || b->positives != positives)
		return 0;
	if (!m)
		return isnan(b->rate) && isnan(b->mean_score);
	*gap += fabs(sum - (double)positives) / (double)n;
	return b->lowest == lowest && b->highest == highest && close_to(b->mean_score, sum / (double)m, 1e-12) &&
	       close_to(b->rate, (double)positives / (double)m, 1e-12);
}

static void bins(int levels, int n_bins, int by_width)
{
	double s[100], gap = 0;
	uint8_t y[100];
	char what[160];
	struct cp_rng r = cp_rng((uint64_t)levels, CP_RNG_TEST, 1, 0);
	struct cp_measures m;
	int same = 1;
	for (size_t i = 0; i < 100; i++) {
		s[i] = levels ? (double)cp_rng_below(&r, (uint64_t)levels) / levels : ((double)(i * 37 % 100) + 0.5) / 100;
		y[i] = cp_rng_real(&r) < s[i] * s[i];
	}
	cp_measure(&m, s, y, 100, &(struct cp_measure_opts){ n_bins, by_width }, NULL);
	for (int k = 0; k < n_bins; k++)
		same &= same_bin(&m.bin[k], s, y, 100, (size_t)k, n_bins, by_width, &gap);
	snprintf(what, sizeof what, "%d bins of equal %s of %s: rows, range, means, and ECE their gaps weighed by rows", n_bins, by_width ? "width" : "count",
		 levels ? "ties" : "different scores");
	ok(same && m.n_bins == n_bins && close_to(m.ece, gap, 1e-12), what);
	cp_measures_release(&m);
}

static void undefined(void)
{
	double s[3] = { 0.1, 0.9, 0.5 }, nan[3] = { 0.1, NAN, 0.5 }, out[3] = { 0.1, 1.5, 0.5 };
	uint8_t one[3] = { 1, 1, 1 }, y[3] = { 0, 1, 1 };
	struct cp_delong d;
	cp_delong(&d, s, y, 3);
	ok(isnan(cp_auc(s, one, 3)) && isnan(cp_auc(s, y, 0)) && isnan(cp_auc(nan, y, 3)), "AUC of one class, of nothing, of NaN is NaN");
	ok(isnan(cp_logloss(out, y, 3)) && isnan(cp_logloss(nan, y, 3)) && isnan(cp_logloss(s, y, 0)), "log loss of what is no probability is NaN");
	ok(d.auc == 1 && isnan(d.var) && isnan(d.lo), "DeLong needs two of each class");
}

/* ---- numbers ---- */

static void print_random(struct cp_rng *r, char *out, size_t size)
{
	int digits = (int)cp_rng_below(r, 20);
	double v = ldexp((double)cp_rng_u64(r), (int)cp_rng_below(r, 130) - 110) * (cp_rng_below(r, 8) ? 1 : -1);
	static const char *const form[] = { "%.*f", "%.*e", "%.*g", "%#.*g" };
	if (cp_rng_below(r, 4) == 0)
		v = cp_rng_real(r);
	snprintf(out, size, form[cp_rng_below(r, 4)], digits, v);
	size_t n = strlen(out);
	if (n && cp_rng_below(r, 16) == 0)		/* what may be no number any more */
		out[cp_rng_below(r, n)] = "0123456789.-+e "[cp_rng_below(r, 15)];
}

static void numbers(uint64_t n)
{
	struct cp_rng r = cp_rng(3, CP_RNG_TEST, 0, n);
	uint64_t same = 0;
	char text[200];
	for (uint64_t i = 0; i < n; i++) {
		print_random(&r, text, sizeof text);
		char *end;
		double want = strtod(text, &end), got = -77, whole = -77;
		int is_number = *text && strspn(text, "0123456789+-.eE") == strlen(text) && *text != '+' && !*end && isfinite(want);
		int rc = cp_parse_real_n(text, strlen(text), &got), rc_whole = cp_parse_real(text, &whole);
		int good = is_number ? rc == 0 && rc_whole == 0 && !memcmp(&got, &want, 8) && !memcmp(&whole, &want, 8) : rc < 0 && rc_whole < 0;
		if (!good)
			printf("# '%s': strtod %.17g, here %.17g\n", text, want, got);
		same += (uint64_t)good;
	}
	ok(same == n, "numbers are read as strtod reads them, and what is none is refused");
}

/* ---- the reference file ---- */

static double number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	return json_is_number(v) ? json_number_value(v) : NAN;
}

static double *reals(const json_t *array)
{
	double *v = cp_xcalloc(json_array_size(array), sizeof *v);
	for (size_t i = 0; i < json_array_size(array); i++)
		v[i] = json_number_value(json_array_get(array, i));
	return v;
}

static void check_figure(const char *name, const char *what, double got, double want)
{
	char line[200];
	snprintf(line, sizeof line, "%s %s: %.17g, expected %.17g", name, what, got, want);
	ok(close_to(got, want, 1e-10), line);
}

static void check_interval(const char *name, const json_t *expect, const double *s, const uint8_t *y, size_t n)
{
	const json_t *e = json_object_get(expect, "delong"), *ci = json_object_get(e, "ci95");
	struct cp_delong d;
	cp_delong(&d, s, y, n);
	check_figure(name, "var", d.var, number(e, "var"));
	check_figure(name, "se", d.se, number(e, "se"));
	check_figure(name, "lo", d.lo, ci ? json_number_value(json_array_get(ci, 0)) : NAN);
	check_figure(name, "hi", d.hi, ci ? json_number_value(json_array_get(ci, 1)) : NAN);
}

static void check_pair(const char *name, const json_t *expect, const double *s, const double *s2, const uint8_t *y, size_t n)
{
	const json_t *e = json_object_get(expect, "paired_delong");
	struct cp_delong_pair d;
	cp_delong_pair(&d, s, s2, y, n, NULL);
	check_figure(name, "auc2", d.auc2, number(expect, "auc2"));
	check_figure(name, "logloss2", cp_logloss(s2, y, n), number(expect, "logloss2"));
	check_figure(name, "var_diff", d.var_diff, number(e, "var_diff"));
	check_figure(name, "cov", d.cov, number(e, "cov"));
	check_figure(name, "z", d.z, number(e, "z"));
	check_figure(name, "p", d.p, number(e, "p"));
}

static void check_groups(const char *name, const json_t *expect, const double *s, const uint8_t *y, const double *groups, size_t n)
{
	uint64_t *g = cp_xcalloc(n, sizeof *g);
	struct cp_gauc out;
	for (size_t i = 0; i < n; i++)
		g[i] = (uint64_t)groups[i];
	cp_gauc(&out, s, y, g, n, NULL);
	check_figure(name, "gauc", out.gauc, number(expect, "gauc"));
	check_figure(name, "gauc groups", (double)out.n_groups, number(expect, "gauc_groups_used"));
	check_figure(name, "gauc rows", (double)out.n_rows, number(expect, "gauc_rows_used"));
	free(g);
}

static void check_case(const json_t *c)
{
	const char *name = json_string_value(json_object_get(c, "name"));
	const json_t *expect = json_object_get(c, "expect");
	size_t n = json_array_size(json_object_get(c, "labels"));
	double *labels = reals(json_object_get(c, "labels")), *s = reals(json_object_get(c, "scores"));
	double *s2 = reals(json_object_get(c, "scores2")), *groups = reals(json_object_get(c, "groups"));
	uint8_t *y = cp_xcalloc(n, 1);
	for (size_t i = 0; i < n; i++)
		y[i] = labels[i] > 0;
	check_figure(name, "auc", cp_auc(s, y, n), number(expect, "auc"));
	check_figure(name, "logloss", cp_logloss(s, y, n), number(expect, "logloss"));
	check_interval(name, expect, s, y, n);
	check_groups(name, expect, s, y, groups, n);
	if (json_object_get(c, "scores2"))
		check_pair(name, expect, s, s2, y, n);
	free(labels);
	free(s);
	free(s2);
	free(groups);
	free(y);
}

static void check_ttest(const json_t *c)
{
	const char *name = json_string_value(json_object_get(c, "name"));
	double *a = reals(json_object_get(c, "auc_a")), *b = reals(json_object_get(c, "auc_b"));
	struct cp_ttest t;
	cp_ttest_paired(&t, a, b, json_array_size(json_object_get(c, "auc_a")));
	check_figure(name, "mean", t.mean_diff, number(c, "mean_diff"));
	check_figure(name, "sd", t.sd_diff, number(c, "sd_diff"));
	check_figure(name, "t", t.t, number(c, "t"));
	check_figure(name, "p", t.p, number(c, "p_two_sided"));
	free(a);
	free(b);
}

static void against_reference(const char *path)
{
	json_error_t e;
	json_t *top = json_load_file(path, 0, &e), *c;
	size_t i;
	ok(top != NULL, "the reference file is read");
	json_array_foreach(json_object_get(top, "cases"), i, c)
		check_case(c);
	json_array_foreach(json_object_get(top, "paired_ttest"), i, c)
		check_ttest(c);
	json_decref(top);
}

int main(int argc, char **argv)
{
	orders();
	against_definition(0);
	against_definition(2);
	against_definition(20);
	bootstrap(2);
	bootstrap(7);
	bootstrap(40);
	for (int by_width = 0; by_width < 2; by_width++) {
		bins(0, 100, by_width);
		bins(0, 7, by_width);
		bins(13, 5, by_width);
		bins(3, 10, by_width);
	}
	undefined();
	check_nine_digits();
	numbers(argc > 2 ? strtoull(argv[2], NULL, 10) : 20000);	/* more by hand */
	if (argc > 1)
		against_reference(argv[1]);
	printf("1..%d\n", n_tests);
	return n_failed > 0;
}
