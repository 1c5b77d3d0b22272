/* The record stream (.cps): reader and writer.  The bytes are drawn in cps(5) and at the head of format.h.
 *
 * A stream is one or more segments, each a header (schema.h), blocks of some thousand rows, and a trailer; `cat a.cps b.cps` is a
 * stream, and a reader goes over the seam if the schemas agree.  A stream without its last trailer is an error, as is any flipped bit.
 *
 * Reading:
 *     struct cp_reader *r = cp_reader_open(path, err);                // "-" or NULL: standard input
 *     int text = cp_schema_find(cp_reader_schema(r), CP_TEXT, "text");
 *     cp_reader_choose(r, &text, 1);                                  // optional: decompress only these
 *     struct cp_block b;
 *     int rc;
 *     while ((rc = cp_reader_next(r, &b, err)) == 1)
 *             for (size_t i = 0; i < b.n_rows; i++) {
 *                     const uint32_t *o = b.column[text].offsets;
 *                     use(b.column[text].bytes + o[i], o[i + 1] - o[i]);
 *             }
 *     cp_reader_close(r);                                             // rc 0: the end, and whole; -1: err tells
 *
 * Writing rows one by one (CSV -> records):
 *     struct cp_writer *w = cp_writer_open(f, &schema, NULL, err);
 *     each row:  cp_add_f64(cp_writer_column(w, 0), label);  cp_add_list(cp_writer_column(w, 1), text, n);
 *                if (cp_writer_row(w, err) < 0) ...                   // one value in every column by now
 *     cp_writer_close(w, err);                                        // the trailer; frees w also on failure
 *
 * A filter that adds a column and passes the others on as they came, compressed:
 *     cp_reader_choose(r, &text, 1);
 *     w = cp_writer_open(f, &schema, &(struct cp_writer_opts){ .pass = r }, err);
 *     struct cp_values v[n + 1];
 *     each block b:  memcpy(v, b.column, n * sizeof *v);
 *                    cp_build_reset(&mine);  ... cp_add_list(&mine, ids, n_ids) a row ...;  v[n] = cp_build_values(&mine);
 *                    cp_writer_block(w, b.n_rows, v, err);
 *     cp_writer_close(w, err);
 *
 * Memory: a reader holds one block (compressed and decoded), a writer one more; blocks close at 4096 rows or 4 MiB decoded, whichever
 * is first, and no block decodes to more than CP_BLOCK_LIMIT.  Everything a reader gives is its own, until the next cp_reader_next.
 */
#ifndef CP_STREAM_H
#define CP_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "stream/schema.h"

#define CP_BLOCK_ROWS 4096			/* where a writer closes a block, unless told otherwise */
#define CP_BLOCK_BYTES ((size_t)4 << 20)
#define CP_BLOCK_ROWS_LIMIT ((size_t)1 << 20)	/* no block has more */
#define CP_BLOCK_LIMIT ((size_t)256 << 20)	/* bytes of all columns of a block, decoded; so of one value too */

enum cp_codec { CP_RAW = 0, CP_LZ4 = 1, CP_DICTIONARY = 2, CP_DIFFERENCES = 3 };	/* words.h */

/* One column of one block. */
struct cp_values {
	union {			/* the elements, by the column's storage; NULL if the column was not chosen */
		const void *data;
		const char *bytes;
		const uint32_t *u32;
		const uint64_t *u64;
		const int64_t *i64;
		const float *f32;
		const double *f64;
	};
	const uint32_t *offsets;	/* lists: row i is elements offsets[i] .. offsets[i+1]-1; else NULL */
	size_t n_elems;
	/* As it came, for passing on; stored NULL: there is only the above. */
	const void *stored;
	size_t stored_len, raw_len;
	uint64_t stored_sum;
	uint32_t codec;
};

struct cp_block {
	size_t n_rows;
	uint64_t first_row;		/* rows of this reader before this block */
	int n_columns;
	const struct cp_values *column;	/* n_columns, in the schema's order */
};

/* ---- Reading ---- */

struct cp_reader;

/* Opens and reads the first header.  NULL on failure: not a stream, empty, of a newer version.  _file: takes f over. */
struct cp_reader *cp_reader_open(const char *path, struct cp_err *);
struct cp_reader *cp_reader_open_file(FILE *f, const char *name, struct cp_err *);
void cp_reader_close(struct cp_reader *);

/* Several files as if they were joined by cat (paths are copied; none: standard input).  _again: cp_reader_rewind will work, so what
 * cannot be read twice is first copied, as it is, to a temporary file without a name (in TMPDIR). */
struct cp_reader *cp_reader_open_all(const char *const *paths, int n, struct cp_err *);
struct cp_reader *cp_reader_open_again(const char *const *paths, int n, struct cp_err *);

const struct cp_schema *cp_reader_schema(const struct cp_reader *);
const struct cp_schema *cp_reader_header(const struct cp_reader *);	/* of the segment at hand: the same columns, its own provenance */
const char *cp_reader_name(const struct cp_reader *);		/* what messages call it */

/* Before the first block: decode only these columns (all, if never called; none, if n is 0).  The others are still checked against their
 * checksums. */
void cp_reader_choose(struct cp_reader *, const int *columns, int n);
void cp_reader_choose_all(struct cp_reader *);

/* 1 a block (of at least one row), 0 the end of a whole stream, -1 failed. */
int cp_reader_next(struct cp_reader *, struct cp_block *, struct cp_err *);

/* The end is one only behind just so many rows, else it is an error; -1: any number. */
void cp_reader_expect(struct cp_reader *, int64_t n_rows);

/* Read from the first row again (a file, not a pipe). */
int cp_reader_rewind(struct cp_reader *, struct cp_err *);

/* So far; the whole once cp_reader_next has given 0. */
uint64_t cp_reader_rows(const struct cp_reader *);
uint64_t cp_reader_blocks(const struct cp_reader *);
uint64_t cp_reader_segments(const struct cp_reader *);

/* At the end: the digest of a column's values over all segments (32 hex digits): the same however the rows are cut into blocks and
 * segments.  0, or -1 before the end. */
int cp_reader_digest(const struct cp_reader *, int column, char hex[33]);
/* The same of all columns together. */
int cp_reader_content(const struct cp_reader *, char hex[33]);

/* At the end, for a tokens column: bit i of the result is set if id i occurs; *n_ids is the number of bits.  NULL: not a tokens column. */
const uint64_t *cp_reader_token_ids(const struct cp_reader *, int column, size_t *n_ids);

/* Keep seams: cp_reader_next gives 0 at the end of each segment; cp_reader_more then gives 1 if another follows (its header is read,
 * schema, digests and sources are that segment's), 0 at the end, -1. */
void cp_reader_keep_seams(struct cp_reader *);
int cp_reader_more(struct cp_reader *, struct cp_err *);
int cp_reader_is_last(struct cp_reader *);	/* at a seam or the end: 1 if nothing follows (waits for what follows) */

/* ---- Building a column ---- */

/* Values of one column of one block, being collected.  A caller that fills more than CP_BLOCK_LIMIT is told when the values are written. */
struct cp_build {
	struct cp_store store;
	char *data;
	size_t len, cap;		/* bytes */
	uint32_t *offsets;		/* lists: n_rows + 1 */
	size_t n_rows, cap_rows;
	int too_big;
};

void cp_build_init(struct cp_build *, struct cp_store);
void cp_build_release(struct cp_build *);
void cp_build_reset(struct cp_build *);
struct cp_values cp_build_values(const struct cp_build *);	/* valid until the next add, reset or release */

/* One row's value.  The kind must be the column's storage. */
void cp_add_u32(struct cp_build *, uint32_t);
void cp_add_u64(struct cp_build *, uint64_t);
void cp_add_i64(struct cp_build *, int64_t);
void cp_add_f32(struct cp_build *, float);
void cp_add_f64(struct cp_build *, double);
void cp_add_list(struct cp_build *, const void *elems, size_t n_elems);	/* bytes too */
/* Row `row` of values of the same storage. */
void cp_add_from(struct cp_build *, const struct cp_values *, size_t row);

/* ---- Writing ---- */

struct cp_writer;

struct cp_writer_opts {
	int raw;			/* 1: do not compress; else by cp_column_codec, where that is shorter */
	size_t block_rows;		/* 0: CP_BLOCK_ROWS */
	size_t block_bytes;		/* 0: CP_BLOCK_BYTES */
	struct cp_reader *pass;		/* columns with .stored are passed on as they are; every row of this reader must be written; what its
					   trailers say of such a column (digest, ids) and its sources are taken over */
};

/* Writes the header at once.  f stays the caller's; schema is copied; opts NULL: defaults. */
struct cp_writer *cp_writer_open(FILE *f, const struct cp_schema *, const struct cp_writer_opts *, struct cp_err *);

/* Row by row: the collected values of a column, to add one to; then _row.  A full block is written and flushed. */
struct cp_build *cp_writer_column(struct cp_writer *, int column);
int cp_writer_row(struct cp_writer *, struct cp_err *);

/* Write what has been collected, if anything, as a block (a co-process that answers line by line). */
int cp_writer_flush(struct cp_writer *, struct cp_err *);

/* A whole block: one cp_values a column of the schema, all of n_rows rows; a list's offsets start at 0 and end at n_elems. */
int cp_writer_block(struct cp_writer *, size_t n_rows, const struct cp_values *, struct cp_err *);

/* The same in two steps, the first of which any thread may take, each with a packed block of its own:
 *     struct cp_packed *p = cp_packed_new(w);                          // before w is closed; not for a writer with .pass
 *     cp_packed_make(p, n_rows, values, &scratch, err)                 // compress, add up; does not change w
 *     cp_writer_packed(w, p, err)                                      // in the blocks' order; p may then be made anew
 */
struct cp_packed;
struct cp_packed *cp_packed_new(const struct cp_writer *);
void cp_packed_free(struct cp_packed *);
int cp_packed_make(struct cp_packed *, size_t n_rows, const struct cp_values *, struct cp_buf *scratch, struct cp_err *);
int cp_writer_packed(struct cp_writer *, const struct cp_packed *, struct cp_err *);

/* What a column's values are compressed by if nothing else is said. */
enum cp_codec cp_column_codec(const struct cp_column *);

/* Codec of each column (enum cp_codec) from the next block on; NULL: back to the options'.  Not copied. */
void cp_writer_codecs(struct cp_writer *, const unsigned char *codecs);

/* Say, any time before the end, that the rows come from a source of this digest and length; or take over what a reader (at its end)
 * says about its sources, for a tool that does not use .pass. */
void cp_writer_source(struct cp_writer *, const char digest[33], uint64_t n_bytes);
void cp_writer_inherit(struct cp_writer *, const struct cp_reader *);

uint64_t cp_writer_rows(const struct cp_writer *);
int cp_writer_close(struct cp_writer *, struct cp_err *);	/* trailer, flush; frees w in any case */
void cp_writer_abort(struct cp_writer *);			/* frees only: what is written lacks its trailer */

#endif
