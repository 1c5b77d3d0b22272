#include "text/timeformat.h"

#include <string.h>

#include "base/utf8.h"

const char *const cp_weekdays[7] = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday" };

static const char *const months[12] = { "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
					"December" };

struct moment {
	int year, month, day, hour, minute, second, zone;	/* zone: seconds east of UTC */
};

/* ---- the calendar ---- */

static int is_leap(int y)
{
	return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

/* Days from 1970-01-01 to that of the proleptic Gregorian calendar, by whole years of 365 days and the leap days before them. */
static int64_t days_to(int y, int month, int day)
{
	static const short before[12] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int p = y - 1;			/* years that have passed; y >= 0, and year 0 is leap */
	int64_t leaps = y ? p / 4 - p / 100 + p / 400 + 1 : 0;
	return (int64_t)y * 365 + leaps + before[month - 1] + (month > 2 && is_leap(y)) + day - 1 - 719528;
}

static int days_of(int y, int month)
{
	static const char days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return days[month - 1] + (month == 2 && is_leap(y));
}

static int to_seconds(const struct moment *m, int64_t *out)
{
	if (m->month < 1 || m->month > 12 || m->day < 1 || m->day > days_of(m->year, m->month) || m->hour > 23 || m->minute > 59 || m->second > 60)
		return -1;
	*out = 86400 * days_to(m->year, m->month, m->day) + 3600 * m->hour + 60 * m->minute + m->second - m->zone;
	return 0;
}

/* ---- reading ---- */

/* At most `digits` digits at *p; <0 if there is none. */
static int number(const char **p, const char *end, int digits, int *out)
{
	const char *from = *p;
	*out = 0;
	for (; *p < end && *p < from + digits && **p >= '0' && **p <= '9'; ++*p)
		*out = 10 * *out + (**p - '0');
	return *p > from ? 0 : -1;
}

static int is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Which of n names begins at *p, whole or by its first three letters; letters' case does not matter.  -1: none. */
static int name(const char **p, const char *end, const char *const *names, int n)
{
	size_t len = 0;
	while (*p + len < end && is_letter((*p)[len]))
		len++;
	for (int i = 0; i < n; i++)
		if ((len == 3 || len == strlen(names[i])) && !strncasecmp(*p, names[i], len)) {
			*p += len;
			return i;
		}
	return -1;
}

/* Just two digits. */
static int two_digits(const char **p, const char *end, int *out)
{
	const char *from = *p;
	return number(p, end, 2, out) < 0 || *p - from != 2 ? -1 : 0;
}

/* Z, +hh, +hhmm or +hh:mm. */
static int zone(const char **p, const char *end, int *seconds)
{
	int hours, minutes = 0, sign;
	if (*p < end && **p == 'Z') {
		++*p;
		return 0;
	}
	if (*p == end || (**p != '+' && **p != '-'))
		return -1;
	sign = *(*p)++ == '-' ? -1 : 1;
	if (two_digits(p, end, &hours) < 0)
		return -1;
	int colon = *p < end && **p == ':';
	*p += colon;
	if ((colon || (*p < end && **p >= '0' && **p <= '9')) && two_digits(p, end, &minutes) < 0)
		return -1;
	if (hours > 23 || minutes > 59)
		return -1;
	*seconds = sign * (3600 * hours + 60 * minutes);
	return 0;
}

static int read_pattern(const char *f, const char **p, const char *end, struct moment *m);

static int read_fraction(const char **p, const char *end)
{
	int digit, n = 0;
	while (number(p, end, 1, &digit) == 0)
		n++;
	return n ? 0 : -1;
}

static int read_year_of_two(const char **p, const char *end, int *year)
{
	if (number(p, end, 2, year) < 0)
		return -1;
	*year += *year >= 69 ? 1900 : 2000;
	return 0;
}

static int read_letter(char c, const char **p, const char *end, struct moment *m)
{
	switch (c) {
	case 'Y': return number(p, end, 4, &m->year);
	case 'y': return read_year_of_two(p, end, &m->year);
	case 'm': return number(p, end, 2, &m->month);
	case 'd': return number(p, end, 2, &m->day);
	case 'H': return number(p, end, 2, &m->hour);
	case 'M': return number(p, end, 2, &m->minute);
	case 'S': return number(p, end, 2, &m->second);
	case 'b': return (m->month = 1 + name(p, end, months, 12)) > 0 ? 0 : -1;
	case 'a': return name(p, end, cp_weekdays, 7) >= 0 ? 0 : -1;
	case 'z': return zone(p, end, &m->zone);
	case 'f': return read_fraction(p, end);
	case 'F': return read_pattern("%Y-%m-%d", p, end, m);
	case 'T': return read_pattern("%H:%M:%S", p, end, m);
	case '%': return *p < end && *(*p)++ == '%' ? 0 : -1;
	}
	return -1;
}

static int read_pattern(const char *f, const char **p, const char *end, struct moment *m)
{
	for (; *f; f++) {
		if (*f == ' ') {
			const char *from = *p;
			while (*p < end && **p == ' ')
				++*p;
			if (*p == from)
				return -1;
		} else if (*f != '%') {
			if (*p == end || *(*p)++ != *f)
				return -1;
		} else if (read_letter(*++f, p, end, m) < 0)
			return -1;
	}
	return 0;
}

/* A whole number, of any sign, in the range of its type less the value that means "missing". */
static int read_whole(const char *p, const char *end, int64_t *out)
{
	int minus = p < end && *p == '-';
	int64_t v = 0;
	if ((p += minus) == end)
		return -1;
	for (; p < end; p++)
		if (*p < '0' || *p > '9' || __builtin_mul_overflow(v, (int64_t)10, &v) || __builtin_add_overflow(v, (int64_t)(*p - '0'), &v))
			return -1;
	*out = minus ? -v : v;
	return 0;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int cp_time_read(const char *format, const char *value, size_t n, int64_t *seconds)
{
	const char *p = value, *end = value + n;
	if (!format || !strcmp(format, "seconds"))
		return read_whole(p, end, seconds);
	if (!strcmp(format, "milliseconds")) {
		if (read_whole(p, end, seconds) < 0)
			return -1;
		*seconds = floor_div(*seconds, 1000);
		return 0;
	}
	struct moment m = { .year = 1970, .month = 1, .day = 1 };
	if (read_pattern(format, &p, end, &m) < 0 || p != end)
		return -1;
	return to_seconds(&m, seconds);
}

/* What stands behind the % at `at`: a character of UTF-8, or nothing. */
static int unknown_directive(const char *format, const char *at, struct cp_err *err)
{
	size_t n = 0;
	if (*at)
		cp_utf8_next(at, strlen(at), &n);
	return cp_err_set(err, "time format '%.60s': %%%.*s%s is not known; there are %%Y %%y %%m %%d %%H %%M %%S %%b %%a %%z %%f %%F %%T and %%%%", format,
			  (int)n, at, n ? "" : " at the end");
}

int cp_time_check(const char *format, struct cp_err *err)
{
	int says = 0;
	if (!strcmp(format, "seconds") || !strcmp(format, "milliseconds"))
		return 0;
	for (const char *f = format; *f; f++)
		if (*f == '%') {
			if (!*++f || !strchr("YymdHMSbazfFT%", *f))
				return unknown_directive(format, f, err);
			says |= *f != '%' && *f != 'a' && *f != 'f' && *f != 'z';
		}
	if (!says)
		return cp_err_set(err, "time format '%.60s': expected seconds, milliseconds, or a pattern such as %%Y-%%m-%%d", format);
	return 0;
}

int cp_time_is_far(int64_t seconds)
{
	return seconds < INT64_C(-62167219200) || seconds >= INT64_C(253402300800);
}

int cp_time_hour(int64_t seconds)
{
	return (int)(((seconds % 86400) + 86400) % 86400 / 3600);
}

int cp_time_weekday(int64_t seconds)
{
	int64_t day = floor_div(seconds, 86400);
	return (int)(((day + 3) % 7 + 7) % 7);	/* 1970-01-01 was a Thursday */
}
