/* Declarations: what is read, how it is printed, what is refused; times against timegm(3); buckets against their definition. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/rng.h"
#include "text/declare.h"
#include "text/learn.h"
#include "text/timeformat.h"

static int count, failed;

static void ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++count, what);
	failed += !good;
}

static void same(const char *got, const char *want, const char *what)
{
	int good = !strcmp(got, want);
	ok(good, what);
	if (!good)
		printf("# got:      %s\n# expected: %s\n", got, want);
}

/* The text read and printed; or the sentence, in braces. */
static void print_text(const char *text, size_t len, struct cp_buf *b)
{
	struct cp_err err;
	struct cp_declaration *d = cp_declaration_new();
	cp_buf_reset(b);
	if (cp_declaration_read(d, text, len, "f", &err) < 0)
		cp_buf_printf(b, "{%s}", err.msg);
	else
		cp_declaration_print(d, b);
	cp_declaration_free(d);
}

static void check_lines(void)
{
	static const struct { const char *text, *want; } t[] = {
		{ "A: category\n", "A: category\n" }, { "", "" }, { "\n  \n# x\n\t# y: z\nA:list", "A: list\n" }, { "A:\tdrop  # why\r\n", "A: drop\n" },
		{ "\xef\xbb\xbf" "A: text", "A: text\n" },
		{ "B: hour of \r ", "B: hour of \"\r\"\n" },	/* bare, it would end the line */
		{ "A: text\n \xef\xbb\xbfI*: log\n\"\xef\xbb\xbf" "B\": text", "A: text\nI*: log\n\"\xef\xbb\xbf" "B\": text\n" }, { " User ID : category as \"User\"", "User ID: category as User\n" },
		{ "A: list ;", "A: list ;\n" }, { "A: list |", "A: list\n" }, { "A: list \" \"", "A: list \" \"\n" }, { "A: list \"of\"", "A: list \"of\"\n" },
		{ "\"A:*\": category", "\"A:*\": category\n" }, { "\"a \"\"b\"\"\": text", "a \"b\": text\n" }, { "\"#x\": text", "\"#x\": text\n" },
		{ "I*: buckets 10", "I*: buckets 10\n" }, { "I: buckets at -1 0.50 1e3", "I: buckets at -1 0.5 1000\n" }, { "I: buckets at", "I: buckets at\n" },
		{ "I: buckets at -0", "I: buckets at 0\n" }, { "I: buckets log", "I: buckets log\n" }, { "p: log of I missing none", "p: log of I missing none\n" },
		{ "t: time %Y-%m-%d %H:%M:%S", "t: time \"%Y-%m-%d %H:%M:%S\"\n" }, { "t: time milliseconds", "t: time milliseconds\n" },
		{ "h: hour of t %y%m%d%H missing ?", "h: hour of t %y%m%d%H missing ?\n" }, { "w: weekday of \"the time\"", "w: weekday of \"the time\"\n" },
		{ "c: label", "c: label\n" }, { "c: label >= 4", "c: label >= 4\n" }, { "c: label > 2.50", "c: label > 2.5\n" },
		{ "c: label = yes \"no way\"", "c: label = yes \"no way\"\n" }, { "c: category null NA \"\" null2 as B", "c: category as B null NA \"\" null2\n" },
		{ "c: category missing \"\" as c", "c: category missing \"\"\n" }, { "w: weight null -1", "w: weight null -1\n" },
		{ "p: log missing - written \"1 234,56 kg\" as q", "p: log as q written \"1 234,56 kg\" missing -\n" }, { "p: buckets 3 written $1,234", "p: buckets 3 written $1,234\n" },
		{ "p: number written 12,3", "{f: line 1, column 11: written: found '12,3', expected how the column would write 1234.56 (or 1234), such as "
					    "1.234,56 or $1,234.56}" },
		{ "p: list written 1234", "{f: line 1, column 9: written tells how numbers are written; this column is read as something else}" },
		{ "is:gift?: category", "{f: line 1, column 4: no kind 'gift?:'; there are category, list, number, log, standard, buckets, time, hour, weekday, label, "
				       "weight, text and drop; a name that holds a colon is put in double quotes}" },
		{ "A", "{f: line 1, column 1: no ':' in 'A'; a line is NAME: KIND}" }, { "\n: category", "{f: line 2, column 1: the name is empty}" },
		{ "A: categorie", "{f: line 1, column 4: no kind 'categorie'; there are category, list, number, log, standard, buckets, time, hour, weekday, label, "
				  "weight, text and drop}" },
		{ "A: \"category\"", "{f: line 1, column 4: no kind 'category'; there are category, list, number, log, standard, buckets, time, hour, weekday, label, "
				     "weight, text and drop}" },
		{ "A: standard", "A: standard\n" }, { "A*: standard null NA", "A*: standard null NA\n" }, { "A: standard -0 1.50", "A: standard 0 1.5\n" },
		{ "p: standard 1e2 2.5 of I", "p: standard 100 2.5 of I\n" }, { "p: standard as q written 1.234,56", "p: standard as q written 1.234,56\n" },
		{ "A: standard x", "{f: line 1, column 13: standard: found 'x', expected a mean and a deviation}" },
		{ "A: standard 3 null", "{f: line 1, column 15: standard: found 'null', expected a deviation behind the mean}" },
		{ "A: standard 3 0", "{f: line 1, column 15: the deviation 0 is not above 0}" },
		{ "A: standard 3 inf", "{f: line 1, column 15: standard: found 'inf', expected a deviation behind the mean}" },
		{ "A: standard 1 2 3", "{f: line 1, column 17: found '3', expected 'as', 'written', 'missing', 'null' or the end of the line}" },
		{ "A: buckets 1", "{f: line 1, column 12: 1 buckets; there can be 2 to 65536}" },
		{ "A: buckets", "{f: line 1, column 11: buckets: found 'the end of the line', expected how many (buckets 10), 'at' and bounds, or 'log'}" },
		{ "A: buckets at 2 2", "{f: line 1, column 17: the bound 2 is not above the one before it}" },
		{ "A: buckets at x", "{f: line 1, column 15: the bound 'x' is not a number}" },
		{ "A: hour", "{f: line 1, column 8: expected 'of' and the column that holds the time}" },
		{ "A: hour of", "{f: line 1, column 11: of: expected the name of a column}" },
		{ "A: time %Q", "{f: line 1, column 9: time format '%Q': %Q is not known; there are %Y %y %m %d %H %M %S %b %a %z %f %F %T and %%}" },
		{ "A: time %H:%", "{f: line 1, column 9: time format '%H:%': % at the end is not known; there are %Y %y %m %d %H %M %S %b %a %z %f %F %T and %%}" },
		{ "A: time %é-%d", "{f: line 1, column 9: time format '%é-%d': %é is not known; there are %Y %y %m %d %H %M %S %b %a %z %f %F %T and %%}" },
		{ "A: time x", "{f: line 1, column 9: time format 'x': expected seconds, milliseconds, or a pattern such as %Y-%m-%d}" },
		{ "A: category x", "{f: line 1, column 13: found 'x', expected 'as', 'written', 'missing', 'null' or the end of the line}" },
		{ "A: category as B as C", "{f: line 1, column 18: a second 'as' in one line}" }, { "A: category as", "{f: line 1, column 15: as: expected a word}" },
		{ "A: category null", "{f: line 1, column 17: null: expected values}" },
		{ "A*: category as B", "{f: line 1, column 1: one new name for several columns: no 'as' with a glob}" },
		{ "A*: label", "{f: line 1, column 1: only one column can have this role: no glob}" },
		{ "A: category of B as C", "{f: line 1, column 1: a new field is called what its line begins with: no 'as'}" },
		{ "A: label of B", "{f: line 1, column 10: 'of' makes a new field, with a name of its own; this line names columns as they are}" },
		{ "A: label >= x", "{f: line 1, column 13: label: found 'x', expected a number behind the sign}" },
		{ "\"A: category", "{f: line 1, column 1: a quote is opened and never closed}" },
		{ "A: list \"a\"b", "{f: line 1, column 12: text after the closing quote; a quote inside quotes is written twice}" },
		{ "A: \xff", "{f: line 1, column 4: this is not UTF-8}" },
	};
	struct cp_buf b = CP_BUF_INIT, again = CP_BUF_INIT;
	char name[40];
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		print_text(t[i].text, strlen(t[i].text), &b);
		snprintf(name, sizeof name, "declaration %zu", i + 1);
		same(b.data, t[i].want, name);
		if (b.data[0] != '{') {
			print_text(b.data, b.len, &again);
			same(again.data, b.data, "and again");
		}
	}
	print_text("A:\0x", 4, &b);
	same(b.data, "{f: line 1, column 3: a NUL byte; a declaration is text}", "a NUL byte");
	cp_buf_release(&b);
	cp_buf_release(&again);
}

static void check_globs(void)
{
	static const struct { const char *glob, *name; int hit; } t[] = {
		{ "I*", "I1", 1 }, { "I*", "I", 1 }, { "I*", "C1", 0 }, { "*_id", "user_id", 1 }, { "*_id", "user_ids", 0 }, { "*a*b*", "xaybz", 1 },
		{ "*a*b*", "xbya", 0 }, { "?", "\xc3\xa9", 1 }, { "?", "", 0 }, { "??", "\xc3\xa9", 0 }, { "a?c", "abc", 1 }, { "*", "", 1 }, { "a", "ab", 0 },
		{ "*aab", "aaaab", 1 },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		ok(cp_glob_match(t[i].glob, t[i].name) == t[i].hit, t[i].glob);
}

static void one_time(const char *format, const char *value, int64_t want)
{
	int64_t got = INT64_MIN;
	if (cp_time_read(format, value, strlen(value), &got) < 0)
		got = INT64_MIN;
	ok(got == want, value);
	if (got != want)
		printf("# got %lld, expected %lld\n", (long long)got, (long long)want);
}

static void check_times(void)
{
	one_time(NULL, "1413849600", 1413849600);
	one_time(NULL, "-5", -5);
	one_time(NULL, "9223372036854775808", INT64_MIN);
	one_time(NULL, "1.5", INT64_MIN);
	one_time("milliseconds", "-1", -1);
	one_time("milliseconds", "1999", 1);
	one_time("%y%m%d%H", "14102123", 1413932400);
	one_time("%y%m%d%H", "1410212", 1413856800);
	one_time("%y%m%d%H", "14102124", INT64_MIN);
	one_time("%Y-%m-%d %H:%M:%S", "2014-10-21  23:00:00", 1413932400);
	one_time("%Y-%m-%d", "2014-02-29", INT64_MIN);
	one_time("%Y-%m-%d", "2000-02-29", 951782400);
	one_time("%Y-%m-%d", "1900-02-29", INT64_MIN);
	one_time("%FT%T%z", "1969-12-31T23:59:59Z", -1);
	one_time("%F %T%z", "2020-01-02 03:04:05+00", 1577934245);
	one_time("%F %T%z", "2020-01-02 03:04:05-07", 1577934245 + 7 * 3600);
	one_time("%F %T%z", "2020-01-02 03:04:05+05:30", 1577934245 - 5 * 3600 - 1800);
	one_time("%F %T.%f", "1970-01-01 00:00:01.999", 1);
	one_time("%a %b %d %H:%M:%S %z %Y", "Tue Oct 17 13:40:14 -0700 2017", 1508272814);
	one_time("%d %b %y", "1 january 69", 86400 * -365LL);
	one_time("%d %b %y", "1 foo 69", INT64_MIN);
	one_time("%F", "2014-10-21x", INT64_MIN);
	one_time("%H%%", "3%", 10800);
	int good = 1;
	for (int year = 1; year < 3000 && good; year++)
		for (int month = 1; month <= 12; month++) {
			struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = 28, .tm_hour = 5 };
			char buf[32];
			int64_t got, want = timegm(&tm);
			snprintf(buf, sizeof buf, "%04d-%02d-28 05", year, month);
			good &= cp_time_read("%Y-%m-%d %H", buf, strlen(buf), &got) == 0 && got == want && cp_time_hour(got) == 5 &&
				cp_time_weekday(got) == (tm.tm_wday + 6) % 7;
		}
	ok(good, "every month of 3000 years as timegm has it, with its weekday");
}

/* Bounds of rows first, first + step, ... as text. */
static void bounds(const double *v, size_t n, size_t n_buckets, size_t k, int backwards, struct cp_buf *b)
{
	struct cp_learn *l = cp_learn_new(1, 7);
	double bound[64];
	size_t n_values;
	if (k)
		cp_learn_limit(l, k);
	for (size_t i = 0; i < n; i++) {
		size_t row = backwards ? n - 1 - i : i;
		cp_learn_row(l, row, &v[row]);
	}
	size_t n_bounds = cp_learn_bounds(l, 0, n_buckets, bound, &n_values);
	cp_buf_reset(b);
	cp_buf_printf(b, "%zu of %llu:", n_values, (unsigned long long)cp_learn_rows(l));
	for (size_t i = 0; i < n_bounds; i++)
		cp_buf_printf(b, " %g", bound[i]);
	cp_learn_free(l);
}

static void check_buckets(void)
{
	struct cp_buf b = CP_BUF_INIT, c = CP_BUF_INIT;
	double many[1000], few[] = { 5, 1, 1, NAN, 1, 1, 1, 2, 1 }, none[] = { NAN, NAN }, one[] = { 3, 3, 3 };
	for (int i = 0; i < 1000; i++)
		many[i] = (i * 7) % 1000;
	bounds(many, 1000, 4, 0, 0, &b);
	same(b.data, "1000 of 1000: 250 500 750", "quartiles");
	bounds(few, 9, 4, 0, 0, &b);
	same(b.data, "8 of 9: 2", "a frequent value: fewer buckets, none empty");
	bounds(none, 2, 4, 0, 0, &b);
	same(b.data, "0 of 2:", "no value at all");
	bounds(one, 3, 4, 0, 0, &b);
	same(b.data, "3 of 3:", "one value: one bucket");
	bounds(many, 1000, 10, 100, 0, &b);
	bounds(many, 1000, 10, 100, 1, &c);
	same(c.data, b.data, "a sample, the rows from the other end: the same bounds");
	ok(!strncmp(b.data, "100 of 1000: ", 13), "of so many rows");
	double low = 0, sum = 0;
	sscanf(b.data, "100 of 1000: %lf", &low);
	sum = fabs(low - 100);
	ok(sum < 90, "near the quantiles of all");
	/* by definition: the k smallest hashes */
	struct { uint64_t hash; double v; } all[50], t;
	for (int i = 0; i < 50; i++) {
		struct cp_rng r = cp_rng(7, CP_RNG_SAMPLE, 0, (uint64_t)i);
		all[i].hash = cp_rng_u64(&r);
		all[i].v = many[i];
	}
	for (int i = 0; i < 50; i++)
		for (int j = i + 1; j < 50; j++)
			if (all[j].hash < all[i].hash) {
				t.hash = all[i].hash, t.v = all[i].v;
				all[i] = all[j];
				all[j].hash = t.hash, all[j].v = t.v;
			}
	double least = all[0].v, most = all[0].v, got = 0;
	for (int i = 1; i < 2; i++) {
		least = fmin(least, all[i].v);
		most = fmax(most, all[i].v);
	}
	bounds(many, 50, 2, 2, 0, &b);
	sscanf(b.data, "2 of 50: %lf", &got);
	ok(got == most && least < most, "the sample is that of the smallest hashes");
	cp_buf_release(&b);
	cp_buf_release(&c);
}

/* Against the definition; n values, NaN for none. */
static void check_standard(const double *v, size_t n, const char *what)
{
	struct cp_learn *l = cp_learn_new(2, 7);
	double mean, deviation, sum = 0, squares = 0, n_values = 0;
	for (size_t i = 0; i < n; i++) {
		double row[] = { 0, v[i] };
		cp_learn_row(l, i, row);
		sum += isnan(v[i]) ? 0 : v[i];
		n_values += !isnan(v[i]);
	}
	double want = n_values > 0 ? sum / n_values : 0;
	for (size_t i = 0; i < n; i++)
		squares += isnan(v[i]) ? 0 : (v[i] - want) * (v[i] - want);
	double spread = squares > 1e-9 ? sqrt(squares / n_values) : 1;
	ok((double)cp_learn_standard(l, 1, &mean, &deviation) == n_values && fabs(mean - want) <= 1e-12 * fabs(want) && fabs(deviation - spread) <= 1e-12 * spread,
	   what);
	cp_learn_free(l);
}

static void check_standards(void)
{
	double ages[] = { 18, 80, NAN, 35, 35.5, -2 }, same[] = { .1, .1, .1 }, none[] = { NAN, NAN }, far[200];
	for (int i = 0; i < 200; i++)
		far[i] = 1e9 + i % 7;
	check_standard(ages, 6, "mean and deviation by definition, where some are missing");
	check_standard(same, 3, "equal values have the deviation 1");
	check_standard(none, 2, "no value: mean 0, deviation 1");
	check_standard(none, 0, "no row: the same");
	check_standard(far, 200, "values far from 0");
}

int main(void)
{
	check_lines();
	check_globs();
	check_times();
	check_buckets();
	check_standards();
	printf("1..%d\n", count);
	return failed > 0;
}
