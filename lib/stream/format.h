/* The bytes of a record stream, and what reader and writer share.  All numbers are little-endian; checksums are XXH3_64bits.
 *
 *     stream  = segment segment* end of file                 (cat joins segments)
 *     segment = header block* trailer
 *
 * Each of the three is a frame: a head of 48 bytes, then what the head says.
 *
 *      0       8       16      24      32      40      48
 *     +-------+-------+-------+-------+-------+-------+- - - -
 *     | mark  | a     | b     | length| sum   | seal  | body
 *     +-------+-------+-------+-------+-------+-------+- - - -
 *
 *     frame    mark                      a         b                  body                      sum is over
 *     header   89 43 50 53 0d 0a 1a 0a   version   0                  JSON text (schema.c)      the body
 *     block    "cpsBLOCK"                rows      its number, 0 ..   directory, then columns   the directory
 *     trailer  "cps.TAIL"                rows      number of blocks   JSON text (totals.c)      the body
 *
 *     length   bytes of the body
 *     seal     checksum of bytes 0..39 of the head, seeded with the seal of the frame before in this segment (a header: with 0).
 *              So a frame that is lost, doubled or from another stream is seen as well as one that is damaged.
 *
 * A block's directory has an entry of 32 bytes a column, in the schema's order; the columns' bytes follow in the same order:
 *
 *      0       8       16      24      28      32
 *     +-------+-------+-------+-------+-------+
 *     | stored| raw   | sum   | codec | 0     |       stored, raw: bytes as stored and decoded; sum: of the stored bytes
 *     +-------+-------+-------+-------+-------+       codec: 0 as they are, 1 one LZ4 block, 2 a dictionary, 3 differences (words.h); each
 *                                                     only where that is shorter than 0
 *
 * A column decodes to its elements one after another; a list or bytes column has after them one u32 a row, the row's number of elements.
 *
 * The mark, the head's layout and the meaning of length, sum and seal hold for every version, so that a reader can tell a newer stream
 * from a damaged one, and read in its header ("needs") what is needed.
 */
#ifndef CP_FORMAT_H
#define CP_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "stream/stream.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "lib/stream keeps arrays in memory as they are in the stream: a big-endian machine needs a swap in codec.c"
#endif

#define CP_STREAM_VERSION 2
#define CP_MARK_HEADER "\x89" "CPS\r\n\x1a\n"
#define CP_MARK_BLOCK "cpsBLOCK"
#define CP_MARK_TRAILER "cps.TAIL"
#define CP_HEAD_SIZE 48
#define CP_ENTRY_SIZE 32
#define CP_TEXT_LIMIT ((size_t)16 << 20)	/* of a header's or trailer's text */

struct cp_head {
	uint64_t a, b, length, sum, seal;
};

/* One column of a block, as the directory says. */
struct cp_entry {
	uint64_t stored, raw, sum;
	uint32_t codec;
};

/* Fill in head->seal and append the 48 bytes. */
void cp_head_put(struct cp_buf *, const char *mark, struct cp_head *, uint64_t seal_before);
/* From 48 bytes; 0 if the seal holds, else -1. */
int cp_head_get(struct cp_head *, const unsigned char *, uint64_t seal_before);

void cp_entry_put(struct cp_buf *, const struct cp_entry *);
/* Checked against the store and the number of rows; *room is what the block may still decode to.  0, or -1 and what is wrong. */
int cp_entry_get(struct cp_entry *, const unsigned char *, struct cp_store, size_t n_rows, uint64_t *room, struct cp_err *);

/* The decoded bytes of a column: elements, then lengths. */
void cp_column_flatten(struct cp_store, size_t n_rows, const struct cp_values *, struct cp_buf *);

/* Append n decoded bytes to body, compressed by `codec`, by LZ4 if that is not shorter than they are, or as they are, and fill e.  n <= CP_BLOCK_LIMIT.
 * Dictionary and differences are for single elements of 8 bytes, and need room to work in. */
void cp_column_pack(const char *raw, size_t n, enum cp_codec, struct cp_buf *room, struct cp_buf *body, struct cp_entry *e);

/* Decode into buf, with offsets for lists.  Everything is checked.  v gets pointers into buf and offsets. */
struct cp_column_mem {
	char *data;
	size_t cap;
	uint32_t *offsets;
	size_t cap_rows;
};
int cp_column_unpack(const struct cp_entry *, const void *stored, struct cp_store, size_t n_rows, struct cp_column_mem *, struct cp_values *v,
		     struct cp_err *);

/* What a type asks of its values beyond its storage: token ids below the limit, masks in ascending pairs. */
int cp_values_check(enum cp_type, size_t n_rows, const struct cp_values *, struct cp_err *);

#endif
