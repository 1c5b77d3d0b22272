/* A row as one run of bytes, to be sorted or kept; and keys that sort as rows should.
 *
 * _pack writes a row's values one column after another: an element as it is, a list as a u32 number of elements and the elements.  _unpack is the way
 * back, into the builds of a writer.  The bytes are for this process only (a temporary file, a table in memory).
 *
 * An order is a list of columns, each ascending or descending.  cp_order_key writes bytes whose memcmp is that order:
 *     numbers by size, missing ones (NaN, no time) before all others; -0 equals 0
 *     keys by their 64 bits: equal ones come together, their order says nothing
 *     bytes by their bytes; lists by their elements, a list that another begins with before it
 * Descending turns all of this about, missing ones last.
 */
#ifndef CP_ROWPACK_H
#define CP_ROWPACK_H

#include "stream/stream.h"

void cp_row_pack(const struct cp_schema *, const struct cp_values *, size_t row, struct cp_buf *);

/* One row to each of build(ctx, column); p is what cp_row_pack wrote for these columns. */
void cp_row_unpack(const struct cp_schema *, const char *p, struct cp_build *(*build)(void *ctx, int column), void *ctx);

struct cp_order {
	int n;
	struct cp_order_column {
		int column, descending;
	} *by;
};

/* From "NAME", "NAME:desc", "NAME:asc" or several with commas between them.  -1 and a sentence, with nothing to release. */
int cp_order_parse(struct cp_order *, const struct cp_schema *, const struct cp_opt_list *, struct cp_err *);
void cp_order_release(struct cp_order *);

/* Append the key of a row. */
void cp_order_key(const struct cp_order *, const struct cp_schema *, const struct cp_values *, size_t row, struct cp_buf *);

#endif
