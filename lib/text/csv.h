/* CSV in, a row at a time (RFC 4180, as libcsv reads it).
 *
 * A row is pulled, not pushed: cp_csv_next() gives its fields as (pointer, length), good until the next call.  The reader keeps the
 * current row and one buffer of input, never more than max_row bytes and what a read brings, so a file of any length passes.
 *
 *     struct cp_csv_opts o = { .delimiter = ',' };
 *     struct cp_csv *r = cp_csv_open(STDIN_FILENO, "standard input", &o, &err);
 *     while ((rc = cp_csv_next(r, &err)) > 0)
 *             for (size_t i = 0; i < r->n_fields; i++) use(r->fields[i].p, r->fields[i].n);
 *     cp_csv_close(r);
 *
 * What is read: rows end with LF, CR LF or the end of the input; a field in double quotes may hold delimiters, line ends and "" for a
 * quote; spaces and tabs around a field are dropped, inside quotes they stay; a line of nothing but those is no row (a lone "" is one);
 * a UTF-8 byte order mark at the start is passed over.  The first row names the columns, unless no_header: then they are f1, f2, ...
 *
 * What is refused, naming file, line and column: a row of too few or too many fields, a quote inside an unquoted field or text after the
 * closing one, a quote never closed, a carriage return alone outside quotes, a NUL byte, bad UTF-8 (or replaced), a row longer than
 * max_row.  After a bad row the next call goes on: behind it if its end is known, else at the line after the one where it started, so
 * that a quote left open costs one line and not the rest of the file.
 */
#ifndef CP_CSV_H
#define CP_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"

#define CP_CSV_MAX_ROW ((size_t)16 << 20)

struct cp_csv_opts {
	char delimiter;			/* 0: ',' */
	int no_header;
	const char *const *names;	/* without a header, what the columns are called; NULL: f1, f2, ... */
	size_t n_names;
	int replace_utf8;		/* U+FFFD for every maximal bad part, instead of a sentence */
	size_t max_row;			/* bytes; 0: CP_CSV_MAX_ROW */
	int by_libcsv;			/* every row; else only those that the scanner leaves to it (scan.h): for comparing the two */
	struct cp_digest *digest;	/* every byte read is added; NULL: none wanted */
};

struct cp_csv_field {
	const char *p;
	size_t n;
};

struct cp_csv {
	/* to read */
	const struct cp_csv_field *fields;	/* of the row; n_fields = n_names always */
	size_t n_fields;
	char **names;			/* of the columns */
	size_t n_names;
	uint64_t line;			/* where the row starts; the first line is 1 */
	uint64_t n_bytes;		/* read so far */
	uint64_t n_rows;		/* good and bad ones so far, without the header */
	int bad_row;			/* after -1: only this row is bad, the next call goes on; 0: the input itself fails */
	const char *file;		/* what messages call it */
	/* kept inside */
	struct cp_csv_state *state;
};

/* Reads the header.  NULL: a sentence (nothing there at all is one).  Does not close fd.  The mem form reads bytes that outlive it. */
struct cp_csv *cp_csv_open(int fd, const char *name, const struct cp_csv_opts *, struct cp_err *);
struct cp_csv *cp_csv_open_mem(const void *data, size_t len, const char *name, const struct cp_csv_opts *, struct cp_err *);
void cp_csv_close(struct cp_csv *);

/* 1 a row, 0 the end, -1 a sentence (see bad_row). */
int cp_csv_next(struct cp_csv *, struct cp_err *);

/* For threads: parts of the same input, which lie in memory, are read by readers of their own.  What r has read and not yet given as rows is
 * handed over by _rest, and r gives no more; the caller reads on from there.  The parts' names are r's, which outlives them.
 *     cp_csv_part_set(part, p, n, line, is_last);              // a row begins at p; is_last: the input ends at p + n
 *     while ((rc = cp_csv_next(part, err)) ...)                 // 0: no whole row is left in p[0, n); n_rows counts from 0 on
 *             cp_csv_part_next(part, &line)                     // where the next row begins, and its line
 */
const char *cp_csv_rest(const struct cp_csv *r, size_t *n, uint64_t *line);
struct cp_csv *cp_csv_part_new(const struct cp_csv *r);
void cp_csv_part_set(struct cp_csv *part, const char *p, size_t n, uint64_t line, int is_last);
size_t cp_csv_part_next(const struct cp_csv *part, uint64_t *line);

/* Does the next row (or the end) come without waiting for more input?  For a filter that answers line by line. */
int cp_csv_ready(const struct cp_csv *);

/* Other names for the columns: those without a header may be given some.  n must be n_names. */
int cp_csv_rename(struct cp_csv *, const char *const *names, size_t n, struct cp_err *);

/* Of a header of one column that holds what others use as a delimiter, the end of a sentence that asks whether it is one here; else "". */
const char *cp_csv_hint(const struct cp_csv *);

/* The one character that --delimiter means: itself, or "\t" or "tab". */
int cp_csv_delimiter(const char *arg, char *out, struct cp_err *);

#endif
