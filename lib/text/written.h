/* Numbers as people write them: 1.234,56 or $1,234.56 or 1234,5 kg.
 *
 * How a column writes its numbers is told by one sample: the number 1234.56 as it stands there (1234 where there are no decimals).  What is
 * before its 1 is a prefix, what is behind its last digit a suffix, what parts 1 from 234 the mark of thousands, and what parts 4 from 56 the
 * decimal mark.  All four may be absent.
 *
 *     if (cp_written_check("1.234,56 €", &err) < 0) ...
 *     if (cp_written_plain("1.234,56 €", value, n, buf) < 0) ...		// buf is now a number as strtod reads it
 *
 * A value may lack prefix, suffix, marks of thousands and decimals; a sign stands before or behind the prefix.  A mark of thousands where
 * it does not part three digits from what is before, and the other form's decimal point, are no number: 3.5 is not taken for 35.
 */
#ifndef CP_WRITTEN_H
#define CP_WRITTEN_H

#include <stddef.h>

#include "base/err.h"

enum { CP_WRITTEN_MAX = 64 };

/* Is this the number 1234.56, or 1234, in some form? */
int cp_written_check(const char *sample, struct cp_err *);

/* The value (stripped) in plain digits with a point, ended by NUL; -1 where it is no number of this form or too long.  The sample is a good one. */
int cp_written_plain(const char *sample, const char *p, size_t n, char out[CP_WRITTEN_MAX]);

#endif
