/* Which columns are no fields, but what is known of a row beside them: its label, its time and its weight. */
#include <string.h>

#include "text/plan_steps.h"

static int is_wanted_field(const struct cp_source *s, const char *name)
{
	for (size_t i = 0; s->spec.like && i < s->spec.n_fields; i++)
		if (!strcmp(s->spec.fields[i], name))
			return 1;
	return 0;
}

/* Globs do not take a role away: "*: drop" keeps the label. */
static int is_declared(const struct cp_source *s, const char *name)
{
	for (size_t i = 0; i < s->lines->n; i++)
		if (!s->lines->line[i].of && !s->lines->line[i].is_glob && !strcmp(s->lines->line[i].name, name))
			return 1;
	return 0;
}

/* An option takes a column from the role that it would have by its name. */
static int is_given_away(const char *const given[CP_N_ROLES], const char *name)
{
	for (size_t i = 0; i < CP_N_ROLES; i++)
		if (given[i] && !strcmp(given[i], name))
			return 1;
	return 0;
}

static int is_told(const struct cp_source *s, const struct cp_template *sentence, const char *name)
{
	size_t c = cp_source_column(s, name);
	return sentence && c != SIZE_MAX && cp_template_tells(sentence, c);
}

/* The line that declares the role; NULL in *line: none does. */
static int find_line(const struct cp_source *s, const struct cp_role *r, const struct cp_declare **line)
{
	*line = NULL;
	for (size_t i = 0; i < s->lines->n; i++) {
		const struct cp_declare *f = &s->lines->line[i];
		if (f->kind != r->kind || cp_source_is_overruled(s, f))
			continue;
		if (*line)
			return cp_err_set(s->err, "%.100s, line %zu: '%.80s' and '%.80s' cannot both be the %s", f->file, f->at_line, (*line)->name,
					  f->name, r->name);
		*line = f;
	}
	return 0;
}

/* The column given by option, else the declared one, else that of the usual name; 1, or 0: there is none.  Like .like, only roles that it has. */
static int find_role(const struct cp_source *s, const struct cp_template *sentence, const char *const given[CP_N_ROLES], const char *wish, struct cp_role *r)
{
	const struct cp_declare *line;
	if (s->spec.like && !wish && cp_schema_find(s->spec.like, r->type, r->name) < 0)
		return 0;
	if (find_line(s, r, &line) < 0)
		return -1;
	if (wish && line && strcmp(wish, line->name)) {
		if (!s->spec.like)
			return cp_err_set(s->err, "%s '%.80s': '%.80s' is declared to be the %s", r->option, wish, line->name, r->name);
		line = NULL;
	}
	if (!wish && !line && (is_wanted_field(s, r->name) || is_declared(s, r->name) || is_given_away(given, r->name) ||
			       (r->type == CP_LABEL && is_told(s, sentence, r->name))))
		return 0;
	const char *name = wish ? wish : line ? line->name : r->name;
	r->column = cp_source_column(s, name);
	if (r->column == SIZE_MAX)
		return wish ? cp_source_lacks(s, r->option, name) : 0;
	if (line || (r->kind == CP_KIND_TIME && s->spec.n_nulls))
		r->how = cp_source_line(s, line, r->column, r->kind);
	return cp_source_check_line(s, r->how, r->column) < 0 || cp_source_check_alone(s, r->column, "") < 0 ? -1 : 1;
}

int cp_roles_find(const struct cp_source *s, const struct cp_template *sentence, struct cp_roles *found)
{
	static const struct cp_role roles[CP_N_ROLES] = {
		{ "--label", "label", CP_LABEL, CP_KIND_LABEL }, { "--time", "timestamp", CP_TIME, CP_KIND_TIME },
		{ "--weight", "weight", CP_WEIGHT, CP_KIND_WEIGHT },
	};
	const char *const given[CP_N_ROLES] = { s->spec.label, s->spec.time, s->spec.weight };
	found->n = 0;
	for (size_t i = 0; i < CP_N_ROLES; i++) {
		struct cp_role r = roles[i];
		int rc = find_role(s, sentence, given, given[i], &r);
		const struct cp_role *other = rc > 0 ? cp_role_of(found, r.column) : NULL;
		if (rc < 0)
			return -1;
		if (other)
			return cp_err_set(s->err, "column '%s' cannot serve both %s and %s", s->csv->names[r.column], other->option, r.option);
		if (rc > 0)
			found->v[found->n++] = r;
	}
	return 0;
}

const struct cp_role *cp_role_of(const struct cp_roles *roles, size_t column)
{
	for (size_t i = 0; i < roles->n; i++)
		if (roles->v[i].column == column)
			return &roles->v[i];
	return NULL;
}
