/* One face for the writers: see sink.h.  A text writer takes blocks only, so single rows are collected here first. */
#include "stream/sink.h"

#include <stdlib.h>

#include "stream/svm.h"

struct cp_sink {
	struct cp_writer *w;		/* one of the three */
	struct cp_twin_writer *t;
	struct cp_svm_writer *svm;
	int n;
	struct cp_build *build;		/* text: rows waiting */
	struct cp_values *values;
	size_t n_waiting;
};

static int open_writer(struct cp_sink *k, FILE *f, const struct cp_schema *s, const struct cp_sink_opts *o, struct cp_err *err)
{
	switch (o->form) {
	case CP_FORM_RECORDS:
		return (k->w = cp_writer_open(f, s, &o->writer, err)) ? 0 : -1;
	case CP_FORM_TSV:
	case CP_FORM_JSONL:
		k->t = cp_twin_open(o->form == CP_FORM_TSV ? CP_TWIN_TSV : CP_TWIN_JSONL, f, s, o->bare, o->writer.raw, err);
		return k->t ? 0 : -1;
	default:
		return (k->svm = cp_svm_open(f, s, o->form == CP_FORM_LIBFFM, o->hash_bits, err)) ? 0 : -1;
	}
}

static void free_sink(struct cp_sink *k)
{
	cp_writer_abort(k->w);
	cp_twin_abort(k->t);
	cp_svm_abort(k->svm);
	for (int i = 0; i < k->n; i++)
		cp_build_release(&k->build[i]);
	free(k->build);
	free(k->values);
	free(k);
}

struct cp_sink *cp_sink_open(FILE *f, const struct cp_schema *s, const struct cp_sink_opts *o, struct cp_err *err)
{
	struct cp_sink *k = cp_xcalloc(1, sizeof *k);
	k->n = s->n;
	k->build = cp_xcalloc((size_t)s->n, sizeof *k->build);
	k->values = cp_xcalloc((size_t)s->n, sizeof *k->values);
	for (int i = 0; i < s->n; i++)
		cp_build_init(&k->build[i], s->column[i].store);
	if (open_writer(k, f, s, o, err) == 0)
		return k;
	free_sink(k);
	return NULL;
}

struct cp_build *cp_sink_column(struct cp_sink *k, int column)
{
	return k->w ? cp_writer_column(k->w, column) : &k->build[column];
}

static int text_block(struct cp_sink *k, size_t n_rows, const struct cp_values *v, struct cp_err *err)
{
	return k->t ? cp_twin_block(k->t, n_rows, v, err) : cp_svm_block(k->svm, n_rows, v, err);
}

int cp_sink_flush(struct cp_sink *k, struct cp_err *err)
{
	if (!k->n_waiting)
		return 0;
	for (int i = 0; i < k->n; i++)
		k->values[i] = cp_build_values(&k->build[i]);
	int rc = text_block(k, k->n_waiting, k->values, err);
	for (int i = 0; i < k->n; i++)
		cp_build_reset(&k->build[i]);
	k->n_waiting = 0;
	return rc;
}

int cp_sink_row(struct cp_sink *k, struct cp_err *err)
{
	size_t n_bytes = 0;
	if (k->w)
		return cp_writer_row(k->w, err);
	k->n_waiting++;
	for (int i = 0; i < k->n; i++) {
		if (k->build[i].too_big)
			return cp_err_set(err, "column %d: the values of %zu rows are longer than the %zu bytes of a block", i + 1, k->n_waiting, CP_BLOCK_LIMIT);
		n_bytes += k->build[i].len;
	}
	return k->n_waiting >= CP_BLOCK_ROWS || n_bytes >= CP_BLOCK_BYTES ? cp_sink_flush(k, err) : 0;
}

int cp_sink_block(struct cp_sink *k, size_t n_rows, const struct cp_values *v, struct cp_err *err)
{
	if (k->w)
		return cp_writer_block(k->w, n_rows, v, err);
	return cp_sink_flush(k, err) < 0 ? -1 : text_block(k, n_rows, v, err);
}

void cp_sink_inherit(struct cp_sink *k, const struct cp_reader *r)
{
	if (k->w)
		cp_writer_inherit(k->w, r);
	if (k->t)
		cp_twin_inherit(k->t, r);
}

static int close_writer(struct cp_sink *k, struct cp_err *err)
{
	struct cp_writer *w = k->w;
	struct cp_twin_writer *t = k->t;
	k->w = NULL;
	k->t = NULL;
	return w ? cp_writer_close(w, err) : t ? cp_twin_close(t, err) : 0;
}

int cp_sink_end(struct cp_sink *k, int rc, struct cp_err *err)
{
	if (!k)
		return rc;
	if (rc == 0 && (rc = cp_sink_flush(k, err)) == 0)
		rc = close_writer(k, err);
	free_sink(k);
	return rc;
}
