#include "base/num.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cp_parse_hex16(const char *s, uint64_t *out)
{
	uint64_t v = 0;
	for (int i = 0; i < 16; i++) {
		int digit = cp_hex_digit(s[i]);
		if (digit < 0)
			return -1;
		v = v << 4 | (uint64_t)digit;
	}
	*out = v;
	return 0;
}

int cp_parse_u64_n(const char *s, size_t n, uint64_t *out)
{
	uint64_t v = 0;
	for (size_t i = 0; i < n; i++)
		if (!cp_is_digit(s[i]) || __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(s[i] - '0'), &v))
			return -1;
	*out = v;
	return n ? 0 : -1;
}

int cp_parse_u64(const char *s, uint64_t *out)
{
	return cp_parse_u64_n(s, strlen(s), out);
}

int cp_parse_i64(const char *s, int64_t *out)
{
	if (!isdigit((unsigned char)s[*s == '-']))
		return -1;
	char *end;
	errno = 0;
	long long v = strtoll(s, &end, 10);
	if (errno || *end)
		return -1;
	*out = v;
	return 0;
}

/* ---- reals ----
 *
 * m * 10^e is one operation on two exact doubles, and so rounded once, where m <= 2^53 and |e| <= 22 (Clinger 1990, "How to read
 * floating point numbers accurately", the fast path).  What is beyond that is strtod's. */

#define EXACT_POWER 22
static const double power_of_ten[EXACT_POWER + 1] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
};

/* Digits at s go into *m, as long as it holds them; *n_digits counts them from the first that is not 0. */
static const char *take_digits(const char *s, const char *end, uint64_t *m, int *n_digits)
{
	uint64_t v = *m;
	int n = *n_digits;
	for (; s < end && (unsigned char)(*s - '0') < 10 && n < 19; s++) {
		v = 10 * v + (unsigned char)(*s - '0');
		n += v != 0;
	}
	*m = v;
	*n_digits = n;
	return s;
}

/* The exponent's digits, at most three of them. */
static const char *take_exponent(const char *s, const char *end, int *e)
{
	int minus = s < end && *s == '-', v = 0;
	const char *first = s += minus || (s < end && *s == '+');
	for (; s < end && (unsigned char)(*s - '0') < 10 && s - first < 3; s++)
		v = 10 * v + (*s - '0');
	*e += minus ? -v : v;
	return s == first ? end + 1 : s;
}

/* 1 where the fast path holds. */
static int parse_short(const char *s, const char *end, double *out)
{
	uint64_t m = 0;
	int n_digits = 0, e = 0, minus = *s == '-';
	const char *first = s += minus, *point;
	s = point = take_digits(s, end, &m, &n_digits);
	if (s < end && *s == '.') {
		s = take_digits(s + 1, end, &m, &n_digits);
		if (s - point > 1000)		/* of zeros */
			return 0;
		e = -(int)(s - point - 1);
	}
	if (s - first == (s > point))
		return 0;
	if (s < end && (*s | 32) == 'e')
		s = take_exponent(s + 1, end, &e);
	if (s != end || m > UINT64_C(1) << 53 || e < -EXACT_POWER || e > EXACT_POWER)
		return 0;
	double v = e < 0 ? (double)m / power_of_ten[-e] : (double)m * power_of_ten[e];
	*out = minus ? -v : v;
	return 1;
}

static int parse_long(const char *s, double *out)
{
	if (!*s || strspn(s, "0123456789+-.eE") != strlen(s) || *s == '+')
		return -1;
	char *end;
	double v = strtod(s, &end);
	if (*end || !isfinite(v))
		return -1;
	*out = v;
	return 0;
}

int cp_parse_real_n(const char *s, size_t n, double *out)
{
	char copy[1024];
	if (n && parse_short(s, s + n, out))
		return 0;
	if (n >= sizeof copy || memchr(s, 0, n))
		return -1;
	memcpy(copy, s, n);
	copy[n] = 0;
	return parse_long(copy, out);
}

int cp_parse_real(const char *s, double *out)
{
	return cp_parse_real_n(s, strlen(s), out);
}

const char *cp_print_real(double v, char *buf)
{
	int digits = 1;
	if (fabs(v) < 1e15 && v == (double)(int64_t)v && (v != 0 || !signbit(v))) {	/* what most labels and counts are */
		sprintf(buf, "%lld", (long long)v);
		return buf;
	}
	for (; digits <= 17; digits++) {
		snprintf(buf, 32, "%.*e", digits - 1, v);
		if (strtod(buf, NULL) == v)
			break;
	}
	const char *e = strchr(buf, 'e');
	int exponent = e ? atoi(e + 1) : 0;
	if (e && exponent >= -5 && exponent < 15)	/* plainly, where that is short: 60, not 6e+01 */
		snprintf(buf, 32, "%.*f", digits - 1 > exponent ? digits - 1 - exponent : 0, v);
	else
		snprintf(buf, 32, "%.*g", digits < 17 ? digits : 17, v);
	return buf;
}

/* v = m 2^-shift, m < 2^53; below 1 and not below 10^-4 shift is at most 66, and m 10^12 has 93 bits: so nothing is rounded but once. */
static uint32_t nine_digits(double v, int zeros)
{
	static const uint64_t power[] = { 1000000000, 10000000000, 100000000000, 1000000000000 };
	int e;
	uint64_t m = (uint64_t)ldexp(frexp(v, &e), 53);
	int shift = 53 - e;
	unsigned __int128 p = (unsigned __int128)m * power[zeros], half = (unsigned __int128)1 << (shift - 1), rest = p & (2 * half - 1);
	uint32_t n = (uint32_t)(p >> shift);
	return n + (rest > half || (rest == half && (n & 1)));
}

size_t cp_print_9g(double v, char *buf)
{
	if ((v == 0 && !signbit(v)) || v == 1) {
		memcpy(buf, v == 0 ? "0" : "1", 2);
		return 1;
	}
	if (!(v >= 1e-4 && v < 0.9999999))
		return (size_t)sprintf(buf, "%.9g", v);
	int zeros = (v < 0.1) + (v < 0.01) + (v < 0.001);
	uint32_t n = nine_digits(v, zeros);
	if (n == 1000000000) {		/* rounded up to a power of ten */
		n = 100000000;
		zeros--;
	}
	size_t len = 2 + (size_t)zeros + 9;
	memcpy(buf, "0.000", 5);
	for (size_t i = len; i > len - 9; n /= 10)
		buf[--i] = (char)('0' + n % 10);
	while (buf[len - 1] == '0')
		len--;
	buf[len] = 0;
	return len;
}

int cp_compare_reals(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}
