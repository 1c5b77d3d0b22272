/* Copying records, whole or in part, to records or to text: what cp-cat does.
 *
 * What need not be decoded is not: columns of whole blocks are passed on as they came.  Rows are decoded where some of them are chosen,
 * where blocks are cut or compressed anew, and for text.  Seams between segments are kept unless `join` is set. */
#ifndef CP_COPY_H
#define CP_COPY_H

#include "stream/stream.h"
#include "stream/twin.h"

struct cp_copy {
	const struct cp_opt_list *columns, *drop;	/* as cp_schema_choose() has them; or NULL */
	uint64_t first, last;	/* rows first .. last-1, over all segments; last UINT64_MAX: to the end */
	int64_t tail;		/* the last so many rows; -1: not asked for */
	double sample;		/* share of the rows; 1: all.  Drawn by the seed and the row's number (the row column's where there is one) */
	uint64_t seed;
	json_t *step;		/* added to the provenance of every column, where rows are chosen; or NULL */
	int64_t expect_rows;	/* of the input; fails before the trailer is written; -1: not asked for */
	int to_text, bare;
	enum cp_twin kind;	/* to_text */
	int join;		/* one segment of several */
	size_t block_rows;	/* cut blocks anew; 0: leave them */
	int compress;		/* anew, by codec */
	enum cp_codec codec;
};

/* Reads to the end (or to the last row wanted).  r must be one of cp_reader_open_again for a tail. */
int cp_copy(const struct cp_copy *, struct cp_reader *r, FILE *out, uint64_t *n_in, uint64_t *n_out, struct cp_err *);

#endif
