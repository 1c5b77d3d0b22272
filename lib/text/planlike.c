#include "text/planlike.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/choice.h"
#include "base/mem.h"
#include "text/template.h"

/* ---- kept ---- */

/* A line for what is told of a field, and for that alone: how its key is made is told by the key's column, if there is one. */
static struct cp_declare line_of_told(const struct cp_told *told)
{
	struct cp_declare f = { .name = told->how->name, .of = told->how->of, .missing = told->how->missing, .null = told->how->null,
				.kind = CP_KIND_TEXT };
	if (told->how->kind == CP_KIND_LIST || told->how->kind == CP_KIND_HOUR || told->how->kind == CP_KIND_WEEKDAY) {
		f.kind = told->how->kind;
		f.sep = told->how->sep;
		f.format = told->how->format;
	}
	if (!strcmp(told->name, cp_declare_title(told->how)))
		f.as = told->how->as;
	return f;
}

static void append_line(json_t *lines, const struct cp_told *told)
{
	struct cp_declare f = line_of_told(told);
	struct cp_buf b = CP_BUF_INIT;
	if (f.kind == CP_KIND_TEXT && !f.of && !f.as && !f.missing && !f.null.n)
		return;
	cp_declare_print(&f, &b);
	json_array_append_new(lines, json_string(b.data));
	cp_buf_release(&b);
}

/* The text says itself what it tells, in which order, and how: other columns may come, go and change places. */
static void keep_told(const struct cp_template *sentence, struct cp_column *c)
{
	json_t *lines = json_array(), *names = json_array(), *seen = json_object();
	const struct cp_told *told;
	for (size_t at = 0; (told = cp_template_next(sentence, &at)); ) {
		if (json_object_get(seen, told->name))
			continue;
		json_object_set_new(seen, told->name, json_true());
		json_array_append_new(names, json_string(told->name));
		if (told->how)
			append_line(lines, told);
	}
	cp_column_set_json(c, "fields", names);
	if (json_array_size(lines))
		cp_column_set_json(c, "declare", json_incref(lines));
	json_decref(lines);
	json_decref(seen);
}

static void keep_sentence(const struct cp_rows_spec *spec, struct cp_column *c)
{
	char word[CP_WORD];
	if (spec->sentence)
		cp_column_set_str(c, "template", spec->sentence);
	if (spec->form != CP_SENTENCE_PLAIN)
		cp_column_set_str(c, "form", cp_choice_word(CP_SENTENCE_FORMS, spec->form, word));
	if (spec->missing)
		cp_column_set_str(c, "missing", spec->missing);
	if (spec->omit_empty)
		cp_column_set_int(c, "omit_empty", 1);
	if (spec->shuffle)
		cp_column_set_int(c, "shuffle_seed", (int64_t)spec->seed);
	json_t *item = json_array();
	for (size_t i = 0; i < spec->n_item_fields; i++)
		json_array_append_new(item, json_string(spec->item_fields[i]));
	if (spec->n_item_fields)
		cp_column_set_json(c, "item_fields", item);
	else
		json_decref(item);
}

void cp_likeness_keep(const struct cp_rows_spec *spec, const struct cp_template *sentence, struct cp_column *text)
{
	keep_sentence(spec, text);
	keep_told(sentence, text);
}

/* ---- taken ---- */

static int read_line(struct cp_declaration *lines, const char *line, const char *column, struct cp_err *err)
{
	char what[128];
	snprintf(what, sizeof what, "the declaration of column '%.80s'", column);
	return cp_declaration_read(lines, line, strlen(line), what, err);
}

static int is_field(const struct cp_column *c)
{
	return c->type == CP_KEY || c->type == CP_KEYS || c->type == CP_NUMBER;
}

static const char **take_names(const json_t *names, struct cp_arena *arena, size_t *n)
{
	const char **v = cp_arena_alloc(arena, (json_array_size(names) + 1) * sizeof *v);
	size_t i;
	json_t *name;
	*n = 0;
	json_array_foreach(names, i, name)
		if (json_is_string(name))
			v[(*n)++] = json_string_value(name);
	return v;
}

static int take_sentence(struct cp_rows_spec *spec, const struct cp_column *text, struct cp_err *err)
{
	const char *s;
	int64_t v;
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
	return 0;
}

/* A list or a number that nothing was said of is one as by default. */
static int take_column(struct cp_declaration *lines, const struct cp_column *c, struct cp_err *err)
{
	const char *line;
	if (!cp_column_get_str(c, "declare", &line, NULL))
		return read_line(lines, line, c->name, err);
	if (c->type == CP_KEYS || c->type == CP_NUMBER)
		cp_declaration_add(lines, &(struct cp_declare){ .name = c->name, .sep = (char *)"|",
								.kind = c->type == CP_KEYS ? CP_KIND_LIST : CP_KIND_NUMBER });
	return 0;
}

int cp_likeness_columns(struct cp_source *s, struct cp_declaration *lines)
{
	const struct cp_schema *like = s->spec.like;
	const char **fields = cp_arena_alloc(s->arena, ((size_t)like->n + 1) * sizeof *fields);
	s->lines = lines;
	s->spec.fields = fields;
	s->spec.n_fields = 0;
	for (int c = 0; c < like->n; c++) {
		if (take_column(lines, &like->column[c], s->err) < 0)
			return -1;
		if (is_field(&like->column[c]))
			fields[s->spec.n_fields++] = like->column[c].name;
	}
	return 0;
}

int cp_likeness_text(struct cp_source *s, struct cp_declaration *lines)
{
	struct cp_rows_spec *spec = &s->spec;
	const struct cp_column *text = &spec->like->column[cp_schema_find(spec->like, CP_TEXT, "text")];	/* .text: it is there */
	const json_t *told = cp_column_get_json(text, "fields");
	size_t i;
	json_t *line;
	s->lines = lines;
	if (!json_is_array(told))
		return cp_err_set(s->err, "the model was trained on text that does not say which fields it tells, so none can be made of CSV; expected records");
	spec->fields = take_names(told, s->arena, &spec->n_fields);
	spec->item_fields = take_names(cp_column_get_json(text, "item_fields"), s->arena, &spec->n_item_fields);
	json_array_foreach(cp_column_get_json(text, "declare"), i, line)
		if (json_is_string(line) && read_line(lines, json_string_value(line), "text", s->err) < 0)
			return -1;
	return take_sentence(spec, text, s->err);
}
