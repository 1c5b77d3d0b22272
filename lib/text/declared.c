#include "text/declared.h"

#include <string.h>

#include "text/declare.h"
#include "text/plan.h"

/* The column's line; NULL in *how: it has none. */
static int line_of(const struct cp_column *c, struct cp_declaration *d, const struct cp_declare **how, struct cp_err *err)
{
	const char *line;
	*how = NULL;
	if (cp_column_get_str(c, "declare", &line, NULL) < 0)
		return 0;
	if (cp_declaration_read(d, line, strlen(line), "its declaration", err) < 0)
		return cp_err_wrap(err, "column '%s'", c->name);
	*how = d->n ? d->line : NULL;
	return 0;
}

int cp_declared_key(const struct cp_column *c, const char *value, uint64_t *key, struct cp_err *err)
{
	const struct cp_declare *how;
	struct cp_declaration *d = cp_declaration_new();
	int rc = line_of(c, d, &how, err);
	if (!rc && cp_declare_key(how, c->name, value, key, err) < 0)
		rc = cp_err_wrap(err, "column '%s'", c->name);
	cp_declaration_free(d);
	return rc;
}

/* Keys of all other kinds are those of words, which mean themselves. */
static int has_buckets(const struct cp_declare *f)
{
	return f && (f->kind == CP_KIND_BUCKETS_AT || f->kind == CP_KIND_BUCKETS_LOG);
}

static int same_buckets(const struct cp_declare *a, const struct cp_declare *b)
{
	if (!has_buckets(a) || !has_buckets(b))
		return !has_buckets(a) && !has_buckets(b);
	return a->kind == b->kind && a->n_bounds == b->n_bounds && (!a->n_bounds || !memcmp(a->bound, b->bound, a->n_bounds * sizeof *a->bound));
}

int cp_declared_alike(const struct cp_column *a, const struct cp_column *b, const char *whose, struct cp_err *err)
{
	const struct cp_declare *x, *y;
	struct cp_declaration *d = cp_declaration_new(), *e = cp_declaration_new();
	int rc = line_of(a, d, &x, err) < 0 || line_of(b, e, &y, err) < 0 ? -1 : same_buckets(x, y) ? 0 : cp_column_made_as(a, b->attributes, whose, err);
	cp_declaration_free(d);
	cp_declaration_free(e);
	return rc;
}

const char *cp_declared_better(const char *line)
{
	struct cp_err err;
	struct cp_declaration *d = cp_declaration_new();
	int read = line && cp_declaration_read(d, line, strlen(line), "its declaration", &err) == 0 && d->n;
	enum cp_kind kind = read ? d->line->kind : CP_KIND_NUMBER;
	cp_declaration_free(d);
	return kind == CP_KIND_LOG ? NULL : kind == CP_KIND_STANDARD ? "'log' or 'buckets 10'" : "'standard', 'log' or 'buckets 10'";
}

/* ---- labels ---- */

static int has_words(const struct cp_words *all, const struct cp_words *some)
{
	for (size_t i = 0; i < some->n; i++) {
		size_t k = 0;
		while (k < all->n && strcmp(all->v[k], some->v[i]))
			k++;
		if (k == all->n)
			return 0;
	}
	return 1;
}

static int same_words(const struct cp_words *a, const struct cp_words *b)
{
	return has_words(a, b) && has_words(b, a);
}

/* NULL: it is no label's. */
static const struct cp_declare *rule_of(const char *line, struct cp_declaration *d)
{
	static const struct cp_declare as_it_is = { .kind = CP_KIND_LABEL };
	struct cp_err err;
	if (!line)
		return &as_it_is;
	return cp_declaration_read(d, line, strlen(line), "its declaration", &err) == 0 && d->n && d->line->kind == CP_KIND_LABEL ? d->line : NULL;
}

int cp_declared_same_rule(const char *line, const char *other)
{
	struct cp_declaration *d = cp_declaration_new(), *e = cp_declaration_new();
	const struct cp_declare *a = rule_of(line, d), *b = rule_of(other, e);
	int same = a && b && a->rule == b->rule && a->limit == b->limit && same_words(&a->is, &b->is) && same_words(&a->null, &b->null);
	cp_declaration_free(d);
	cp_declaration_free(e);
	return same;
}

int cp_declared_made_as(const struct cp_column *c, const json_t *there, const char *whose, struct cp_err *err)
{
	const char *line = json_string_value(json_object_get(c->attributes, "declare")), *other = json_string_value(json_object_get(there, "declare"));
	return c->type == CP_LABEL && cp_declared_same_rule(line, other) ? 0 : cp_column_made_as(c, there, whose, err);
}
