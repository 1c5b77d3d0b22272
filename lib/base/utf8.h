/* UTF-8: code points from bytes and back, and whether bytes are any.
 *
 *     size_t i = 0;
 *     while (i < n) { uint32_t c = cp_utf8_next(s, n, &i);  ... }     // never fails: U+FFFD stands for what is not UTF-8
 */
#ifndef CP_UTF8_H
#define CP_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

#define CP_BAD_RUNE UINT32_C(0xFFFD)

/* The code point at s[*i], *i < n; *i moves past it.  A maximal part that begins a well-formed sequence and does not end it, or one byte
 * that begins none, is one U+FFFD (The Unicode Standard, 3.9, "substitution of maximal subparts"; Python's errors="replace"). */
uint32_t cp_utf8_next(const char *s, size_t n, size_t *i);

/* Append s[0..n-1] with U+FFFD for what is not UTF-8. */
void cp_utf8_repair(const char *s, size_t n, struct cp_buf *out);

/* Writes 1 to 4 bytes; returns how many.  c is a code point but no surrogate. */
size_t cp_utf8_put(char out[4], uint32_t c);

/* Is all of it well-formed UTF-8?  *bad is the offset of the first byte that is not, where it is not NULL. */
int cp_utf8_valid(const char *s, size_t n, size_t *bad);

/* Bytes of the byte order mark with which the text begins: 3 or 0. */
size_t cp_utf8_bom(const char *s, size_t n);

#endif
