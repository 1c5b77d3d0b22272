/* Fields: those that the columns and the lines of a declaration make, and of them those that --fields, or a model, names. */
#include <string.h>

#include "text/plan_steps.h"

static void add(struct cp_plan_fields *to, struct cp_plan_field field)
{
	to->v = cp_xgrow(to->v, &to->cap, to->n + 1, sizeof *to->v);
	to->v[to->n++] = field;
}

/* ---- all that there could be ---- */

static void add_made(const struct cp_source *s, const struct cp_declare *line, size_t column, struct cp_plan_fields *all)
{
	const struct cp_declare *how = line || s->spec.n_nulls ? cp_source_line(s, line, column, CP_KIND_CATEGORY) : NULL;
	add(all, (struct cp_plan_field){ how ? cp_declare_title(how) : s->csv->names[column], column, how });
}

/* What the lines of a column make of it, or the last glob; one that is dropped or has a role by its line is no field. */
static void add_column(const struct cp_source *s, size_t column, struct cp_plan_fields *all)
{
	const struct cp_declare *glob = NULL;
	const char *name = s->csv->names[column];
	int named = 0;
	for (size_t i = 0; i < s->lines->n; i++) {
		const struct cp_declare *f = &s->lines->line[i];
		if (f->of)
			continue;
		if (f->is_glob && cp_glob_match(f->name, name))
			glob = f;
		if (f->is_glob || strcmp(f->name, name) || cp_source_is_overruled(s, f))
			continue;
		named = 1;
		if (f->kind != CP_KIND_DROP && !cp_kind_is_role(f->kind))
			add_made(s, f, column, all);
	}
	if (!named && (glob ? glob->kind != CP_KIND_DROP : !(s->spec.csv.no_header && !strcmp(name, "-"))))
		add_made(s, glob, column, all);
}

/* Column by column, then the new ones in the order of their lines. */
static int add_all(const struct cp_source *s, const struct cp_roles *roles, struct cp_plan_fields *all)
{
	for (size_t c = 0; c < s->csv->n_names; c++)
		if (!cp_role_of(roles, c))
			add_column(s, c, all);
	for (size_t i = 0; i < s->lines->n; i++) {
		const struct cp_declare *f = &s->lines->line[i];
		if (!f->of || cp_source_is_overruled(s, f))
			continue;
		size_t column = cp_source_column(s, f->of);
		const struct cp_role *role = cp_role_of(roles, column);
		if (role && role->type == CP_LABEL)
			return cp_err_set(s->err, "%.100s, line %zu: '%.80s' would be made of '%.80s', which is the label", f->file, f->at_line,
					  cp_declare_title(f), f->of);
		add_made(s, f, column, all);
	}
	return 0;
}

/* ---- those that are chosen ---- */

/* Which field is called so, of those that a line makes or of those that none makes; NULL: none. */
static const struct cp_plan_field *find_titled(const struct cp_plan_fields *all, const char *name, int by_line)
{
	for (size_t i = 0; i < all->n; i++)
		if (!!all->v[i].how == by_line && !strcmp(all->v[i].title, name))
			return &all->v[i];
	return NULL;
}

/* Where --fields NAME leads: a field called so, else one of a column called so; NULL: nowhere.  A column may have the name of a field that is
 * made of another: for what is like .like, whose lines are those of its fields, the field is meant. */
static const struct cp_plan_field *find_field(const struct cp_source *s, const struct cp_plan_fields *all, const char *name)
{
	const struct cp_plan_field *field = find_titled(all, name, 1);
	if (!field)
		field = find_titled(all, name, 0);
	for (size_t i = 0; !field && i < all->n && !s->spec.like; i++)
		if (!strcmp(s->csv->names[all->v[i].column], name))
			field = &all->v[i];
	return field;
}

/* Add the field that a name of --fields leads to.  A role is carried along without being named; a model's field is no role, and where no line
 * makes it the column as it stands, of which lines may make other fields. */
static int choose(const struct cp_source *s, const struct cp_roles *roles, const struct cp_plan_fields *all, const char *name, struct cp_plan_fields *chosen)
{
	const struct cp_plan_field *found = find_field(s, all, name);
	size_t c = cp_source_column(s, name);
	const struct cp_role *role = cp_role_of(roles, c);
	if (!found && c == SIZE_MAX)
		return cp_source_lacks(s, s->spec.like ? "the model" : "--fields", name);
	if (!found && role && s->spec.like)
		return cp_err_set(s->err, "%s %s: the model has it as a field", role->option, name);
	if (!found && (role || (s->spec.csv.no_header && !strcmp(name, "-"))))
		return 0;
	if (!found && !s->spec.like)
		return cp_err_set(s->err, "--fields: '%s' is declared to be no field", name);
	const struct cp_plan_field field = found ? *found : (struct cp_plan_field){ s->csv->names[c], c, NULL };
	for (size_t i = 0; i < chosen->n; i++)
		if (chosen->v[i].title == field.title)
			return cp_err_set(s->err, "--fields: '%s' is named twice", name);
	add(chosen, field);
	return 0;
}

static int choose_all(const struct cp_source *s, const struct cp_roles *roles, const struct cp_plan_fields *all, struct cp_plan_fields *chosen)
{
	for (size_t i = 0; !s->spec.fields && i < all->n; i++)
		add(chosen, all->v[i]);
	for (size_t i = 0; s->spec.fields && i < s->spec.n_fields; i++)
		if (choose(s, roles, all, s->spec.fields[i], chosen) < 0)
			return -1;
	return 0;
}

/* ---- are they good? ---- */

static int check_field(const struct cp_source *s, const struct cp_plan_fields *chosen, size_t i)
{
	const struct cp_plan_field *field = &chosen->v[i];
	if (!*field->title)
		return cp_err_set(s->err, "%s: column %zu has no name; choose the fields by --fields", s->csv->file, field->column + 1);
	if (cp_source_check_line(s, field->how, field->column) < 0)
		return -1;
	if (cp_source_check_alone(s, field->column, s->spec.fields || s->spec.csv.no_header ? "" : ", or leave both out by --fields") < 0)
		return -1;
	for (size_t j = 0; j < i; j++)
		if (!strcmp(chosen->v[j].title, field->title))
			return cp_err_set(s->err, "%s: two fields are called '%s'", s->csv->file, field->title);
	if (field->how && cp_kind_is_to_learn(field->how->kind) && !s->spec.learn) {
		int buckets = field->how->kind == CP_KIND_BUCKETS_LEARN;
		return cp_err_set(s->err, "%.100s, line %zu: the %s of '%s' are not learnt yet; cp-featurize --learn reads the rows and writes the "
				  "declaration with %s", field->how->file, field->how->at_line, buckets ? "buckets" : "mean and deviation", field->title,
				  buckets ? "their bounds" : "them");
	}
	return 0;
}

/* A name that nobody has said is more likely several, with another delimiter between them. */
static int check_single(const struct cp_source *s, const struct cp_plan_fields *chosen)
{
	const char *hint = cp_csv_hint(s->csv);
	if (!*hint || s->spec.csv.no_header || s->spec.fields || (chosen->n && chosen->v[0].how && chosen->v[0].how->file))
		return 0;
	return cp_err_set(s->err, "%s: '%.80s' is one name only if --fields says so%s", s->csv->file, s->csv->names[0], hint);
}

static int check_chosen(const struct cp_source *s, const struct cp_plan_fields *chosen)
{
	if (check_single(s, chosen) < 0)
		return -1;
	if (!chosen->n && !s->spec.like)
		return cp_err_set(s->err, "%s: no field is left: there is nothing to hash or to tell", s->csv->file);
	if (chosen->n > CP_COLUMNS_MAX)
		return cp_err_set(s->err, "%s: %zu fields, and there can be %d; choose by --fields", s->csv->file, chosen->n, CP_COLUMNS_MAX);
	for (size_t i = 0; i < chosen->n; i++)
		if (check_field(s, chosen, i) < 0)
			return -1;
	return 0;
}

int cp_plan_fields_find(const struct cp_source *s, const struct cp_roles *roles, struct cp_plan_fields *all, struct cp_plan_fields *chosen)
{
	return add_all(s, roles, all) < 0 || choose_all(s, roles, all, chosen) < 0 ? -1 : check_chosen(s, chosen);
}
