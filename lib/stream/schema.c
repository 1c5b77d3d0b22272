/* The schema in memory and its text.
 *
 * The text is one JSON object:
 *     {"format":"cps",
 *      "columns":[{"name":"User ID","type":"key","storage":"u64","chain":[0],"attributes":{...}}, ...],
 *      "steps":[{"tool":"cp-featurize","version":"0.1.0","options":{"fields":""},"files":{"NAME":"DIGEST"}}, ...]}
 * `attributes` is left out where empty.  Members that this version does not know are kept and written again, after the known ones.
 *
 * Not here: provenance and attributes (column.c), names of types (store.c), the bytes around the text (format.h).
 */
#include "stream/schema.h"

#include <stdlib.h>
#include <string.h>

#include "stream/json.h"
#include "stream/store.h"

void cp_schema_init(struct cp_schema *s)
{
	*s = (struct cp_schema){ 0 };
}

static void column_release(struct cp_column *c)
{
	free(c->name);
	free(c->type_name);
	free(c->store_name);
	json_decref(c->attributes);
	json_decref(c->chain);
	json_decref(c->extra);
}

void cp_schema_release(struct cp_schema *s)
{
	for (int i = 0; i < s->n; i++)
		column_release(&s->column[i]);
	free(s->column);
	json_decref(s->extra);
	*s = (struct cp_schema){ 0 };
}

static int find(const struct cp_schema *s, const char *type, const char *name)
{
	for (int i = 0; i < s->n; i++)
		if (!strcmp(s->column[i].type_name, type) && !strcmp(s->column[i].name, name))
			return i;
	return -1;
}

static int good_type_name(const char *type)
{
	return *type && type[strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789-_")] == 0;
}

/* A column of a type by its name; attributes and chain are empty. */
static int add_column(struct cp_schema *s, const char *type, const char *storage, const char *name, struct cp_err *err)
{
	if (s->n >= CP_COLUMNS_MAX)
		return cp_err_set(err, "more than %d columns", CP_COLUMNS_MAX);
	json_t *utf8 = json_string(name);
	json_decref(utf8);
	if (!*name || !utf8)
		return cp_err_set(err, "column %d: the name is %s", s->n + 1, *name ? "not UTF-8" : "empty");
	if (!good_type_name(type))
		return cp_err_set(err, "column '%s': '%s' is not a type's name", name, type);
	if (find(s, type, name) >= 0)
		return cp_err_set(err, "there are two columns '%s' of type %s", name, type);
	s->column = cp_xrealloc(s->column, (size_t)s->n + 1, sizeof *s->column);
	s->column[s->n] = (struct cp_column){
		.name = cp_xstrdup(name), .type = cp_type_by_name(type), .type_name = cp_xstrdup(type),
		.store_name = cp_xstrdup(storage), .store = cp_store_by_name(storage),
		.attributes = json_object(), .chain = json_array(),
	};
	return s->n++;
}

int cp_schema_add(struct cp_schema *s, enum cp_type type, const char *name, struct cp_err *err)
{
	return add_column(s, cp_type_name(type), cp_type_storage(type), name, err);
}

int cp_schema_add_copy(struct cp_schema *s, const struct cp_column *from, struct cp_err *err)
{
	int i = add_column(s, from->type_name, from->store_name, from->name, err);
	if (i < 0)
		return -1;
	struct cp_column *c = &s->column[i];
	json_object_update(c->attributes, from->attributes);
	json_array_extend(c->chain, from->chain);
	c->extra = json_deep_copy(from->extra);
	return i;
}

void cp_schema_copy(struct cp_schema *to, const struct cp_schema *from)
{
	cp_schema_init(to);
	for (int i = 0; i < from->n; i++)
		cp_schema_add_copy(to, &from->column[i], NULL);
	to->extra = json_deep_copy(from->extra);
}

int cp_schema_find(const struct cp_schema *s, enum cp_type type, const char *name)
{
	return find(s, cp_type_name(type), name);
}

int cp_schema_first(const struct cp_schema *s, enum cp_type type)
{
	for (int i = 0; i < s->n; i++)
		if (s->column[i].type == type)
			return i;
	return -1;
}

/* A name alone is clear if no other column has it and it cannot be taken for TYPE:NAME or for a mark of the text twin. */
static int name_is_clear(const struct cp_schema *s, int column)
{
	const char *name = s->column[column].name;
	for (int i = 0; i < s->n; i++)
		if (i != column && !strcmp(s->column[i].name, name))
			return 0;
	return !strchr(name, ':') && name[0] != '#';
}

void cp_schema_label(const struct cp_schema *s, int i, struct cp_buf *b)
{
	if (!name_is_clear(s, i)) {
		cp_buf_str(b, s->column[i].type_name);
		cp_buf_char(b, ':');
	}
	cp_buf_str(b, s->column[i].name);
}

static int has_label(const struct cp_schema *s, int i, const char *label)
{
	const char *colon = strchr(label, ':');
	size_t n = colon ? (size_t)(colon - label) : 0;
	const struct cp_column *c = &s->column[i];
	return colon && strlen(c->type_name) == n && !memcmp(c->type_name, label, n) && !strcmp(c->name, colon + 1);
}

int cp_schema_lookup(const struct cp_schema *s, const char *label, struct cp_err *err)
{
	int found = -1, n_found = 0;
	for (int i = 0; i < s->n; i++)
		if (has_label(s, i, label))
			return i;
	for (int i = 0; i < s->n; i++)
		if (!strcmp(s->column[i].name, label)) {
			n_found++;
			found = i;
		}
	if (n_found == 1)
		return found;
	if (n_found)
		return cp_err_set(err, "%d columns have the name '%s': say TYPE:%s", n_found, label, label);
	struct cp_buf b = CP_BUF_INIT;
	for (int i = 0; i < s->n && b.len < 400; i++) {
		cp_buf_str(&b, i ? ", " : "");
		cp_schema_label(s, i, &b);
	}
	cp_err_set(err, "there is no column '%s'; there are: %s", label, s->n ? b.data : "none");
	cp_buf_release(&b);
	return -1;
}

static int same_json(const json_t *a, const json_t *b)
{
	return (!a && !b) || (a && b && json_equal(a, b));
}

static int column_agrees(const struct cp_column *a, const struct cp_column *b, int i, struct cp_err *err)
{
	if (strcmp(a->name, b->name) || strcmp(a->type_name, b->type_name) || strcmp(a->store_name, b->store_name))
		return cp_err_set(err, "column %d is '%s' (%s, %s), expected '%s' (%s, %s)", i + 1, b->name, b->type_name, b->store_name,
				  a->name, a->type_name, a->store_name);
	if (!same_json(a->attributes, b->attributes) || !same_json(a->extra, b->extra))
		return cp_err_set(err, "column '%s' has other attributes than before", a->name);
	return 0;
}

int cp_schema_agree(const struct cp_schema *a, const struct cp_schema *b, struct cp_err *err)
{
	if (a->n != b->n)
		return cp_err_set(err, "%d columns, expected %d", b->n, a->n);
	for (int i = 0; i < a->n; i++)
		if (column_agrees(&a->column[i], &b->column[i], i, err) < 0)
			return -1;
	if (!same_json(a->extra, b->extra))
		return cp_err_set(err, "the header holds other things than before");
	return 0;
}

int cp_schema_known(const struct cp_schema *s, struct cp_err *err)
{
	for (int i = 0; i < s->n; i++)
		if (!s->column[i].store.width)
			return cp_err_set(err, "column '%s' is kept in a way that this version does not know (%s): it can only be passed on whole",
					  s->column[i].name, s->column[i].store_name);
	return 0;
}

/* ---- The text ---- */

static json_t *print_column(const struct cp_column *c, json_t *steps)
{
	json_t *j = json_pack("{s:s,s:s,s:s,s:o}", "name", c->name, "type", c->type_name, "storage", c->store_name,
			      "chain", cp_chain_put(steps, c->chain));
	if (json_object_size(c->attributes))
		json_object_set(j, "attributes", c->attributes);
	if (c->extra)
		json_object_update_missing(j, c->extra);
	return j;
}

int cp_schema_print(const struct cp_schema *s, struct cp_buf *b, struct cp_err *err)
{
	json_t *columns = json_array(), *steps = json_array();
	for (int i = 0; i < s->n; i++)
		json_array_append_new(columns, print_column(&s->column[i], steps));
	json_t *j = json_pack("{s:s,s:o,s:o}", "format", "cps", "columns", columns, "steps", steps);
	if (s->extra)
		json_object_update_missing(j, s->extra);
	int rc = cp_json_print(j, b, err);
	json_decref(j);
	return rc;
}

/* What is left of an object once the named members are taken out: a new reference, or NULL where nothing is. */
static json_t *rest_of(json_t *j, const char *const *known)
{
	json_t *rest = json_copy(j);
	for (; *known; known++)
		json_object_del(rest, *known);
	if (json_object_size(rest))
		return rest;
	json_decref(rest);
	return NULL;
}

static int parse_column(struct cp_schema *s, json_t *j, const json_t *steps, struct cp_err *err)
{
	static const char *const known[] = { "name", "type", "storage", "chain", "attributes", NULL };
	const char *name = json_string_value(json_object_get(j, "name")), *type = json_string_value(json_object_get(j, "type"));
	const char *storage = json_string_value(json_object_get(j, "storage"));
	json_t *attributes = json_object_get(j, "attributes");
	if (!name || !type || !storage)
		return cp_err_set(err, "column %d: name, type or storage is missing", s->n + 1);
	if (attributes && !json_is_object(attributes))
		return cp_err_set(err, "column '%s': its attributes are not an object", name);
	const char *want = cp_type_storage(cp_type_by_name(type));
	if (want && strcmp(want, storage))
		return cp_err_set(err, "column '%s': the storage of type %s is %s, expected %s", name, type, storage, want);
	int i = add_column(s, type, storage, name, err);
	if (i < 0)
		return -1;
	struct cp_column *c = &s->column[i];
	json_t *chain = cp_chain_get(steps, json_object_get(j, "chain"));
	if (!chain)
		return cp_err_set(err, "column '%s': its chain names a step that is not there", name);
	json_decref(c->chain);
	c->chain = chain;
	if (attributes)
		json_object_update(c->attributes, attributes);
	c->extra = rest_of(j, known);
	return 0;
}

int cp_schema_parse(struct cp_schema *s, const char *text, size_t n, struct cp_err *err)
{
	static const char *const known[] = { "format", "columns", "steps", NULL };
	cp_schema_init(s);
	json_t *j = cp_json_object(text, n, "header", err), *column;
	if (!j)
		return -1;
	const char *format = json_string_value(json_object_get(j, "format"));
	json_t *columns = json_object_get(j, "columns"), *steps = json_object_get(j, "steps");
	int rc = 0;
	size_t i;
	if (!format || strcmp(format, "cps") || !json_is_array(columns) || !json_is_array(steps))
		rc = cp_err_set(err, "header: expected \"format\":\"cps\" and arrays of columns and steps");
	json_array_foreach(columns, i, column)
		if (!rc && parse_column(s, column, steps, err) < 0)
			rc = cp_err_wrap(err, "header");
	s->extra = rest_of(j, known);
	json_decref(j);
	if (rc < 0)
		cp_schema_release(s);
	return rc;
}
