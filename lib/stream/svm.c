/* Rows as libsvm and libffm text: see svm.h. */
#include "stream/svm.h"

#include <math.h>
#include <stdlib.h>

#include "base/num.h"

struct feature {
	uint32_t field, index;
	double value;
};

struct cp_svm_writer {
	FILE *f;
	int with_fields, hash_bits, label;
	int *column, *number;		/* of the features; number: its index, or -1 */
	enum cp_type *type;
	int n, n_numbers;
	struct feature *feature;	/* of a row */
	size_t n_feature, cap;
	struct cp_buf text;
};

static int find_columns(struct cp_svm_writer *w, const struct cp_schema *s, struct cp_err *err)
{
	w->label = cp_schema_first(s, CP_LABEL);
	if (w->label < 0)
		return cp_err_set(err, "there is no column of type label, and each line of libsvm begins with one");
	for (int i = 0; i < s->n; i++) {
		enum cp_type t = s->column[i].type;
		if (t != CP_KEY && t != CP_KEYS && t != CP_NUMBER)
			continue;
		w->column[w->n] = i;
		w->type[w->n] = t;
		w->number[w->n++] = t == CP_NUMBER ? w->n_numbers++ : -1;
	}
	return w->n ? 0 : cp_err_set(err, "there is no key, keys or number column to make features of");
}

struct cp_svm_writer *cp_svm_open(FILE *f, const struct cp_schema *s, int with_fields, int hash_bits, struct cp_err *err)
{
	struct cp_svm_writer *w = cp_xcalloc(1, sizeof *w);
	w->f = f;
	w->with_fields = with_fields;
	w->hash_bits = hash_bits;
	w->column = cp_xcalloc((size_t)s->n, sizeof *w->column);
	w->number = cp_xcalloc((size_t)s->n, sizeof *w->number);
	w->type = cp_xcalloc((size_t)s->n, sizeof *w->type);
	cp_buf_init(&w->text);
	if (cp_schema_known(s, err) == 0 && find_columns(w, s, err) == 0)
		return w;
	cp_svm_abort(w);
	return NULL;
}

void cp_svm_abort(struct cp_svm_writer *w)
{
	if (!w)
		return;
	free(w->column);
	free(w->number);
	free(w->type);
	free(w->feature);
	cp_buf_release(&w->text);
	free(w);
}

/* ---- A row ---- */

static void add(struct cp_svm_writer *w, int k, uint32_t index, double value)
{
	if (w->n_feature == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 64;
		w->feature = cp_xrealloc(w->feature, w->cap, sizeof *w->feature);
	}
	w->feature[w->n_feature++] = (struct feature){ w->with_fields ? (uint32_t)k : 0, index, value };
}

static uint32_t index_of(const struct cp_svm_writer *w, uint64_t key)
{
	return (uint32_t)(w->n_numbers + 1) + (uint32_t)(key >> (64 - w->hash_bits));
}

static void add_column(struct cp_svm_writer *w, int k, const struct cp_values *v, size_t row)
{
	if (w->type[k] == CP_NUMBER) {
		if (!isnan(v->f64[row]))
			add(w, k, (uint32_t)w->number[k] + 1, v->f64[row]);
	} else if (w->type[k] == CP_KEY) {
		add(w, k, index_of(w, v->u64[row]), 1);
	} else {
		uint32_t from = v->offsets[row], to = v->offsets[row + 1];
		for (uint32_t i = from; i < to; i++)
			add(w, k, index_of(w, v->u64[i]), 1.0 / (to - from));
	}
}

static int feature_order(const void *x, const void *y)
{
	const struct feature *a = x, *b = y;
	if (a->field != b->field)
		return a->field < b->field ? -1 : 1;
	if (a->index != b->index)
		return a->index < b->index ? -1 : 1;
	return (a->value > b->value) - (a->value < b->value);	/* so that a sum does not depend on how the sort works */
}

static int same_place(const struct feature *a, const struct feature *b)
{
	return a->field == b->field && a->index == b->index;
}

static void insert_sort(struct feature *f, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct feature x = f[i];
		size_t k = i;
		for (; k > 0 && feature_order(&x, &f[k - 1]) < 0; k--)
			f[k] = f[k - 1];
		f[k] = x;
	}
}

/* Sort, and add up what meets. */
static void put_in_order(struct cp_svm_writer *w)
{
	size_t n = 0;
	if (w->n_feature > 32)
		qsort(w->feature, w->n_feature, sizeof *w->feature, feature_order);
	else
		insert_sort(w->feature, w->n_feature);
	for (size_t i = 0; i < w->n_feature; i++) {
		if (n && same_place(&w->feature[n - 1], &w->feature[i]))
			w->feature[n - 1].value += w->feature[i].value;
		else
			w->feature[n++] = w->feature[i];
	}
	w->n_feature = n;
}

static void put_row(struct cp_svm_writer *w, const struct cp_values *v, size_t row)
{
	char s[32];
	w->n_feature = 0;
	for (int k = 0; k < w->n; k++)
		add_column(w, k, &v[w->column[k]], row);
	put_in_order(w);
	cp_buf_str(&w->text, cp_print_real(v[w->label].f64[row], s));
	for (size_t i = 0; i < w->n_feature; i++) {
		const struct feature *f = &w->feature[i];
		cp_buf_char(&w->text, ' ');
		if (w->with_fields) {
			cp_buf_decimal(&w->text, f->field);
			cp_buf_char(&w->text, ':');
		}
		cp_buf_decimal(&w->text, f->index);
		cp_buf_char(&w->text, ':');
		cp_buf_str(&w->text, f->value == 1 ? "1" : cp_print_real(f->value, s));
	}
	cp_buf_char(&w->text, '\n');
}

#define TEXT_AT_ONCE ((size_t)1 << 18)

static int put_text(struct cp_svm_writer *w, struct cp_err *err)
{
	if (w->text.len && fwrite(w->text.data, 1, w->text.len, w->f) != w->text.len)
		return cp_err_set(err, "writing text: %m");
	cp_buf_reset(&w->text);
	return 0;
}

int cp_svm_block(struct cp_svm_writer *w, size_t n_rows, const struct cp_values *v, struct cp_err *err)
{
	for (size_t row = 0; row < n_rows; row++) {
		put_row(w, v, row);
		if (w->text.len >= TEXT_AT_ONCE && put_text(w, err) < 0)
			return -1;
	}
	if (put_text(w, err) < 0)
		return -1;
	return fflush(w->f) == EOF ? cp_err_set(err, "writing text: %m") : 0;
}
