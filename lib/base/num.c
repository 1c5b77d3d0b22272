#include "base/num.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cp_parse_u64(const char *s, uint64_t *out)
{
	if (!isdigit((unsigned char)*s))
		return -1;
	char *end;
	errno = 0;
	unsigned long long v = strtoull(s, &end, 10);
	if (errno || *end)
		return -1;
	*out = v;
	return 0;
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

int cp_parse_real(const char *s, double *out)
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

const char *cp_print_real(double v, char *buf)
{
	int digits = 1;
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
