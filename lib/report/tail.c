#include "report/tail.h"

#include <stdlib.h>

#include "base/mem.h"

void cp_tail_init(struct cp_tail *t, const char *name)
{
	*t = (struct cp_tail){ .name = name };
	cp_tally_init(&t->seen, 1);
}

void cp_tail_release(struct cp_tail *t)
{
	cp_tally_release(&t->seen);
	json_decref(t->made);
}

int cp_tail_columns(struct cp_tail *t, int n, const struct cp_reader *r, int *column, struct cp_err *err)
{
	for (int i = 0; i < n; i++) {
		const struct cp_schema *s = cp_reader_schema(r);
		column[i] = cp_schema_find(s, CP_KEY, t[i].name);
		if (column[i] < 0)
			return cp_err_set(err, "%s: no key column '%s'", cp_reader_name(r), t[i].name);
		if (!t[i].made)
			t[i].made = json_deep_copy(s->column[column[i]].attributes);
		if (cp_column_made_as(&s->column[column[i]], t[i].made, "in the training rows", err) < 0)
			return cp_err_wrap(err, "%s", cp_reader_name(r));
	}
	return 0;
}

int cp_tail_count(struct cp_tail *t, int n, struct cp_reader *r, struct cp_err *err)
{
	int *column = cp_xcalloc((size_t)n, sizeof *column), rc = cp_tail_columns(t, n, r, column, err);
	struct cp_block b;
	if (rc == 0) {
		cp_reader_choose(r, column, n);
		while ((rc = cp_reader_next(r, &b, err)) == 1)
			for (int i = 0; i < n; i++)
				for (size_t row = 0; row < b.n_rows; row++)
					cp_tally_at(&t[i].seen, b.column[column[i]].u64[row])->n++;
	}
	free(column);
	return rc;
}

struct ranked {
	uint64_t n, key;
};

static int by_count(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

/* Once ranked, a value's slot holds its place, from 1. */
void cp_tail_rank(struct cp_tail *t)
{
	struct ranked *r = cp_xcalloc(t->seen.n + 1, sizeof *r);
	const struct cp_count *c;
	uint64_t key;
	size_t at = 0;
	for (t->n = 0; (c = cp_tally_next(&t->seen, &at, &key)); t->n++)
		r[t->n] = (struct ranked){ c->n, key };
	qsort(r, t->n, sizeof *r, by_count);
	for (size_t i = 0; i < t->n; i++)
		cp_tally_at(&t->seen, r[i].key)->pos = (uint32_t)i + 1;
	free(r);
}

size_t cp_tail_size(const struct cp_tail *t, double percent)
{
	return (size_t)((double)t->n * percent / 100 + 1e-9);
}

int cp_tail_is_new(const struct cp_tail *t, uint64_t key)
{
	return !cp_tally_find(&t->seen, key);
}

int cp_tail_has(const struct cp_tail *t, uint64_t key, size_t size)
{
	const struct cp_count *c = cp_tally_find(&t->seen, key);
	return !c || c->pos <= size;
}
