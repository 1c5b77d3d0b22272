/* Adding up, joining, printing and comparing what trailers say. */
#include "stream/totals.h"

#include <stdlib.h>
#include <string.h>

#include "stream/json.h"

void cp_totals_init(struct cp_totals *t, int n_columns)
{
	*t = (struct cp_totals){ .n = n_columns, .column = cp_xcalloc((size_t)n_columns + 1, sizeof *t->column),
				 .sources = json_object(), .joined = json_object() };
}

void cp_totals_release(struct cp_totals *t)
{
	for (int i = 0; i < t->n; i++)
		cp_idset_release(&t->column[i].ids);
	free(t->column);
	json_decref(t->sources);
	json_decref(t->joined);
	*t = (struct cp_totals){ 0 };
}

void cp_totals_add(struct cp_totals *t, int i, const struct cp_column *c, size_t n_rows, const struct cp_values *v)
{
	cp_sum_add(&t->column[i].sum, c->store, n_rows, v);
	if (c->type == CP_TOKENS)
		cp_idset_add(&t->column[i].ids, v->u32, v->n_elems);
}

void cp_totals_take_origin(struct cp_totals *a, const struct cp_totals *t)
{
	json_object_update(a->sources, t->sources);
	json_object_update_missing(a->joined, t->joined);
}

void cp_totals_join(struct cp_totals *a, const struct cp_totals *t)
{
	for (int i = 0; i < a->n; i++) {
		cp_sum_join(&a->column[i].sum, t->column[i].sum, t->rows);
		cp_idset_join(&a->column[i].ids, &t->column[i].ids);
	}
	a->rows += t->rows;
	cp_totals_take_origin(a, t);
}

/* ---- Joined segments ---- */

static void remember(struct cp_totals *t, json_t *entry)
{
	struct cp_buf b = CP_BUF_INIT;
	if (cp_json_print(entry, &b, NULL) == 0 && !json_object_get(t->joined, b.data))
		json_object_set(t->joined, b.data, entry);
	cp_buf_release(&b);
}

void cp_totals_note_chains(struct cp_totals *t, const struct cp_schema *first, const struct cp_schema *now)
{
	json_t *columns = json_array(), *steps = json_array();
	for (int i = 0; i < now->n; i++) {
		const struct cp_column *c = &now->column[i];
		if (!json_equal(c->chain, first->column[i].chain))
			json_array_append_new(columns, json_pack("{s:s,s:s,s:o}", "name", c->name, "type", c->type_name, "chain",
								 cp_chain_put(steps, c->chain)));
	}
	int differ = json_array_size(columns) > 0;
	json_t *entry = json_pack("{s:o,s:o}", "columns", columns, "steps", steps);
	if (differ)
		remember(t, entry);
	json_decref(entry);
}

/* ---- The text ---- */

static json_t *print_column(const struct cp_column_total *t, const struct cp_column *c)
{
	char hex[33];
	cp_sum_hex(t->sum, hex);
	json_t *j = json_pack("{s:s}", "digest", hex);
	if (c->type == CP_TOKENS) {
		struct cp_buf b = CP_BUF_INIT;
		cp_idset_print(&t->ids, &b);
		json_object_set_new(j, "ids", json_string(b.data));
		cp_buf_release(&b);
	}
	return j;
}

int cp_totals_print(const struct cp_totals *t, const struct cp_schema *s, struct cp_buf *b, struct cp_err *err)
{
	json_t *columns = json_array(), *entry;
	for (int i = 0; i < t->n; i++)
		json_array_append_new(columns, print_column(&t->column[i], &s->column[i]));
	json_t *j = json_pack("{s:I,s:o}", "rows", (json_int_t)t->rows, "columns", columns);
	if (json_object_size(t->sources))
		json_object_set(j, "sources", t->sources);
	if (json_object_size(t->joined)) {
		json_t *joined = json_array();
		const char *key;
		json_object_foreach(t->joined, key, entry)
			json_array_append(joined, entry);
		json_object_set_new(j, "joined", joined);
	}
	int rc = cp_json_print(j, b, err);
	json_decref(j);
	return rc;
}

static int parse_column(struct cp_column_total *t, json_t *j, const struct cp_column *c, struct cp_err *err)
{
	const char *digest = json_string_value(json_object_get(j, "digest")), *ids = json_string_value(json_object_get(j, "ids"));
	if (!digest || cp_sum_parse(&t->sum, digest) < 0)
		return cp_err_set(err, "trailer: column '%s': expected a digest of 32 hex digits", c->name);
	if (c->type == CP_TOKENS && (!ids || cp_idset_parse(&t->ids, ids) < 0))
		return cp_err_set(err, "trailer: column '%s': expected the set of its token ids in hex digits", c->name);
	return 0;
}

static int parse_origin(struct cp_totals *t, json_t *sources, json_t *joined, struct cp_err *err)
{
	const char *key;
	json_t *v;
	size_t i;
	if ((sources && !json_is_object(sources)) || (joined && !json_is_array(joined)))
		return cp_err_set(err, "trailer: expected sources to be an object and joined an array");
	json_object_foreach(sources, key, v)
		if (!json_is_integer(v))
			return cp_err_set(err, "trailer: source %s: expected its number of bytes", key);
	if (sources)
		json_object_update(t->sources, sources);
	json_array_foreach(joined, i, v)
		remember(t, v);
	return 0;
}

static int parse_object(struct cp_totals *t, const struct cp_schema *s, json_t *j, struct cp_err *err)
{
	json_t *rows = json_object_get(j, "rows"), *columns = json_object_get(j, "columns");
	if (!json_is_integer(rows) || json_integer_value(rows) < 0)
		return cp_err_set(err, "trailer: expected a number of rows");
	if (!json_is_array(columns) || json_array_size(columns) != (size_t)s->n)
		return cp_err_set(err, "trailer: expected an array of %d columns", s->n);
	t->rows = (uint64_t)json_integer_value(rows);
	for (int i = 0; i < s->n; i++)
		if (parse_column(&t->column[i], json_array_get(columns, (size_t)i), &s->column[i], err) < 0)
			return -1;
	return parse_origin(t, json_object_get(j, "sources"), json_object_get(j, "joined"), err);
}

int cp_totals_parse(struct cp_totals *t, const struct cp_schema *s, const char *text, size_t n, struct cp_err *err)
{
	cp_totals_init(t, s->n);
	json_t *j = cp_json_object(text, n, "trailer", err);
	int rc = j ? parse_object(t, s, j, err) : -1;
	json_decref(j);
	if (rc < 0)
		cp_totals_release(t);
	return rc;
}

int cp_totals_check(const struct cp_totals *found, const struct cp_totals *said, int i, const struct cp_column *c, struct cp_err *err)
{
	char a[33], b[33];
	cp_sum_hex(found->column[i].sum, a);
	cp_sum_hex(said->column[i].sum, b);
	if (strcmp(a, b))
		return cp_err_set(err, "trailer: column '%s': the digest of its values is %s, expected %s", c->name, a, b);
	if (c->type == CP_TOKENS && !cp_idset_equal(&found->column[i].ids, &said->column[i].ids))
		return cp_err_set(err, "trailer: column '%s': the set of its token ids is another than the one that occurs", c->name);
	return 0;
}
