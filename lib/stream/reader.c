/* Reading segments: every length is checked before it is used, every byte is covered by a checksum.  The bytes are drawn in format.h.
 *
 * Where a digest can be had (columns that are decoded) it is compared with the trailer's; a column that is not chosen is checked against
 * its blocks' checksums only, and never decompressed.
 */
#include "stream/stream.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "stream/format.h"
#include "stream/json.h"
#include "stream/spool.h"
#include "stream/totals.h"

enum where { IN_SEGMENT, AT_SEAM, AT_END, FAILED };

/* One of several files, as if they were joined by cat. */
struct part {
	char *path;
	const char *name;		/* what messages call it, once it was open */
	FILE *kept;			/* what its path does not open again: standard input, the copy of a pipe */
	off_t start;			/* of kept */
};

struct cp_reader {
	FILE *f;
	char *name;
	off_t start;			/* for rewind; -1: a pipe */
	struct part *part;		/* part[i_part] is open */
	int n_parts, i_part, spool;
	enum where where;
	int keep_seams;
	int64_t expected;		/* rows; -1: any number */
	struct cp_schema schema;	/* of the first segment; with keep_seams, of this one */
	struct cp_schema header;	/* of this segment, where it is not that one */
	unsigned char *want;		/* a column */
	uint64_t seal, n_block, n_rows;	/* in this segment: seal of the last frame, blocks and rows so far */
	uint64_t n_blocks, n_segments;
	struct cp_totals segment, all;	/* found in this segment; said by the trailers so far */
	uint64_t n_rows_before;		/* of segments whose totals a kept seam has ended */
	struct cp_buf body, text;
	struct cp_column_mem *mem;
	struct cp_values *values;
	struct cp_entry *entry;
};

/* ---- Bytes ---- */

static size_t get(struct cp_reader *r, void *p, size_t n)
{
	size_t got = 0;
	while (got < n) {
		got += fread((char *)p + got, 1, n - got, r->f);
		if (got == n || feof(r->f))
			break;
		if (errno != EINTR)
			break;
		clearerr(r->f);
	}
	return got;
}

/* Append n bytes to b, in steps, so that a length that is a lie costs no more memory than there are bytes. */
static int get_body(struct cp_reader *r, struct cp_buf *b, uint64_t n, const char *what, struct cp_err *err)
{
	while (n) {
		size_t step = b->len < 1 << 20 ? 1 << 20 : b->len;
		step = n < step ? (size_t)n : step;
		cp_buf_reserve(b, step);
		size_t got = get(r, b->data + b->len, step);
		b->len += got;
		n -= got;
		if (got < step && ferror(r->f))
			return cp_err_set(err, "%s: read: %m", r->name);
		if (got < step)
			return cp_err_set(err, "%s: cut short in %s: %" PRIu64 " more bytes expected", r->name, what, n);
	}
	return 0;
}

static void quote_bytes(const unsigned char *p, size_t n, struct cp_buf *b)
{
	for (size_t i = 0; i < n; i++)
		if (isprint(p[i]))
			cp_buf_char(b, (char)p[i]);
		else
			cp_buf_printf(b, "\\x%02x", p[i]);
}

static int foreign(struct cp_reader *r, const char *where, const unsigned char *p, size_t n, struct cp_err *err)
{
	struct cp_buf b = CP_BUF_INIT;
	quote_bytes(p, n < 8 ? n : 8, &b);
	cp_err_set(err, "%s: %s: found \"%s\"", r->name, where, b.data);
	cp_buf_release(&b);
	return -1;
}

static int no_stream(struct cp_reader *r, const unsigned char *p, size_t n, struct cp_err *err)
{
	return cp_is_foreign(p, n, r->name, CP_A_STREAM, err) ? -1 : foreign(r, "not a record stream", p, n, err);
}

/* The next head: 1, 0 at the end of the file, -1.  The mark is left in p. */
static int get_head(struct cp_reader *r, unsigned char p[CP_HEAD_SIZE], const char *what, struct cp_err *err)
{
	size_t got = get(r, p, CP_HEAD_SIZE);
	if (got == CP_HEAD_SIZE)
		return 1;
	if (ferror(r->f))
		return cp_err_set(err, "%s: read: %m", r->name);
	if (got == 0)
		return 0;
	if (r->n_segments == 0 && memcmp(p, CP_MARK_HEADER, got < 8 ? got : 8))
		return no_stream(r, p, got, err);
	return cp_err_set(err, "%s: cut short in the head of %s: %zu more bytes expected", r->name, what, CP_HEAD_SIZE - got);
}

static int check_seal(struct cp_reader *r, struct cp_head *h, const unsigned char *p, uint64_t seal_before, const char *what,
		      struct cp_err *err)
{
	if (cp_head_get(h, p, seal_before) < 0)
		return cp_err_set(err, "%s: %s: the checksum of its head is wrong: damaged, or out of its place in the stream", r->name, what);
	r->seal = h->seal;
	return 0;
}

static int check_sum(struct cp_reader *r, const void *p, size_t n, uint64_t want, const char *what, struct cp_err *err)
{
	uint64_t sum = cp_hash64(p, n, 0);
	if (sum != want)
		return cp_err_set(err, "%s: %s: damaged: its checksum is %016" PRIx64 ", expected %016" PRIx64, r->name, what, sum, want);
	return 0;
}

static int get_text(struct cp_reader *r, const struct cp_head *h, const char *what, struct cp_err *err)
{
	if (h->length > CP_TEXT_LIMIT)
		return cp_err_set(err, "%s: %s: %" PRIu64 " bytes, more than %zu", r->name, what, h->length, CP_TEXT_LIMIT);
	cp_buf_reset(&r->text);
	if (get_body(r, &r->text, h->length, what, err) < 0)
		return -1;
	cp_buf_reserve(&r->text, 0);
	r->text.data[r->text.len] = 0;
	return check_sum(r, r->text.data, r->text.len, h->sum, what, err);
}

/* ---- Headers ---- */

static int other_version(struct cp_reader *r, uint64_t version, struct cp_err *err)
{
	if (version < CP_STREAM_VERSION)
		return cp_err_set(err, "%s: format version %" PRIu64 ", and this program reads version %d; make it again from its CSV", r->name, version,
				  CP_STREAM_VERSION);
	json_t *j = cp_json_object(r->text.data, r->text.len, "header", NULL);
	const char *needs = json_string_value(json_object_get(j, "needs"));
	cp_err_set(err, "%s: format version %" PRIu64 ", and this program reads version %d; a newer clickprompt is needed%s%.100s", r->name, version,
		   CP_STREAM_VERSION, needs ? ": " : "", needs ? needs : "");
	json_decref(j);
	return -1;
}

/* Parse the header whose head is p into s. */
static int get_header(struct cp_reader *r, const unsigned char *p, struct cp_schema *s, struct cp_err *err)
{
	struct cp_head h;
	char what[64];
	snprintf(what, sizeof what, r->n_segments ? "header of segment %" PRIu64 : "header", r->n_segments + 1);
	if (check_seal(r, &h, p, 0, what, err) < 0 || get_text(r, &h, what, err) < 0)
		return -1;
	if (h.a != CP_STREAM_VERSION)
		return other_version(r, h.a, err);
	if (cp_schema_parse(s, r->text.data, r->text.len, err) < 0)
		return cp_err_wrap(err, "%s", r->name);
	if (s->n == 0) {
		cp_schema_release(s);
		return cp_err_set(err, "%s: %s: no columns", r->name, what);
	}
	r->n_segments++;
	r->n_block = r->n_rows = 0;
	r->where = IN_SEGMENT;
	return 0;
}

static void free_columns(struct cp_reader *r)
{
	for (int i = 0; i < r->schema.n; i++) {
		free(r->mem[i].data);
		free(r->mem[i].offsets);
	}
	free(r->mem);
	free(r->values);
	free(r->entry);
	cp_totals_release(&r->segment);
	cp_totals_release(&r->all);
	cp_schema_release(&r->schema);
	cp_schema_release(&r->header);
	r->mem = NULL;
	r->values = NULL;
	r->entry = NULL;
}

static void take_schema(struct cp_reader *r, const struct cp_schema *s)
{
	size_t n = (size_t)s->n;
	r->schema = *s;
	r->mem = cp_xcalloc(n, sizeof *r->mem);
	r->values = cp_xcalloc(n, sizeof *r->values);
	r->entry = cp_xcalloc(n, sizeof *r->entry);
	cp_totals_init(&r->segment, s->n);
	cp_totals_init(&r->all, s->n);
}

static int first_header(struct cp_reader *r, struct cp_err *err)
{
	unsigned char p[CP_HEAD_SIZE];
	struct cp_schema s;
	int rc = get_head(r, p, "the header", err);
	if (rc == 0)
		return cp_err_set(err, "%s: empty: expected a record stream", r->name);
	if (rc < 0)
		return -1;
	if (memcmp(p, CP_MARK_HEADER, 8))
		return no_stream(r, p, CP_HEAD_SIZE, err);
	if (get_header(r, p, &s, err) < 0)
		return -1;
	take_schema(r, &s);
	return 0;
}

static struct cp_reader *reader_new(void)
{
	struct cp_reader *r = cp_xcalloc(1, sizeof *r);
	cp_buf_init(&r->body);
	cp_buf_init(&r->text);
	r->expected = -1;
	return r;
}

static void leave_file(struct cp_reader *r)
{
	if (!r->part || r->f != r->part[r->i_part].kept)
		cp_in_close(r->f);
	r->f = NULL;
}

static void take_file(struct cp_reader *r, FILE *f, const char *name)
{
	leave_file(r);
	free(r->name);
	r->f = f;
	r->name = cp_xstrdup(name);
	r->start = ftello(f);
}

/* What begins as no stream is refused at its first bytes; there is no need to copy it all for that, and it may have no end. */
static int may_be_stream(FILE *f)
{
	int c = getc(f);
	return c == EOF || ungetc(c, f) == (unsigned char)CP_MARK_HEADER[0];
}

static int go_back(FILE *f, off_t start, const char *name, struct cp_err *err)
{
	return fseeko(f, start, SEEK_SET) == 0 ? 0 : cp_err_set(err, "%s: cannot be read again from its start: %m", name);
}

static FILE *open_again(struct part *p, struct cp_err *err)
{
	return go_back(p->kept, p->start, p->name, err) < 0 ? NULL : p->kept;
}

static FILE *open_first(struct part *p, int spool, struct cp_err *err)
{
	FILE *opened = cp_in_open(p->path, &p->name, err), *f = opened;
	if (f && spool && may_be_stream(f))
		f = cp_spool(f, p->name, err);
	if (f && spool && (f == stdin || f != opened)) {
		p->kept = f;
		p->start = ftello(f);
	}
	return f;
}

static int open_part(struct cp_reader *r, int i, struct cp_err *err)
{
	struct part *p = &r->part[i];
	FILE *f = p->kept ? open_again(p, err) : open_first(p, r->spool, err);
	if (!f)
		return -1;
	take_file(r, f, p->name);
	r->i_part = i;
	return 0;
}

/* The first header is read, and every column is wanted that can be decoded. */
static struct cp_reader *start(struct cp_reader *r, struct cp_err *err)
{
	if (first_header(r, err) < 0) {
		cp_reader_close(r);
		return NULL;
	}
	r->want = cp_xmalloc((size_t)r->schema.n);
	cp_reader_choose_all(r);
	return r;
}

struct cp_reader *cp_reader_open_file(FILE *f, const char *name, struct cp_err *err)
{
	struct cp_reader *r = reader_new();
	take_file(r, f, name);
	return start(r, err);
}

static struct cp_reader *open_paths(const char *const *paths, int n, int spool, struct cp_err *err)
{
	static const char *const standard_input[] = { "-" };
	struct cp_reader *r = reader_new();
	if (n == 0)
		paths = standard_input;
	r->n_parts = n ? n : 1;
	r->spool = spool;
	r->part = cp_xcalloc((size_t)r->n_parts, sizeof *r->part);
	for (int i = 0; i < r->n_parts; i++)
		r->part[i].path = cp_xstrdup(paths[i] ? paths[i] : "-");
	if (open_part(r, 0, err) == 0)
		return start(r, err);
	cp_reader_close(r);
	return NULL;
}

struct cp_reader *cp_reader_open_all(const char *const *paths, int n, struct cp_err *err)
{
	return open_paths(paths, n, 0, err);
}

struct cp_reader *cp_reader_open_again(const char *const *paths, int n, struct cp_err *err)
{
	return open_paths(paths, n, 1, err);
}

struct cp_reader *cp_reader_open(const char *path, struct cp_err *err)
{
	return open_paths(&path, 1, 0, err);
}

void cp_reader_close(struct cp_reader *r)
{
	if (!r)
		return;
	free_columns(r);
	free(r->want);
	cp_buf_release(&r->body);
	cp_buf_release(&r->text);
	leave_file(r);
	for (int i = 0; i < r->n_parts; i++) {
		cp_in_close(r->part[i].kept);
		free(r->part[i].path);
	}
	free(r->part);
	free(r->name);
	free(r);
}

/* ---- Blocks ---- */

static int get_directory(struct cp_reader *r, const struct cp_head *h, const char *what, struct cp_err *err)
{
	size_t n_dir = CP_ENTRY_SIZE * (size_t)r->schema.n;
	uint64_t room = CP_BLOCK_LIMIT, stored = 0;
	if (h->a == 0 || h->a > CP_BLOCK_ROWS_LIMIT || h->b != r->n_block)
		return cp_err_set(err, "%s: %s: says to be block %" PRIu64 " with %" PRIu64 " rows", r->name, what, h->b, h->a);
	if (h->length < n_dir || h->length > n_dir + CP_BLOCK_LIMIT)
		return cp_err_set(err, "%s: %s: %" PRIu64 " bytes, expected %zu to %zu", r->name, what, h->length, n_dir, n_dir + CP_BLOCK_LIMIT);
	cp_buf_reset(&r->body);
	if (get_body(r, &r->body, n_dir, what, err) < 0 || check_sum(r, r->body.data, n_dir, h->sum, what, err) < 0)
		return -1;
	for (int i = 0; i < r->schema.n; i++) {
		const unsigned char *p = (unsigned char *)r->body.data + CP_ENTRY_SIZE * (size_t)i;
		if (cp_entry_get(&r->entry[i], p, r->schema.column[i].store, h->a, &room, err) < 0)
			return cp_err_wrap(err, "%s: %s, column '%s'", r->name, what, r->schema.column[i].name);
		stored += r->entry[i].stored;
	}
	if (stored != h->length - n_dir)
		return cp_err_set(err, "%s: %s: its columns have %" PRIu64 " bytes, expected %" PRIu64, r->name, what, stored, h->length - n_dir);
	return get_body(r, &r->body, stored, what, err);
}

static int get_column(struct cp_reader *r, int i, const char *stored, size_t n_rows, struct cp_err *err)
{
	const struct cp_column *c = &r->schema.column[i];
	const struct cp_entry *e = &r->entry[i];
	struct cp_values *v = &r->values[i];
	uint64_t sum = cp_hash64(stored, e->stored, 0);
	*v = (struct cp_values){ .stored = stored, .stored_len = e->stored, .raw_len = e->raw, .stored_sum = e->sum, .codec = e->codec };
	if (sum != e->sum)
		return cp_err_set(err, "damaged: its checksum is %016" PRIx64 ", expected %016" PRIx64, sum, e->sum);
	if (!r->want[i])
		return 0;
	if (cp_column_unpack(e, stored, c->store, n_rows, &r->mem[i], v, err) < 0 || cp_values_check(c->type, n_rows, v, err) < 0)
		return -1;
	cp_totals_add(&r->segment, i, c, n_rows, v);
	return 0;
}

static int get_block(struct cp_reader *r, const unsigned char *p, struct cp_block *b, struct cp_err *err)
{
	struct cp_head h;
	char what[64];
	snprintf(what, sizeof what, "block %" PRIu64, r->n_blocks);
	if (check_seal(r, &h, p, r->seal, what, err) < 0 || get_directory(r, &h, what, err) < 0)
		return -1;
	const char *stored = r->body.data + CP_ENTRY_SIZE * (size_t)r->schema.n;
	for (int i = 0; i < r->schema.n; stored += r->entry[i++].stored)
		if (get_column(r, i, stored, h.a, err) < 0)
			return cp_err_wrap(err, "%s: %s, column '%s'", r->name, what, r->schema.column[i].name);
	*b = (struct cp_block){ h.a, cp_reader_rows(r), r->schema.n, r->values };
	r->n_rows += h.a;
	r->n_block++;
	r->n_blocks++;
	return 1;
}

/* ---- Trailers and seams ---- */

static int check_trailer(struct cp_reader *r, const struct cp_head *h, const struct cp_totals *said, struct cp_err *err)
{
	if (h->a != r->n_rows || h->b != r->n_block)
		return cp_err_set(err, "trailer: it tells of %" PRIu64 " rows in %" PRIu64 " blocks, found %" PRIu64 " rows in %" PRIu64 " blocks", h->a,
				  h->b, r->n_rows, r->n_block);
	if (said->rows != r->n_rows)
		return cp_err_set(err, "trailer: its text tells of %" PRIu64 " rows, found %" PRIu64, said->rows, r->n_rows);
	for (int i = 0; i < r->schema.n; i++)
		if (r->want[i] && cp_totals_check(&r->segment, said, i, &r->schema.column[i], err) < 0)
			return -1;
	return 0;
}

static int get_trailer(struct cp_reader *r, const unsigned char *p, struct cp_err *err)
{
	struct cp_head h;
	struct cp_totals said;
	if (check_seal(r, &h, p, r->seal, "trailer", err) < 0 || get_text(r, &h, "trailer", err) < 0)
		return -1;
	if (cp_totals_parse(&said, &r->schema, r->text.data, r->text.len, err) < 0)
		return cp_err_wrap(err, "%s", r->name);
	int rc = check_trailer(r, &h, &said, err);
	if (rc == 0) {
		cp_totals_join(&r->all, &said);
		cp_totals_release(&r->segment);
		cp_totals_init(&r->segment, r->schema.n);
		r->n_rows = 0;
		r->where = AT_SEAM;
	} else {
		cp_err_wrap(err, "%s", r->name);
	}
	cp_totals_release(&said);
	return rc;
}

/* After a trailer: 1 another header (its head in p), 0 the end. */
static int get_seam(struct cp_reader *r, unsigned char p[CP_HEAD_SIZE], struct cp_err *err)
{
	int rc = get_head(r, p, "the next segment", err);
	while (rc == 0 && r->i_part + 1 < r->n_parts) {
		if (open_part(r, r->i_part + 1, err) < 0)
			return -1;
		rc = get_head(r, p, "the header", err);
		if (rc == 0)
			return cp_err_set(err, "%s: empty: expected a record stream", r->name);
		if (rc == 1 && memcmp(p, CP_MARK_HEADER, 8))
			return no_stream(r, p, CP_HEAD_SIZE, err);
	}
	if (rc == 1 && memcmp(p, CP_MARK_HEADER, 8))
		return foreign(r, "after a trailer, expected the end or another stream", p, CP_HEAD_SIZE, err);
	if (rc == 0)
		r->where = AT_END;
	return rc;
}

static int go_over_seam(struct cp_reader *r, struct cp_err *err)
{
	unsigned char p[CP_HEAD_SIZE];
	struct cp_schema s;
	int rc = get_seam(r, p, err);
	if (rc != 1)
		return rc;
	if (get_header(r, p, &s, err) < 0)
		return -1;
	rc = cp_schema_agree(&r->schema, &s, err);
	if (rc < 0)
		cp_err_wrap(err, "%s: segment %" PRIu64 " does not fit the first", r->name, r->n_segments);
	else
		cp_totals_note_chains(&r->all, &r->schema, &s);
	cp_schema_release(&r->header);
	r->header = s;
	return rc < 0 ? -1 : 1;
}

static int next_frame(struct cp_reader *r, struct cp_block *b, struct cp_err *err)
{
	unsigned char p[CP_HEAD_SIZE];
	int rc = get_head(r, p, "a block or the trailer", err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return cp_err_set(err, "%s: ends after %" PRIu64 " blocks without its trailer: cut short, or its writer did not finish", r->name,
				  r->n_blocks);
	if (!memcmp(p, CP_MARK_BLOCK, 8))
		return get_block(r, p, b, err);
	if (!memcmp(p, CP_MARK_TRAILER, 8))
		return get_trailer(r, p, err);
	char where[80];
	snprintf(where, sizeof where, "after %" PRIu64 " blocks, expected a block or the trailer", r->n_blocks);
	return foreign(r, where, p, CP_HEAD_SIZE, err);
}

static int next_block(struct cp_reader *r, struct cp_block *b, struct cp_err *err)
{
	int rc = 1;
	while (rc >= 0 && r->where != AT_END) {
		if (r->where == FAILED)
			return cp_err_set(err, "%s: reading failed before", r->name);
		if (r->where == IN_SEGMENT) {
			if ((rc = next_frame(r, b, err)) == 1)
				return 1;
		} else {
			if (r->keep_seams)
				return 0;
			rc = go_over_seam(r, err);
		}
	}
	return rc < 0 ? -1 : 0;
}

static int check_expected(struct cp_reader *r, struct cp_err *err)
{
	uint64_t n = cp_reader_rows(r);
	if (r->expected < 0 || n == (uint64_t)r->expected || !cp_reader_is_last(r))
		return 0;
	return cp_err_set(err, "%s: %" PRIu64 " rows, expected %" PRId64, r->name, n, r->expected);
}

int cp_reader_next(struct cp_reader *r, struct cp_block *b, struct cp_err *err)
{
	int rc = next_block(r, b, err);
	if (rc == 0)
		rc = check_expected(r, err);
	if (rc < 0)
		r->where = FAILED;
	return rc;
}

void cp_reader_expect(struct cp_reader *r, int64_t n_rows)
{
	r->expected = n_rows;
}

void cp_reader_keep_seams(struct cp_reader *r)
{
	r->keep_seams = 1;
}

int cp_reader_more(struct cp_reader *r, struct cp_err *err)
{
	unsigned char p[CP_HEAD_SIZE];
	struct cp_schema s;
	if (r->where != AT_SEAM)
		return r->where == AT_END ? 0 : cp_err_set(err, "%s: reading failed before", r->name);
	int rc = get_seam(r, p, err);
	if (rc == 1 && get_header(r, p, &s, err) < 0)
		rc = -1;
	if (rc == 1) {
		int n = r->schema.n;
		r->n_rows_before += r->all.rows;
		free_columns(r);
		take_schema(r, &s);
		r->want = cp_xrealloc(r->want, (size_t)s.n, 1);
		for (int i = 0; i < s.n; i++)
			if (i >= n || !s.column[i].store.width)
				r->want[i] = s.column[i].store.width > 0;
	}
	if (rc < 0)
		r->where = FAILED;
	return rc;
}

int cp_reader_is_last(struct cp_reader *r)
{
	if (r->where != AT_SEAM || r->i_part + 1 < r->n_parts)
		return r->where == AT_END;
	int c = getc(r->f);
	if (c != EOF)
		ungetc(c, r->f);
	return c == EOF;
}

/* ---- Asking ---- */

void cp_reader_choose(struct cp_reader *r, const int *columns, int n)
{
	memset(r->want, 0, (size_t)r->schema.n);
	for (int i = 0; i < n; i++)
		r->want[columns[i]] = 1;
}

void cp_reader_choose_all(struct cp_reader *r)
{
	for (int i = 0; i < r->schema.n; i++)
		r->want[i] = r->schema.column[i].store.width > 0;
}

int cp_reader_rewind(struct cp_reader *r, struct cp_err *err)
{
	int n = r->schema.n;
	if (r->i_part > 0 && open_part(r, 0, err) < 0)
		return -1;
	if (go_back(r->f, r->start, r->name, err) < 0)
		return -1;
	clearerr(r->f);
	free_columns(r);
	r->n_segments = r->n_blocks = r->n_rows_before = 0;
	r->where = FAILED;
	if (first_header(r, err) < 0)
		return -1;
	if (r->schema.n == n)
		return 0;
	r->where = FAILED;
	return cp_err_set(err, "%s: has changed since it was first read", r->name);
}

const struct cp_schema *cp_reader_schema(const struct cp_reader *r) { return &r->schema; }
const struct cp_schema *cp_reader_header(const struct cp_reader *r) { return r->header.n ? &r->header : &r->schema; }
const char *cp_reader_name(const struct cp_reader *r) { return r->name; }
uint64_t cp_reader_rows(const struct cp_reader *r) { return r->n_rows_before + r->all.rows + r->n_rows; }
uint64_t cp_reader_blocks(const struct cp_reader *r) { return r->n_blocks; }
uint64_t cp_reader_segments(const struct cp_reader *r) { return r->n_segments; }
int cp_reader_at_end(const struct cp_reader *r) { return r->where == AT_END || (r->keep_seams && r->where == AT_SEAM); }
const struct cp_totals *cp_reader_totals(const struct cp_reader *r) { return &r->all; }

int cp_reader_digest(const struct cp_reader *r, int column, char hex[33])
{
	cp_sum_hex(r->all.column[column].sum, hex);
	return cp_reader_at_end(r) ? 0 : -1;
}

int cp_reader_content(const struct cp_reader *r, char hex[33])
{
	struct cp_digest *d = cp_digest_new();
	int rc = 0;
	for (int c = 0; c < r->schema.n; c++) {
		rc |= cp_reader_digest(r, c, hex);
		cp_digest_add(d, r->schema.column[c].name, strlen(r->schema.column[c].name) + 1);
		cp_digest_add(d, hex, 33);
	}
	cp_digest_hex(d, hex);
	cp_digest_free(d);
	return rc;
}

const uint64_t *cp_reader_token_ids(const struct cp_reader *r, int column, size_t *n_ids)
{
	static const uint64_t none;
	const struct cp_idset *ids = &r->all.column[column].ids;
	*n_ids = 64 * ids->n_words;
	if (r->schema.column[column].type != CP_TOKENS)
		return NULL;
	return ids->word ? ids->word : &none;
}
