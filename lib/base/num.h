/* Strict numbers from text: the whole string is the number, or it is refused.  Reals as text, and in order. */
#ifndef CP_NUM_H
#define CP_NUM_H

#include <stddef.h>
#include <stdint.h>

static inline int cp_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A lower-case hexadecimal digit's value, or -1. */
static inline int cp_hex_digit(char c)
{
	return cp_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The 16 such digits that s begins with, as keys and digests are written; <0 where it does not. */
int cp_parse_hex16(const char *s, uint64_t *out);

/* 0 good, <0 not a number of that kind or out of its range.  No sign for u64, no surrounding space, no hex; reals are finite. */
int cp_parse_u64(const char *s, uint64_t *out);
int cp_parse_i64(const char *s, int64_t *out);
int cp_parse_real(const char *s, double *out);

/* The same of n bytes that need no NUL behind them.  A real that is a short decimal, as scores mostly are, costs some nanoseconds; with or
 * without _n it becomes the double that is nearest to the decimal, as strtod does it in the C locale (which the tools never leave, and
 * cp_score enters), nothing is allocated, and one of 1024 bytes or more is refused. */
int cp_parse_u64_n(const char *s, size_t n, uint64_t *out);
int cp_parse_real_n(const char *s, size_t n, double *out);

/* The shortest decimal that reads back as exactly v (17 digits at most); buf holds 32 bytes. Returns buf. */
const char *cp_print_real(double v, char *buf);

/* v as printf's %.9g has it, to the last digit; fast for what scores and labels are.  buf holds 32 bytes.  Its length. */
size_t cp_print_9g(double v, char *buf);

/* For qsort: doubles from the least, none of them NaN. */
int cp_compare_reals(const void *, const void *);

#endif
