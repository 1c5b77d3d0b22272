/* Copying records, whole or in part, to records or to text: what cp-cat does.
 *
 * What need not be decoded is not: columns of whole blocks are passed on as they came.  Rows are decoded where some of them are chosen,
 * where blocks are cut or compressed anew, and for text.  Seams between segments are kept unless `join` is set. */
#ifndef CP_COPY_H
#define CP_COPY_H

#include "stream/pick.h"
#include "stream/sink.h"
#include "stream/stream.h"

struct cp_copy {
	const struct cp_opt_list *columns, *drop;	/* as cp_schema_choose() has them; or NULL */
	struct cp_pick_opts pick;	/* CP_PICK_ALL, or which rows */
	json_t *step;		/* added to the provenance of every column, where rows are chosen; or NULL */
	struct cp_sink_opts sink;	/* sink.writer.block_rows: cut blocks anew; 0: leave them */
	int join;		/* one segment of several */
	int compress;		/* anew, as sink.writer.raw says */
	int to_end;		/* read to the end, even where no more rows are wanted */
};

/* Reads to the end or to the last row wanted.  r must be one of cp_reader_open_again where pick takes two passes. */
int cp_copy(const struct cp_copy *, struct cp_reader *r, FILE *out, uint64_t *n_in, uint64_t *n_out, struct cp_err *);

/* The output's schema: the columns chosen, in order, with their index in the input in column[] (room for from->n).  For
 * others that choose columns. */
int cp_copy_schema(struct cp_schema *s, const struct cp_schema *from, const struct cp_opt_list *columns, const struct cp_opt_list *drop, int *column,
		   struct cp_err *);

#endif
