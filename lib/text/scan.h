/* A scanner that cuts rows of CSV into fields where they lie, by vectors: the fast twin of libcsv.
 *
 * Bytes are compared 64 at a time with the characters that matter; where quotes are open is the running parity of their bits (Langdale
 * and Lemire, "Parsing gigabytes of JSON per second", 2019).  What remains are tokens: delimiters, quotes, and the CR and LF outside of
 * quotes.  From these a row's fields are cut, blanks around them dropped, a field in quotes without them.
 *
 * It does not repair, unescape or complain.  A row with anything unusual in it - a quote doubled or misplaced, a CR that is not before
 * LF - is CP_SCAN_HARD, and the caller gives it to libcsv, which knows; so the two can be held against each other (t/fuzz/csv.c).
 *
 *     cp_scan_init(&s, ',');
 *     cp_scan_start(&s, p);                               // a row begins at p
 *     while ((rc = cp_scan_row(&s, end)) == CP_SCAN_ROW)  // bytes [p, end) are in memory
 *             use(s.field, s.n_fields), p = s.row_end;    // the next call goes on behind it
 *     if (rc == CP_SCAN_MORE) ...                         // read more behind end, call again: it goes on where it was
 *
 * Fields point into the bytes.  n_fields is 0 for a blank line.
 */
#ifndef CP_SCAN_H
#define CP_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "text/csv.h"

#define CP_SCAN_BATCH 4096	/* bytes looked at in one go: their tokens stay in the nearest cache */

enum cp_scan_result { CP_SCAN_MORE, CP_SCAN_ROW, CP_SCAN_HARD };

struct cp_scan {
	/* to read */
	struct cp_csv_field *field;	/* of the row */
	size_t n_fields;
	const char *row_end;		/* behind its LF */
	uint64_t n_lines;		/* lines it takes: line ends in quotes, and the last */
	/* kept inside */
	size_t cap;
	char delimiter;
	int state, quoted;		/* of the field in hand; did any field of the row have quotes? */
	const char *row, *from, *close;	/* the row; where the field in hand begins; its closing quote */
	const char *batch, *batch_end;	/* the bytes of the tokens */
	uint64_t inside;		/* all ones if a quote is open at batch_end */
	size_t n_tokens, token;		/* of the batch; the next one */
	uint16_t at[CP_SCAN_BATCH + 64];	/* of each token, from batch on; the kernel writes some in vain */
	uint64_t odd[CP_SCAN_BATCH / 64];	/* bytes that are NUL or no ASCII, a bit each */
};

void cp_scan_init(struct cp_scan *, char delimiter);
void cp_scan_release(struct cp_scan *);

void cp_scan_start(struct cp_scan *, const char *row);
enum cp_scan_result cp_scan_row(struct cp_scan *, const char *end);

/* The row in hand was taken by other means, and the next begins at p.  What is known of the bytes behind it is kept if it agrees. */
void cp_scan_skip(struct cp_scan *, const char *p);

/* The bytes from the row in hand on, which lay at `old`, lie at `now`; the old place is still there. */
void cp_scan_moved(struct cp_scan *, const char *old, const char *now);

/* For who takes the row by other means: one more field, of n bytes; and when all are known, that they lie one behind the other from p on. */
void cp_scan_add(struct cp_scan *, size_t n);
void cp_scan_lay(struct cp_scan *, const char *p);

/* Is it known that the row just cut is ASCII without NUL? */
int cp_scan_is_ascii(const struct cp_scan *);

/* ---- the part that is compiled once a level of the processor: lib/text/simd/scan.c ---- */

/* Counting rows ahead of those who cut them.  Start with { .behind_end = 1, .rows = wanted }.  Right for every input that is as it should be; a
 * misplaced quote or a line of nothing but blanks makes it wrong, so it is good for a guess that is checked. */
struct cp_scan_lines {
	uint64_t inside;		/* all ones if a quote is open */
	uint64_t behind_end;		/* 1 right behind a row's end: an LF there is a blank line */
	uint64_t rows;			/* still to pass */
	uint64_t lines;			/* line ends passed, in quotes or not */
};

struct cp_scan_kernels {
	/* The tokens of p[0, n), n <= CP_SCAN_BATCH; returns how many.  *inside goes on from batch to batch. */
	size_t (*tokens)(const char *p, size_t n, char delimiter, uint64_t *inside, uint16_t *at, uint64_t *odd);
	/* Go through the lines of p[0, n) up to the end of the rows-th row or all of it; returns how far. */
	size_t (*lines)(const char *p, size_t n, struct cp_scan_lines *);
};

const struct cp_scan_kernels *cp_scan_kernels(const char *level);	/* NULL: no such level here */

/* Chosen before main; for tests, to be set while nothing is read. */
extern const struct cp_scan_kernels *cp_scan_in_force;
extern size_t cp_scan_batch;		/* CP_SCAN_BATCH or, so that small inputs meet its ends, less */

#endif
