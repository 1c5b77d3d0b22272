/* Numbers and times as a person reads them.  Each returns its buffer of 32 bytes. */
#ifndef CP_REPORT_WORDS_H
#define CP_REPORT_WORDS_H

#include <stdint.h>

char *cp_count_words(uint64_t, char buf[32]);		/* 1,000,209 */
char *cp_share_words(double, char buf[32]);		/* 12.3 %, <0.1 %; "-" for NaN */
char *cp_real_words(double, char buf[32]);		/* four digits; "-" for NaN */

/* UTC, where the number can be seconds or milliseconds since 1970 (years 1973 to 5138); else the number itself; "-" for a missing one. */
char *cp_time_words(int64_t, char buf[32]);

#endif
