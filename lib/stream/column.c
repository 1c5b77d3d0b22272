/* A column's attributes and provenance. */
#include "stream/schema.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

void cp_column_set_json(struct cp_column *c, const char *name, json_t *stolen)
{
	assert(stolen);		/* a string that is not UTF-8 is none for JSON */
	json_object_set_new(c->attributes, name, stolen);
}

void cp_column_set_int(struct cp_column *c, const char *name, int64_t v)
{
	cp_column_set_json(c, name, json_integer(v));
}

void cp_column_set_real(struct cp_column *c, const char *name, double v)
{
	cp_column_set_json(c, name, json_real(v));
}

void cp_column_set_str(struct cp_column *c, const char *name, const char *v)
{
	cp_column_set_json(c, name, json_string(v));
}

json_t *cp_column_get_json(const struct cp_column *c, const char *name)
{
	return json_object_get(c->attributes, name);
}

static json_t *attribute(const struct cp_column *c, const char *name, int good, const char *kind, struct cp_err *err)
{
	json_t *j = cp_column_get_json(c, name);
	if (j && good)
		return j;
	cp_err_set(err, j ? "column '%s': its attribute '%s' is not %s" : "column '%s' has no attribute '%s' (%s)", c->name, name, kind);
	return NULL;
}

int cp_column_get_int(const struct cp_column *c, const char *name, int64_t *v, struct cp_err *err)
{
	json_t *j = attribute(c, name, json_is_integer(cp_column_get_json(c, name)), "a whole number", err);
	if (!j)
		return -1;
	*v = json_integer_value(j);
	return 0;
}

int cp_column_get_real(const struct cp_column *c, const char *name, double *v, struct cp_err *err)
{
	json_t *j = attribute(c, name, json_is_number(cp_column_get_json(c, name)), "a number", err);
	if (!j)
		return -1;
	*v = json_number_value(j);
	return 0;
}

int cp_column_get_str(const struct cp_column *c, const char *name, const char **v, struct cp_err *err)
{
	json_t *j = attribute(c, name, json_is_string(cp_column_get_json(c, name)), "a string", err);
	if (!j)
		return -1;
	*v = json_string_value(j);
	return 0;
}

static char *told(const json_t *attributes)
{
	return json_object_size(attributes) ? json_dumps(attributes, JSON_SORT_KEYS | JSON_COMPACT) : cp_xstrdup("without a declaration");
}

int cp_column_made_as(const struct cp_column *c, const json_t *there, const char *whose, struct cp_err *err)
{
	if (there ? json_equal(c->attributes, there) : !json_object_size(c->attributes))
		return 0;
	char *is = told(c->attributes), *was = told(there);
	cp_err_set(err, "column '%s' was made otherwise than %s: %s here, %s there", c->name, whose, is, was);
	free(is);
	free(was);
	return -1;
}

/* Text that may hold any bytes: what is not UTF-8 is told as Latin-1, so that it can stand in JSON and still be recognised. */
static json_t *text_json(const char *s)
{
	json_t *j = json_string(s);
	if (j)
		return j;
	struct cp_buf b = CP_BUF_INIT;
	char utf8[4];
	for (; *s; s++)
		cp_buf_add(&b, utf8, cp_utf8_put(utf8, (unsigned char)*s));
	j = json_string(b.data);
	cp_buf_release(&b);
	return j;
}

void cp_step_set(json_t *step, const char *name, const char *value)
{
	json_object_set_new(json_object_get(step, "options"), name, text_json(value));
}

json_t *cp_step_new(const char *tool, const char *version, const struct cp_opt *table)
{
	json_t *step = json_pack("{s:s,s:s,s:{}}", "tool", tool, "version", version, "options");
	struct cp_buf b = CP_BUF_INIT;
	for (const struct cp_opt *o = table; o && o->type != CP_OPT_END; o++)
		if (o->content) {
			cp_buf_reset(&b);
			cp_opt_value(o, &b);
			cp_step_set(step, o->name, b.data);
		}
	cp_buf_release(&b);
	return step;
}

void cp_step_file(json_t *step, const char *name, const char digest[33])
{
	json_t *files = json_object_get(step, "files");
	if (!files) {
		files = json_object();
		json_object_set_new(step, "files", files);
	}
	json_object_set_new(files, name, json_string(digest));
}

void cp_column_derive(struct cp_column *to, const struct cp_column *from, json_t *step)
{
	json_t *chain = from ? json_copy(from->chain) : json_array();
	json_array_append(chain, step);
	json_decref(to->chain);
	to->chain = chain;
}

void cp_schema_step(struct cp_schema *s, json_t *step)
{
	for (int i = 0; i < s->n; i++)
		cp_column_derive(&s->column[i], &s->column[i], step);
}
