/* Making a plan: the declaration, the options and the names of a CSV become columns.
 *
 * In steps (plan_steps.h): each line finds its columns; columns with a role are set aside; what is left are the fields, chosen and ordered by
 * .fields; these become columns of the stream and the values that the sentence tells.
 */
#include "text/plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "text/plan_impl.h"
#include "text/plan_steps.h"
#include "text/planlike.h"

/* ---- columns of the stream ---- */

/* Does the line say more than that there is a column of this name? */
static int says_much(const struct cp_declare *f)
{
	return f && (f->kind != CP_KIND_CATEGORY || f->of || f->as || f->missing || f->null.n);
}

/* The column keeps its line; made like another, it is that one. */
static void keep_line(const struct cp_source *s, struct cp_column *c, const struct cp_declare *f)
{
	int there = s->spec.like ? cp_schema_find(s->spec.like, c->type, c->name) : -1;
	if (there >= 0) {
		json_object_update(c->attributes, s->spec.like->column[there].attributes);
		return;
	}
	if (!says_much(f))
		return;
	struct cp_buf b = CP_BUF_INIT;
	cp_declare_print(f, &b);
	cp_column_set_str(c, "declare", b.data);
	cp_buf_release(&b);
}

static enum cp_type type_of(const struct cp_declare *f)
{
	if (!f)
		return CP_KEY;
	switch (f->kind) {
	case CP_KIND_LIST:
		return CP_KEYS;
	case CP_KIND_NUMBER:
	case CP_KIND_LOG:
	case CP_KIND_STANDARD_LEARN:
	case CP_KIND_STANDARD:
	case CP_KIND_BUCKETS_LEARN:
		return CP_NUMBER;
	default:
		return CP_KEY;
	}
}

/* Keys of the values that there can be, made once. */
void cp_part_keys(struct cp_part *p)
{
	size_t n = p->how ? cp_declare_n_values(p->how) : 0;
	p->key_missing = cp_key(p->seed, "", 0);
	if (!n)
		return;
	p->key = cp_xcalloc(n, sizeof *p->key);
	for (size_t i = 0; i < n; i++) {
		char buf[24];
		const char *s = cp_declare_value(p->how, i, buf);
		p->key[i] = cp_key(p->seed, s, strlen(s));
	}
}

static int add_part(struct cp_plan *plan, const struct cp_source *s, enum cp_type type, const struct cp_plan_field *field)
{
	int c = cp_schema_add(&plan->schema, type, field->title, s->err);
	if (c < 0)
		return cp_err_wrap(s->err, "%s: column %zu", s->csv->file, field->column + 1);
	keep_line(s, &plan->schema.column[c], field->how);
	struct cp_part *p = &plan->part[plan->n_parts++];
	*p = (struct cp_part){ .type = type, .from = field->column, .how = field->how };
	if (type == CP_KEY || type == CP_KEYS) {
		p->how = says_much(field->how) && !(field->how->kind == CP_KIND_CATEGORY && !field->how->null.n) ? field->how : NULL;
		p->seed = cp_field_seed(field->title, strlen(field->title));
		cp_part_keys(p);
	}
	return 0;
}

static int add_parts(struct cp_plan *plan, const struct cp_source *s, const struct cp_roles *roles, const struct cp_plan_fields *fields)
{
	plan->part = cp_xcalloc(roles->n + fields->n, sizeof *plan->part);
	if (cp_schema_add(&plan->schema, CP_ROW, "row", s->err) < 0)
		return -1;
	for (size_t i = 0; i < roles->n; i++) {
		const struct cp_role *r = &roles->v[i];
		if (add_part(plan, s, r->type, &(struct cp_plan_field){ r->name, r->column, r->how }) < 0)
			return -1;
	}
	for (size_t i = 0; s->spec.keys && i < fields->n; i++) {
		const struct cp_plan_field *field = &fields->v[i];
		if (!(field->how && field->how->kind == CP_KIND_TEXT) && add_part(plan, s, type_of(field->how), field) < 0)
			return -1;
	}
	return 0;
}

/* ---- the sentence ---- */

/* What is no time is a bad row also where an hour or a weekday is only told. */
static void list_moments(struct cp_plan *plan)
{
	const struct cp_told *told;
	for (size_t at = 0; (told = cp_template_next(plan->sentence, &at)); ) {
		if (!told->how || (told->how->kind != CP_KIND_HOUR && told->how->kind != CP_KIND_WEEKDAY))
			continue;
		plan->moment = cp_xrealloc(plan->moment, plan->n_moments + 1, sizeof *plan->moment);
		plan->moment[plan->n_moments++] = (struct cp_part){ .type = CP_KEY, .from = told->column, .how = told->how };
	}
}

static int add_text(struct cp_plan *plan, struct cp_source *s, const struct cp_roles *roles, const struct cp_plan_fields *all, const struct cp_plan_fields *fields)
{
	if (!s->spec.like && !(plan->sentence = cp_sentence_new(s, roles, all, fields)))
		return -1;
	for (size_t i = 0; i < roles->n; i++)
		if (roles->v[i].type == CP_LABEL && cp_template_tells(plan->sentence, roles->v[i].column))
			return cp_err_set(s->err, "%s: '%s' is the label, and a sentence must not tell it", s->csv->file, s->csv->names[roles->v[i].column]);
	list_moments(plan);
	int c = cp_schema_add(&plan->schema, CP_TEXT, "text", s->err);
	if (c < 0)
		return -1;
	keep_line(s, &plan->schema.column[c], NULL);
	if (!s->spec.like)
		cp_likeness_keep(&s->spec, plan->sentence, &plan->schema.column[c]);
	return 0;
}

/* ---- beside ---- */

static int add_also(struct cp_plan *plan, const struct cp_source *s)
{
	plan->also = cp_xcalloc(s->spec.n_also, sizeof *plan->also);
	for (; plan->n_also < s->spec.n_also; plan->n_also++) {
		const char *name = s->spec.also[plan->n_also];
		size_t c = plan->also[plan->n_also] = cp_source_column(s, name);
		if (c == SIZE_MAX && cp_schema_lookup(&plan->schema, name, NULL) < 0)
			return cp_source_lacks(s, "--columns", name);
		if (c != SIZE_MAX && cp_source_check_alone(s, c, "") < 0)
			return -1;
	}
	return 0;
}

/* ---- the whole ---- */

static void copy_names(struct cp_plan *plan, const struct cp_csv *csv, int no_file)
{
	plan->file = no_file ? NULL : cp_arena_strndup(&plan->arena, csv->file, strlen(csv->file));
	plan->names = cp_arena_alloc(&plan->arena, csv->n_names * sizeof *plan->names);
	for (size_t i = 0; i < csv->n_names; i++)
		plan->names[i] = cp_arena_strndup(&plan->arena, csv->names[i], strlen(csv->names[i]));
}

/* The sentence of .like's text, which has fields and lines of its own, and no roles: a template may tell the timestamp. */
static struct cp_template *tell_alike(struct cp_source text)
{
	static const struct cp_roles none;
	struct cp_plan_fields all = { 0 }, fields = { 0 };
	struct cp_declaration *lines = cp_declaration_new();
	struct cp_template *sentence = NULL;
	if (cp_likeness_text(&text, lines) < 0)
		cp_err_wrap(text.err, "%s", text.csv->file);
	else if (cp_source_check(&text) == 0 && cp_plan_fields_find(&text, &none, &all, &fields) == 0)
		sentence = cp_sentence_new(&text, &none, &all, &fields);
	cp_declaration_free(lines);
	free(all.v);
	free(fields.v);
	return sentence;
}

static int make(struct cp_plan *plan, struct cp_source *s)
{
	struct cp_roles roles;
	struct cp_plan_fields all = { 0 }, fields = { 0 };
	if (cp_source_name(s) < 0)
		return -1;
	copy_names(plan, s->csv, s->spec.no_file);
	if (s->spec.text && s->spec.like && !(plan->sentence = tell_alike(*s)))
		return -1;
	int rc = cp_source_check(s) < 0 || cp_roles_find(s, plan->sentence, &roles) < 0 || cp_plan_fields_find(s, &roles, &all, &fields) < 0 ||
		 add_parts(plan, s, &roles, &fields) < 0 || (s->spec.text && add_text(plan, s, &roles, &all, &fields) < 0) ? -1 : add_also(plan, s);
	free(all.v);
	free(fields.v);
	return rc;
}

struct cp_plan *cp_plan_new(struct cp_csv *csv, const struct cp_rows_spec *spec, struct cp_err *err)
{
	struct cp_plan *plan = cp_xcalloc(1, sizeof *plan);
	struct cp_declaration *lines = cp_declaration_new();
	struct cp_source s = { csv, *spec, spec->declared ? spec->declared : lines, &plan->arena, err };
	cp_schema_init(&plan->schema);
	int rc = spec->like && cp_likeness_columns(&s, lines) < 0 ? -1 : make(plan, &s);
	cp_declaration_free(lines);
	if (rc == 0)
		return plan;
	cp_plan_free(plan);
	return NULL;
}

void cp_plan_free(struct cp_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->n_parts; i++)
		free(plan->part[i].key);
	free(plan->part);
	free(plan->moment);
	free(plan->also);
	cp_template_free(plan->sentence);
	cp_arena_release(&plan->arena);
	cp_schema_release(&plan->schema);
	free(plan);
}

const struct cp_schema *cp_plan_schema(const struct cp_plan *plan)
{
	return &plan->schema;
}

const struct cp_declare *cp_plan_line(const struct cp_plan *plan, int column)
{
	return column >= 1 && (size_t)column <= plan->n_parts ? plan->part[column - 1].how : NULL;
}

size_t cp_plan_from(const struct cp_plan *plan, int column)
{
	assert(column >= 1 && (size_t)column <= plan->n_parts);
	return plan->part[column - 1].from;
}
