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
