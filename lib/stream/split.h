/* Which part of a split a row goes to.
 *
 * By time, by order and at random, the sizes are exact.  With ratios r_1 : ... : r_k and n rows, the last part gets
 * ceil(n r_k / (r_1 + ... + r_k)), the one before it the same share of what is left, and so on; the first gets the rest.  (8:1:1: test is
 * ceil(n/10), validation ceil((n - test)/9), METHOD section 1.)  Rows are ranked by time (missing: earliest), by place, or by a random
 * number of (seed, row); equal ones keep their order; the first part takes the lowest ranks.  That takes two passes over the rows and 8 to 12 bytes a
 * row: the boundaries are found by selection, and the second pass computes each row's rank key again.
 *
 * By hash of the row's number, and by group (hash of one key column), a row's part depends on nothing but that and the seed: one pass,
 * parts of a data set can be split apart, and the sizes are about right only.
 *
 *     struct cp_split *s = cp_split_new(CP_SPLIT_TIME, ratio, 3, seed, err);
 *     if (cp_split_bind(s, schema, NULL, err) < 0) ...                // which column is read
 *     first pass, if cp_split_passes(s) == 2:   cp_split_look(s, &block, err);        then cp_split_ready(s);
 *     second pass:                              cp_split_parts(s, &block, parts);     // part of each row of the block
 */
#ifndef CP_SPLIT_H
#define CP_SPLIT_H

#include <stdint.h>

#include "stream/stream.h"

#define CP_SPLIT_MAX 16		/* parts */

enum cp_split_by { CP_SPLIT_RANDOM, CP_SPLIT_TIME, CP_SPLIT_ORDER, CP_SPLIT_HASH, CP_SPLIT_GROUP };

struct cp_split;

struct cp_split *cp_split_new(enum cp_split_by, const uint32_t *ratio, int n_parts, uint64_t seed);
void cp_split_free(struct cp_split *);

/* group: the label of a key column (CP_SPLIT_GROUP), else NULL. */
int cp_split_bind(struct cp_split *, const struct cp_schema *, const char *group, struct cp_err *);
int cp_split_column(const struct cp_split *);	/* the column that has to be decoded, or -1 */
int cp_split_passes(const struct cp_split *);

int cp_split_look(struct cp_split *, const struct cp_block *, struct cp_err *);
void cp_split_ready(struct cp_split *);
void cp_split_parts(struct cp_split *, const struct cp_block *, unsigned char *parts);

/* Exact sizes for n rows: size[n_parts]. */
void cp_split_sizes(uint64_t n, const uint32_t *ratio, int n_parts, uint64_t *size);

#endif
