#include "text/planlike.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/choice.h"
#include "base/mem.h"
#include "text/template.h"

static int read_line(struct cp_likeness *l, const char *line, const char *column, struct cp_err *err)
{
	char what[128];
	snprintf(what, sizeof what, "the declaration of column '%.80s'", column);
	return cp_declaration_read(l->lines, line, strlen(line), what, err);
}

static int is_field(const struct cp_column *c)
{
	return c->type == CP_KEY || c->type == CP_KEYS || c->type == CP_NUMBER;
}

/* Those that the text tells, which may be no columns of their own; else the columns. */
static void take_fields(struct cp_likeness *l, struct cp_rows_spec *spec, const json_t *told)
{
	const struct cp_schema *s = spec->like;
	size_t i;
	json_t *v;
	spec->n_fields = 0;
	spec->fields = l->fields = cp_xcalloc((size_t)s->n + json_array_size(told) + 1, sizeof *l->fields);
	json_array_foreach(told, i, v)
		if (json_is_string(v))
			l->fields[spec->n_fields++] = json_string_value(v);
	for (int c = 0; !json_array_size(told) && c < s->n; c++)
		if (is_field(&s->column[c]))
			l->fields[spec->n_fields++] = s->column[c].name;
}

static void take_items(struct cp_likeness *l, struct cp_rows_spec *spec, const json_t *names)
{
	spec->item_fields = l->items = cp_xcalloc(json_array_size(names) + 1, sizeof *l->items);
	for (size_t i = 0; i < json_array_size(names); i++)
		if (json_is_string(json_array_get(names, i)))
			l->items[spec->n_item_fields++] = json_string_value(json_array_get(names, i));
}

static int take_sentence(struct cp_likeness *l, struct cp_rows_spec *spec, const struct cp_column *text, struct cp_err *err)
{
	const char *s;
	int64_t v;
	size_t i;
	json_t *line;
	if (!cp_column_get_str(text, "template", &s, NULL))
		spec->sentence = s;
	if (!cp_column_get_str(text, "form", &s, NULL)) {
		int form = cp_choice(CP_SENTENCE_FORMS, s);
		if (form < 0)
			return cp_err_set(err, "the sentence has the form '%.40s', which this version does not know", s);
		spec->form = (enum cp_sentence_form)form;
	}
	if (!cp_column_get_str(text, "missing", &s, NULL))
		spec->missing = s;
	spec->omit_empty = !cp_column_get_int(text, "omit_empty", &v, NULL) && v;
	if (!cp_column_get_int(text, "shuffle_seed", &v, NULL)) {
		spec->shuffle = 1;
		spec->seed = (uint64_t)v;
	}
	take_items(l, spec, cp_column_get_json(text, "item_fields"));
	json_array_foreach(cp_column_get_json(text, "declare"), i, line)
		if (json_is_string(line) && read_line(l, json_string_value(line), "text", err) < 0)
			return -1;
	return 0;
}

/* A list or a number that nothing was said of is one as by default. */
static int take_column(struct cp_likeness *l, const struct cp_column *c, struct cp_err *err)
{
	const char *line;
	if (!cp_column_get_str(c, "declare", &line, NULL))
		return read_line(l, line, c->name, err);
	if (c->type == CP_KEYS || c->type == CP_NUMBER)
		cp_declaration_add(l->lines, &(struct cp_declare){ .name = c->name, .sep = (char *)"|",
								   .kind = c->type == CP_KEYS ? CP_KIND_LIST : CP_KIND_NUMBER });
	return 0;
}

int cp_likeness_take(struct cp_likeness *l, struct cp_rows_spec *spec, struct cp_err *err)
{
	const struct cp_schema *s = spec->like;
	int at = spec->text ? cp_schema_find(s, CP_TEXT, "text") : -1;
	const struct cp_column *text = at < 0 ? NULL : &s->column[at];
	*l = (struct cp_likeness){ .lines = cp_declaration_new() };
	for (int c = 0; c < s->n; c++)
		if (take_column(l, &s->column[c], err) < 0)
			return -1;
	take_fields(l, spec, text ? cp_column_get_json(text, "fields") : NULL);
	return text ? take_sentence(l, spec, text, err) : 0;
}

void cp_likeness_release(struct cp_likeness *l)
{
	cp_declaration_free(l->lines);
	free(l->fields);
	free(l->items);
}
