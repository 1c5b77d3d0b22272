/* The same as JSON: an array a kind of thing, every member always there, null where a figure is undefined. */
#include <math.h>

#include "report/show.h"
#include "report/summary.h"
#include "stream/json.h"

static json_t *real(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static json_t *integer(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static void put(json_t *o, const char *key, json_t *value)
{
	json_object_set_new(o, key, value);
}

static json_t *text(const char *s)
{
	json_t *j = s ? json_string(s) : NULL;
	return j ? j : json_null();
}

static json_t *ratio(uint64_t part, uint64_t of)
{
	return of ? json_real((double)part / (double)of) : json_null();
}

static json_t *time_value(int64_t t)
{
	return t == CP_TIME_MISSING ? json_null() : json_integer(t);
}

static json_t *lengths(const struct cp_lengths *l)
{
	json_t *o = json_object();
	put(o, "least", integer(l->shortest));
	put(o, "mean", real(cp_lengths_mean(l)));
	put(o, "p50", integer(cp_lengths_quantile(l, 0.5)));
	put(o, "p95", integer(cp_lengths_quantile(l, 0.95)));
	put(o, "most", integer(l->longest));
	return o;
}

static json_t *split(const struct cp_profile *p, int i)
{
	const struct cp_profile_split *s = &p->split[i];
	json_t *o = json_object();
	put(o, "name", text(s->name));
	put(o, "rows", integer(s->rows));
	put(o, "bad_rows", integer(s->bad_rows));
	put(o, "label_0", integer(s->labels[0]));
	put(o, "label_1", integer(s->labels[1]));
	put(o, "label_other", integer(s->labels[2]));
	put(o, "label_rate", ratio(s->labels[1], s->labels[0] + s->labels[1]));
	put(o, "label_least", real(s->label_min));
	put(o, "label_largest", real(s->label_max));
	put(o, "first_time", time_value(p->time < 0 ? CP_TIME_MISSING : p->column[p->time].split[i].first));
	put(o, "last_time", time_value(p->time < 0 ? CP_TIME_MISSING : p->column[p->time].split[i].last));
	put(o, "rows_without_time", integer(p->time < 0 ? s->rows : p->column[p->time].split[i].missing));
	put(o, "copies", p->opts.no_rows ? json_null() : integer(s->copies));
	put(o, "shared_with_first", p->opts.no_rows || !i ? json_null() : integer(s->shared));
	put(o, "unseen_any", i ? integer(s->unseen_any) : json_null());
	return o;
}

static json_t *quantiles(const double *q)
{
	static const char *const name[CP_QUANTILES] = { "least", "p1", "p25", "p50", "p75", "p99", "largest" };
	json_t *o = json_object();
	for (int i = 0; i < CP_QUANTILES; i++)
		put(o, name[i], real(q[i]));
	return o;
}

static json_t *column_split(const struct cp_profile *p, const struct cp_profile_column *c, int i)
{
	const struct cp_column_split *s = &c->split[i];
	json_t *o = json_object();
	put(o, "split", text(p->split[i].name));
	if (c->type != CP_ROW && c->type != CP_LABEL && c->type != CP_OTHER_TYPE) {
		put(o, "present", integer(s->present));
		put(o, "missing", integer(s->missing));
	}
	if (cp_is_field(c->type)) {
		put(o, "distinct", integer(s->distinct));
		put(o, "once", integer(s->once));
		put(o, "values", integer(s->n_values));
		put(o, "most", integer(s->most));
		put(o, "unseen_rows", i && c->type != CP_NUMBER ? integer(s->unseen) : json_null());
	}
	if (c->type == CP_NUMBER) {
		put(o, "infinite", integer(s->n_infinite));
		put(o, "mean", real(s->present > s->n_infinite ? s->sum / (double)(s->present - s->n_infinite) : NAN));
		put(o, "quantiles", quantiles(s->quantile));
	}
	if (c->type == CP_WEIGHT) {
		put(o, "bad", integer(s->bad));
		put(o, "zero", integer(s->zero));
		put(o, "least", real(s->present ? s->quantile[0] : NAN));
		put(o, "largest", real(s->present ? s->quantile[CP_QUANTILES - 1] : NAN));
		put(o, "mean", real(s->present ? s->sum / (double)s->present : NAN));
	}
	if (c->type == CP_KEYS || c->type == CP_TEXT || c->type == CP_TOKENS || c->type == CP_MASK)
		put(o, "length", lengths(&s->lengths));
	if (c->type == CP_TOKENS)
		put(o, "at_max_length", c->max_length > 0 ? integer(cp_lengths_equal(&s->lengths, (uint64_t)c->max_length)) : json_null());
	return o;
}

static const char *type_name(enum cp_type type)
{
	static const char *const name[] = { "key", "keys", "label", "weight", "number", "time", "row", "text", "tokens", "mask", "other" };
	return name[type];
}

static json_t *column(const struct cp_profile *p, const struct cp_profile_column *c)
{
	json_t *o = json_object(), *splits = json_array();
	put(o, "name", text(c->name));
	put(o, "type", text(type_name(c->type)));
	if (cp_is_field(c->type)) {
		put(o, "distinct", integer(c->distinct));
		put(o, "auc", real(c->auc));
		put(o, "one_label_values", integer(c->sure_values));
		put(o, "one_label_rows", integer(c->sure_rows));
		put(o, "collisions_expected", real(c->collisions));
		put(o, "collisions_found", c->found_collisions < 0 ? json_null() : json_integer(c->found_collisions));
		put(o, "most_frequent", text(c->most_word));
		put(o, "longest", text(c->longest));
		put(o, "longest_bytes", c->longest ? integer(c->longest_bytes) : json_null());
	}
	if (c->type == CP_TOKENS)
		put(o, "max_length", c->max_length < 0 ? json_null() : json_integer(c->max_length));
	for (int i = 0; i < p->n_splits; i++)
		json_array_append_new(splits, column_split(p, c, i));
	put(o, "splits", splits);
	return o;
}

static json_t *period(const struct cp_profile *p, const struct cp_period *q)
{
	json_t *o = json_object(), *n = json_array(), *rate = json_array();
	put(o, "from", json_integer(q->from));
	put(o, "to", json_integer(q->to));
	for (int i = 0; i < p->n_splits; i++) {
		json_array_append_new(n, integer(q->n[i]));
		json_array_append_new(rate, p->label < 0 ? json_null() : ratio(q->pos[i], q->judged[i]));
	}
	put(o, "rows", n);
	put(o, "label_rate", rate);
	return o;
}

static json_t *finding(const struct cp_finding *f)
{
	json_t *o = json_object();
	put(o, "level", text(f->warns ? "warning" : "note"));
	put(o, "code", text(f->code));
	put(o, "column", text(f->column));
	put(o, "split", text(f->split));
	put(o, "text", text(f->text));
	return o;
}

int cp_report_json(const struct cp_profile *p, const struct cp_findings *f, struct cp_buf *b, struct cp_err *err)
{
	json_t *o = json_object(), *splits = json_array(), *columns = json_array(), *periods = json_array(), *findings = json_array();
	for (int i = 0; i < p->n_splits; i++)
		json_array_append_new(splits, split(p, i));
	for (int i = 0; i < p->n_columns; i++)
		json_array_append_new(columns, column(p, &p->column[i]));
	for (int i = 0; i < p->n_periods; i++)
		json_array_append_new(periods, period(p, &p->period[i]));
	for (size_t i = 0; i < f->n; i++)
		json_array_append_new(findings, finding(&f->v[i]));
	put(o, "splits", splits);
	put(o, "columns", columns);
	put(o, "periods", periods);
	put(o, "distinct_rows", p->opts.no_rows ? json_null() : integer(p->row_kinds));
	put(o, "rows_with_both_labels", p->opts.no_rows ? json_null() : integer(p->conflicting_rows));
	put(o, "warnings", integer(f->n_warnings));
	put(o, "findings", findings);
	int rc = cp_json_print(o, b, err);
	json_decref(o);
	cp_buf_char(b, '\n');
	return rc;
}
