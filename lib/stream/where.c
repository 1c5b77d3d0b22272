/* Conditions on rows: see where.h. */
#include "stream/where.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

enum op { EQ, NE, LT, LE, GT, GE };

struct cp_condition {
	int column;
	enum op op;
	struct cp_store store;
	int missing;		/* the value is empty */
	int is_time;
	uint64_t u64;		/* keys too */
	int64_t i64;
	double f64;
	char *bytes;
	size_t len;
};

/* ---- Parsing ---- */

static const struct {
	const char *text;
	enum op op;
} ops[] = { { "!=", NE }, { "<=", LE }, { ">=", GE }, { "=", EQ }, { "<", LT }, { ">", GT } };

/* The operator at p: its length, or 0. */
static size_t op_at(const char *p, enum op *op)
{
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
		if (!strncmp(p, ops[i].text, strlen(ops[i].text))) {
			*op = ops[i].op;
			return strlen(ops[i].text);
		}
	return 0;
}

int cp_where_check(const struct cp_opt_list *l, struct cp_err *err)
{
	for (int i = 0; i < l->n; i++)
		if (!*l->v[i] || !strpbrk(l->v[i] + 1, "=<>"))
			return cp_err_set(err, "condition '%s': COLUMN=VALUE is expected, with one of = != < <= > >=", l->v[i]);
	return 0;
}

/* Where column and operator end.  A name may hold the signs of operators: the first place counts whose left side is a column. */
static const char *parse_column(struct cp_condition *c, const struct cp_schema *s, const char *text, struct cp_err *err)
{
	size_t n;
	for (const char *p = text + 1; *p; p++) {
		if (!(n = op_at(p, &c->op)))
			continue;
		char *name = cp_xstrndup(text, (size_t)(p - text));
		c->column = cp_schema_lookup(s, name, err);
		free(name);
		if (c->column >= 0)
			return p + n;
	}
	cp_err_wrap(err, "condition '%s'", text);
	return NULL;
}

static int parse_key(struct cp_condition *c, const struct cp_column *column, const char *value, cp_key_of *key_of, struct cp_err *err)
{
	int is_key = value[0] == '#' && strlen(value) == 17 && cp_parse_hex16(value + 1, &c->u64) == 0;
	return is_key ? 0 : key_of(column, value, &c->u64, err);
}

static int parse_number(struct cp_condition *c, const char *value)
{
	c->missing = !*value;
	if (c->missing)
		return c->op == EQ || c->op == NE ? 0 : -1;
	switch (c->store.elem) {
	case CP_I64: return cp_parse_i64(value, &c->i64);
	case CP_U64: case CP_U32: return cp_parse_u64(value, &c->u64);
	default: return cp_parse_real(value, &c->f64);
	}
}

static int parse_value(struct cp_condition *c, const struct cp_column *column, const char *value, cp_key_of *key_of, struct cp_err *err)
{
	int key = column->type == CP_KEY || column->type == CP_KEYS;
	c->store = column->store;
	c->is_time = column->type == CP_TIME;
	if ((key || c->store.elem == CP_BYTE) && c->op != EQ && c->op != NE)
		return cp_err_set(err, "column '%s' (%s) can be compared by = and != only", column->name, column->type_name);
	if (key)
		return parse_key(c, column, value, key_of, err);
	if (!c->store.width || (c->store.is_list && c->store.elem != CP_BYTE))
		return cp_err_set(err, "column '%s' (%s): there are conditions on keys, numbers, times and text only", column->name, column->type_name);
	if (c->store.elem == CP_BYTE) {
		c->bytes = cp_xstrdup(value);
		c->len = strlen(value);
		return 0;
	}
	if (parse_number(c, value) < 0)
		return cp_err_set(err, "column '%s' (%s): '%s' is not a value to compare it with", column->name, column->type_name, value);
	return 0;
}

int cp_where_parse(struct cp_where *w, const struct cp_schema *s, const struct cp_opt_list *l, cp_key_of *key_of, struct cp_err *err)
{
	if (cp_where_check(l, err) < 0)
		return -1;
	*w = (struct cp_where){ cp_xcalloc((size_t)l->n + 1, sizeof *w->condition), 0 };
	for (int i = 0; i < l->n; i++) {
		struct cp_condition *c = &w->condition[w->n++];
		const char *value = parse_column(c, s, l->v[i], err);
		if (!value || parse_value(c, &s->column[c->column], value, key_of, err) < 0) {
			cp_where_release(w);
			return -1;
		}
	}
	return 0;
}

void cp_where_release(struct cp_where *w)
{
	for (int i = 0; i < w->n; i++)
		free(w->condition[i].bytes);
	free(w->condition);
	*w = (struct cp_where){ 0 };
}

int cp_where_columns(const struct cp_where *w, int *out)
{
	for (int i = 0; i < w->n; i++)
		out[i] = w->condition[i].column;
	return w->n;
}

/* ---- Deciding ---- */

/* sign: of value - wanted */
static int decide(enum op op, int sign)
{
	switch (op) {
	case EQ: return sign == 0;
	case NE: return sign != 0;
	case LT: return sign < 0;
	case LE: return sign <= 0;
	case GT: return sign > 0;
	default: return sign >= 0;
	}
}

#define SIGN(a, b) (((a) > (b)) - ((a) < (b)))

static int has_member(const struct cp_condition *c, const struct cp_values *v, size_t row)
{
	for (uint32_t i = v->offsets[row]; i < v->offsets[row + 1]; i++)
		if (v->u64[i] == c->u64)
			return 1;
	return 0;
}

static int same_bytes(const struct cp_condition *c, const struct cp_values *v, size_t row)
{
	size_t n = v->offsets[row + 1] - v->offsets[row];
	return n == c->len && (!n || !memcmp(v->bytes + v->offsets[row], c->bytes, n));
}

static int holds(const struct cp_condition *c, const struct cp_values *v, size_t row)
{
	double x = 0;
	if (c->store.is_list)
		return (c->op == EQ) == (c->store.elem == CP_BYTE ? same_bytes(c, v, row) : has_member(c, v, row));
	if (c->store.elem == CP_F64 || c->store.elem == CP_F32)
		x = c->store.elem == CP_F64 ? v->f64[row] : (double)v->f32[row];
	int missing = isnan(x) || (c->is_time && v->i64[row] == CP_TIME_MISSING);
	if (c->missing || missing)
		return c->op == EQ ? c->missing && missing : c->op == NE && c->missing != missing;
	switch (c->store.elem) {
	case CP_U64: return decide(c->op, SIGN(v->u64[row], c->u64));
	case CP_U32: return decide(c->op, SIGN(v->u32[row], c->u64));
	case CP_I64: return decide(c->op, SIGN(v->i64[row], c->i64));
	default: return decide(c->op, SIGN(x, c->f64));
	}
}

int cp_where_holds(const struct cp_where *w, const struct cp_values *column, size_t row)
{
	for (int i = 0; i < w->n; i++)
		if (!holds(&w->condition[i], &column[w->condition[i].column], row))
			return 0;
	return 1;
}
