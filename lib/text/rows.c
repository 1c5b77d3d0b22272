/* CSV rows into blocks of columns: the reader (csv.h), the plan and a fill (plan.h), and what to do about bad rows. */
#include "text/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "text/pour.h"

struct cp_rows {
	int fd;
	struct cp_csv *csv;
	struct cp_digest *digest;
	struct cp_plan *plan;
	struct cp_fill *fill;
	int skip_bad, tell_gaps, eager;
	uint64_t first_row, rows_out, n_bad;
	size_t *gap, n_gaps;	/* CP_BLOCK_ROWS at most */
	char *first_bad;
	struct cp_err pending;	/* a row failed behind some good ones: they are given first */
	int failed;
};

/* ---- blocks ---- */

/* A bad row, told in err: leave it out, if that is wished. */
static int leave_out(struct cp_rows *r, const struct cp_err *err)
{
	if (!r->skip_bad)
		return -1;
	if (!r->n_bad++)
		r->first_bad = cp_xstrdup(err->msg);
	if (r->tell_gaps)
		r->gap[r->n_gaps++] = cp_fill_rows(r->fill);
	return 0;
}

static int take_row(struct cp_rows *r, struct cp_err *err)
{
	return cp_fill_row(r->fill, r->csv->fields, r->first_row + r->csv->n_rows - 1, r->csv->line, err);
}

/* One row of the CSV: 1 taken or left out, 0 the end, -1 failed. */
static int step(struct cp_rows *r, struct cp_err *err)
{
	int rc = cp_csv_next(r->csv, err);
	if (rc < 0)
		return r->csv->bad_row && leave_out(r, err) == 0 ? 1 : -1;
	if (rc > 0 && take_row(r, err) < 0)
		return leave_out(r, err) < 0 ? -1 : 1;
	return rc;
}

/* Rows, or gaps in their place. */
static int has_any(const struct cp_rows *r)
{
	return cp_fill_rows(r->fill) || r->n_gaps;
}

static int is_full(const struct cp_rows *r)
{
	return cp_fill_is_full(r->fill) || r->n_gaps == CP_BLOCK_ROWS || (r->eager && has_any(r) && !cp_csv_ready(r->csv));
}

int cp_rows_next(struct cp_rows *r, struct cp_block *b, struct cp_err *err)
{
	if (r->failed)
		return cp_err_set(err, "%s", r->pending.msg);
	int rc = 1;
	cp_fill_reset(r->fill);
	r->n_gaps = 0;
	while (rc > 0 && !is_full(r))
		rc = step(r, &r->pending);
	r->failed = rc < 0;
	if (!has_any(r))
		return rc < 0 ? cp_err_set(err, "%s", r->pending.msg) : 0;
	cp_fill_block(r->fill, b);
	b->first_row = r->rows_out;
	r->rows_out += b->n_rows;
	return 1;
}

size_t cp_rows_gaps(const struct cp_rows *r, const size_t **before)
{
	*before = r->gap;
	return r->n_gaps;
}

int cp_rows_pour(struct cp_rows *r, struct cp_team *team, struct cp_writer *w, FILE *lines, struct cp_err *err)
{
	struct cp_pour p = { .fd = r->fd, .csv = r->csv, .plan = r->plan, .team = team, .writer = w, .lines = lines, .digest = r->digest,
			     .first_row = r->first_row + r->csv->n_rows, .skip_bad = r->skip_bad };
	int rc = cp_pour(&p, err);
	r->rows_out += p.rows_out;
	r->n_bad += p.n_bad;
	if (!r->first_bad)
		r->first_bad = p.first_bad;
	else
		free(p.first_bad);
	r->csv->n_rows += p.rows_in;
	r->csv->n_bytes = p.n_bytes;
	return rc;
}

/* ---- opening and closing ---- */

void cp_rows_spec_like(struct cp_rows_spec *spec, const struct cp_schema *schema)
{
	*spec = (struct cp_rows_spec){ .like = schema, .keys = 1, .text = cp_schema_find(schema, CP_TEXT, "text") >= 0 };
}

static struct cp_rows *open_any(int fd, const void *mem, size_t len, const char *name, const struct cp_rows_spec *given, struct cp_err *err)
{
	struct cp_csv_opts csv = given->csv;
	struct cp_rows *r = cp_xcalloc(1, sizeof *r);
	r->fd = fd;
	r->digest = csv.digest = cp_digest_new();
	r->skip_bad = given->skip_bad;
	r->tell_gaps = given->tell_gaps;
	r->gap = r->tell_gaps ? cp_xcalloc(CP_BLOCK_ROWS, sizeof *r->gap) : NULL;
	r->eager = given->eager;
	r->first_row = given->first_row;
	r->csv = fd >= 0 ? cp_csv_open(fd, name, &csv, err) : cp_csv_open_mem(mem, len, name, &csv, err);
	if (r->csv && (r->plan = cp_plan_new(r->csv, given, err))) {
		r->fill = cp_fill_new(r->plan);
		return r;
	}
	cp_rows_close(r);
	return NULL;
}

struct cp_rows *cp_rows_open(int fd, const char *name, const struct cp_rows_spec *spec, struct cp_err *err)
{
	return open_any(fd, NULL, 0, name, spec, err);
}

struct cp_rows *cp_rows_open_mem(const void *csv, size_t len, const char *name, const struct cp_rows_spec *spec, struct cp_err *err)
{
	return open_any(-1, csv, len, name, spec, err);
}

void cp_rows_close(struct cp_rows *r)
{
	if (!r)
		return;
	free(r->first_bad);
	free(r->gap);
	cp_fill_free(r->fill);
	cp_plan_free(r->plan);
	cp_csv_close(r->csv);
	cp_digest_free(r->digest);
	free(r);
}

int cp_rows_also(const struct cp_rows *r, size_t i, struct cp_values *out)
{
	return cp_fill_also(r->fill, i, out);
}

const struct cp_schema *cp_rows_schema(const struct cp_rows *r)
{
	return cp_plan_schema(r->plan);
}

const struct cp_plan *cp_rows_plan(const struct cp_rows *r)
{
	return r->plan;
}

uint64_t cp_rows_read(const struct cp_rows *r)
{
	return r->csv->n_rows;
}

uint64_t cp_rows_bad(const struct cp_rows *r)
{
	return r->n_bad;
}

const char *cp_rows_first_bad(const struct cp_rows *r)
{
	return r->first_bad;
}

uint64_t cp_rows_source(const struct cp_rows *r, char digest[33])
{
	cp_digest_hex(r->digest, digest);
	return r->csv->n_bytes;
}

uint64_t cp_rows_written(const struct cp_rows *r)
{
	return r->rows_out;
}
