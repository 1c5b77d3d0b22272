/* Temporary files that nobody else can open and that are gone with the process.
 *
 *     FILE *f = cp_tempfile(err);
 *     if (!f || cp_temp_write(f, v, n * sizeof *v, 0) < 0) ...
 *     fclose(f);
 */
#ifndef CP_TEMPFILE_H
#define CP_TEMPFILE_H

#include <stdio.h>
#include <sys/types.h>

#include "base/err.h"

/* The folder of temporary files: TMPDIR, else /tmp. */
const char *cp_tmpdir(void);

/* A temporary file without a name, for reading and writing. */
FILE *cp_tempfile(struct cp_err *);

/* n bytes at `at` of such a file, whatever its position.  -1 with errno, which is 0 where the file ends before. */
int cp_temp_read(FILE *, void *, size_t n, off_t at);
int cp_temp_write(FILE *, const void *, size_t n, off_t at);

#endif
