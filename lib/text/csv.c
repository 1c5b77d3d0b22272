/* CSV rows, cut in place by the scanner (scan.h), or, where it finds a row hard, pulled from libcsv line by line.
 *
 * libcsv pushes: it calls back for every field and row of whatever bytes it is given, and does not say where in them it is.  So it is
 * given one physical line at a time, until it reports the end of a row: that makes it a pull parser and gives exact line numbers for
 * nothing.  It has the last word on what a row is and on every fault; t2000 and t/fuzz/csv.c hold the two ways against each other.
 *
 * It does not guess: not the delimiter, not the encoding, not what a stray quote was meant to be.
 */
#include "text/csv.h"

#include <csv.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "text/scan.h"

#define CHUNK ((size_t)256 << 10)
#define STRICT (CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL)	/* REPALL_NL: blank lines are reported, else they look like open rows */

struct cp_csv_state {
	struct cp_csv_opts o;
	struct csv_parser parser;
	int fd;				/* -1: all is in buf, which is not ours */
	int eof;
	int is_part, wants_more;	/* a part: names are another's, and what follows buf is not here */
	char *buf;
	size_t cap, end;		/* buf[0, end) has been read */
	size_t row;			/* offset of the row in hand; it is behind it when the row is done with */
	size_t row_len;			/* bytes of it, line end included */
	uint64_t next_line;		/* line number of what follows the row */

	struct cp_scan scan;		/* and its fields, by whomever they are found */
	struct cp_buf text;		/* what libcsv made of the fields */
	struct cp_buf fixed;		/* fields with replaced bytes */
	int done, stray;		/* libcsv: a row has ended; and more came after it, on the same line */
	int is_ascii;			/* no byte of the row needs a look */
	enum { BY_SCAN, BY_LIBCSV, LOST } by;	/* who cuts the row; LOST: libcsv, and the bytes have moved away from under the scanner */
};

/* ---- messages ---- */

/* Then every complaint has that cause. */
const char *cp_csv_hint(const struct cp_csv *r)
{
	if (r->n_names != 1)
		return "";
	return strchr(r->names[0], ';') ? "; the header is a single column: is ';' the delimiter (--delimiter ';')?" :
	       strchr(r->names[0], '\t') ? "; the header is a single column: is a tab the delimiter (--delimiter tab)?" :
	       strchr(r->names[0], '|') ? "; the header is a single column: is '|' the delimiter (--delimiter '|')?" : "";
}

static int complain_at(const struct cp_csv *r, uint64_t line, size_t column, struct cp_err *err, const char *fmt, va_list ap)
{
	char what[512], where[256] = "";
	vsnprintf(what, sizeof what, fmt, ap);
	if (column < r->n_names)
		snprintf(where, sizeof where, ", column %zu '%s'", column + 1, r->names[column]);
	else if (column != SIZE_MAX)
		snprintf(where, sizeof where, ", column %zu", column + 1);
	return cp_err_set(err, "%s: line %llu%s: %s%s", r->file, (unsigned long long)line, where, what, cp_csv_hint(r));
}

/* "FILE: line L, column C 'NAME': sentence" for the present row; returns -1. */
__attribute__((format(printf, 4, 5)))
static int complain(const struct cp_csv *r, size_t column, struct cp_err *err, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	complain_at(r, r->line, column, err, fmt, ap);
	va_end(ap);
	return -1;
}

__attribute__((format(printf, 5, 6)))
static int complain_line(const struct cp_csv *r, uint64_t line, size_t column, struct cp_err *err, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	complain_at(r, line, column, err, fmt, ap);
	va_end(ap);
	return -1;
}

/* ---- input ---- */

/* Room for a read behind buf[end): what lies before the row is not needed any more. */
static void make_room(struct cp_csv_state *st)
{
	if (st->cap - st->end >= CHUNK / 4)
		return;
	size_t n = st->end - st->row;
	char *old = st->buf, *row = old ? old + st->row : NULL;
	if (st->cap - n < CHUNK / 4) {
		st->cap = st->cap ? 2 * st->cap : CHUNK;
		st->buf = cp_xmalloc(st->cap);
	}
	if (n)
		memmove(st->buf, row, n);
	if (st->by != BY_SCAN)
		st->by = LOST;		/* the fields are not the scanner's */
	else if (old)
		cp_scan_moved(&st->scan, row, st->buf);
	if (old != st->buf)
		free(old);
	st->end = n;
	st->row = 0;
}

/* 1 more bytes, 0 the end, -1 failed. */
static int fill(struct cp_csv *r, struct cp_err *err)
{
	struct cp_csv_state *st = r->state;
	st->wants_more = st->is_part && !st->eof;
	if (st->eof || st->is_part)
		return 0;
	make_room(st);
	ssize_t n;
	do
		n = read(st->fd, st->buf + st->end, st->cap - st->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return cp_err_set(err, "%s: read: %m", r->file);
	if (st->o.digest)
		cp_digest_add(st->o.digest, st->buf + st->end, (size_t)n);
	st->end += (size_t)n;
	r->n_bytes += (size_t)n;
	st->eof = n == 0;
	return n > 0;
}

/* The line that begins `from` bytes into the row: *to becomes where it ends, its LF included.  1 a line, 0 the end, -1 failed. */
static int find_line(struct cp_csv *r, size_t from, size_t *to, struct cp_err *err)
{
	struct cp_csv_state *st = r->state;
	for (size_t seen = from;;) {
		const char *row = st->buf + st->row, *nl = NULL;
		if (st->end > st->row + seen)
			nl = memchr(row + seen, '\n', st->end - st->row - seen);
		seen = nl ? (size_t)(nl + 1 - row) : st->end - st->row;
		if (seen > st->o.max_row) {
			st->row_len = from ? from : seen;
			r->bad_row = from > 0;	/* one line this long: there is nothing to go on at */
			return complain(r, from ? st->scan.n_fields : SIZE_MAX, err, "the row is longer than %zu bytes%s", st->o.max_row,
					       from ? "; is a quote not closed?" : "");
		}
		int more = nl ? 1 : fill(r, err);
		if (nl || more <= 0) {
			*to = seen;
			return more < 0 ? -1 : nl || seen > from;
		}
	}
}

/* ---- hard rows: libcsv ---- */

static void on_field(void *p, size_t n, void *ctx)
{
	struct cp_csv_state *st = ctx;
	if (st->done) {
		st->stray = 1;
		return;
	}
	cp_scan_add(&st->scan, n);
	cp_buf_add(&st->text, p, n);
}

static void on_row(int c, void *ctx)
{
	struct cp_csv_state *st = ctx;
	(void)c;
	st->done = 1;
}

static void reset_parser(struct cp_csv_state *st)
{
	csv_set_opts(&st->parser, 0);	/* or the end would be refused once more inside quotes */
	csv_fini(&st->parser, NULL, NULL, NULL);
	csv_set_opts(&st->parser, STRICT);
}

static int refuse_quote(struct cp_csv *r, uint64_t line, const char *at, struct cp_err *err)
{
	struct cp_csv_state *st = r->state;
	if (csv_error(&st->parser) != CSV_EPARSE) {
		r->bad_row = 0;
		return complain_line(r, line, st->scan.n_fields, err, "%s", csv_strerror(csv_error(&st->parser)));
	}
	if (*at == '"' && !st->parser.quoted)
		return complain_line(r, line, st->scan.n_fields, err, "a quote inside an unquoted field; a field that holds one is quoted whole, and "
				     "the quote written twice");
	return complain_line(r, line, st->scan.n_fields, err, "text after the closing quote; a quote inside quotes is written twice");
}

static int feed_lines(struct cp_csv *r, size_t to, struct cp_err *err)
{
	struct cp_csv_state *st = r->state;
	size_t from = 0, quote_column = 0;
	uint64_t line = r->line, quote_line = r->line;
	int more = 1;
	while (more > 0) {
		const char *s = st->buf + st->row + from;
		size_t used = csv_parse(&st->parser, s, to - from, on_field, on_row, st);
		if (used != to - from)
			return refuse_quote(r, line, s + used, err);
		if (from == 0 || st->scan.n_fields != quote_column) {
			quote_column = st->scan.n_fields;
			quote_line = line;
		}
		st->row_len = to;
		st->next_line = ++line;
		if (st->done)
			break;
		from = to;
		more = find_line(r, from, &to, err);
	}
	if (more < 0)
		return -1;
	if (csv_fini(&st->parser, on_field, on_row, st) < 0 && !st->done)
		return complain_line(r, quote_line, quote_column, err, "a quote is opened and never closed");
	if (st->stray || csv_error(&st->parser))
		return complain_line(r, line - 1, SIZE_MAX, err, "a carriage return inside the line; lines end with LF or CR LF");
	return 0;
}

/* The row in hand whose first line is `len` bytes, by libcsv. */
static int split_quoted(struct cp_csv *r, size_t len, struct cp_err *err)
{
	struct cp_csv_state *st = r->state;
	st->done = st->stray = 0;
	cp_buf_reset(&st->text);
	int rc = feed_lines(r, len, err);
	if (rc < 0) {
		reset_parser(st);
		if (r->bad_row) {	/* go on at the line after the one where the row starts */
			st->row_len = len;
			st->next_line = r->line + 1;
		}
		return -1;
	}
	cp_scan_lay(&st->scan, st->text.data);
	return 0;
}

static void start_state(struct cp_csv_state *st)
{
	cp_scan_init(&st->scan, st->o.delimiter);
	cp_buf_init(&st->text);
	cp_buf_init(&st->fixed);
	csv_init(&st->parser, STRICT);	/* fails for no parser only */
	csv_set_delim(&st->parser, (unsigned char)st->o.delimiter);
	csv_set_blk_size(&st->parser, 4096);
}

/* ---- what a row must be ---- */

static int check_width(struct cp_csv *r, struct cp_err *err)
{
	size_t n = r->state->scan.n_fields;
	if (n < r->n_names)
		return complain(r, n, err, "missing: the row has %zu field%s, expected %zu", n, n == 1 ? "" : "s", r->n_names);
	if (n > r->n_names)
		return complain(r, r->n_names, err, "one too many: the row has %zu fields, expected %zu", n, r->n_names);
	return 0;
}

static void add_mended(struct cp_buf *b, const char *s, size_t n)
{
	for (size_t i = 0, at = 0; i < n; at = i)
		if (cp_utf8_next(s, n, &i) == CP_BAD_RUNE)
			cp_buf_str(b, "\xef\xbf\xbd");
		else
			cp_buf_add(b, s + at, i - at);
}

/* Some field of the row is not clean UTF-8 text: find it, and refuse or mend it. */
static int mend_bytes(struct cp_csv *r, struct cp_err *err)
{
	struct cp_csv_state *st = r->state;
	for (size_t i = 0; i < st->scan.n_fields; i++) {
		const struct cp_csv_field *f = &st->scan.field[i];
		size_t bad;
		if (memchr(f->p, 0, f->n))
			return complain(r, i, err, "a NUL byte; a CSV is text");
		if (!st->o.replace_utf8 && !cp_utf8_valid(f->p, f->n, &bad))
			return complain(r, i, err, "byte %zu of the value (0x%02x) is not UTF-8", bad + 1, (unsigned char)f->p[bad]);
	}
	cp_buf_reset(&st->fixed);
	for (size_t i = 0; i < st->scan.n_fields; i++) {
		struct cp_csv_field *f = &st->scan.field[i];
		size_t at = st->fixed.len;
		add_mended(&st->fixed, f->p, f->n);
		f->n = st->fixed.len - at;
	}
	cp_scan_lay(&st->scan, st->fixed.data);
	return 0;
}

static int check_bytes(struct cp_csv *r, struct cp_err *err)
{
	struct cp_csv_state *st = r->state;
	const char *row = st->buf + st->row;
	if (st->is_ascii || (!memchr(row, 0, st->row_len) && cp_utf8_valid(row, st->row_len, NULL)))
		return 0;
	return mend_bytes(r, err);
}

/* By the scanner: 1 a row, 0 it is hard (or the last one, without a line end, or there is none), -1 failed. */
static int easy_row(struct cp_csv *r, struct cp_err *err)
{
	struct cp_csv_state *st = r->state;
	enum cp_scan_result found;
	int more = 1;
	while ((found = cp_scan_row(&st->scan, st->buf + st->end)) == CP_SCAN_MORE && more > 0 && st->end - st->row <= st->o.max_row)
		more = fill(r, err);
	if (more < 0)
		return -1;
	size_t len = (size_t)(st->scan.row_end - (st->buf + st->row));
	if (found != CP_SCAN_ROW || len > st->o.max_row)
		return 0;
	st->row_len = len;
	st->next_line = r->line + st->scan.n_lines;
	r->bad_row = 1;
	st->is_ascii = cp_scan_is_ascii(&st->scan);
	return 1;
}

/* By libcsv, from the beginning: 1 a row, 0 the end, -1 failed. */
static int hard_row(struct cp_csv *r, struct cp_err *err)
{
	struct cp_csv_state *st = r->state;
	size_t len;
	st->by = BY_LIBCSV;
	st->scan.n_fields = 0;
	st->is_ascii = 0;
	int rc = find_line(r, 0, &len, err);
	if (rc <= 0)
		return rc;
	st->row_len = len;
	st->next_line = r->line + 1;
	r->bad_row = 1;
	return split_quoted(r, len, err) < 0 ? -1 : 1;
}

/* Pass over the row in hand. */
static void begin_row(struct cp_csv *r)
{
	struct cp_csv_state *st = r->state;
	st->row += st->row_len;
	st->row_len = 0;
	if (st->by == BY_LIBCSV)
		cp_scan_skip(&st->scan, st->buf + st->row);
	else if (st->by == LOST)
		cp_scan_start(&st->scan, st->buf + st->row);
	st->by = BY_SCAN;
	r->line = st->next_line;
	r->bad_row = 0;
}

/* The next row that is not blank, cut into fields; only its syntax is checked. */
static int next_row(struct cp_csv *r, struct cp_err *err)
{
	struct cp_csv_state *st = r->state;
	int rc;
	do {
		begin_row(r);
		rc = st->o.by_libcsv ? 0 : easy_row(r, err);
		if (rc == 0 && !st->wants_more)
			rc = hard_row(r, err);
	} while (rc > 0 && !st->scan.n_fields);
	r->fields = st->scan.field;
	r->n_fields = st->scan.n_fields;
	return rc;
}

int cp_csv_next(struct cp_csv *r, struct cp_err *err)
{
	int rc = next_row(r, err);
	if (r->state->wants_more) {	/* what was found is not to be believed */
		r->state->row_len = 0;
		r->bad_row = 0;
		return 0;
	}
	if (rc > 0 && (check_width(r, err) < 0 || check_bytes(r, err) < 0))
		rc = -1;
	r->n_rows += rc > 0 || (rc < 0 && r->bad_row);
	return rc;
}

/* ---- parts ---- */

const char *cp_csv_rest(const struct cp_csv *r, size_t *n, uint64_t *line)
{
	const struct cp_csv_state *st = r->state;
	size_t at = st->row + st->row_len;
	*n = st->end - at;
	*line = st->next_line;
	return st->buf + at;
}

struct cp_csv *cp_csv_part_new(const struct cp_csv *whole)
{
	struct cp_csv *r = cp_xcalloc(1, sizeof *r);
	r->state = cp_xcalloc(1, sizeof *r->state);
	r->state->o = whole->state->o;
	r->state->fd = -1;
	r->state->is_part = 1;
	r->file = whole->file;
	r->names = whole->names;
	r->n_names = whole->n_names;
	start_state(r->state);
	return r;
}

void cp_csv_part_set(struct cp_csv *r, const char *p, size_t n, uint64_t line, int is_last)
{
	struct cp_csv_state *st = r->state;
	st->buf = (char *)p;	/* not written to */
	st->end = n;
	st->row = st->row_len = 0;
	st->next_line = line;
	st->eof = is_last;
	st->wants_more = 0;
	st->by = LOST;
	r->n_rows = 0;
}

size_t cp_csv_part_next(const struct cp_csv *r, uint64_t *line)
{
	*line = r->state->next_line;
	return r->state->row + r->state->row_len;
}

int cp_csv_ready(const struct cp_csv *r)
{
	const struct cp_csv_state *st = r->state;
	int open = 0;
	for (size_t i = st->row + st->row_len; i < st->end; i++) {
		open ^= st->buf[i] == '"';
		if (st->buf[i] == '\n' && !open)
			return 1;
	}
	return st->eof;
}

/* ---- opening and closing ---- */

int cp_csv_rename(struct cp_csv *r, const char *const *names, size_t n, struct cp_err *err)
{
	if (n != r->n_names)
		return cp_err_set(err, "%s: the first row has %zu columns, and %zu names are given for them", r->file, r->n_names, n);
	for (size_t i = 0; i < n; i++) {
		free(r->names[i]);
		r->names[i] = cp_xstrdup(names[i]);
	}
	return 0;
}

static void set_names(struct cp_csv *r, int from_row)
{
	r->names = cp_xcalloc(r->n_fields, sizeof *r->names);
	for (size_t i = 0; i < r->n_fields; i++) {
		const char *p = r->fields[i].p;
		size_t n = r->fields[i].n;
		cp_strip(&p, &n);
		r->names[i] = from_row ? cp_xstrndup(p, n) : cp_xasprintf("f%zu", i + 1);
	}
	r->n_names = r->n_fields;
}

/* Pass over a byte order mark; refuse what is no CSV at the first look. */
static int skip_mark(struct cp_csv *r, struct cp_err *err)
{
	struct cp_csv_state *st = r->state;
	int more = 1;
	while (st->end < 4 && more > 0)
		more = fill(r, err);
	if (more < 0)
		return -1;
	if (st->end >= 2 && (!memcmp(st->buf, "\xff\xfe", 2) || !memcmp(st->buf, "\xfe\xff", 2)))
		return cp_err_set(err, "%s: this is UTF-16, expected UTF-8; iconv -f UTF-16 -t UTF-8 converts it", r->file);
	if (cp_is_foreign(st->buf, st->end, r->file, "a CSV", err))
		return -1;
	st->row = cp_utf8_bom(st->buf, st->end);
	cp_scan_start(&st->scan, st->buf + st->row);
	return 0;
}

/* The first row: the names, or, without a header, their number; it is then read again as a row. */
static int read_names(struct cp_csv *r, struct cp_err *err)
{
	struct cp_csv_state *st = r->state;
	if (skip_mark(r, err) < 0)
		return -1;
	int rc = next_row(r, err);
	if (rc == 0)
		return cp_err_set(err, "%s: empty: expected a CSV%s", r->file, st->o.no_header ? "" : " that begins with the names of its columns");
	if (rc < 0 || check_bytes(r, err) < 0)
		return -1;
	set_names(r, !st->o.no_header);
	if (st->o.no_header) {
		st->row_len = 0;
		st->next_line = r->line;
		st->by = LOST;
	}
	r->bad_row = 0;
	return st->o.names ? cp_csv_rename(r, st->o.names, st->o.n_names, err) : 0;
}

static struct cp_csv *open_any(struct cp_csv_state *st, const char *name, const struct cp_csv_opts *o, struct cp_err *err)
{
	struct cp_csv *r = cp_xcalloc(1, sizeof *r);
	r->state = st;
	r->file = cp_xstrdup(name);
	st->o = *o;
	st->next_line = 1;
	if (!st->o.delimiter)
		st->o.delimiter = ',';
	if (!st->o.max_row)
		st->o.max_row = CP_CSV_MAX_ROW;
	start_state(st);
	if (read_names(r, err) == 0)
		return r;
	cp_csv_close(r);
	return NULL;
}

struct cp_csv *cp_csv_open(int fd, const char *name, const struct cp_csv_opts *o, struct cp_err *err)
{
	struct cp_csv_state *st = cp_xcalloc(1, sizeof *st);
	st->fd = fd;
	return open_any(st, name, o, err);
}

struct cp_csv *cp_csv_open_mem(const void *data, size_t len, const char *name, const struct cp_csv_opts *o, struct cp_err *err)
{
	struct cp_csv_state *st = cp_xcalloc(1, sizeof *st);
	st->fd = -1;
	st->eof = 1;
	st->buf = (char *)data;		/* not written to: fill() gives the end at once */
	st->end = len;
	if (o->digest)
		cp_digest_add(o->digest, data, len);
	struct cp_csv *r = open_any(st, name, o, err);
	if (r)
		r->n_bytes = len;
	return r;
}

static void free_names(struct cp_csv *r)
{
	for (size_t i = 0; i < r->n_names; i++)
		free(r->names[i]);
	free(r->names);
	free((char *)r->file);
}

void cp_csv_close(struct cp_csv *r)
{
	if (!r)
		return;
	struct cp_csv_state *st = r->state;
	csv_free(&st->parser);
	if (st->fd >= 0)
		free(st->buf);
	if (!st->is_part)
		free_names(r);
	cp_buf_release(&st->text);
	cp_buf_release(&st->fixed);
	cp_scan_release(&st->scan);
	free(st);
	free(r);
}

int cp_csv_delimiter(const char *arg, char *out, struct cp_err *err)
{
	char c = !strcmp(arg, "\\t") || !strcmp(arg, "tab") ? '\t' : arg[0];
	int one = c == '\t' || (arg[0] && !arg[1]);
	if (!one || c == '"' || c == '\n' || c == '\r' || (unsigned char)c >= 0x80)
		return cp_err_set(err, "--delimiter '%s': expected one ASCII character, not a quote or a line end ('\\t' is a tab)", arg);
	*out = c;
	return 0;
}
