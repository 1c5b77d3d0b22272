/* Which part of a split a row goes to.
 *
 * Exact sizes (random, time, order).  With ratios r_1 : ... : r_k and n rows, the last part gets ceil(n r_k / (r_1 + ... + r_k)), the one
 * before it the same share of what is left, and so on; the first gets the rest.  (8:1:1: test is ceil(n/10), validation ceil((n - test)/9).)
 * Rows are ranked by a random number of (seed, row), by time (missing: earliest), or by place; equal ones keep their order; the first part takes
 * the lowest ranks.  That takes two passes over the rows and 8 to 12 bytes a row: the boundaries are found by selection, and the second pass
 * computes each row's rank key again.
 *
 * The same for each value of a column (`per`): a user's own earliest rows, or the same share of each label.  A value with fewer rows than there are
 * parts has all of them in the first.  LAST is leave-last-out: of each value the last row by time (by place, where there is no time) is the
 * last part's, the one before it the part's before, and so on.  16 bytes a row and some 30 a value; at most 2^32 rows.
 *
 * Shares (hash of the row's number; group: hash of one key column).  A row's part depends on nothing but that and the seed: one pass, parts of a
 * data set can be split apart, what was split stays where it is when rows are added, and the sizes are about right only.
 *
 * What is drawn at random is drawn by (seed, how often the rows were split before, as the header's chains tell, row or key): by the same numbers
 * once more all of a part would fall into its first share.  Of segments the first header counts, which is that of the parts, too; so none may have been
 * split more often.
 *
 * ROWS: as files of row numbers say (splitrows.h); one pass.
 *
 *     struct cp_split *s = cp_split_new(&opts, err);
 *     if (cp_split_bind(s, schema, err) < 0) ...                      // which columns are read
 *     both passes, before each block:           cp_split_segment(s, cp_reader_header(r), err)
 *     first pass, if cp_split_passes(s) == 2:   cp_split_look(s, &block, err);        then cp_split_ready(s);
 *     last pass:                                cp_split_parts(s, &block, parts, err);     // part of each row of the block
 *     cp_split_done(s, err);                                          // was every row there that was named?
 */
#ifndef CP_SPLIT_H
#define CP_SPLIT_H

#include <stdint.h>

#include "stream/stream.h"

#define CP_SPLIT_MAX 32		/* parts */

#define CP_SPLIT_RULES "random|time|order|hash|group|last|rows"	/* in the order of the enum below */
enum cp_split_by { CP_SPLIT_RANDOM, CP_SPLIT_TIME, CP_SPLIT_ORDER, CP_SPLIT_HASH, CP_SPLIT_GROUP, CP_SPLIT_LAST, CP_SPLIT_ROWS };

struct cp_split_opts {
	enum cp_split_by by;
	int n_parts;
	uint32_t ratio[CP_SPLIT_MAX];	/* but for LAST and ROWS */
	const char *name[CP_SPLIT_MAX];	/* of the parts, as ROWS has them */
	uint64_t seed;
	const char *group;		/* GROUP: the label of a key column */
	const char *per;		/* the label of a column, or NULL; LAST needs it */
	const struct cp_opt_list *rows;	/* ROWS */
};

struct cp_split;

struct cp_split *cp_split_new(const struct cp_split_opts *, struct cp_err *);	/* opts are copied, what they point to stays the caller's */
void cp_split_free(struct cp_split *);

int cp_split_bind(struct cp_split *, const struct cp_schema *, struct cp_err *);
int cp_split_segment(const struct cp_split *, const struct cp_schema *, struct cp_err *);	/* <0: drawn as the first ones its rows would not part anew */
int cp_split_columns(const struct cp_split *, int out[2]);	/* the columns that have to be decoded; how many */
int cp_split_passes(const struct cp_split *);

int cp_split_look(struct cp_split *, const struct cp_block *, struct cp_err *);
void cp_split_ready(struct cp_split *);
int cp_split_parts(struct cp_split *, const struct cp_block *, unsigned char *parts, struct cp_err *);
int cp_split_done(const struct cp_split *, struct cp_err *);

/* The files that it went by, for a step of provenance. */
void cp_split_step(const struct cp_split *, json_t *step);

/* What there is to say of it, or nothing: values with too few rows, row numbers named.  Appended. */
void cp_split_account(const struct cp_split *, struct cp_buf *);

#endif
