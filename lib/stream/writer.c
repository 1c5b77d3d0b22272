/* Writing a segment: header, blocks, trailer.  The bytes are drawn in format.h. */
#include "stream/stream.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "stream/format.h"
#include "stream/totals.h"
#include "base/hash.h"

enum passing { UNDECIDED, PASSED, COUNTED };	/* a column: as it came, its totals from the reader; or totals by us */

struct cp_writer {
	FILE *f;
	struct cp_schema schema;
	struct cp_writer_opts opts;
	struct cp_build *build;		/* a column: rows waiting for their block */
	size_t n_waiting;
	enum passing *passing;
	const unsigned char *codecs;
	struct cp_totals totals;
	uint64_t seal, n_blocks;
	struct cp_entry *entry;
	struct cp_buf head, raw, body;
};

static int put(struct cp_writer *w, const struct cp_buf *b, struct cp_err *err)
{
	if (b->len && fwrite(b->data, 1, b->len, w->f) != b->len)
		return cp_err_set(err, "writing records: %m");
	return 0;
}

static int put_text(struct cp_writer *w, const char *mark, uint64_t a, uint64_t b, struct cp_err *err)
{
	if (w->raw.len > CP_TEXT_LIMIT)
		return cp_err_set(err, "a header or trailer of %zu bytes, more than %zu", w->raw.len, CP_TEXT_LIMIT);
	struct cp_head h = { a, b, w->raw.len, cp_hash64(w->raw.data, w->raw.len, 0), 0 };
	cp_buf_reset(&w->head);
	cp_head_put(&w->head, mark, &h, w->seal);
	w->seal = h.seal;
	if (put(w, &w->head, err) < 0 || put(w, &w->raw, err) < 0)
		return -1;
	if (fflush(w->f) == EOF)
		return cp_err_set(err, "writing records: %m");
	return 0;
}

static void writer_free(struct cp_writer *w)
{
	for (int i = 0; i < w->schema.n; i++)
		cp_build_release(&w->build[i]);
	free(w->build);
	free(w->passing);
	free(w->entry);
	cp_totals_release(&w->totals);
	cp_schema_release(&w->schema);
	cp_buf_release(&w->head);
	cp_buf_release(&w->raw);
	cp_buf_release(&w->body);
	free(w);
}

static void set_options(struct cp_writer *w, const struct cp_writer_opts *o)
{
	if (o)
		w->opts = *o;
	if (!w->opts.block_rows)
		w->opts.block_rows = CP_BLOCK_ROWS;
	if (!w->opts.block_bytes)
		w->opts.block_bytes = CP_BLOCK_BYTES;
	if (w->opts.block_rows > CP_BLOCK_ROWS_LIMIT)
		w->opts.block_rows = CP_BLOCK_ROWS_LIMIT;
}

struct cp_writer *cp_writer_open(FILE *f, const struct cp_schema *s, const struct cp_writer_opts *o, struct cp_err *err)
{
	if (s->n == 0) {
		cp_err_set(err, "a stream without columns cannot be written");
		return NULL;
	}
	struct cp_writer *w = cp_xcalloc(1, sizeof *w);
	size_t n = (size_t)s->n;
	w->f = f;
	set_options(w, o);
	cp_schema_copy(&w->schema, s);
	cp_totals_init(&w->totals, s->n);
	w->build = cp_xcalloc(n, sizeof *w->build);
	w->passing = cp_xcalloc(n, sizeof *w->passing);
	w->entry = cp_xcalloc(n, sizeof *w->entry);
	cp_buf_init(&w->head);
	cp_buf_init(&w->raw);
	cp_buf_init(&w->body);
	for (int i = 0; i < s->n; i++)
		cp_build_init(&w->build[i], s->column[i].store);
	if (cp_schema_print(&w->schema, &w->raw, err) < 0 || put_text(w, CP_MARK_HEADER, CP_STREAM_VERSION, 0, err) < 0) {
		writer_free(w);
		return NULL;
	}
	return w;
}

/* ---- Blocks ---- */

static void pass_on(struct cp_writer *w, const struct cp_values *v, struct cp_entry *e)
{
	*e = (struct cp_entry){ v->stored_len, v->raw_len, v->stored_sum, v->codec };
	cp_buf_add(&w->body, v->stored, v->stored_len);
}

static enum cp_codec codec_of(const struct cp_writer *w, int i)
{
	const struct cp_column *c = &w->schema.column[i];
	enum cp_codec wanted = w->codecs ? (enum cp_codec)w->codecs[i] : w->opts.raw ? CP_RAW : cp_column_codec(c);
	return wanted > CP_LZ4 && cp_column_codec(c) == CP_LZ4 ? CP_LZ4 : wanted;
}

/* Column i, compressed, behind body; `raw` is room to work in. */
static int pack(const struct cp_writer *w, int i, size_t n_rows, const struct cp_values *v, struct cp_buf *raw, struct cp_buf *body,
		struct cp_entry *e, struct cp_err *err)
{
	const struct cp_column *c = &w->schema.column[i];
	if (!c->store.width || !v->data)
		return cp_err_set(err, "column '%s' is kept in a way that this version does not know: it can only be passed on whole", c->name);
	assert(!c->store.is_list || (v->offsets[0] == 0 && v->offsets[n_rows] == v->n_elems));
	if (cp_values_check(c->type, n_rows, v, err) < 0)
		return cp_err_wrap(err, "column '%s'", c->name);
	size_t width = (size_t)c->store.width, len = (c->store.is_list ? v->n_elems : n_rows) * width + (c->store.is_list ? 4 * n_rows : 0);
	if (len > CP_BLOCK_LIMIT)
		return cp_err_set(err, "column '%s': %zu bytes in one block, more than %zu", c->name, len, CP_BLOCK_LIMIT);
	if (c->store.is_list) {
		cp_column_flatten(c->store, n_rows, v, raw);
		cp_column_pack(raw->data, len, codec_of(w, i), NULL, body, e);
	} else {
		cp_column_pack(v->data, len, codec_of(w, i), raw, body, e);
	}
	return 0;
}

static int add_column(struct cp_writer *w, int i, size_t n_rows, const struct cp_values *v, struct cp_err *err)
{
	const struct cp_column *c = &w->schema.column[i];
	if (w->passing[i] == UNDECIDED)
		w->passing[i] = w->opts.pass && v->stored ? PASSED : COUNTED;
	if (w->passing[i] == PASSED) {
		if (!v->stored)
			return cp_err_set(err, "column '%s' was passed on so far, and is now to be written anew", c->name);
		pass_on(w, v, &w->entry[i]);
		return 0;
	}
	if (pack(w, i, n_rows, v, &w->raw, &w->body, &w->entry[i], err) < 0)
		return -1;
	cp_totals_add(&w->totals, i, c, n_rows, v);
	return 0;
}

static int put_block(struct cp_writer *w, size_t n_rows, const struct cp_entry *entry, const struct cp_buf *body, struct cp_err *err)
{
	size_t dir_len = CP_ENTRY_SIZE * (size_t)w->schema.n;
	uint64_t total = 0;
	cp_buf_reset(&w->raw);
	for (int i = 0; i < w->schema.n; i++) {
		cp_entry_put(&w->raw, &entry[i]);
		total += entry[i].raw;
	}
	if (total > CP_BLOCK_LIMIT)
		return cp_err_set(err, "block %" PRIu64 ": %" PRIu64 " bytes, more than %zu: a value is too long", w->n_blocks, total,
				  CP_BLOCK_LIMIT);
	struct cp_head h = { n_rows, w->n_blocks, dir_len + body->len, cp_hash64(w->raw.data, dir_len, 0), 0 };
	cp_buf_reset(&w->head);
	cp_head_put(&w->head, CP_MARK_BLOCK, &h, w->seal);
	w->seal = h.seal;
	if (put(w, &w->head, err) < 0 || put(w, &w->raw, err) < 0 || put(w, body, err) < 0)
		return -1;
	if (fflush(w->f) == EOF)
		return cp_err_set(err, "writing records: %m");
	w->n_blocks++;
	w->totals.rows += n_rows;
	return 0;
}

static int write_block(struct cp_writer *w, size_t n_rows, const struct cp_values *v, struct cp_err *err)
{
	cp_buf_reset(&w->body);
	for (int i = 0; i < w->schema.n; i++)
		if (add_column(w, i, n_rows, &v[i], err) < 0)
			return -1;
	return put_block(w, n_rows, w->entry, &w->body, err);
}

int cp_writer_block(struct cp_writer *w, size_t n_rows, const struct cp_values *v, struct cp_err *err)
{
	if (cp_writer_flush(w, err) < 0)
		return -1;
	if (n_rows == 0)
		return 0;
	if (n_rows > CP_BLOCK_ROWS_LIMIT)
		return cp_err_set(err, "a block of %zu rows, more than %zu", n_rows, CP_BLOCK_ROWS_LIMIT);
	return write_block(w, n_rows, v, err);
}

/* ---- Blocks made by other threads ---- */

struct cp_packed {
	const struct cp_writer *w;
	size_t n_rows;
	struct cp_entry *entry;
	struct cp_totals totals;
	struct cp_buf body;
};

struct cp_packed *cp_packed_new(const struct cp_writer *w)
{
	struct cp_packed *p = cp_xcalloc(1, sizeof *p);
	assert(!w->opts.pass);
	p->w = w;
	p->entry = cp_xcalloc((size_t)w->schema.n, sizeof *p->entry);
	cp_totals_init(&p->totals, w->schema.n);
	cp_buf_init(&p->body);
	return p;
}

void cp_packed_free(struct cp_packed *p)
{
	if (!p)
		return;
	free(p->entry);
	cp_totals_release(&p->totals);
	cp_buf_release(&p->body);
	free(p);
}

int cp_packed_make(struct cp_packed *p, size_t n_rows, const struct cp_values *v, struct cp_buf *scratch, struct cp_err *err)
{
	const struct cp_schema *s = &p->w->schema;
	cp_totals_release(&p->totals);
	cp_totals_init(&p->totals, s->n);
	cp_buf_reset(&p->body);
	p->n_rows = n_rows;
	for (int i = 0; i < s->n; i++) {
		if (pack(p->w, i, n_rows, &v[i], scratch, &p->body, &p->entry[i], err) < 0)
			return -1;
		cp_totals_add(&p->totals, i, &s->column[i], n_rows, &v[i]);
	}
	return 0;
}

int cp_writer_packed(struct cp_writer *w, const struct cp_packed *p, struct cp_err *err)
{
	if (cp_writer_flush(w, err) < 0)
		return -1;
	if (p->n_rows == 0)
		return 0;
	if (put_block(w, p->n_rows, p->entry, &p->body, err) < 0)
		return -1;
	for (int i = 0; i < w->schema.n; i++) {
		cp_sum_join(&w->totals.column[i].sum, p->totals.column[i].sum, p->n_rows);
		cp_idset_join(&w->totals.column[i].ids, &p->totals.column[i].ids);
	}
	return 0;
}

/* ---- Rows ---- */

struct cp_build *cp_writer_column(struct cp_writer *w, int i)
{
	return &w->build[i];
}

int cp_writer_row(struct cp_writer *w, struct cp_err *err)
{
	size_t n_bytes = 0;
	w->n_waiting++;
	for (int i = 0; i < w->schema.n; i++) {
		const struct cp_build *b = &w->build[i];
		assert(b->n_rows == w->n_waiting);
		if (b->too_big)
			return cp_err_set(err, "row %" PRIu64 ", column '%s': a value longer than the %zu bytes of a block",
					  w->totals.rows + w->n_waiting, w->schema.column[i].name, CP_BLOCK_LIMIT);
		n_bytes += b->len;
	}
	if (w->n_waiting >= w->opts.block_rows || n_bytes >= w->opts.block_bytes)
		return cp_writer_flush(w, err);
	return 0;
}

int cp_writer_flush(struct cp_writer *w, struct cp_err *err)
{
	size_t n_rows = w->n_waiting;
	if (n_rows == 0)
		return 0;
	struct cp_values *v = cp_xmalloc((size_t)w->schema.n * sizeof *v);
	for (int i = 0; i < w->schema.n; i++)
		v[i] = cp_build_values(&w->build[i]);
	int rc = write_block(w, n_rows, v, err);
	free(v);
	for (int i = 0; i < w->schema.n; i++)
		cp_build_reset(&w->build[i]);
	w->n_waiting = 0;
	return rc;
}

/* ---- Origin and end ---- */

void cp_writer_codecs(struct cp_writer *w, const unsigned char *codecs)
{
	w->codecs = codecs;
}

void cp_writer_source(struct cp_writer *w, const char digest[33], uint64_t n_bytes)
{
	json_object_set_new(w->totals.sources, digest, json_integer((json_int_t)n_bytes));
}

void cp_writer_inherit(struct cp_writer *w, const struct cp_reader *r)
{
	cp_totals_take_origin(&w->totals, cp_reader_totals(r));
}

void cp_writer_take_origin(struct cp_writer *w, const struct cp_totals *t)
{
	cp_totals_take_origin(&w->totals, t);
}

const struct cp_totals *cp_writer_totals(const struct cp_writer *w)
{
	return &w->totals;
}

uint64_t cp_writer_rows(const struct cp_writer *w)
{
	return w->totals.rows + w->n_waiting;
}

/* Columns that went by undecoded: what the reader's trailers said of them. */
static int take_passed(struct cp_writer *w, struct cp_err *err)
{
	const struct cp_schema *from = cp_reader_schema(w->opts.pass);
	const struct cp_totals *t = cp_reader_totals(w->opts.pass);
	for (int i = 0; i < w->schema.n; i++) {
		const struct cp_column *c = &w->schema.column[i];
		int k = 0;
		if (w->passing[i] != PASSED)
			continue;
		while (k < from->n && (strcmp(from->column[k].type_name, c->type_name) || strcmp(from->column[k].name, c->name)))
			k++;
		if (k == from->n || !cp_reader_at_end(w->opts.pass) || t->rows != w->totals.rows)
			return cp_err_set(err, "column '%s' was passed on from %s, but not whole", c->name, cp_reader_name(w->opts.pass));
		w->totals.column[i].sum = t->column[k].sum;
		cp_idset_join(&w->totals.column[i].ids, &t->column[k].ids);
	}
	cp_writer_inherit(w, w->opts.pass);
	return 0;
}

static int finish(struct cp_writer *w, struct cp_err *err)
{
	if (cp_writer_flush(w, err) < 0)
		return -1;
	if (w->opts.pass && take_passed(w, err) < 0)
		return -1;
	cp_buf_reset(&w->raw);
	if (cp_totals_print(&w->totals, &w->schema, &w->raw, err) < 0)
		return -1;
	return put_text(w, CP_MARK_TRAILER, w->totals.rows, w->n_blocks, err);
}

int cp_writer_close(struct cp_writer *w, struct cp_err *err)
{
	int rc = finish(w, err);
	writer_free(w);
	return rc;
}

void cp_writer_abort(struct cp_writer *w)
{
	if (w)
		writer_free(w);
}
