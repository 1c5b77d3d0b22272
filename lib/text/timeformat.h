/* Time stamps from text, without locale, clock or state: strptime(3) is none of these.
 *
 * A format is "seconds" or "milliseconds" since 1970-01-01 00:00 UTC (whole numbers; milliseconds are floored to seconds), or a pattern of
 *
 *     %Y year of 4 digits     %y of 2 (69 and above: 19xx)    %m month    %d day    %H hour    %M minute    %S second
 *     %b month as Jan..Dec or January..December               %a weekday as Mon..Sun or Monday..Sunday, which must be one and is passed over
 *     %z +hhmm, +hh:mm or Z   %f fraction of a second, digits, passed over          %F %Y-%m-%d   %T %H:%M:%S   %% a percent sign
 *
 * A number takes at most its usual digits and at least one; a space stands for any run of spaces; another character for itself.  What is not
 * said is the first of its kind (1970, January, the 1st, 0 o'clock), UTC.  A time that there is not, the 30th of February, is refused.
 */
#ifndef CP_TIMEFORMAT_H
#define CP_TIMEFORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Is it a format? */
int cp_time_check(const char *format, struct cp_err *);

/* Seconds since 1970 of a stripped value; <0 if it is not of that format.  NULL is "seconds". */
int cp_time_read(const char *format, const char *value, size_t n, int64_t *seconds);

/* Beyond the years 0 to 9999: more likely a time in milliseconds or microseconds. */
int cp_time_is_far(int64_t seconds);

int cp_time_hour(int64_t seconds);		/* 0..23 */
int cp_time_weekday(int64_t seconds);		/* 0: Monday */
extern const char *const cp_weekdays[7];

#endif
