/* Lines of text: any bytes but NUL, CP_LINE_MAX at most.
 *
 *     struct cp_lines in;
 *     if (cp_lines_open(&in, path, err) < 0) return -1;      // "-" or NULL: standard input
 *     while ((rc = cp_lines_next(&in, &s, &n, err)) == 1)    // s[0..n-1], with its newline; the last line may have none
 *             ...
 *     cp_lines_close(&in);
 *
 * Memory: a buffer of a read and the longest line.  A longer line than CP_LINE_MAX, a NUL byte (what holds one is no text), and a file without a
 * byte are errors.
 */
#ifndef CP_LINES_H
#define CP_LINES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

#define CP_LINE_MAX ((size_t)16 << 20)	/* as a row of CSV */

struct cp_lines {
	FILE *f;
	const char *name;	/* what messages call it */
	uint64_t number;	/* of the line that was read last, from 1 */
	char *buf;
	size_t cap, from, to;	/* what is read and not given out: buf[from..to-1] */
};

int cp_lines_open(struct cp_lines *, const char *path, struct cp_err *);
/* 1 and the line, good until the next call; 0 at the end; -1 and a sentence with the line's number. */
int cp_lines_next(struct cp_lines *, const char **s, size_t *n, struct cp_err *);
void cp_lines_close(struct cp_lines *);

#endif
