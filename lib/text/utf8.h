/* UTF-8: is it, where not, and what stands in its place.
 *
 * Well-formed is what table 3-7 of the Unicode standard allows: no surrogates, no overlong forms, nothing past U+10FFFF.  A bad part is
 * maximal in the standard's sense (section 3.9, "U+FFFD Substitution of Maximal Subparts"), so replacing gives the text that most
 * decoders, Python's errors="replace" among them, give.
 */
#ifndef CP_UTF8_H
#define CP_UTF8_H

#include <stddef.h>

#include "base/mem.h"

/* Bytes of the longest well-formed beginning: n where all is well. */
size_t cp_utf8_valid(const char *s, size_t n);

/* Bytes of the character at s, with *good told; where it is bad, of its maximal bad part.  n > 0; 1 to 4. */
size_t cp_utf8_step(const char *s, size_t n, int *good);

/* Append [s, s + n) to buf with U+FFFD for every maximal bad part. */
void cp_utf8_replace(struct cp_buf *buf, const char *s, size_t n);

#endif
