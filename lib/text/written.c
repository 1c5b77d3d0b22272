/* See written.h.  The sample is read again for each value: it is a dozen bytes, and so a declaration stays plain strings. */
#include "text/written.h"

#include <string.h>

#include "base/num.h"
#include "text/scan.h"

struct piece {
	const char *p;
	size_t n;
};

struct form {
	struct piece prefix, suffix, thousands, decimal;
};

/* What stands before the next digit. */
static struct piece gap(const char **at)
{
	struct piece g = { *at, strcspn(*at, "0123456789") };
	*at += g.n;
	return g;
}

static int skip(const char **at, const char *digits)
{
	size_t n = strlen(digits);
	if (strncmp(*at, digits, n))
		return -1;
	*at += n;
	return 0;
}

static int same(struct piece a, struct piece b)
{
	return a.n == b.n && !memcmp(a.p, b.p, a.n);
}

static int parse(const char *sample, struct form *f)
{
	const char *at = sample;
	f->prefix = gap(&at);
	if (skip(&at, "1") < 0)
		return -1;
	f->thousands = gap(&at);
	if (skip(&at, "234") < 0)
		return -1;
	f->decimal = gap(&at);
	f->suffix = f->decimal;
	if (!*at) {
		f->decimal.n = 0;		/* 1234, and what was read is behind it */
	} else {
		if (!f->decimal.n || skip(&at, "56") < 0)
			return -1;
		f->suffix = gap(&at);
	}
	return *at || (f->decimal.n && same(f->decimal, f->thousands)) || memchr(f->prefix.p, '-', f->prefix.n) ? -1 : 0;
}

int cp_written_check(const char *sample, struct cp_err *err)
{
	struct form f;
	if (parse(sample, &f) < 0)
		return cp_err_set(err, "written: found '%.40s', expected how the column would write 1234.56 (or 1234), such as 1.234,56 or $1,234.56", sample);
	return 0;
}

static int starts(const char *p, const char *end, struct piece with)
{
	return with.n && (size_t)(end - p) >= with.n && !memcmp(p, with.p, with.n);
}

/* Digits and their marks of thousands: `whole` is the digits since the last mark, and there must be three of them before the next. */
static const char *copy_whole(const struct form *f, const char *p, const char *end, char **to)
{
	size_t whole = 0;
	int marked = 0;
	for (; p < end; p++, whole++) {
		if (whole && starts(p, end, f->thousands)) {
			if (marked ? whole != 3 : whole > 3)
				return NULL;
			p += f->thousands.n;
			marked = 1;
			whole = 0;
		}
		if (p == end || !cp_is_digit(*p))
			break;
		*(*to)++ = *p;
	}
	return marked && whole != 3 ? NULL : p;
}

static const char *copy_decimals(const struct form *f, const char *p, const char *end, char **to)
{
	if (!starts(p, end, f->decimal))
		return p;
	*(*to)++ = '.';
	for (p += f->decimal.n; p < end && cp_is_digit(*p); p++)
		*(*to)++ = *p;
	return p;
}

int cp_written_plain(const char *sample, const char *p, size_t n, char out[CP_WRITTEN_MAX])
{
	struct form f;
	const char *end = p + n;
	char *to = out;
	if (n + 1 > CP_WRITTEN_MAX || parse(sample, &f) < 0)
		return -1;
	int minus = n && *p == '-';
	p += minus;
	if (starts(p, end, f.prefix))
		p += f.prefix.n;
	if (!minus && p < end && *p == '-') {
		minus = 1;
		p++;
	}
	if (f.suffix.n && (size_t)(end - p) > f.suffix.n && !memcmp(end - f.suffix.n, f.suffix.p, f.suffix.n))
		end -= f.suffix.n;
	size_t rest = (size_t)(end - p);
	cp_strip(&p, &rest);
	end = p + rest;
	if (p == end || !cp_is_digit(*p))
		return -1;
	if (minus)
		*to++ = '-';
	if (!(p = copy_whole(&f, p, end, &to)) || (p = copy_decimals(&f, p, end, &to)) != end)
		return -1;
	*to = 0;
	return 0;
}
