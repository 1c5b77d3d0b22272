/* Rows in another order: sorted by columns, or shuffled by a seed; any number of them in bounded memory (sorter.h).
 *
 * A shuffle sorts by a random number of the seed and the row's number (its row column, or where there is none its place), and by nothing
 * else: the same rows come in the same order however they were ordered, cut or joined before, and a part of the rows keeps its order.  (Rows
 * of the same number, of files that were numbered each by itself, keep their order among each other.)
 *
 * One segment comes out.  pick chooses rows of the input before, `head` cuts after. */
#ifndef CP_REORDER_H
#define CP_REORDER_H

#include "stream/pick.h"
#include "stream/sink.h"

struct cp_reorder {
	const struct cp_opt_list *sort;		/* as cp_order_parse() has them; or NULL or empty: a shuffle */
	uint64_t seed;				/* of the shuffle */
	const struct cp_opt_list *columns, *drop;
	struct cp_pick_opts pick;
	int64_t head;				/* the first so many of the new order; -1: all */
	size_t memory;
	json_t *step;				/* added to the provenance of every column */
	struct cp_sink_opts sink;
};

/* r must be one of cp_reader_open_again where pick takes two passes. */
int cp_reorder(const struct cp_reorder *, struct cp_reader *r, FILE *out, uint64_t *n_in, uint64_t *n_out, struct cp_err *);

#endif
