/* No locale: the same text everywhere. */
#include "report/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "stream/schema.h"

char *cp_count_words(uint64_t n, char buf[32])
{
	char digits[32];
	int len = snprintf(digits, sizeof digits, "%" PRIu64, n), to = 0;
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf[to++] = ',';
		buf[to++] = digits[i];
	}
	buf[to] = 0;
	return buf;
}

char *cp_share_words(double share, char buf[32])
{
	if (isnan(share))
		return strcpy(buf, "-");
	if (share > 0 && share < 0.0005)
		return strcpy(buf, "<0.1 %");
	if (share < 1 && share > 0.9995)
		return strcpy(buf, ">99.9 %");
	snprintf(buf, 32, "%.1f %%", 100 * share);
	return buf;
}

char *cp_real_words(double x, char buf[32])
{
	if (isnan(x))
		return strcpy(buf, "-");
	snprintf(buf, 32, "%.4g", x);
	return buf;
}

char *cp_time_words(int64_t t, char buf[32])
{
	struct tm tm;
	if (t == CP_TIME_MISSING)
		return strcpy(buf, "-");
	time_t s = (time_t)(t >= 100000000000 ? t / 1000 : t);
	if (t < 100000000 || t >= 100000000000000 || !gmtime_r(&s, &tm)) {
		snprintf(buf, 32, "%" PRId64, t);
		return buf;
	}
	strftime(buf, 32, "%Y-%m-%d %H:%M:%S", &tm);
	return buf;
}
