/* Records from a reader to a writer or to text, segment by segment.  What is passed on whole takes its digests from the reader's trailers, the
 * rest is counted by the writer. */
#include "stream/copy.h"

#include <inttypes.h>
#include <stdlib.h>

struct job {
	const struct cp_copy *c;
	struct cp_reader *r;
	FILE *out;
	int choosing, anew;		/* rows are chosen; blocks are made anew */
	struct cp_pick *pick;
	struct cp_schema schema;	/* of the output; kept to compare the next segment with */
	int *column;			/* of the input, in the output's order */
	struct cp_sink *sink;
	struct cp_values *values;
	uint64_t n_out;
};

int cp_copy_schema(struct cp_schema *s, const struct cp_schema *from, const struct cp_opt_list *columns, const struct cp_opt_list *drop, int *column,
		   struct cp_err *err)
{
	cp_schema_init(s);
	int n = cp_schema_choose(from, columns, drop, column, err);
	if (n < 0)
		return -1;
	for (int i = 0; i < n; i++)
		if (cp_schema_add_copy(s, &from->column[column[i]], err) < 0) {
			cp_schema_release(s);
			return -1;
		}
	s->extra = json_deep_copy(from->extra);
	return 0;
}

/* ---- Segments ---- */

static int is_text(const struct job *j)
{
	return j->c->sink.form != CP_FORM_RECORDS;
}

static int make_schema(struct job *j, struct cp_schema *s, struct cp_err *err)
{
	const struct cp_schema *from = cp_reader_schema(j->r);
	j->column = cp_xrealloc(j->column, (size_t)from->n, sizeof *j->column);
	if (cp_copy_schema(s, from, j->c->columns, j->c->drop, j->column, err) < 0)
		return cp_err_wrap(err, "%s", cp_reader_name(j->r));
	if (cp_pick_bind(j->pick, j->r, err) < 0)
		return -1;
	if (j->choosing && j->c->step)
		cp_schema_step(s, j->c->step);
	return 0;
}

static int begin_segment(struct job *j, struct cp_err *err)
{
	struct cp_schema s = { 0 };
	struct cp_sink_opts sink = j->c->sink;
	if (make_schema(j, &s, err) < 0) {
		cp_schema_release(&s);
		return -1;
	}
	if (j->schema.n && cp_schema_agree(&j->schema, &s, err) < 0) {
		cp_schema_release(&s);
		return cp_err_wrap(err, "%s: segment %" PRIu64 " does not fit the first", cp_reader_name(j->r), cp_reader_segments(j->r));
	}
	cp_schema_release(&j->schema);
	j->schema = s;
	if (j->anew && cp_schema_known(&s, err) < 0)
		return cp_err_wrap(err, "%s", cp_reader_name(j->r));
	if (!j->values)
		j->values = cp_xcalloc((size_t)s.n, sizeof *j->values);
	cp_pick_choose(j->pick, j->r, j->column, is_text(j) || j->anew ? s.n : 0);
	sink.writer.pass = j->anew ? NULL : j->r;
	j->sink = cp_sink_open(j->out, &j->schema, &sink, err);
	return j->sink ? 0 : -1;
}

/* ---- Rows ---- */

static int some_rows(struct job *j, const struct cp_block *b, struct cp_err *err)
{
	const uint32_t *rows;
	size_t n = cp_pick_rows(j->pick, b, &rows);
	for (size_t i = 0; i < n; i++) {
		for (int k = 0; k < j->schema.n; k++)
			cp_add_from(cp_sink_column(j->sink, k), &j->values[k], rows[i]);
		if (cp_sink_row(j->sink, err) < 0)
			return -1;
	}
	j->n_out += n;
	return cp_sink_flush(j->sink, err);
}

static int take_block(struct job *j, const struct cp_block *b, struct cp_err *err)
{
	for (int k = 0; k < j->schema.n; k++) {
		j->values[k] = b->column[j->column[k]];
		if (j->anew)
			j->values[k].stored = NULL;
	}
	if (j->choosing || j->c->sink.writer.block_rows)
		return some_rows(j, b, err);
	j->n_out += b->n_rows;
	return cp_sink_block(j->sink, b->n_rows, j->values, err);
}

static int past_the_last(const struct job *j)
{
	return !j->c->to_end && cp_pick_done(j->pick);
}

/* All blocks of a segment: 1 there may be more segments, 0 no more rows are wanted, -1.  What its trailer says holds where it was read to its end. */
static int copy_segment(struct job *j, struct cp_err *err)
{
	struct cp_block b;
	int rc = 1;
	if (begin_segment(j, err) < 0)
		return -1;
	while (rc == 1 && !past_the_last(j) && (rc = cp_reader_next(j->r, &b, err)) == 1)
		if (take_block(j, &b, err) < 0)
			rc = -1;
	if (rc == 0 && (is_text(j) || j->anew))
		cp_sink_inherit(j->sink, j->r);
	return cp_sink_end(j->sink, rc < 0 ? -1 : 0, err) < 0 ? -1 : rc == 0;
}

int cp_copy(const struct cp_copy *c, struct cp_reader *r, FILE *out, uint64_t *n_in, uint64_t *n_out, struct cp_err *err)
{
	struct job j = { .c = c, .r = r, .out = out, .pick = cp_pick_new(&c->pick) };
	j.choosing = !cp_pick_is_all(&c->pick);
	j.anew = j.choosing || c->sink.writer.block_rows || c->compress;
	int rc = cp_pick_first_pass(j.pick, r, err);
	if (!c->join)
		cp_reader_keep_seams(r);
	if (rc == 0)
		do
			rc = copy_segment(&j, err);
		while (rc == 1 && (rc = cp_reader_more(r, err)) == 1);
	*n_in = cp_reader_rows(r);
	*n_out = j.n_out;
	cp_pick_free(j.pick);
	free(j.values);
	free(j.column);
	cp_schema_release(&j.schema);
	return rc;
}
