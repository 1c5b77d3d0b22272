/* Records from a reader to a writer or to text, segment by segment.  Rows are numbered over all segments; what is passed on whole takes its
 * digests from the reader's trailers, the rest is counted by the writer. */
#include "stream/copy.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/rng.h"

struct job {
	const struct cp_copy *c;
	struct cp_reader *r;
	FILE *out;
	int choosing, anew;		/* rows are chosen; blocks are made anew */
	uint64_t first, last;		/* rows wanted, over all segments */
	uint64_t before;		/* rows of the segments before this one */
	struct cp_schema schema;	/* of the output; kept to compare the next segment with */
	int *column;			/* of the input, in the output's order */
	struct cp_writer *w;
	struct cp_twin_writer *t;
	struct cp_build *kept;		/* text: chosen rows of a block */
	struct cp_values *values;
	uint64_t n_out;
};

/* ---- Segments ---- */

static int make_schema(struct job *j, struct cp_schema *s, struct cp_err *err)
{
	const struct cp_schema *from = cp_reader_schema(j->r);
	cp_schema_init(s);
	j->column = cp_xrealloc(j->column, (size_t)from->n, sizeof *j->column);
	int n = cp_schema_choose(from, j->c->columns, j->c->drop, j->column, err);
	if (n < 0)
		return cp_err_wrap(err, "%s", cp_reader_name(j->r));
	for (int i = 0; i < n; i++)
		if (cp_schema_add_copy(s, &from->column[j->column[i]], err) < 0)
			return -1;
	s->extra = json_deep_copy(from->extra);
	if (j->choosing && j->c->step)
		cp_schema_step(s, j->c->step);
	return 0;
}

static int open_sink(struct job *j, struct cp_err *err)
{
	const struct cp_copy *c = j->c;
	struct cp_writer_opts wo = { .raw = c->compress && c->codec == CP_RAW, .block_rows = c->block_rows, .pass = j->anew ? NULL : j->r };
	cp_reader_choose(j->r, j->column, c->to_text || j->anew ? j->schema.n : 0);
	if (c->to_text)
		return (j->t = cp_twin_open(c->kind, j->out, &j->schema, c->bare, CP_LZ4, err)) ? 0 : -1;
	return (j->w = cp_writer_open(j->out, &j->schema, &wo, err)) ? 0 : -1;
}

static int begin_segment(struct job *j, struct cp_err *err)
{
	struct cp_schema s;
	if (make_schema(j, &s, err) < 0)
		return -1;
	if (j->schema.n && cp_schema_agree(&j->schema, &s, err) < 0) {
		cp_schema_release(&s);
		return cp_err_wrap(err, "%s: segment %" PRIu64 " does not fit the first", cp_reader_name(j->r), cp_reader_segments(j->r));
	}
	cp_schema_release(&j->schema);
	j->schema = s;
	if (j->anew && cp_schema_known(&s, err) < 0)
		return cp_err_wrap(err, "%s", cp_reader_name(j->r));
	if (!j->kept) {
		j->kept = cp_xcalloc((size_t)s.n, sizeof *j->kept);
		j->values = cp_xcalloc((size_t)s.n, sizeof *j->values);
		for (int i = 0; i < s.n; i++)
			cp_build_init(&j->kept[i], s.column[i].store);
	}
	return open_sink(j, err);
}

static int check_rows(const struct job *j, struct cp_err *err)
{
	uint64_t n = j->before + cp_reader_rows(j->r);
	if (j->c->expect_rows < 0 || !cp_reader_is_last(j->r) || n == (uint64_t)j->c->expect_rows)
		return 0;
	return cp_err_set(err, "%s: %" PRIu64 " rows, expected %" PRId64, cp_reader_name(j->r), n, j->c->expect_rows);
}

/* whole: the segment was read to its end, so what its trailer says holds. */
static int end_segment(struct job *j, int whole, struct cp_err *err)
{
	if (whole && check_rows(j, err) < 0)
		return -1;
	struct cp_writer *w = j->w;
	struct cp_twin_writer *t = j->t;
	j->w = NULL;
	j->t = NULL;
	if (t) {
		if (whole)
			cp_twin_inherit(t, j->r);
		return cp_twin_close(t, err);
	}
	if (whole && j->anew)
		cp_writer_inherit(w, j->r);
	return cp_writer_close(w, err);
}

/* ---- Rows ---- */

static int row_is_wanted(const struct job *j, const struct cp_block *b, size_t i, int row_column)
{
	uint64_t at = j->before + b->first_row + i;
	if (at < j->first || at >= j->last)
		return 0;
	if (j->c->sample >= 1)
		return 1;
	struct cp_rng r = cp_rng(j->c->seed, CP_RNG_SAMPLE, 0, row_column >= 0 ? b->column[row_column].u64[i] : at);
	return cp_rng_real(&r) < j->c->sample;
}

static int keep_row(struct job *j, size_t i, struct cp_err *err)
{
	for (int k = 0; k < j->schema.n; k++)
		cp_add_from(j->w ? cp_writer_column(j->w, k) : &j->kept[k], &j->values[k], i);
	return j->w ? cp_writer_row(j->w, err) : 0;
}

static int text_of_kept(struct job *j, size_t n, struct cp_err *err)
{
	for (int k = 0; k < j->schema.n; k++)
		j->values[k] = cp_build_values(&j->kept[k]);
	int rc = cp_twin_block(j->t, n, j->values, err);
	for (int k = 0; k < j->schema.n; k++)
		cp_build_reset(&j->kept[k]);
	return rc;
}

static int some_rows(struct job *j, const struct cp_block *b, struct cp_err *err)
{
	int row_column = j->c->sample < 1 ? cp_schema_first(&j->schema, CP_ROW) : -1;
	size_t n = 0;
	if (row_column >= 0)
		row_column = j->column[row_column];
	for (size_t i = 0; i < b->n_rows; i++)
		if (row_is_wanted(j, b, i, row_column)) {
			if (keep_row(j, i, err) < 0)
				return -1;
			n++;
		}
	j->n_out += n;
	return j->t ? text_of_kept(j, n, err) : 0;
}

static int take_block(struct job *j, const struct cp_block *b, struct cp_err *err)
{
	for (int k = 0; k < j->schema.n; k++) {
		j->values[k] = b->column[j->column[k]];
		if (j->anew)
			j->values[k].stored = NULL;
	}
	if (j->choosing || j->c->block_rows)
		return some_rows(j, b, err);
	j->n_out += b->n_rows;
	return j->t ? cp_twin_block(j->t, b->n_rows, j->values, err) : cp_writer_block(j->w, b->n_rows, j->values, err);
}

static int past_the_last(const struct job *j)
{
	return j->c->expect_rows < 0 && j->before + cp_reader_rows(j->r) >= j->last;
}

/* All blocks of a segment: 1 there may be more segments, 0 no more rows are wanted, -1. */
static int copy_segment(struct job *j, struct cp_err *err)
{
	struct cp_block b;
	int rc = 1;
	if (begin_segment(j, err) < 0)
		return -1;
	while (!past_the_last(j) && (rc = cp_reader_next(j->r, &b, err)) == 1)
		if (take_block(j, &b, err) < 0)
			return -1;
	if (rc < 0 || end_segment(j, rc == 0, err) < 0)
		return -1;
	return rc == 0;
}

static int copy_segments(struct job *j, uint64_t *n_in, struct cp_err *err)
{
	int rc = 1;
	while (rc == 1) {
		rc = copy_segment(j, err);
		*n_in = j->before + cp_reader_rows(j->r);
		if (rc != 1)
			break;
		j->before = *n_in;
		rc = cp_reader_more(j->r, err);
	}
	return rc;
}

static int find_tail(struct job *j, struct cp_err *err)
{
	struct cp_block b;
	int rc;
	cp_reader_choose(j->r, NULL, 0);
	while ((rc = cp_reader_next(j->r, &b, err)) == 1)
		;
	uint64_t n = cp_reader_rows(j->r), tail = (uint64_t)j->c->tail;
	j->first = n < tail ? 0 : n - tail;
	return rc < 0 ? -1 : cp_reader_rewind(j->r, err);
}

int cp_copy(const struct cp_copy *c, struct cp_reader *r, FILE *out, uint64_t *n_in, uint64_t *n_out, struct cp_err *err)
{
	struct job j = { .c = c, .r = r, .out = out, .first = c->first, .last = c->last };
	j.choosing = c->tail >= 0 || c->first > 0 || c->last != UINT64_MAX || c->sample < 1;
	j.anew = j.choosing || c->block_rows || c->compress;
	int rc = c->tail >= 0 ? find_tail(&j, err) : 0;
	if (!c->join)
		cp_reader_keep_seams(r);
	if (rc == 0)
		rc = copy_segments(&j, n_in, err);
	*n_out = j.n_out;
	cp_writer_abort(j.w);
	cp_twin_abort(j.t);
	for (int i = 0; j.kept && i < j.schema.n; i++)
		cp_build_release(&j.kept[i]);
	free(j.kept);
	free(j.values);
	free(j.column);
	cp_schema_release(&j.schema);
	return rc;
}
