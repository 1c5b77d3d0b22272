/* CSV rows into blocks of columns.
 *
 * A block is filled in place, in arrays that are allocated once: a row costs no allocation and touches each value once.  A row counts
 * only when all of it is good, so a bad one leaves nothing behind.
 */
#include "text/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/num.h"
#include "text/template.h"

struct part {			/* a column of the stream that one column of the CSV makes */
	enum cp_type type;
	size_t from;		/* column of the CSV */
	uint64_t seed;		/* CP_KEY */
	union {
		void *data;	/* CP_BLOCK_ROWS elements */
		uint64_t *u64;
		int64_t *i64;
		double *f64;
	};
};

struct cp_rows {
	struct cp_csv *csv;
	struct cp_digest *digest;
	struct cp_schema schema;
	struct part *part;	/* schema column i + 1 is part i; column 0 is "row", the last one, perhaps, "text" */
	size_t n_parts;
	uint64_t *row;
	struct cp_template *sentence;	/* NULL: no text */
	struct cp_buf text;
	uint32_t *offsets;
	struct cp_values *values;
	size_t n;		/* rows in the block so far */
	int skip_bad, eager;
	uint64_t first_row, rows_out, n_bad;
	char *first_bad;
	struct cp_err pending;	/* a row failed behind some good ones: they are given first */
	int failed;
};

/* ---- which columns ---- */

static size_t find_column(const struct cp_csv *csv, const char *name)
{
	for (size_t i = 0; i < csv->n_names; i++)
		if (!strcmp(csv->names[i], name))
			return i;
	return SIZE_MAX;
}

static int no_such_column(const struct cp_csv *csv, const char *what, const char *name, struct cp_err *err)
{
	struct cp_buf list = CP_BUF_INIT;
	cp_list_names(&list, csv->names, csv->n_names);
	cp_err_set(err, "%s: no column '%.80s' for %s; there are %s", csv->file, name, what, list.data);
	cp_buf_release(&list);
	return -1;
}

static int add_part(struct cp_rows *r, enum cp_type type, size_t column, const char *name, struct cp_err *err)
{
	if (!*name)
		return cp_err_set(err, "%s: column %zu has no name; choose the fields by --fields", r->csv->file, column + 1);
	for (size_t i = column + 1; i < r->csv->n_names; i++)
		if (!strcmp(r->csv->names[i], r->csv->names[column]))
			return cp_err_set(err, "%s: columns %zu and %zu are both called '%s'", r->csv->file, column + 1, i + 1, r->csv->names[i]);
	if (cp_schema_add(&r->schema, type, name, err) < 0)
		return cp_err_wrap(err, "%s: column %zu", r->csv->file, column + 1);
	struct part *p = &r->part[r->n_parts++];
	*p = (struct part){ .type = type, .from = column, .data = cp_xcalloc(CP_BLOCK_ROWS, 8) };
	if (type == CP_KEY)
		p->seed = cp_field_seed(name, strlen(name));
	return 0;
}

struct role {
	const char *option, *given, *name;
	enum cp_type type;
	size_t column;
};

enum { N_ROLES = 3 };

static int is_wanted_field(const struct cp_rows_spec *spec, const char *name)
{
	for (size_t i = 0; spec->strict_fields && i < spec->n_fields; i++)
		if (!strcmp(spec->fields[i], name))
			return 1;
	return 0;
}

static int add_roles(struct cp_rows *r, const struct cp_rows_spec *spec, struct role *role, struct cp_err *err)
{
	for (int i = 0; i < N_ROLES; i++) {
		role[i].column = SIZE_MAX;
		if (!role[i].given && is_wanted_field(spec, role[i].name))
			continue;
		role[i].column = find_column(r->csv, role[i].given ? role[i].given : role[i].name);
		if (role[i].column == SIZE_MAX) {
			if (role[i].given)
				return no_such_column(r->csv, role[i].option, role[i].given, err);
			continue;
		}
		for (int j = 0; j < i; j++)
			if (role[j].column == role[i].column)
				return cp_err_set(err, "column '%s' cannot serve both %s and %s", r->csv->names[role[i].column],
						  role[j].option, role[i].option);
		if (add_part(r, role[i].type, role[i].column, role[i].name, err) < 0)
			return -1;
	}
	return 0;
}

static int has_role(const struct role *role, size_t column)
{
	for (int i = 0; i < N_ROLES; i++)
		if (role[i].column == column)
			return 1;
	return 0;
}

/* The fields' columns, in order, into columns[]; returns how many, -1 with a sentence. */
static ptrdiff_t choose_fields(struct cp_rows *r, const struct cp_rows_spec *spec, const struct role *role, size_t *columns, struct cp_err *err)
{
	size_t n = 0;
	for (size_t i = 0; i < (spec->fields ? spec->n_fields : r->csv->n_names); i++) {
		size_t c = spec->fields ? find_column(r->csv, spec->fields[i]) : i;
		if (c == SIZE_MAX)
			return no_such_column(r->csv, "--fields", spec->fields[i], err);
		if (has_role(role, c) || (r->csv->names[c][0] == '-' && !r->csv->names[c][1]))
			continue;	/* a role is carried along without being named */
		for (size_t j = 0; j < n; j++)
			if (columns[j] == c)
				return cp_err_set(err, "--fields: '%s' is named twice", r->csv->names[c]);
		columns[n++] = c;
	}
	if (!n)
		return cp_err_set(err, "%s: no field is left: there is nothing to hash or to tell", r->csv->file);
	return (ptrdiff_t)n;
}

/* Without a header, fields that are not all of f1, f2, ... are names for the columns.  Returns the spec that then holds. */
static int name_columns(struct cp_rows *r, struct cp_rows_spec *spec, struct cp_err *err)
{
	size_t known = 0;
	if (!spec->csv.no_header || !spec->fields)
		return 0;
	for (size_t i = 0; i < spec->n_fields; i++)
		known += find_column(r->csv, spec->fields[i]) != SIZE_MAX;
	if (known == spec->n_fields)
		return 0;
	struct cp_csv_field *names = cp_xcalloc(spec->n_fields, sizeof *names);
	for (size_t i = 0; i < spec->n_fields; i++)
		names[i] = (struct cp_csv_field){ spec->fields[i], strlen(spec->fields[i]) };
	int rc = cp_csv_rename(r->csv, names, spec->n_fields, err);
	free(names);
	spec->fields = NULL;
	return rc;
}

static int add_text(struct cp_rows *r, const struct cp_rows_spec *spec, const struct role *role, const size_t *fields, size_t n,
		    struct cp_err *err)
{
	if (!spec->sentence)
		r->sentence = cp_template_default(r->csv->names, fields, n);
	else if (!(r->sentence = cp_template_new(spec->sentence, r->csv->names, r->csv->n_names, err)))
		return cp_err_wrap(err, "%s", r->csv->file);
	if (role[0].column != SIZE_MAX && cp_template_tells(r->sentence, role[0].column))
		return cp_err_set(err, "%s: template: '%s' is the label, and a sentence must not tell it", r->csv->file,
				  r->csv->names[role[0].column]);
	int c = cp_schema_add(&r->schema, CP_TEXT, "text", err);
	if (c < 0)
		return -1;
	if (spec->sentence)
		cp_column_set_str(&r->schema.column[c], "template", spec->sentence);
	r->offsets = cp_xcalloc(CP_BLOCK_ROWS + 1, sizeof *r->offsets);
	return 0;
}

static int bind_columns(struct cp_rows *r, struct cp_rows_spec *spec, struct cp_err *err)
{
	struct role role[N_ROLES] = {
		{ "--label", spec->label, "label", CP_LABEL, 0 },
		{ "--time", spec->time, "timestamp", CP_TIME, 0 },
		{ "--weight", spec->weight, "weight", CP_WEIGHT, 0 },
	};
	size_t *fields = cp_xcalloc(r->csv->n_names, sizeof *fields);
	ptrdiff_t n = -1;
	int rc = -1;
	r->part = cp_xcalloc(r->csv->n_names, sizeof *r->part);
	r->row = cp_xcalloc(CP_BLOCK_ROWS, sizeof *r->row);
	if (cp_schema_add(&r->schema, CP_ROW, "row", err) >= 0 && name_columns(r, spec, err) == 0 && add_roles(r, spec, role, err) == 0)
		n = choose_fields(r, spec, role, fields, err);
	if (n < 0)
		goto out;
	for (ptrdiff_t i = 0; spec->keys && i < n; i++)
		if (add_part(r, CP_KEY, fields[i], r->csv->names[fields[i]], err) < 0)
			goto out;
	if (spec->text && add_text(r, spec, role, fields, (size_t)n, err) < 0)
		goto out;
	r->values = cp_xcalloc((size_t)r->schema.n, sizeof *r->values);
	rc = 0;
out:
	free(fields);
	return rc;
}

/* ---- values ---- */

/* What a message shows of a value: its beginning, on one line. */
static const char *show(const struct cp_csv_field *f, char buf[44])
{
	size_t n = f->n < 40 ? f->n : 40;
	for (size_t i = 0; i < n; i++)
		buf[i] = (unsigned char)f->p[i] < ' ' || f->p[i] == 0x7f ? '?' : f->p[i];
	strcpy(buf + n, f->n > n ? "..." : "");
	return buf;
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The stripped value as a C string in buf; NULL if it is too long to be a number. */
static const char *as_string(const struct cp_csv_field *f, char buf[64])
{
	const char *p = f->p;
	size_t n = f->n;
	cp_strip(&p, &n);
	if (n >= 64)
		return NULL;
	memcpy(buf, p, n);
	buf[n] = 0;
	return buf;
}

static int read_real(const struct cp_rows *r, const struct part *p, const struct cp_csv_field *f, double *out, struct cp_err *err)
{
	char buf[64], shown[44];
	if (f->n == 1 && is_digit(*f->p)) {		/* nearly every label */
		*out = *f->p - '0';
		return 0;
	}
	const char *s = as_string(f, buf), *what = p->type == CP_LABEL ? "label" : "weight";
	if (!s || cp_parse_real(s, out) < 0)
		return cp_csv_complain(r->csv, p->from, err, "the %s '%s' is not a number", what, show(f, shown));
	if (p->type == CP_WEIGHT && *out < 0)
		return cp_csv_complain(r->csv, p->from, err, "the weight '%s' is negative", show(f, shown));
	return 0;
}

/* Nearly every timestamp: digits alone, and few enough that nothing overflows. */
static int plain_time(const struct cp_csv_field *f, int64_t *out)
{
	int64_t v = 0;
	for (size_t i = 0; i < f->n; i++) {
		if (!is_digit(f->p[i]))
			return 0;
		v = 10 * v + (f->p[i] - '0');
	}
	*out = v;
	return 1;
}

static int read_time(const struct cp_rows *r, const struct part *p, const struct cp_csv_field *f, int64_t *out, struct cp_err *err)
{
	char buf[64], shown[44];
	if (f->n && f->n <= 18 && plain_time(f, out))
		return 0;
	const char *s = as_string(f, buf);
	if (s && !*s) {
		*out = CP_TIME_MISSING;
		return 0;
	}
	if (!s || cp_parse_i64(s, out) < 0 || *out == CP_TIME_MISSING)
		return cp_csv_complain(r->csv, p->from, err, "the timestamp '%s' is not a whole number, expected seconds or the like, "
				       "or nothing where it is missing", show(f, shown));
	return 0;
}

/* The CSV's present row into place r->n of the block. */
static int take_row(struct cp_rows *r, struct cp_err *err)
{
	const struct cp_csv_field *row = r->csv->fields;
	for (size_t i = 0; i < r->n_parts; i++) {
		const struct part *p = &r->part[i];
		const struct cp_csv_field *f = &row[p->from];
		if (p->type == CP_KEY)
			p->u64[r->n] = cp_key(p->seed, f->p, f->n);
		else if (p->type == CP_TIME ? read_time(r, p, f, &p->i64[r->n], err) : read_real(r, p, f, &p->f64[r->n], err))
			return -1;
	}
	r->row[r->n] = r->first_row + r->csv->n_rows - 1;
	if (r->sentence) {
		if (cp_template_render(r->sentence, row, CP_BLOCK_LIMIT / 2, &r->text) < 0)
			return cp_csv_complain(r->csv, SIZE_MAX, err, "its sentence is longer than %zu bytes", CP_BLOCK_LIMIT / 2);
		r->offsets[r->n + 1] = (uint32_t)r->text.len;
	}
	r->n++;
	return 0;
}

/* ---- blocks ---- */

/* A bad row, told in err: leave it out, if that is wished. */
static int leave_out(struct cp_rows *r, const struct cp_err *err)
{
	if (!r->skip_bad)
		return -1;
	if (!r->n_bad++)
		r->first_bad = cp_xstrdup(err->msg);
	return 0;
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

static int is_full(const struct cp_rows *r)
{
	return r->n == CP_BLOCK_ROWS || r->text.len >= CP_BLOCK_BYTES || (r->eager && r->n && !cp_csv_ready(r->csv));
}

static void put_values(struct cp_rows *r)
{
	r->values[0] = (struct cp_values){ .u64 = r->row, .n_elems = r->n };
	for (size_t i = 0; i < r->n_parts; i++)
		r->values[i + 1] = (struct cp_values){ .data = r->part[i].data, .n_elems = r->n };
	if (r->sentence)
		r->values[r->n_parts + 1] = (struct cp_values){ .bytes = r->text.data, .offsets = r->offsets, .n_elems = r->text.len };
}

int cp_rows_next(struct cp_rows *r, struct cp_block *b, struct cp_err *err)
{
	if (r->failed)
		return cp_err_set(err, "%s", r->pending.msg);
	int rc = 1;
	r->n = 0;
	cp_buf_reset(&r->text);
	while (rc > 0 && !is_full(r))
		rc = step(r, &r->pending);
	r->failed = rc < 0;
	if (!r->n)
		return rc < 0 ? cp_err_set(err, "%s", r->pending.msg) : 0;
	put_values(r);
	*b = (struct cp_block){ .n_rows = r->n, .first_row = r->rows_out, .n_columns = r->schema.n, .column = r->values };
	r->rows_out += r->n;
	return 1;
}

/* ---- opening and closing ---- */

void cp_rows_spec_like(struct cp_rows_spec *spec, const struct cp_schema *schema, const char **fields)
{
	int text = cp_schema_find(schema, CP_TEXT, "text");
	size_t n = 0;
	for (int i = 0; i < schema->n; i++)
		if (schema->column[i].type == CP_KEY)
			fields[n++] = schema->column[i].name;
	*spec = (struct cp_rows_spec){ .fields = fields, .n_fields = n, .strict_fields = 1, .keys = 1, .text = text >= 0 };
	if (text < 0 || cp_column_get_str(&schema->column[text], "template", &spec->sentence, NULL) < 0)
		spec->sentence = NULL;
}

static struct cp_rows *open_any(int fd, const void *mem, size_t len, const char *name, const struct cp_rows_spec *given, struct cp_err *err)
{
	struct cp_rows_spec spec = *given;
	struct cp_rows *r = cp_xcalloc(1, sizeof *r);
	r->digest = spec.csv.digest = cp_digest_new();
	r->skip_bad = spec.skip_bad;
	r->eager = spec.eager;
	r->first_row = spec.first_row;
	cp_schema_init(&r->schema);
	cp_buf_init(&r->text);
	r->csv = fd >= 0 ? cp_csv_open(fd, name, &spec.csv, err) : cp_csv_open_mem(mem, len, name, &spec.csv, err);
	if (r->csv && bind_columns(r, &spec, err) == 0)
		return r;
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
	for (size_t i = 0; i < r->n_parts; i++)
		free(r->part[i].data);
	free(r->part);
	free(r->row);
	free(r->offsets);
	free(r->values);
	free(r->first_bad);
	cp_template_free(r->sentence);
	cp_buf_release(&r->text);
	cp_schema_release(&r->schema);
	cp_csv_close(r->csv);
	cp_digest_free(r->digest);
	free(r);
}

const struct cp_schema *cp_rows_schema(const struct cp_rows *r)
{
	return &r->schema;
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
