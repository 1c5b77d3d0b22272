/* Which values of a key column are in the long tail, and which are new: by how often the training rows have them.
 *
 *     cp_tail_init(&t, "User ID");
 *     cp_tail_count(&t, 1, reader, err);               // the training rows; again for more of them
 *     cp_tail_rank(&t);
 *     cp_tail_has(&t, key, cp_tail_size(&t, 20))       // among the rarest 20 % of the values that training saw, or not seen
 *
 * The values are ranked by count, the rarest first, equal counts by key; the tail is exactly the first so many of them (a share of the number of
 * different values, rounded down), and every value that training did not see.
 */
#ifndef CP_TAIL_H
#define CP_TAIL_H

#include "report/tally.h"
#include "stream/stream.h"

struct cp_tail {
	const char *name;		/* a key column; the caller's */
	struct cp_tally seen;		/* n: rows; once ranked, pos: the place, the rarest first, from 1 */
	size_t n;			/* different values, once ranked */
	json_t *made;			/* the column's attributes in the first reader, which others' must equal; NULL: there was none yet */
};

void cp_tail_init(struct cp_tail *, const char *name);
void cp_tail_release(struct cp_tail *);

/* Add all rows of a reader to n columns; <0: no such key column, one made otherwise than before, or a damaged stream. */
int cp_tail_count(struct cp_tail *, int n, struct cp_reader *, struct cp_err *);
void cp_tail_rank(struct cp_tail *);

size_t cp_tail_size(const struct cp_tail *, double percent);
int cp_tail_is_new(const struct cp_tail *, uint64_t key);
int cp_tail_has(const struct cp_tail *, uint64_t key, size_t size);

/* The columns' places in a reader's schema.  How they were made in the first reader is remembered, and one made otherwise is refused, as there is
 * no such key column: <0. */
int cp_tail_columns(struct cp_tail *, int n, const struct cp_reader *, int *column, struct cp_err *);

#endif
