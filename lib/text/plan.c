/* Making a plan: the declaration, the options and the names of a CSV become columns.
 *
 * In steps: each line finds its columns; each column gets its lines, or none; columns with a role are set aside; what is left are the fields,
 * chosen and ordered by .fields; these become columns of the stream and the values that the sentence tells.
 */
#include "text/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "text/plan_impl.h"
#include "text/planlike.h"

enum { N_ROLES = 3, TEMPLATE_COLUMNS = 16384 };

struct role {
	const char *option, *given, *name;
	enum cp_type type;
	enum cp_kind kind;
	size_t column;			/* SIZE_MAX: there is none */
	const struct cp_declare *how;
	size_t place;			/* as in struct entry */
};

struct entry {			/* a field */
	const char *title;
	size_t column;
	const struct cp_declare *how;	/* NULL: a category, nothing said of it */
	size_t place;			/* of it among what is declared, from 1; it is pointed to once all are there */
};

struct maker {
	struct cp_plan *plan;
	struct cp_csv *csv;
	struct cp_rows_spec spec;
	struct cp_declaration *lines;	/* as given: the spec's, or what the columns of .like say */
	struct cp_declaration *declared;	/* as they hold: the plan's, or of what .like's text says the plan's told */
	struct cp_likeness like;	/* what the columns of .like say, or its text */
	const char **items;		/* the item's fields, where they were guessed */
	struct role role[N_ROLES];
	struct entry *entry;		/* the fields; before they are chosen, all that there could be */
	size_t n, cap;
	struct entry *all;		/* these, for a template may tell the others too */
	size_t n_all;
	struct cp_err *err;
};

/* ---- names ---- */

static size_t find_column(const struct cp_csv *csv, const char *name)
{
	for (size_t i = 0; i < csv->n_names; i++)
		if (!strcmp(csv->names[i], name))
			return i;
	return SIZE_MAX;
}

static int no_such_column(const struct maker *m, const char *what, const char *name)
{
	struct cp_buf list = CP_BUF_INIT;
	cp_list_names(&list, m->csv->names, m->csv->n_names);
	cp_err_set(m->err, "%s: no column '%.80s' for %s; there are %s", m->csv->file, name, what, list.data);
	cp_buf_release(&list);
	return -1;
}

static int no_column_for_line(const struct maker *m, const struct cp_declare *f)
{
	char what[160];
	snprintf(what, sizeof what, "%.100s, line %zu", f->file, f->at_line);
	return no_such_column(m, what, cp_declare_column(f));
}

static int is_wanted_field(const struct maker *m, const char *name)
{
	for (size_t i = 0; m->spec.like && i < m->spec.n_fields; i++)
		if (!strcmp(m->spec.fields[i], name))
			return 1;
	return 0;
}

/* Without a header, fields that are not all of f1, f2, ... (or of the new ones) are names for the columns. */
static int name_columns(struct maker *m)
{
	struct cp_rows_spec *spec = &m->spec;
	size_t known = 0;
	if (!spec->csv.no_header || !spec->fields || spec->like)
		return 0;
	for (size_t i = 0; i < spec->n_fields; i++) {
		int found = find_column(m->csv, spec->fields[i]) != SIZE_MAX;
		for (size_t k = 0; m->lines && k < m->lines->n && !found; k++)
			found = !strcmp(cp_declare_title(&m->lines->line[k]), spec->fields[i]) && find_column(m->csv, cp_declare_column(&m->lines->line[k])) != SIZE_MAX;
		known += found;
	}
	if (known == spec->n_fields)
		return 0;
	int rc = cp_csv_rename(m->csv, spec->fields, spec->n_fields, m->err);
	spec->fields = NULL;
	return rc;
}

/* ---- lines ---- */

/* Is there a later line to the same effect? */
static int is_overruled(const struct maker *m, size_t i)
{
	const struct cp_declare *f = &m->lines->line[i];
	for (size_t k = i + 1; k < m->lines->n; k++) {
		const struct cp_declare *g = &m->lines->line[k];
		if (!strcmp(f->name, g->name) && f->is_glob == g->is_glob && !f->of == !g->of && !strcmp(cp_declare_title(f), cp_declare_title(g)))
			return 1;
	}
	return 0;
}

static int check_lines(struct maker *m)
{
	for (size_t i = 0; m->lines && i < m->lines->n; i++) {
		const struct cp_declare *f = &m->lines->line[i];
		size_t hits = 0;
		if (!f->is_glob && find_column(m->csv, cp_declare_column(f)) == SIZE_MAX && !(m->spec.like && cp_kind_is_role(f->kind)))
			return no_column_for_line(m, f);
		for (size_t c = 0; f->is_glob && c < m->csv->n_names && !hits; c++)
			hits += cp_glob_match(f->name, m->csv->names[c]);
		if (f->is_glob && !hits)
			return no_column_for_line(m, f);
	}
	return 0;
}

/* The line as it holds for this column: no glob any more, with the nulls for all columns, and for hour and weekday with a format. */
static struct cp_declare *resolve(struct maker *m, const struct cp_declare *line, const char *column, enum cp_kind kind)
{
	const struct cp_rows_spec *spec = &m->spec;
	const struct cp_declare plain = { .name = (char *)column, .kind = kind };
	struct cp_arena *arena = &m->declared->arena;
	struct cp_declare *f = cp_declaration_add(m->declared, line ? line : &plain);
	if (f->is_glob)
		f->name = cp_arena_strndup(arena, column, strlen(column));
	f->is_glob = 0;
	char **v = cp_arena_alloc(arena, (f->null.n + spec->n_nulls) * sizeof *v + 1);
	memcpy(v, f->null.v, f->null.n * sizeof *v);
	f->null.v = v;
	for (size_t i = 0; i < spec->n_nulls; i++)
		if (*spec->nulls[i] && !cp_declare_is_null(f, spec->nulls[i], strlen(spec->nulls[i])))
			f->null.v[f->null.n++] = cp_arena_strndup(arena, spec->nulls[i], strlen(spec->nulls[i]));
	for (size_t i = 0; f->of && !f->format && (f->kind == CP_KIND_HOUR || f->kind == CP_KIND_WEEKDAY) && i < m->lines->n; i++)
		if (m->lines->line[i].kind == CP_KIND_TIME && !strcmp(m->lines->line[i].name, f->of))
			f->format = m->lines->line[i].format;
	return f;
}

static void add_entry(struct maker *m, const struct cp_declare *line, size_t column)
{
	const char *name = m->csv->names[column];
	m->entry = cp_xgrow(m->entry, &m->cap, m->n + 1, sizeof *m->entry);
	struct entry *e = &m->entry[m->n++];
	*e = (struct entry){ name, column, NULL, 0 };
	if (line || m->spec.n_nulls) {
		e->place = m->declared->n + 1;
		e->title = cp_declare_title(resolve(m, line, name, CP_KIND_CATEGORY));
	}
}

/* The lines of a column into entries; a column that is dropped or has a role by its line gives none.  Returns whether any line names it. */
static int enter_lines(struct maker *m, size_t column)
{
	const struct cp_declare *glob = NULL;
	int named = 0;
	for (size_t i = 0; m->lines && i < m->lines->n; i++) {
		const struct cp_declare *f = &m->lines->line[i];
		if (f->of)
			continue;
		if (f->is_glob && cp_glob_match(f->name, m->csv->names[column]))
			glob = f;
		if (f->is_glob || strcmp(f->name, m->csv->names[column]) || is_overruled(m, i))
			continue;
		named = 1;
		if (f->kind != CP_KIND_DROP && !cp_kind_is_role(f->kind))
			add_entry(m, f, column);
	}
	if (!named && glob && glob->kind != CP_KIND_DROP)
		add_entry(m, glob, column);
	return named || glob;
}

/* ---- roles ---- */

/* Globs do not take a role away: "*: drop" keeps the label. */
static int is_declared(const struct maker *m, const char *name)
{
	for (size_t i = 0; m->lines && i < m->lines->n; i++)
		if (!m->lines->line[i].of && !m->lines->line[i].is_glob && !strcmp(m->lines->line[i].name, name))
			return 1;
	return 0;
}

/* An option takes a column from the role that it would have by its name. */
static int is_given_away(const struct maker *m, const char *name)
{
	for (int i = 0; i < N_ROLES; i++)
		if (m->role[i].given && !strcmp(m->role[i].given, name))
			return 1;
	return 0;
}

/* Of what is like .like, whose text has its sentence before there are roles. */
static int is_told(const struct maker *m, const char *name)
{
	size_t c = find_column(m->csv, name);
	return m->plan->sentence && c != SIZE_MAX && cp_template_tells(m->plan->sentence, c);
}

/* The column of a role: the one given by option, else the declared one, else that of the usual name.  Like .like, only roles that it has. */
static int find_role(struct maker *m, struct role *r)
{
	r->column = SIZE_MAX;
	if (m->spec.like && !r->given && cp_schema_find(m->spec.like, r->type, r->name) < 0)
		return 0;
	for (size_t i = 0; m->lines && i < m->lines->n; i++) {
		const struct cp_declare *f = &m->lines->line[i];
		if (f->kind != r->kind || is_overruled(m, i))
			continue;
		if (r->how)
			return cp_err_set(m->err, "%.100s, line %zu: '%.80s' and '%.80s' cannot both be the %s", f->file, f->at_line, r->how->name, f->name, r->name);
		r->how = f;
	}
	if (r->given && r->how && strcmp(r->given, r->how->name)) {
		if (!m->spec.like)
			return cp_err_set(m->err, "%s '%.80s': '%.80s' is declared to be the %s", r->option, r->given, r->how->name, r->name);
		r->how = NULL;
	}
	const char *name = r->given ? r->given : r->how ? r->how->name : r->name;
	if (!r->given && !r->how && (is_wanted_field(m, name) || is_declared(m, name) || is_given_away(m, name) ||
				    (r->type == CP_LABEL && is_told(m, name))))
		return 0;
	r->column = find_column(m->csv, name);
	return r->column == SIZE_MAX && r->given ? no_such_column(m, r->option, name) : 0;
}

/* No later column has the name of this one. */
static int check_alone(const struct maker *m, size_t column, const char *remedy)
{
	const struct cp_csv *csv = m->csv;
	for (size_t c = column + 1; c < csv->n_names; c++)
		if (!strcmp(csv->names[c], csv->names[column]))
			return cp_err_set(m->err, "%s: columns %zu and %zu are both called '%s'; give one another name in %s%s", csv->file,
					  column + 1, c + 1, csv->names[c], m->spec.csv.no_header ? "--fields" : "the first line", remedy);
	return 0;
}

static int find_roles(struct maker *m)
{
	static const struct role roles[N_ROLES] = {
		{ "--label", NULL, "label", CP_LABEL, CP_KIND_LABEL }, { "--time", NULL, "timestamp", CP_TIME, CP_KIND_TIME },
		{ "--weight", NULL, "weight", CP_WEIGHT, CP_KIND_WEIGHT },
	};
	memcpy(m->role, roles, sizeof roles);
	m->role[0].given = m->spec.label;
	m->role[1].given = m->spec.time;
	m->role[2].given = m->spec.weight;
	for (int i = 0; i < N_ROLES; i++) {
		struct role *r = &m->role[i];
		if (find_role(m, r) < 0 || (r->column != SIZE_MAX && check_alone(m, r->column, "") < 0))
			return -1;
		for (int j = 0; r->column != SIZE_MAX && j < i; j++)
			if (m->role[j].column == r->column)
				return cp_err_set(m->err, "column '%s' cannot serve both %s and %s", m->csv->names[r->column], m->role[j].option, r->option);
	}
	return 0;
}

static const struct role *role_of(const struct maker *m, size_t column)
{
	for (int i = 0; i < N_ROLES; i++)
		if (m->role[i].column == column)
			return &m->role[i];
	return NULL;
}

/* ---- fields ---- */

/* All lines are in place: point to them. */
static int settle(struct maker *m)
{
	for (int i = 0; i < N_ROLES; i++) {
		struct role *r = &m->role[i];
		if (r->column != SIZE_MAX && (r->how || (r->kind == CP_KIND_TIME && m->spec.n_nulls))) {
			r->place = m->declared->n + 1;
			resolve(m, r->how, m->csv->names[r->column], r->kind);
		}
	}
	for (int i = 0; i < N_ROLES; i++)
		m->role[i].how = m->role[i].place ? &m->declared->line[m->role[i].place - 1] : NULL;
	for (size_t i = 0; i < m->n; i++) {
		struct entry *e = &m->entry[i];
		if (e->place)
			e->how = &m->declared->line[e->place - 1];
		if (e->how && e->column == m->role[0].column)
			return cp_err_set(m->err, "%.100s, line %zu: '%.80s' would be made of '%.80s', which is the label", e->how->file, e->how->at_line,
					  e->title, m->csv->names[e->column]);
	}
	return 0;
}

/* All fields there are: column by column, then the new ones in the order of their lines. */
static int enter_fields(struct maker *m)
{
	for (size_t c = 0; c < m->csv->n_names; c++) {
		const char *name = m->csv->names[c];
		if (!role_of(m, c) && !enter_lines(m, c) && !(m->spec.csv.no_header && !strcmp(name, "-")))
			add_entry(m, NULL, c);
	}
	for (size_t i = 0; m->lines && i < m->lines->n; i++)
		if (m->lines->line[i].of && !is_overruled(m, i))
			add_entry(m, &m->lines->line[i], find_column(m->csv, m->lines->line[i].of));
	return settle(m);
}

/* Which field is called so, of those that a line makes or of those that none makes; SIZE_MAX: none. */
static size_t find_titled(const struct maker *m, const char *name, int by_line)
{
	for (size_t i = 0; i < m->n; i++)
		if ((m->entry[i].place != 0) == by_line && !strcmp(m->entry[i].title, name))
			return i;
	return SIZE_MAX;
}

/* Where --fields NAME leads: a field called so, else one of a column called so; SIZE_MAX: nowhere.  A column may have the name of a field that is
 * made of another: for what is like .like, whose lines are those of its fields, the field is meant. */
static size_t find_entry(const struct maker *m, const char *name)
{
	size_t at = find_titled(m, name, 1);
	if (at == SIZE_MAX)
		at = find_titled(m, name, 0);
	for (size_t i = 0; at == SIZE_MAX && i < m->n && !m->spec.like; i++)
		if (!strcmp(m->csv->names[m->entry[i].column], name))
			at = i;
	return at;
}

/* Add the entry that a name of --fields leads to.  A role is carried along without being named; a model's field is no role, and where no line
 * makes it the column as it stands, of which lines may make other fields. */
static int choose_field(const struct maker *m, const char *name, struct entry *chosen, size_t *n)
{
	size_t at = find_entry(m, name), c = find_column(m->csv, name);
	const struct role *role = c == SIZE_MAX ? NULL : role_of(m, c);
	if (at == SIZE_MAX && c == SIZE_MAX)
		return no_such_column(m, m->spec.like ? "the model" : "--fields", name);
	if (at == SIZE_MAX && role && m->spec.like)
		return cp_err_set(m->err, "%s %s: the model has it as a field", role->option, name);
	if (at == SIZE_MAX && (role || (m->spec.csv.no_header && !strcmp(name, "-"))))
		return 0;
	if (at == SIZE_MAX && !m->spec.like)
		return cp_err_set(m->err, "--fields: '%s' is declared to be no field", name);
	const struct entry e = at == SIZE_MAX ? (struct entry){ m->csv->names[c], c, NULL, 0 } : m->entry[at];
	for (size_t j = 0; j < *n; j++)
		if (chosen[j].title == e.title)
			return cp_err_set(m->err, "--fields: '%s' is named twice", name);
	chosen[(*n)++] = e;
	return 0;
}

static int choose_fields(struct maker *m)
{
	size_t n = 0;
	int rc = 0;
	m->all = cp_xcalloc(m->n + 1, sizeof *m->all);
	if (m->n)
		memcpy(m->all, m->entry, m->n * sizeof *m->all);
	m->n_all = m->n;
	if (!m->spec.fields)
		return 0;
	struct entry *chosen = cp_xcalloc(m->spec.n_fields + 1, sizeof *chosen);
	for (size_t i = 0; rc == 0 && i < m->spec.n_fields; i++)
		rc = choose_field(m, m->spec.fields[i], chosen, &n);
	free(m->entry);
	m->entry = chosen;
	m->n = n;
	return rc;
}

static int check_entry(const struct maker *m, size_t i)
{
	const struct entry *e = &m->entry[i];
	const struct cp_csv *csv = m->csv;
	if (!*e->title)
		return cp_err_set(m->err, "%s: column %zu has no name; choose the fields by --fields", csv->file, e->column + 1);
	if (check_alone(m, e->column, m->spec.fields || m->spec.csv.no_header ? "" : ", or leave both out by --fields") < 0)
		return -1;
	for (size_t j = 0; j < i; j++)
		if (!strcmp(m->entry[j].title, e->title))
			return cp_err_set(m->err, "%s: two fields are called '%s'", csv->file, e->title);
	if (e->how && e->how->kind == CP_KIND_BUCKETS_LEARN && !m->spec.learn)
		return cp_err_set(m->err, "%.100s, line %zu: the buckets of '%s' are not learnt yet; cp-featurize --learn reads the rows and writes the "
				  "declaration with their bounds", e->how->file, e->how->at_line, e->title);
	return 0;
}

/* A name that nobody has said is more likely several, with another delimiter between them. */
static int check_single(const struct maker *m)
{
	const char *hint = cp_csv_hint(m->csv);
	if (!*hint || m->spec.csv.no_header || m->spec.fields || (m->n && m->entry[0].how && m->entry[0].how->file))
		return 0;
	return cp_err_set(m->err, "%s: '%.80s' is one name only if --fields says so%s", m->csv->file, m->csv->names[0], hint);
}

static int check_entries(const struct maker *m)
{
	if (check_single(m) < 0)
		return -1;
	if (!m->n && !m->spec.like)
		return cp_err_set(m->err, "%s: no field is left: there is nothing to hash or to tell", m->csv->file);
	if (m->n > CP_COLUMNS_MAX)
		return cp_err_set(m->err, "%s: %zu fields, and there can be %d; choose by --fields", m->csv->file, m->n, CP_COLUMNS_MAX);
	for (size_t i = 0; i < m->n; i++)
		if (check_entry(m, i) < 0)
			return -1;
	return 0;
}

/* ---- columns of the stream ---- */

/* Does the line say more than that there is a column of this name? */
static int says_much(const struct cp_declare *f)
{
	return f && (f->kind != CP_KIND_CATEGORY || f->of || f->as || f->missing || f->null.n);
}

/* The column keeps its line; made like another, it is that one. */
static void keep_line(const struct maker *m, struct cp_column *c, const struct cp_declare *f)
{
	int there = m->spec.like ? cp_schema_find(m->spec.like, c->type, c->name) : -1;
	if (there >= 0) {
		json_object_update(c->attributes, m->spec.like->column[there].attributes);
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

static int add_part(struct maker *m, enum cp_type type, size_t column, const char *name, const struct cp_declare *how)
{
	struct cp_plan *plan = m->plan;
	int c = cp_schema_add(&plan->schema, type, name, m->err);
	if (c < 0)
		return cp_err_wrap(m->err, "%s: column %zu", m->csv->file, column + 1);
	keep_line(m, &plan->schema.column[c], how);
	struct cp_part *p = &plan->part[plan->n_parts++];
	*p = (struct cp_part){ .type = type, .from = column, .how = how };
	if (type == CP_KEY || type == CP_KEYS) {
		p->how = says_much(how) && !(how->kind == CP_KIND_CATEGORY && !how->null.n) ? how : NULL;
		p->seed = cp_field_seed(name, strlen(name));
		cp_part_keys(p);
	}
	return 0;
}

static int add_parts(struct maker *m)
{
	m->plan->part = cp_xcalloc(N_ROLES + m->n, sizeof *m->plan->part);
	if (cp_schema_add(&m->plan->schema, CP_ROW, "row", m->err) < 0)
		return -1;
	for (int i = 0; i < N_ROLES; i++)
		if (m->role[i].column != SIZE_MAX && add_part(m, m->role[i].type, m->role[i].column, m->role[i].name, m->role[i].how) < 0)
			return -1;
	for (size_t i = 0; m->spec.keys && i < m->n; i++) {
		const struct entry *e = &m->entry[i];
		if (!(e->how && e->how->kind == CP_KIND_TEXT) && add_part(m, type_of(e->how), e->column, e->title, e->how) < 0)
			return -1;
	}
	return 0;
}

/* ---- the sentence ---- */

static int is_item(const struct maker *m, const struct entry *e, unsigned char *used)
{
	int named = 0;
	for (size_t i = 0; i < m->spec.n_item_fields; i++)
		if (!strcmp(m->spec.item_fields[i], e->title) || !strcmp(m->spec.item_fields[i], m->csv->names[e->column]))
			named = used[i] = 1;
	return named;
}

static struct cp_told told_of(const struct maker *m, const char *name, size_t column, const struct cp_declare *how)
{
	const char *word = how && how->missing ? how->missing : CP_MISSING_WORD;
	if (m->spec.missing && !(how && how->missing))
		word = cp_arena_strndup(&m->declared->arena, m->spec.missing, strlen(m->spec.missing));
	return (struct cp_told){ name, column, how, word, 0 };
}

/* The fields, which are all that the text of .like tells. */
static size_t list_fields(const struct maker *m, struct cp_told *told)
{
	for (size_t i = 0; i < m->n; i++)
		told[i] = told_of(m, m->entry[i].title, m->entry[i].column, m->entry[i].how);
	return m->n;
}

/* Form ctrl, and nobody has said which fields are the item's: those from the second on that names a thing, the first being the user. */
static int guess_item(struct maker *m)
{
	size_t i, things = 0;
	for (i = 0; i < m->n && (things += (size_t)cp_names_a_thing(m->entry[i].title)) < 2; i++)
		;
	if (i == m->n)
		return cp_err_set(m->err, "%s: no field names tell where the user's fields end and the item's begin, as 'User ID' and 'Item ID' would; "
				  "--item-fields says it", m->csv->file);
	m->items = cp_xcalloc(m->n, sizeof *m->items);
	for (; i < m->n; i++)
		m->items[m->spec.n_item_fields++] = m->entry[i].title;
	m->spec.item_fields = m->items;
	return 0;
}

static int by_form(struct maker *m)
{
	struct cp_telling telling = { m->spec.form, m->spec.omit_empty, m->spec.shuffle, m->spec.seed };
	if (telling.form == CP_SENTENCE_CTRL && !m->spec.n_item_fields && guess_item(m) < 0)
		return -1;
	struct cp_told *t = cp_xcalloc(m->n, sizeof *t);
	unsigned char *used = cp_xcalloc(m->spec.n_item_fields + 1, 1);
	list_fields(m, t);
	for (size_t i = 0; i < m->n; i++)
		t[i].of_item = is_item(m, &m->entry[i], used);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < m->spec.n_item_fields; i++)
		if (!used[i])
			rc = no_such_column(m, "--item-fields", m->spec.item_fields[i]);
	m->plan->sentence = cp_template_form(&telling, t, m->n);
	free(used);
	free(t);
	return rc;
}

/* The line of a column that no field has for its name: that of its role, or of a field that it was renamed to. */
static const struct cp_declare *line_of_column(const struct maker *m, size_t column)
{
	for (int i = 0; i < N_ROLES; i++)
		if (m->role[i].column == column)
			return m->role[i].how;
	for (size_t i = 0; i < m->n_all; i++)
		if (m->all[i].column == column && m->all[i].how && !m->all[i].how->of)
			return m->all[i].how;
	return NULL;
}

/* What a template can tell: by the name of each column the field called so, or else the column; then the fields with names of their own. */
static size_t list_all(const struct maker *m, struct cp_told *told)
{
	size_t n = 0;
	for (size_t c = 0; c < m->csv->n_names; c++) {
		const struct entry *e = NULL;
		for (size_t i = 0; i < m->n_all && !e; i++)
			if (!strcmp(m->all[i].title, m->plan->names[c]))
				e = &m->all[i];
		told[n++] = e ? told_of(m, e->title, e->column, e->how) : told_of(m, m->plan->names[c], c, line_of_column(m, c));
	}
	for (size_t i = 0; i < m->n_all; i++)
		if (find_column(m->csv, m->all[i].title) == SIZE_MAX)
			told[n++] = told_of(m, m->all[i].title, m->all[i].column, m->all[i].how);
	return n;
}

static int by_template(struct maker *m)
{
	if (m->csv->n_names > TEMPLATE_COLUMNS)
		return cp_err_set(m->err, "%s: %zu columns, and a template can choose among %d at most", m->csv->file, m->csv->n_names, TEMPLATE_COLUMNS);
	struct cp_told *told = cp_xcalloc(m->n_all + m->csv->n_names, sizeof *told);
	size_t n = m->spec.like ? list_fields(m, told) : list_all(m, told);
	m->plan->sentence = cp_template_new(m->spec.sentence, told, n, m->err);
	free(told);
	return m->plan->sentence ? 0 : cp_err_wrap(m->err, "%s", m->csv->file);
}

static int make_sentence(struct maker *m)
{
	return m->spec.sentence ? by_template(m) : by_form(m);
}

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

static int add_text(struct maker *m)
{
	struct cp_plan *plan = m->plan;
	size_t label = m->role[0].column;
	if (!m->spec.like && make_sentence(m) < 0)
		return -1;
	if (label != SIZE_MAX && cp_template_tells(plan->sentence, label))
		return cp_err_set(m->err, "%s: '%s' is the label, and a sentence must not tell it", m->csv->file, m->csv->names[label]);
	list_moments(plan);
	int c = cp_schema_add(&plan->schema, CP_TEXT, "text", m->err);
	if (c < 0)
		return -1;
	keep_line(m, &plan->schema.column[c], NULL);
	if (!m->spec.like)
		cp_likeness_keep(&m->spec, plan->sentence, &plan->schema.column[c]);
	return 0;
}

/* ---- beside ---- */

static int add_also(struct maker *m)
{
	struct cp_plan *plan = m->plan;
	plan->also = cp_xcalloc(m->spec.n_also, sizeof *plan->also);
	for (; plan->n_also < m->spec.n_also; plan->n_also++) {
		const char *name = m->spec.also[plan->n_also];
		size_t c = plan->also[plan->n_also] = find_column(m->csv, name);
		if (c == SIZE_MAX && cp_schema_lookup(&plan->schema, name, NULL) < 0)
			return no_such_column(m, "--columns", name);
		if (c != SIZE_MAX && check_alone(m, c, "") < 0)
			return -1;
	}
	return 0;
}

/* ---- the whole ---- */

static void copy_names(struct cp_plan *plan, const struct cp_csv *csv, int no_file)
{
	plan->file = no_file ? NULL : cp_xstrdup(csv->file);
	plan->n_names = csv->n_names;
	plan->names = cp_xcalloc(csv->n_names, sizeof *plan->names);
	for (size_t i = 0; i < csv->n_names; i++)
		plan->names[i] = cp_xstrdup(csv->names[i]);
}

static void release(struct maker *m)
{
	cp_likeness_release(&m->like);
	free(m->items);
	free(m->entry);
	free(m->all);
}

/* The sentence of .like's text, which has fields and lines of its own, and no roles: a template may tell the timestamp. */
static int tell_alike(const struct maker *m)
{
	struct maker t = { .plan = m->plan, .csv = m->csv, .spec = m->spec, .declared = m->plan->told, .err = m->err };
	for (int i = 0; i < N_ROLES; i++)
		t.role[i].column = SIZE_MAX;
	int rc = cp_likeness_text(&t.like, &t.spec, m->err);
	t.lines = t.like.lines;
	if (rc < 0)
		cp_err_wrap(m->err, "%s", m->csv->file);
	else if (check_lines(&t) < 0 || enter_fields(&t) < 0 || choose_fields(&t) < 0 || check_entries(&t) < 0 || make_sentence(&t) < 0)
		rc = -1;
	release(&t);
	return rc;
}

static int make(struct maker *m)
{
	if (m->spec.like) {
		if (cp_likeness_columns(&m->like, &m->spec, m->err) < 0)
			return -1;
		m->lines = m->like.lines;
	}
	if (name_columns(m) < 0)
		return -1;
	copy_names(m->plan, m->csv, m->spec.no_file);
	if (m->spec.like && m->spec.text && tell_alike(m) < 0)
		return -1;
	if (check_lines(m) < 0 || find_roles(m) < 0 || enter_fields(m) < 0 || choose_fields(m) < 0 || check_entries(m) < 0)
		return -1;
	return add_parts(m) < 0 || (m->spec.text && add_text(m) < 0) || add_also(m) < 0 ? -1 : 0;
}

struct cp_plan *cp_plan_new(struct cp_csv *csv, const struct cp_rows_spec *spec, struct cp_err *err)
{
	struct cp_plan *plan = cp_xcalloc(1, sizeof *plan);
	plan->declared = cp_declaration_new();
	plan->told = cp_declaration_new();
	struct maker m = { .plan = plan, .csv = csv, .spec = *spec, .declared = plan->declared, .err = err };
	cp_schema_init(&plan->schema);
	m.lines = (struct cp_declaration *)spec->declared;
	int rc = make(&m);
	release(&m);
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
	for (size_t i = 0; i < plan->n_names; i++)
		free(plan->names[i]);
	free(plan->names);
	free(plan->file);
	free(plan->part);
	free(plan->moment);
	free(plan->also);
	cp_template_free(plan->sentence);
	cp_declaration_free(plan->declared);
	cp_declaration_free(plan->told);
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
	return plan->part[column - 1].from;
}
