/* Where rows go: records, their text twin, or what other learners read.  One face for all of them.
 *
 *     struct cp_sink *k = cp_sink_open(f, &schema, &opts, err);
 *     row by row:     cp_add_from(cp_sink_column(k, i), ...) for every column;  cp_sink_row(k, err);
 *     or by blocks:   cp_sink_block(k, n_rows, values, err);
 *     cp_sink_inherit(k, reader);                     // at its end: the sources whose rows these are
 *     rc = cp_sink_end(k, rc, err);
 */
#ifndef CP_SINK_H
#define CP_SINK_H

#include "stream/stream.h"
#include "stream/twin.h"

#define CP_SINK_FORMS "records|tsv|jsonl|libsvm|libffm"	/* in the order of the enum below */
enum cp_form { CP_FORM_RECORDS, CP_FORM_TSV, CP_FORM_JSONL, CP_FORM_LIBSVM, CP_FORM_LIBFFM };

struct cp_sink_opts {
	enum cp_form form;
	int bare;			/* text: see twin.h */
	int hash_bits;			/* libsvm, libffm: see svm.h */
	struct cp_writer_opts writer;	/* records */
};

struct cp_sink;

/* f stays the caller's. */
struct cp_sink *cp_sink_open(FILE *f, const struct cp_schema *, const struct cp_sink_opts *, struct cp_err *);

struct cp_build *cp_sink_column(struct cp_sink *, int column);
int cp_sink_row(struct cp_sink *, struct cp_err *);

/* Text: what was collected goes out.  (A writer of records closes its blocks by itself.) */
int cp_sink_flush(struct cp_sink *, struct cp_err *);

int cp_sink_block(struct cp_sink *, size_t n_rows, const struct cp_values *, struct cp_err *);

void cp_sink_inherit(struct cp_sink *, const struct cp_reader *);
/* Frees it (or NULL) in any case.  rc 0: closes what is written; <0: leaves it without its end, and returns rc. */
int cp_sink_end(struct cp_sink *, int rc, struct cp_err *);

#endif
