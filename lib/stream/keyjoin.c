/* A hash join with the second stream in memory: see keyjoin.h.  Its rows lie packed (rowpack.h) one behind the other; a table with open
 * addressing leads from key to place. */
#include "stream/keyjoin.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "stream/rowpack.h"

struct job {
	const struct cp_keyjoin *c;
	struct cp_reader *r, *second;
	int key, second_key;
	int *column;			/* of the second stream, those that are taken over */
	struct cp_schema added, schema;	/* of these; of the output */
	struct cp_map places;		/* place + 1 of a key's row in `rows` */
	struct cp_buf rows, missing;
	struct cp_build *build;		/* the added columns of a block */
	struct cp_values *values;
	struct cp_sink *sink;
	int pass;			/* the first stream's columns go on as they came */
};

/* ---- The second stream ---- */

static int keep_row(struct job *j, const struct cp_block *b, size_t row, struct cp_err *err)
{
	uint64_t key = b->column[j->second_key].u64[row];
	struct cp_slot *s = cp_map_at(&j->places, key);
	if (s->value)
		return cp_err_set(err, "row %" PRIu64 ", column '%s': the key %016" PRIx64 " stands there a second time, and a row can be joined with one only",
				  b->first_row + row, j->c->on, key);
	s->value = j->rows.len + 1;
	cp_row_pack(&j->added, j->values, row, &j->rows);
	if (j->rows.len + j->places.n_slots * sizeof *s > j->c->memory)
		return cp_err_set(err, "takes more than the %zu MB of --memory: this stream is held in memory, so let it be the smaller one, without columns "
				  "that are not needed", j->c->memory >> 20);
	return 0;
}

static int read_second(struct job *j, struct cp_err *err)
{
	struct cp_block b;
	int rc = 0, n = j->added.n;
	int *wanted = cp_xcalloc((size_t)n + 1, sizeof *wanted);
	memcpy(wanted, j->column, (size_t)n * sizeof *wanted);
	wanted[n] = j->second_key;
	cp_reader_choose(j->second, wanted, n + 1);
	free(wanted);
	cp_map_init(&j->places);
	while ((rc = cp_reader_next(j->second, &b, err)) == 1) {
		for (int i = 0; i < n; i++)
			j->values[i] = b.column[j->column[i]];
		for (size_t i = 0; i < b.n_rows; i++)
			if (keep_row(j, &b, i, err) < 0)
				return cp_err_wrap(err, "%s", cp_reader_name(j->second));
	}
	return rc;
}

/* ---- Schemas ---- */

static int find_key(struct cp_reader *r, const char *on, struct cp_err *err)
{
	const struct cp_schema *s = cp_reader_schema(r);
	int i = cp_schema_lookup(s, on, err);
	if (i >= 0 && s->column[i].type == CP_KEY)
		return i;
	if (i >= 0)
		cp_err_set(err, "column '%s' has type %s: rows are joined by a key", on, s->column[i].type_name);
	return cp_err_wrap(err, "%s", cp_reader_name(r));
}

static int choose_added(struct job *j, struct cp_err *err)
{
	const struct cp_schema *from = cp_reader_schema(j->second);
	j->column = cp_xcalloc((size_t)from->n, sizeof *j->column);
	for (int i = 0; i < from->n; i++) {
		if (i == j->second_key || from->column[i].type == CP_ROW)
			continue;
		j->column[j->added.n] = i;
		if (cp_schema_add_copy(&j->added, &from->column[i], err) < 0)
			return -1;
	}
	return j->added.n ? cp_schema_known(&j->added, err) : cp_err_set(err, "has no column but the key: there is nothing to join");
}

static int make_schema(struct job *j, struct cp_err *err)
{
	cp_schema_copy(&j->schema, cp_reader_schema(j->r));
	for (int i = 0; i < j->added.n; i++)
		if (cp_schema_add_copy(&j->schema, &j->added.column[i], err) < 0)
			return cp_err_wrap(err, "joining %s", cp_reader_name(j->second));
	for (int i = 0; j->c->step && i < j->schema.n; i++)
		if (i >= j->schema.n - j->added.n || j->c->unmatched == CP_UNMATCHED_DROP)
			cp_column_derive(&j->schema.column[i], &j->schema.column[i], j->c->step);
	return j->pass ? 0 : cp_schema_known(&j->schema, err);
}

/* The values of a row whose key is not there, packed. */
static void make_missing(struct job *j)
{
	struct cp_values *v = cp_xcalloc((size_t)j->added.n, sizeof *v);
	struct cp_build *b = cp_xcalloc((size_t)j->added.n, sizeof *b);
	for (int i = 0; i < j->added.n; i++) {
		const struct cp_column *c = &j->added.column[i];
		uint64_t key = cp_key(cp_field_seed(c->name, strlen(c->name)), "", 0);
		cp_build_init(&b[i], c->store);
		if (c->store.is_list)
			cp_add_list(&b[i], &key, c->type == CP_KEYS);
		else if (c->store.width == 4)
			c->store.elem == CP_F32 ? cp_add_f32(&b[i], NAN) : cp_add_u32(&b[i], 0);
		else if (c->store.elem == CP_F64)
			cp_add_f64(&b[i], NAN);
		else
			cp_add_u64(&b[i], c->type == CP_KEY ? key : c->type == CP_TIME ? (uint64_t)CP_TIME_MISSING : 0);
		v[i] = cp_build_values(&b[i]);
	}
	cp_row_pack(&j->added, v, 0, &j->missing);
	for (int i = 0; i < j->added.n; i++)
		cp_build_release(&b[i]);
	free(b);
	free(v);
}

/* ---- The first stream ---- */

/* The packed row to join, or NULL: drop this one. */
static const char *match(struct job *j, uint64_t key, uint64_t *n_unmatched)
{
	uint64_t place = cp_map_find(&j->places, key)->value;
	if (place)
		return j->rows.data + place - 1;
	++*n_unmatched;
	return j->c->unmatched == CP_UNMATCHED_DROP ? NULL : j->missing.data;
}

static struct cp_build *built(void *job, int i)
{
	return &((struct job *)job)->build[i];
}

static struct cp_build *written(void *job, int i)
{
	struct job *j = job;
	return cp_sink_column(j->sink, j->schema.n - j->added.n + i);
}

/* The whole block, with the new columns beside it. */
static int pass_block(struct job *j, const struct cp_block *b, uint64_t *n_unmatched, struct cp_err *err)
{
	for (int i = 0; i < j->added.n; i++)
		cp_build_reset(&j->build[i]);
	for (size_t row = 0; row < b->n_rows; row++)
		cp_row_unpack(&j->added, match(j, b->column[j->key].u64[row], n_unmatched), built, j);
	memcpy(j->values, b->column, (size_t)b->n_columns * sizeof *j->values);
	for (int i = 0; i < j->added.n; i++)
		j->values[b->n_columns + i] = cp_build_values(&j->build[i]);
	return cp_sink_block(j->sink, b->n_rows, j->values, err);
}

static int write_rows(struct job *j, const struct cp_block *b, uint64_t *n_unmatched, struct cp_err *err)
{
	for (size_t row = 0; row < b->n_rows; row++) {
		const char *p = match(j, b->column[j->key].u64[row], n_unmatched);
		if (!p)
			continue;
		for (int i = 0; i < b->n_columns; i++)
			cp_add_from(cp_sink_column(j->sink, i), &b->column[i], row);
		cp_row_unpack(&j->added, p, written, j);
		if (cp_sink_row(j->sink, err) < 0)
			return -1;
	}
	return cp_sink_flush(j->sink, err);
}

static int take_block(struct job *j, const struct cp_block *b, uint64_t *n_unmatched, struct cp_err *err)
{
	uint64_t before = *n_unmatched;
	int rc = j->pass ? pass_block(j, b, n_unmatched, err) : write_rows(j, b, n_unmatched, err);
	if (rc < 0 || j->c->unmatched != CP_UNMATCHED_FAIL || *n_unmatched == before)
		return rc;
	size_t row = 0;
	while (cp_map_find(&j->places, b->column[j->key].u64[row])->value)
		row++;
	return cp_err_set(err, "%s: row %" PRIu64 ": its key %016" PRIx64 " of '%s' is not in %s", cp_reader_name(j->r), b->first_row + row,
			  b->column[j->key].u64[row], j->c->on, cp_reader_name(j->second));
}

static int join(struct job *j, FILE *out, uint64_t *n_unmatched, struct cp_err *err)
{
	struct cp_sink_opts o = j->c->sink;
	struct cp_block b;
	int rc;
	o.writer.pass = j->pass ? j->r : NULL;
	if (!(j->sink = cp_sink_open(out, &j->schema, &o, err)))
		return -1;
	if (j->pass)
		cp_reader_choose(j->r, &j->key, 1);
	while ((rc = cp_reader_next(j->r, &b, err)) == 1)
		if (take_block(j, &b, n_unmatched, err) < 0)
			return -1;
	if (rc < 0)
		return -1;
	if (!j->pass)
		cp_sink_inherit(j->sink, j->r);
	cp_sink_inherit(j->sink, j->second);
	return 0;
}

static int prepare(struct job *j, struct cp_err *err)
{
	j->second = cp_reader_open(j->c->path, err);
	if (!j->second || (j->key = find_key(j->r, j->c->on, err)) < 0 || (j->second_key = find_key(j->second, j->c->on, err)) < 0)
		return -1;
	if (j->c->alike(&cp_reader_schema(j->second)->column[j->second_key], &cp_reader_schema(j->r)->column[j->key], "in the rows it is joined to", err) < 0 ||
	    choose_added(j, err) < 0)
		return cp_err_wrap(err, "%s", cp_reader_name(j->second));
	if (make_schema(j, err) < 0)
		return cp_err_wrap(err, "%s", cp_reader_name(j->r));
	j->values = cp_xcalloc((size_t)j->schema.n, sizeof *j->values);
	j->build = cp_xcalloc((size_t)j->added.n, sizeof *j->build);
	for (int i = 0; i < j->added.n; i++)
		cp_build_init(&j->build[i], j->added.column[i].store);
	make_missing(j);
	return read_second(j, err);
}

int cp_keyjoin(const struct cp_keyjoin *c, struct cp_reader *r, FILE *out, uint64_t *n_in, uint64_t *n_out, uint64_t *n_unmatched, struct cp_err *err)
{
	struct job j = { .c = c, .r = r, .rows = CP_BUF_INIT, .missing = CP_BUF_INIT };
	j.pass = c->sink.form == CP_FORM_RECORDS && c->unmatched != CP_UNMATCHED_DROP;
	cp_schema_init(&j.added);
	cp_schema_init(&j.schema);
	*n_unmatched = 0;
	int rc = prepare(&j, err) < 0 || join(&j, out, n_unmatched, err) < 0 ? -1 : 0;
	rc = cp_sink_end(j.sink, rc, err);
	*n_in = cp_reader_rows(r);
	*n_out = *n_in - (c->unmatched == CP_UNMATCHED_DROP ? *n_unmatched : 0);
	for (int i = 0; j.build && i < j.added.n; i++)
		cp_build_release(&j.build[i]);
	free(j.build);
	free(j.values);
	free(j.column);
	cp_map_release(&j.places);
	cp_buf_release(&j.rows);
	cp_buf_release(&j.missing);
	cp_schema_release(&j.added);
	cp_schema_release(&j.schema);
	cp_reader_close(j.second);
	return rc;
}
