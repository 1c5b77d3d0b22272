/* The sentence: the chosen fields by form, or what a template names. */
#include <stdlib.h>
#include <string.h>

#include "text/plan_steps.h"

#define TEMPLATE_COLUMNS 16384

static struct cp_told told_of(const struct cp_source *s, const struct cp_plan_field *field)
{
	const char *word = CP_MISSING_WORD;
	if (field->how && field->how->missing)
		word = field->how->missing;
	else if (s->spec.missing)
		word = cp_arena_strndup(s->arena, s->spec.missing, strlen(s->spec.missing));
	return (struct cp_told){ field->title, field->column, field->how, word, 0 };
}

static size_t list_fields(const struct cp_source *s, const struct cp_plan_fields *fields, struct cp_told *told)
{
	for (size_t i = 0; i < fields->n; i++)
		told[i] = told_of(s, &fields->v[i]);
	return fields->n;
}

/* ---- by form ---- */

/* Form ctrl, and nobody has said which fields are the item's: those from the second on that names a thing, the first being the user. */
static int guess_item(struct cp_source *s, const struct cp_plan_fields *chosen)
{
	size_t i, n = 0, things = 0;
	for (i = 0; i < chosen->n && (things += (size_t)cp_names_a_thing(chosen->v[i].title)) < 2; i++)
		;
	if (i == chosen->n)
		return cp_err_set(s->err, "%s: no field names tell where the user's fields end and the item's begin, as 'User ID' and 'Item ID' would; "
				  "--item-fields says it", s->csv->file);
	const char **items = cp_arena_alloc(s->arena, (chosen->n - i) * sizeof *items);
	while (i < chosen->n)
		items[n++] = chosen->v[i++].title;
	s->spec.item_fields = items;
	s->spec.n_item_fields = n;
	return 0;
}

static int is_named(const struct cp_source *s, const struct cp_plan_field *field, const char *name)
{
	return !strcmp(name, field->title) || !strcmp(name, s->csv->names[field->column]);
}

/* The fields of the item: all that its names lead to. */
static int mark_item(const struct cp_source *s, const struct cp_plan_fields *chosen, struct cp_told *told)
{
	for (size_t k = 0; k < s->spec.n_item_fields; k++) {
		int used = 0;
		for (size_t i = 0; i < chosen->n; i++)
			if (is_named(s, &chosen->v[i], s->spec.item_fields[k]))
				used = told[i].of_item = 1;
		if (!used)
			return cp_source_lacks(s, "--item-fields", s->spec.item_fields[k]);
	}
	return 0;
}

static struct cp_template *by_form(struct cp_source *s, const struct cp_plan_fields *chosen)
{
	struct cp_telling telling = { s->spec.form, s->spec.omit_empty, s->spec.shuffle, s->spec.seed };
	if (telling.form == CP_SENTENCE_CTRL && !s->spec.n_item_fields && guess_item(s, chosen) < 0)
		return NULL;
	struct cp_told *told = cp_xcalloc(chosen->n, sizeof *told);
	list_fields(s, chosen, told);
	struct cp_template *t = mark_item(s, chosen, told) < 0 ? NULL : cp_template_form(&telling, told, chosen->n);
	free(told);
	return t;
}

/* ---- by a template ---- */

/* The line of a column that no field has for its name: that of its role, or of a field that it was renamed to. */
static const struct cp_declare *line_of_column(const struct cp_roles *roles, const struct cp_plan_fields *all, size_t column)
{
	const struct cp_role *role = cp_role_of(roles, column);
	if (role)
		return role->how;
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].column == column && all->v[i].how && !all->v[i].how->of)
			return all->v[i].how;
	return NULL;
}

/* What a template can tell: by the name of each column the field called so, or else the column; then the fields with names of their own. */
static size_t list_all(const struct cp_source *s, const struct cp_roles *roles, const struct cp_plan_fields *all, struct cp_told *told)
{
	size_t n = 0;
	for (size_t c = 0; c < s->csv->n_names; c++) {
		size_t i = 0;
		while (i < all->n && strcmp(all->v[i].title, s->csv->names[c]))
			i++;
		const struct cp_plan_field field = i < all->n ? all->v[i] : (struct cp_plan_field){ s->csv->names[c], c, line_of_column(roles, all, c) };
		told[n++] = told_of(s, &field);
	}
	for (size_t i = 0; i < all->n; i++)
		if (cp_source_column(s, all->v[i].title) == SIZE_MAX)
			told[n++] = told_of(s, &all->v[i]);
	return n;
}

/* Told as another stream's, it has no more than its fields. */
static struct cp_template *by_template(const struct cp_source *s, const struct cp_roles *roles, const struct cp_plan_fields *all, const struct cp_plan_fields *chosen)
{
	if (s->csv->n_names > TEMPLATE_COLUMNS) {
		cp_err_set(s->err, "%s: %zu columns, and a template can choose among %d at most", s->csv->file, s->csv->n_names, TEMPLATE_COLUMNS);
		return NULL;
	}
	struct cp_told *told = cp_xcalloc(all->n + s->csv->n_names, sizeof *told);
	size_t n = s->spec.like ? list_fields(s, chosen, told) : list_all(s, roles, all, told);
	struct cp_template *t = cp_template_new(s->spec.sentence, told, n, s->err);
	if (!t)
		cp_err_wrap(s->err, "%s", s->csv->file);
	free(told);
	return t;
}

struct cp_template *cp_sentence_new(struct cp_source *s, const struct cp_roles *roles, const struct cp_plan_fields *all, const struct cp_plan_fields *chosen)
{
	return s->spec.sentence ? by_template(s, roles, all, chosen) : by_form(s, chosen);
}
