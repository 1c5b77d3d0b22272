/* Which columns are fields, and whether two sources mean the same by them.  Values are not looked at here. */
#include "train/fields.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

static const struct {
	enum cp_type type;
	const char *word, *means;
} kinds[] = {
	{ CP_KEY, "key", "one value a row" },
	{ CP_KEYS, "keys", "a list of values" },
	{ CP_NUMBER, "number", "a number" },
};
#define N_KINDS (sizeof kinds / sizeof *kinds)

const char *cp_field_declared(const struct cp_field *f)
{
	return json_string_value(json_object_get(f->made, "declare"));
}

int cp_fields_declared(const struct cp_fields *fields, struct cp_declaration *to, size_t *line, struct cp_err *err)
{
	for (int f = 0; f < fields->n; f++) {
		const char *text = cp_field_declared(&fields->v[f]);
		size_t n = to->n;
		if (text && cp_declaration_read(to, text, strlen(text), "its declaration", err) < 0)
			return cp_err_wrap(err, "field '%s'", fields->v[f].name);
		line[f] = to->n > n ? n : SIZE_MAX;
	}
	return 0;
}

const char *cp_field_word(enum cp_type type)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (kinds[i].type == type)
			return kinds[i].word;
	return NULL;
}

int cp_field_type(const char *word, enum cp_type *type)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (word && !strcmp(kinds[i].word, word)) {
			*type = kinds[i].type;
			return 0;
		}
	return -1;
}

static const char *meaning(enum cp_type type)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (kinds[i].type == type)
			return kinds[i].means;
	return "no field";
}

/* --- The list ---------------------------------------------------------------------------------------------------------------------- */

void cp_fields_add(struct cp_fields *f, const char *name, enum cp_type type, const json_t *made)
{
	uint64_t seed = cp_field_seed(name, strlen(name));
	f->v = cp_xrealloc(f->v, (size_t)f->n + 1, sizeof *f->v);
	f->v[f->n++] = (struct cp_field){ cp_xstrdup(name), type, json_object_size(made) ? json_deep_copy(made) : NULL, cp_key(seed, "", 0),
					  cp_key(seed, "number", 6) };
}

void cp_fields_copy(struct cp_fields *to, const struct cp_fields *from)
{
	for (int i = 0; i < from->n; i++)
		cp_fields_add(to, from->v[i].name, from->v[i].type, from->v[i].made);
}

void cp_fields_release(struct cp_fields *f)
{
	for (int i = 0; i < f->n; i++) {
		free(f->v[i].name);
		json_decref(f->v[i].made);
	}
	free(f->v);
	*f = (struct cp_fields){ 0 };
}

int cp_fields_count(const struct cp_fields *f, enum cp_type type)
{
	int n = 0;
	for (int i = 0; i < f->n; i++)
		n += f->v[i].type == type;
	return n;
}

/* --- In a schema ------------------------------------------------------------------------------------------------------------------- */

/* A column of that name that could be a field, whatever its type; -1 if there is none. */
static int any_type(const struct cp_schema *s, const char *name)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		int at = cp_schema_find(s, kinds[i].type, name);
		if (at >= 0)
			return at;
	}
	return -1;
}

int cp_fields_take(struct cp_fields *f, const struct cp_schema *s, int but, const char *name, struct cp_err *err)
{
	for (int i = 0; i < s->n; i++) {
		const struct cp_column *c = &s->column[i];
		if (i == but || !cp_field_word(c->type))
			continue;
		for (int k = 0; k < f->n; k++)
			if (!strcmp(f->v[k].name, c->name))
				return cp_err_set(err, "%s: two fields are called '%s', %s:%s and %s:%s; leave one out with cp-cat --drop", name,
						  c->name, cp_field_word(f->v[k].type), c->name, cp_field_word(c->type), c->name);
		if (f->n == CP_FIELDS_MAX)
			return cp_err_set(err, "%s: more than %d fields", name, CP_FIELDS_MAX);
		cp_fields_add(f, c->name, c->type, c->attributes);
	}
	return f->n ? 0 : cp_err_set(err, "%s: no field (key column) in it; cp-featurize and cp-textify make them", name);
}

int cp_fields_find(const struct cp_fields *fields, const struct cp_schema *s, const char *name, int *at, struct cp_err *err)
{
	for (int i = 0; i < fields->n; i++) {
		const struct cp_field *f = &fields->v[i];
		at[i] = cp_schema_find(s, f->type, f->name);
		if (at[i] < 0) {
			int other = any_type(s, f->name);
			if (other < 0)
				return cp_err_set(err, "%s: field '%s' is missing", name, f->name);
			return cp_err_set(err, "%s: field '%s' is %s (%s) here; in the training rows it is %s (%s)", name, f->name,
					  meaning(s->column[other].type), cp_field_word(s->column[other].type), meaning(f->type),
					  cp_field_word(f->type));
		}
		if (cp_column_made_as(&s->column[at[i]], f->made, "in the training rows", err) < 0)
			return cp_err_wrap(err, "%s", name);
	}
	return 0;
}

void cp_fields_schema(const struct cp_fields *fields, struct cp_schema *s)
{
	cp_schema_init(s);
	for (int i = 0; i < fields->n; i++) {
		const struct cp_field *f = &fields->v[i];
		int at = cp_schema_add(s, f->type, f->name, NULL);
		if (at >= 0 && f->made)
			json_object_update(s->column[at].attributes, f->made);
	}
}
