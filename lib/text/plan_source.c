/* A CSV under a declaration: which columns its lines mean, and what a line comes to for a column. */
#include <stdio.h>
#include <string.h>

#include "text/plan_steps.h"

/* ---- columns ---- */

size_t cp_source_column(const struct cp_source *s, const char *name)
{
	for (size_t i = 0; i < s->csv->n_names; i++)
		if (!strcmp(s->csv->names[i], name))
			return i;
	return SIZE_MAX;
}

int cp_source_lacks(const struct cp_source *s, const char *what, const char *name)
{
	struct cp_buf list = CP_BUF_INIT;
	cp_list_names(&list, s->csv->names, s->csv->n_names);
	cp_err_set(s->err, "%s: no column '%.80s' for %s; there are %s", s->csv->file, name, what, list.data);
	cp_buf_release(&list);
	return -1;
}

int cp_source_check_alone(const struct cp_source *s, size_t column, const char *remedy)
{
	const struct cp_csv *csv = s->csv;
	for (size_t c = column + 1; c < csv->n_names; c++)
		if (!strcmp(csv->names[c], csv->names[column]))
			return cp_err_set(s->err, "%s: columns %zu and %zu are both called '%s'; give one another name in %s%s", csv->file,
					  column + 1, c + 1, csv->names[c], s->spec.csv.no_header ? "--fields" : "the first line", remedy);
	return 0;
}

int cp_source_check_line(const struct cp_source *s, const struct cp_declare *line, size_t column)
{
	if (!line || !strpbrk(s->csv->names[column], "\r\n"))
		return 0;
	return cp_err_set(s->err, "%s: column %zu has an end of line in its name, and so cannot be declared: give it another", s->csv->file, column + 1);
}

/* Is it f1, f2, ... or a new field? */
static int is_known(const struct cp_source *s, const char *field)
{
	int found = cp_source_column(s, field) != SIZE_MAX;
	for (size_t i = 0; i < s->lines->n && !found; i++) {
		const struct cp_declare *f = &s->lines->line[i];
		found = !strcmp(cp_declare_title(f), field) && cp_source_column(s, cp_declare_column(f)) != SIZE_MAX;
	}
	return found;
}

int cp_source_name(struct cp_source *s)
{
	struct cp_rows_spec *spec = &s->spec;
	size_t known = 0;
	if (!spec->csv.no_header || !spec->fields || spec->like)
		return 0;
	while (known < spec->n_fields && is_known(s, spec->fields[known]))
		known++;
	if (known == spec->n_fields)
		return 0;
	int rc = cp_csv_rename(s->csv, spec->fields, spec->n_fields, s->err);
	spec->fields = NULL;
	return rc;
}

/* ---- lines ---- */

static int has_column(const struct cp_source *s, const struct cp_declare *f)
{
	for (size_t c = 0; f->is_glob && c < s->csv->n_names; c++)
		if (cp_glob_match(f->name, s->csv->names[c]))
			return 1;
	return !f->is_glob && cp_source_column(s, cp_declare_column(f)) != SIZE_MAX;
}

int cp_source_check(const struct cp_source *s)
{
	char what[160];
	for (size_t i = 0; i < s->lines->n; i++) {
		const struct cp_declare *f = &s->lines->line[i];
		if (has_column(s, f) || (s->spec.like && cp_kind_is_role(f->kind)))
			continue;
		snprintf(what, sizeof what, "%.100s, line %zu", f->file, f->at_line);
		return cp_source_lacks(s, what, cp_declare_column(f));
	}
	return 0;
}

int cp_source_is_overruled(const struct cp_source *s, const struct cp_declare *f)
{
	for (const struct cp_declare *g = f + 1; g < s->lines->line + s->lines->n; g++)
		if (!strcmp(f->name, g->name) && f->is_glob == g->is_glob && !f->of == !g->of && !strcmp(cp_declare_title(f), cp_declare_title(g)))
			return 1;
	return 0;
}

/* What the line of the column itself says of its times; NULL: nothing. */
static char *format_of(const struct cp_source *s, const char *column)
{
	char *format = NULL;
	for (size_t i = 0; i < s->lines->n && !format; i++)
		if (s->lines->line[i].kind == CP_KIND_TIME && !strcmp(s->lines->line[i].name, column))
			format = s->lines->line[i].format;
	return format;
}

static void add_nulls(const struct cp_source *s, struct cp_declare *f)
{
	char **v = cp_arena_alloc(s->arena, (f->null.n + s->spec.n_nulls) * sizeof *v + 1);
	memcpy(v, f->null.v, f->null.n * sizeof *v);
	f->null.v = v;
	for (size_t i = 0; i < s->spec.n_nulls; i++)
		if (*s->spec.nulls[i] && !cp_declare_is_null(f, s->spec.nulls[i], strlen(s->spec.nulls[i])))
			v[f->null.n++] = cp_arena_strndup(s->arena, s->spec.nulls[i], strlen(s->spec.nulls[i]));
}

const struct cp_declare *cp_source_line(const struct cp_source *s, const struct cp_declare *line, size_t column, enum cp_kind kind)
{
	const struct cp_declare plain = { .name = s->csv->names[column], .kind = kind };
	struct cp_declare *f = cp_arena_alloc(s->arena, sizeof *f);
	*f = cp_declare_copy(line ? line : &plain, s->arena);
	if (f->is_glob)
		f->name = cp_arena_strndup(s->arena, plain.name, strlen(plain.name));
	f->is_glob = 0;
	add_nulls(s, f);
	if ((f->kind == CP_KIND_HOUR || f->kind == CP_KIND_WEEKDAY) && f->of && !f->format)
		f->format = format_of(s, f->of);
	return f;
}
