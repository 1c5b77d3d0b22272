/* Sorting more than fits into memory.
 *
 * A record is a key and a body, both any bytes.  Records come back in the order of their keys by memcmp (a key that another begins with
 * stands before it); those of equal keys in the order in which they were added.
 *
 *     struct cp_sorter *s = cp_sorter_new((size_t)100 << 20);
 *     cp_sorter_add(s, key, n_key, body, n_body, err) ...
 *     cp_sorter_ready(s, err);
 *     struct cp_sorted x;
 *     while ((rc = cp_sorter_next(s, &x, err)) == 1)
 *             use(x.body, x.n_body);                  // valid until the next call
 *     cp_sorter_free(s);
 *
 * What does not fit goes, sorted and compressed, to a temporary file without a name in TMPDIR, and is merged from there.  Memory is what
 * was allowed, or the longest record and some buffers where that is more.
 */
#ifndef CP_SORTER_H
#define CP_SORTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct cp_sorter;

struct cp_sorted {
	const char *key, *body;
	size_t n_key, n_body;
};

struct cp_sorter *cp_sorter_new(size_t memory_bytes);
void cp_sorter_free(struct cp_sorter *);

int cp_sorter_add(struct cp_sorter *, const void *key, size_t n_key, const void *body, size_t n_body, struct cp_err *);
int cp_sorter_ready(struct cp_sorter *, struct cp_err *);

/* After _ready: 1 a record, 0 the end, -1. */
int cp_sorter_next(struct cp_sorter *, struct cp_sorted *, struct cp_err *);
int cp_sorter_rewind(struct cp_sorter *, struct cp_err *);		/* to the first record again */

#endif
