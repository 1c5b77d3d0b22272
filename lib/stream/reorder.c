/* Rows in another order: see reorder.h.  Each row goes to the sorter as its key and its packed bytes (only the columns that come out), and from
 * there to the sink. */
#include "stream/reorder.h"

#include <stdlib.h>

#include "base/rng.h"
#include "stream/copy.h"
#include "stream/rowpack.h"
#include "stream/sorter.h"

struct job {
	const struct cp_reorder *c;
	struct cp_reader *r;
	struct cp_schema schema;	/* of the output */
	int *column;			/* of the input */
	struct cp_order order;		/* columns of the input */
	int row_column;			/* shuffle; or -1 */
	struct cp_pick *pick;
	struct cp_values *values;
	struct cp_sorter *sorter;
	struct cp_buf key, body;
	struct cp_sink *sink;
};

static int is_sort(const struct job *j)
{
	return j->c->sort && j->c->sort->n;
}

/* ---- In ---- */

static int bind(struct job *j, struct cp_err *err)
{
	const struct cp_schema *from = cp_reader_schema(j->r);
	j->column = cp_xcalloc((size_t)from->n, sizeof *j->column);
	if (cp_copy_schema(&j->schema, from, j->c->columns, j->c->drop, j->column, err) < 0 || cp_schema_known(&j->schema, err) < 0 ||
	    (is_sort(j) && cp_order_parse(&j->order, from, j->c->sort, err) < 0))
		return cp_err_wrap(err, "%s", cp_reader_name(j->r));
	if (cp_pick_bind(j->pick, j->r, err) < 0)
		return -1;
	j->row_column = is_sort(j) ? -1 : cp_schema_first(from, CP_ROW);
	j->values = cp_xcalloc((size_t)j->schema.n, sizeof *j->values);
	return 0;
}

static void choose_columns(struct job *j)
{
	int *wanted = cp_xcalloc((size_t)(j->schema.n + j->order.n + 1), sizeof *wanted), n = 0;
	for (int i = 0; i < j->schema.n; i++)
		wanted[n++] = j->column[i];
	for (int i = 0; i < j->order.n; i++)
		wanted[n++] = j->order.by[i].column;
	if (j->row_column >= 0)
		wanted[n++] = j->row_column;
	cp_pick_choose(j->pick, j->r, wanted, n);
	free(wanted);
}

static void make_key(struct job *j, const struct cp_block *b, size_t row)
{
	cp_buf_reset(&j->key);
	if (is_sort(j)) {
		cp_order_key(&j->order, cp_reader_schema(j->r), b->column, row, &j->key);
		return;
	}
	struct cp_rng r = cp_rng(j->c->seed, CP_RNG_SHUFFLE, 0, j->row_column >= 0 ? b->column[j->row_column].u64[row] : b->first_row + row);
	uint64_t x = cp_rng_u64(&r);
	for (int shift = 56; shift >= 0; shift -= 8)
		cp_buf_char(&j->key, (char)(x >> shift));
}

static int take_block(struct job *j, const struct cp_block *b, struct cp_err *err)
{
	const uint32_t *rows;
	size_t n = cp_pick_rows(j->pick, b, &rows);
	for (int i = 0; i < j->schema.n; i++)
		j->values[i] = b->column[j->column[i]];
	for (size_t i = 0; i < n; i++) {
		make_key(j, b, rows[i]);
		cp_buf_reset(&j->body);
		cp_row_pack(&j->schema, j->values, rows[i], &j->body);
		if (cp_sorter_add(j->sorter, j->key.data, j->key.len, j->body.data, j->body.len, err) < 0)
			return -1;
	}
	return 0;
}

static int read_rows(struct job *j, struct cp_err *err)
{
	struct cp_block b;
	int rc;
	choose_columns(j);
	while ((rc = cp_reader_next(j->r, &b, err)) == 1)
		if (take_block(j, &b, err) < 0)
			return -1;
	return rc < 0 ? -1 : cp_sorter_ready(j->sorter, err);
}

/* ---- Out ---- */

static struct cp_build *column_of(void *sink, int i)
{
	return cp_sink_column(sink, i);
}

static int write_rows(struct job *j, FILE *out, uint64_t *n_out, struct cp_err *err)
{
	struct cp_sorted x;
	uint64_t most = j->c->head >= 0 ? (uint64_t)j->c->head : UINT64_MAX;
	int rc = 1;
	if (j->c->step)
		cp_schema_step(&j->schema, j->c->step);
	if (!(j->sink = cp_sink_open(out, &j->schema, &j->c->sink, err)))
		return -1;
	while (*n_out < most && (rc = cp_sorter_next(j->sorter, &x, err)) == 1) {
		cp_row_unpack(&j->schema, x.body, column_of, j->sink);
		if (cp_sink_row(j->sink, err) < 0)
			return -1;
		++*n_out;
	}
	if (rc < 0)
		return -1;
	cp_sink_inherit(j->sink, j->r);
	return 0;
}

int cp_reorder(const struct cp_reorder *c, struct cp_reader *r, FILE *out, uint64_t *n_in, uint64_t *n_out, struct cp_err *err)
{
	struct job j = { .c = c, .r = r, .key = CP_BUF_INIT, .body = CP_BUF_INIT, .row_column = -1 };
	j.pick = cp_pick_new(&c->pick);
	j.sorter = cp_sorter_new(c->memory);
	*n_out = 0;
	int rc = cp_pick_first_pass(j.pick, r, err) < 0 || bind(&j, err) < 0 || read_rows(&j, err) < 0 || write_rows(&j, out, n_out, err) < 0 ? -1 : 0;
	rc = cp_sink_end(j.sink, rc, err);
	*n_in = cp_reader_rows(r);
	cp_sorter_free(j.sorter);
	cp_pick_free(j.pick);
	cp_order_release(&j.order);
	cp_schema_release(&j.schema);
	cp_buf_release(&j.key);
	cp_buf_release(&j.body);
	free(j.column);
	free(j.values);
	return rc;
}
