/* What a trailer says, and a reader or writer adds up on the way: rows, a digest a column, the token ids used, the sources, and where
 * segments of different origin were joined, the origins of the later ones.
 *
 * As text, one JSON object:
 *     {"rows":3,
 *      "columns":[{"digest":"..."}, {"digest":"...","ids":"..."}, ...],        in the schema's order; ids for tokens columns
 *      "sources":{"DIGEST":BYTES, ...},                                       where a first tool set it
 *      "joined":[{"columns":[{"name":..,"type":..,"chain":[0]}],"steps":[..]}]}
 * The last two are left out where empty.
 */
#ifndef CP_TOTALS_H
#define CP_TOTALS_H

#include <jansson.h>

#include "stream/idset.h"
#include "stream/schema.h"
#include "stream/stream.h"
#include "stream/sum.h"

struct cp_column_total {
	struct cp_sum sum;
	struct cp_idset ids;
};

struct cp_totals {
	uint64_t rows;
	int n;
	struct cp_column_total *column;
	json_t *sources;	/* object */
	json_t *joined;		/* object: the entry's text -> the entry, so that each stands once */
};

void cp_totals_init(struct cp_totals *, int n_columns);
void cp_totals_release(struct cp_totals *);

/* Add a block's column (rows are counted apart). */
void cp_totals_add(struct cp_totals *, int column, const struct cp_column *, size_t n_rows, const struct cp_values *);

/* t's rows follow a's. */
void cp_totals_join(struct cp_totals *a, const struct cp_totals *t);
void cp_totals_take_origin(struct cp_totals *a, const struct cp_totals *t);	/* sources and joined only */

/* A segment whose schema is `now` joins one whose schema is `first`: remember its chains if they differ. */
void cp_totals_note_chains(struct cp_totals *, const struct cp_schema *first, const struct cp_schema *now);

int cp_totals_print(const struct cp_totals *, const struct cp_schema *, struct cp_buf *, struct cp_err *);
int cp_totals_parse(struct cp_totals *, const struct cp_schema *, const char *text, size_t n, struct cp_err *);

/* Are the totals that were added up for this column those the trailer says?  0, or -1 and a sentence. */
int cp_totals_check(const struct cp_totals *found, const struct cp_totals *said, int column, const struct cp_column *, struct cp_err *);

/* Of a reader: what the trailers read so far say, joined; and has it come to the end (of this segment, where seams are kept)? */
const struct cp_totals *cp_reader_totals(const struct cp_reader *);
int cp_reader_at_end(const struct cp_reader *);

/* Of a writer: of the blocks written so far. */
const struct cp_totals *cp_writer_totals(const struct cp_writer *);
void cp_writer_take_origin(struct cp_writer *, const struct cp_totals *);

#endif
