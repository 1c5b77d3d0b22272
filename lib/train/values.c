/* The values of a model's fields: their rows of the table, by key or, where a CSV tells them, by name; see inspect.h. */
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/num.h"
#include "stream/twin.h"
#include "text/csv.h"
#include "text/declare.h"
#include "text/declared.h"
#include "train/inspect.h"

/* --- Names ------------------------------------------------------------------------------------------------------------------------- */

struct cp_value_names {
	const struct cp_features *v;
	char ***name;			/* of each field's keys; NULL where the CSV has none */
};

/* Where a field's values stand in the CSV. */
struct source {
	size_t column;			/* SIZE_MAX: nowhere */
	struct cp_declare how;
};

static void name_key(struct cp_value_names *names, int field, uint64_t key, const char *p, size_t n)
{
	uint32_t row = cp_features_row(names->v, field, key);
	size_t base = names->v->field[field].base;
	if (row != base && !names->name[field][row - base - 1])
		names->name[field][row - base - 1] = cp_xstrndup(p, n);
}

static void name_value(struct cp_value_names *names, int field, const struct cp_declare *how, const char *p, size_t n)
{
	const char *name = names->v->fields.v[field].name;
	cp_strip(&p, &n);
	if (!cp_declare_is_null(how, p, n))
		name_key(names, field, cp_key(cp_field_seed(name, strlen(name)), p, n), p, n);
}

/* Values that the declaration makes of others: an hour is called so, a bucket by its bounds. */
static void name_made(struct cp_value_names *names, int field, const struct cp_declare *how)
{
	const char *title = names->v->fields.v[field].name;
	uint64_t seed = cp_field_seed(title, strlen(title));
	size_t n = cp_declare_n_values(how);
	for (size_t i = 0; i < n; i++) {
		char buf[24], low[32], high[32], name[80];
		const char *word = cp_declare_value(how, i, buf);
		snprintf(name, sizeof name, "%s", word);
		if (how->kind == CP_KIND_BUCKETS_AT)
			snprintf(name, sizeof name, "%s%s%s%s", i ? ">= " : "", i ? cp_print_real(how->bound[i - 1], low) : "",
				 i + 1 == n ? "" : i ? " < " : "< ", i + 1 == n ? "" : cp_print_real(how->bound[i], high));
		name_key(names, field, cp_key(seed, word, strlen(word)), name, strlen(name));
	}
}

/* What no value of a CSV is called: that there is none, and the row which numbers multiply. */
static void name_the_rest(struct cp_value_names *names)
{
	for (int f = 0; f < names->v->fields.n; f++) {
		const struct cp_field *field = &names->v->fields.v[f];
		name_key(names, f, field->key_missing, "(missing)", 9);
		if (field->type == CP_NUMBER)
			name_key(names, f, field->key_number, "(number)", 8);
	}
}

/* Is a value another than stands in the CSV? */
static int is_made(const struct cp_declare *how)
{
	return how->kind == CP_KIND_BUCKETS_LOG || cp_declare_n_values(how);
}

static void name_row(struct cp_value_names *names, const struct cp_csv *csv, const struct source *source)
{
	for (int f = 0; f < names->v->fields.n; f++) {
		const struct cp_csv_field *v = source[f].column == SIZE_MAX ? NULL : &csv->fields[source[f].column];
		struct cp_csv_field member;
		size_t at = 0;
		if (v && is_made(&source[f].how))
			continue;
		if (v && names->v->fields.v[f].type == CP_KEY)
			name_value(names, f, &source[f].how, v->p, v->n);
		while (v && names->v->fields.v[f].type == CP_KEYS && cp_list_next(&source[f].how, v, &at, &member))
			name_value(names, f, &source[f].how, member.p, member.n);
	}
}

static int find_sources(const struct cp_fields *fields, const struct cp_csv *csv, struct cp_declaration *d, struct source *source, struct cp_err *err)
{
	size_t line[CP_FIELDS_MAX], any = 0;
	if (cp_fields_declared(fields, d, line, err) < 0)
		return -1;
	for (int f = 0; f < fields->n; f++) {
		const char *name = fields->v[f].name;
		source[f] = (struct source){ SIZE_MAX, { .sep = (char *)"|" } };
		if (line[f] != SIZE_MAX) {
			source[f].how = d->line[line[f]];
			name = cp_declare_column(&source[f].how);
		}
		for (size_t i = 0; i < csv->n_names && source[f].column == SIZE_MAX; i++)
			if (!strcmp(csv->names[i], name))
				source[f].column = i;
		any += source[f].column != SIZE_MAX;
	}
	return any ? 0 : cp_err_set(err, "%s: none of its columns is a field of the model", csv->file);
}

static int read_names(struct cp_value_names *names, struct cp_csv *csv, struct cp_err *err)
{
	struct cp_declaration *d = cp_declaration_new();
	struct source *source = cp_xcalloc((size_t)names->v->fields.n, sizeof *source);
	int rc = find_sources(&names->v->fields, csv, d, source, err);
	while (!rc && (rc = cp_csv_next(csv, err)) == 1) {
		name_row(names, csv, source);
		rc = 0;
	}
	for (int f = 0; !rc && f < names->v->fields.n; f++)
		name_made(names, f, &source[f].how);
	name_the_rest(names);
	free(source);
	cp_declaration_free(d);
	return rc;
}

struct cp_value_names *cp_value_names_read(const struct cp_inspect *m, const char *path, struct cp_err *err)
{
	struct cp_csv_opts o = { .delimiter = ',' };
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = -1;
	if (fd < 0) {
		cp_err_set(err, "%s: open: %m", path);
		return NULL;
	}
	struct cp_csv *csv = cp_csv_open(fd, path, &o, err);
	struct cp_value_names *names = cp_xcalloc(1, sizeof *names);
	names->v = &m->model->vocab;
	names->name = cp_xcalloc((size_t)names->v->fields.n, sizeof *names->name);
	for (int f = 0; f < names->v->fields.n; f++)
		names->name[f] = cp_xcalloc(names->v->bits ? 0 : names->v->field[f].n, sizeof **names->name);
	if (csv && !names->v->bits)
		rc = read_names(names, csv, err);
	else if (csv)
		cp_err_set(err, "%s: its table is by hash: it knows no values", m->path);
	cp_csv_close(csv);
	close(fd);
	if (!rc)
		return names;
	cp_value_names_free(names);
	return NULL;
}

void cp_value_names_free(struct cp_value_names *names)
{
	if (!names)
		return;
	for (int f = 0; f < names->v->fields.n; f++) {
		for (size_t i = 0; !names->v->bits && i < names->v->field[f].n; i++)
			free(names->name[f][i]);
		free(names->name[f]);
	}
	free(names->name);
	free(names);
}

static void print_name(const struct cp_value_names *names, int f, size_t i, struct cp_buf *out)
{
	const char *s = names ? names->name[f][i] : NULL;
	if (s)
		cp_twin_text(s, out);
}

/* --- Rows of the table ------------------------------------------------------------------------------------------------------------- */

static int find_field(const struct cp_inspect *m, const char *name, struct cp_err *err)
{
	const struct cp_fields *fields = &m->model->vocab.fields;
	for (int f = 0; f < fields->n; f++)
		if (!strcmp(fields->v[f].name, name))
			return f;
	return cp_err_set(err, "%s: no field '%s' in it; cp-model show lists them", m->path, name);
}

/* Where the rows of a field stand: in the embedding table of all fields, in its own, or where there are no embeddings in the weights of LR. */
static const struct nn_tensor *find_table(const struct cp_inspect *m, int f, size_t *base, size_t *n_rows)
{
	const struct cp_features *v = &m->model->vocab;
	char name[32];
	snprintf(name, sizeof name, "embedding.%d", f + 1);
	const struct nn_tensor *t = nn_safetensors_find(m->file, name);
	*base = t ? 0 : v->field[f].base;
	*n_rows = t ? 1 + v->field[f].n : v->n_rows;
	if (!t)
		t = nn_safetensors_find(m->file, "embedding");
	return t ? t : nn_safetensors_find(m->file, "lr.weight");
}

/* The rows of field f, (1 + n, d), the unseen one first. */
static float *read_rows(const struct cp_inspect *m, int f, size_t *d, struct cp_err *err)
{
	size_t base, n_rows;
	if (m->model->vocab.bits) {
		cp_err_set(err, "%s: its table is by hash: it knows no values", m->path);
		return NULL;
	}
	const struct nn_tensor *t = find_table(m, f, &base, &n_rows);
	if (!t || t->n_dims != 2 || t->shape[0] != n_rows) {
		cp_err_set(err, "%s: no table of embeddings in it", m->path);
		return NULL;
	}
	float *v = cp_xcalloc(t->n, sizeof *v);
	*d = t->shape[1];
	if (nn_tensor_floats(t, v, t->n, err) == 0) {
		memmove(v, v + base * *d, (1 + m->model->vocab.field[f].n) * *d * sizeof *v);
		return v;
	}
	free(v);
	cp_err_wrap(err, "%s", m->path);
	return NULL;
}

static double dot(const float *a, const float *b, size_t d)
{
	double sum = 0;
	for (size_t i = 0; i < d; i++)
		sum += (double)a[i] * b[i];
	return sum;
}

static void print_field(const struct cp_inspect *m, int f, const struct cp_value_names *names, int vectors, const float *rows, size_t d,
			struct cp_buf *out)
{
	const struct cp_features_field *v = &m->model->vocab.field[f];
	for (size_t i = 0; i < v->n; i++) {
		const float *row = rows + (1 + i) * d;
		cp_twin_text(m->model->vocab.fields.v[f].name, out);
		cp_buf_printf(out, "\t%016" PRIx64 "\t%" PRIu64 "\t", v->key[i], v->count[i]);
		if (!vectors)
			cp_buf_printf(out, "%.6g\t", sqrt(dot(row, row, d)));
		print_name(names, f, i, out);
		for (size_t k = 0; vectors && k < d; k++)
			cp_buf_printf(out, "\t%.9g", (double)row[k]);
		cp_buf_char(out, '\n');
	}
}

int cp_inspect_vocab(const struct cp_inspect *m, const char *field, const struct cp_value_names *names, int vectors, struct cp_buf *out,
		     struct cp_err *err)
{
	size_t d;
	int first = field ? find_field(m, field, err) : 0, end = field ? first + 1 : m->model->vocab.fields.n;
	if (first < 0)
		return -1;
	for (int f = first; f < end; f++) {
		float *rows = read_rows(m, f, &d, err);
		if (!rows)
			return -1;
		print_field(m, f, names, vectors, rows, d, out);
		free(rows);
	}
	return 0;
}

struct near {
	double cosine;
	size_t i;
};

static int by_cosine(const void *a, const void *b)
{
	const struct near *x = a, *y = b;
	return x->cosine < y->cosine ? 1 : x->cosine > y->cosine ? -1 : (x->i > y->i) - (x->i < y->i);
}

static void print_neighbours(const struct cp_inspect *m, int f, size_t of, const struct cp_value_names *names, size_t n, const float *rows,
			     size_t d, struct cp_buf *out)
{
	const struct cp_features_field *v = &m->model->vocab.field[f];
	const float *x = rows + of * d;
	struct near *near = cp_xcalloc(v->n, sizeof *near);
	for (size_t i = 0; i < v->n; i++) {
		double size = sqrt(dot(x, x, d) * dot(rows + i * d, rows + i * d, d));
		near[i] = (struct near){ i == of ? 2 : size > 0 ? dot(x, rows + i * d, d) / size : 0, i };
	}
	qsort(near, v->n, sizeof *near, by_cosine);
	for (size_t k = 1; k < v->n && k <= n; k++) {		/* the first is the value itself */
		size_t i = near[k].i;
		cp_buf_printf(out, "%.6f\t%016" PRIx64 "\t%" PRIu64 "\t", near[k].cosine, v->key[i], v->count[i]);
		print_name(names, f, i, out);
		cp_buf_char(out, '\n');
	}
	free(near);
}

int cp_inspect_neighbours(const struct cp_inspect *m, const char *field, const char *value, const struct cp_value_names *names, size_t n,
			  struct cp_buf *out, struct cp_err *err)
{
	size_t d;
	int f = find_field(m, field, err);
	float *rows = f < 0 ? NULL : read_rows(m, f, &d, err);
	if (!rows)
		return -1;
	const struct cp_features_field *v = &m->model->vocab.field[f];
	struct cp_schema s;
	uint64_t key = 0;
	cp_fields_schema(&m->model->vocab.fields, &s);
	int rc = cp_declared_key(&s.column[f], value, &key, err);
	cp_schema_release(&s);
	uint32_t row = rc ? v->base : cp_features_row(&m->model->vocab, f, key);
	if (rc)
		cp_err_wrap(err, "%s", m->path);
	else if (row == v->base)
		rc = cp_err_set(err, "%s: field '%s' has no value '%s' that training met", m->path, field, value);
	else
		print_neighbours(m, f, row - v->base - 1, names, n, rows + d, d, out);
	free(rows);
	return rc;
}
