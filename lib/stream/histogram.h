/* The values of one column and how often they occur, exactly, in bounded memory (what does not fit is sorted through a temporary file).
 *
 *     key, keys            "key rows share" a line, the most frequent first, equal ones by the key; of a list every member counts
 *     scalars              "from to rows share" a line: bins of about equal numbers of rows, ascending, from and to being values that occur; where
 *                          there are no more different values than bins, a bin a value.  Missing values come first, as nan (empty for time)
 *     bytes, other lists   the same of their lengths: bytes, elements; of a mask, the masked positions
 *
 * share is of the column's values (members, for a list of keys).  Tab-separated, with a line of names. */
#ifndef CP_HISTOGRAM_H
#define CP_HISTOGRAM_H

#include "stream/pick.h"
#include "stream/stream.h"

struct cp_histogram {
	const char *column;		/* a label */
	struct cp_pick_opts pick;
	uint64_t n_bins;
	size_t memory;
};

int cp_histogram(const struct cp_histogram *, struct cp_reader *r, FILE *out, uint64_t *n_in, struct cp_err *);

#endif
