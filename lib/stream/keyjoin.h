/* Columns of a second stream, looked up by a key: what is known of an item, put to each row that names the item.
 *
 * Both streams have the key column, under the same name (a key is hashed with its field's name).  The second one is read whole and held in
 * memory, once a key; its other columns, but for those of type row, follow the first stream's.  It must not hold a key twice, nor a column that
 * the first one has.  Rows keep their order; the first stream's columns are passed on as they came where every row is kept.
 *
 * A row whose key is not there gets missing values (of a field, the key of the empty value; NaN; no time; an empty list or text), or is
 * dropped, or is an error. */
#ifndef CP_KEYJOIN_H
#define CP_KEYJOIN_H

#include "stream/sink.h"
#include "stream/stream.h"

#define CP_UNMATCHED "keep|drop|fail"	/* in the order of the enum below */
enum cp_unmatched { CP_UNMATCHED_KEEP, CP_UNMATCHED_DROP, CP_UNMATCHED_FAIL };

struct cp_keyjoin {
	const char *path;		/* the second stream */
	const char *on;			/* the key column */
	enum cp_unmatched unmatched;
	size_t memory;			/* the most that the second stream may take */
	/* do equal keys of the two columns mean the same? */
	int (*alike)(const struct cp_column *second, const struct cp_column *first, const char *whose_first, struct cp_err *);
	json_t *step;			/* provenance of the new columns, and of all where rows are dropped */
	struct cp_sink_opts sink;
};

/* *n_unmatched: rows whose key was not there. */
int cp_keyjoin(const struct cp_keyjoin *, struct cp_reader *r, FILE *out, uint64_t *n_in, uint64_t *n_out, uint64_t *n_unmatched, struct cp_err *);

#endif
