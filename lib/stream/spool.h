/* A file that can be read again: itself where it can be, else its bytes copied to a temporary file without a name (in TMPDIR).
 * Takes f over; NULL and a sentence on failure. */
#ifndef CP_SPOOL_H
#define CP_SPOOL_H

#include <stdio.h>

#include "base/err.h"

FILE *cp_spool(FILE *f, const char *name, struct cp_err *);

#endif
