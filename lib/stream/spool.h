/* A file that can be read again: itself where it can be, else its bytes copied to a temporary file without a name (in TMPDIR).
 * Takes f over; NULL and a sentence on failure. */
#ifndef CP_SPOOL_H
#define CP_SPOOL_H

#include <stdio.h>
#include <sys/types.h>

#include "base/err.h"

FILE *cp_spool(FILE *f, const char *name, struct cp_err *);

/* The folder of temporary files: TMPDIR, else /tmp. */
const char *cp_tmpdir(void);

/* A temporary file without a name, for reading and writing. */
FILE *cp_tempfile(struct cp_err *);

/* n bytes at `at` of such a file, whatever its position.  -1 with errno, which is 0 where the file ends before. */
int cp_temp_read(FILE *, void *, size_t n, off_t at);
int cp_temp_write(FILE *, const void *, size_t n, off_t at);

#endif
