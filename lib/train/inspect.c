/* Models as text: what a header says, and how two of them differ; see inspect.h. */
#include "train/inspect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "stream/twin.h"
#include "train/trainer.h"

int cp_inspect_open(struct cp_inspect *m, const char *path, struct cp_err *err)
{
	*m = (struct cp_inspect){ .path = path };
	if (cp_digest_file(path, m->digest, err) < 0 || !(m->model = cp_model_open_header(path, &m->file, err)))
		return -1;
	m->config = json_loads(nn_safetensors_meta(m->file, "clickprompt"), 0, NULL);
	return m->config ? 0 : cp_err_set(err, "%s: its configuration cannot be read", path);
}

void cp_inspect_close(struct cp_inspect *m)
{
	if (m->model) {
		cp_model_free(m->model);
		nn_safetensors_close(m->file);
	}
	json_decref(m->config);
	*m = (struct cp_inspect){ 0 };
}

/* --- Tensors ----------------------------------------------------------------------------------------------------------------------- */

static int is_parameter(const struct nn_tensor *t)
{
	return t->dtype <= NN_BF16 && strncmp(t->name, "vocab.", 6);
}

static double *values_of(const struct nn_tensor *t, const char *path, struct cp_err *err)
{
	double *v = cp_xcalloc(t->n, sizeof *v);
	if (nn_tensor_doubles(t, v, t->n, err) == 0)
		return v;
	free(v);
	cp_err_wrap(err, "%s", path);
	return NULL;
}

static double norm(const double *v, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += v[i] * v[i];
	return sqrt(sum);
}

static size_t count_parameters(const struct cp_inspect *m)
{
	size_t n = 0;
	for (size_t i = 0; i < nn_safetensors_count(m->file); i++) {
		const struct nn_tensor *t = nn_safetensors_at(m->file, i);
		n += is_parameter(t) ? t->n : 0;
	}
	return n;
}

static json_t *shape_json(const struct nn_tensor *t)
{
	json_t *a = json_array();
	for (int i = 0; i < t->n_dims; i++)
		json_array_append_new(a, json_integer((json_int_t)t->shape[i]));
	return a;
}

static int print_tensors(const struct cp_inspect *m, struct cp_buf *out, struct cp_err *err)
{
	for (size_t i = 0; i < nn_safetensors_count(m->file); i++) {
		const struct nn_tensor *t = nn_safetensors_at(m->file, i);
		cp_buf_str(out, "tensor\t");
		cp_twin_text(t->name, out);
		cp_buf_printf(out, "\t%s\t", nn_dtype_name(t->dtype));
		for (int k = 0; k < t->n_dims; k++)
			cp_buf_printf(out, "%s%zu", k ? "x" : "", t->shape[k]);
		if (is_parameter(t)) {
			double *v = values_of(t, m->path, err);
			if (!v)
				return -1;
			cp_buf_printf(out, "\t%.6g", norm(v, t->n));
			free(v);
		}
		cp_buf_char(out, '\n');
	}
	return 0;
}

static void print_number(const struct nn_tensor *t, const double *v, const uint64_t *whole, size_t i, struct cp_buf *out)
{
	if (whole)
		cp_buf_decimal(out, whole[i]);
	else
		cp_buf_printf(out, t->dtype == NN_F64 ? "%.17g" : "%.9g", v[i]);
}

int cp_inspect_tensor(const struct cp_inspect *m, const char *name, struct cp_buf *out, struct cp_err *err)
{
	const struct nn_tensor *t = nn_safetensors_find(m->file, name);
	if (!t)
		return cp_err_set(err, "%s: no tensor '%s' in it; cp-model show --tensors lists them", m->path, name);
	int is_real = t->dtype <= NN_BF16;
	double *v = is_real ? values_of(t, m->path, err) : NULL;
	uint64_t *whole = is_real ? NULL : cp_xcalloc(t->n, sizeof *whole);
	int rc = is_real ? (v ? 0 : -1) : nn_tensor_u64(t, whole, t->n, err) < 0 ? cp_err_wrap(err, "%s", m->path) : 0;
	size_t cols = t->n_dims > 1 && t->shape[0] ? t->n / t->shape[0] : 1;
	for (size_t i = 0; !rc && i < t->n; i++) {
		print_number(t, v, whole, i, out);
		cp_buf_char(out, (i + 1) % cols ? '\t' : '\n');
	}
	free(v);
	free(whole);
	return rc;
}

/* --- One model --------------------------------------------------------------------------------------------------------------------- */

static size_t n_values(const struct cp_inspect *m, int f)
{
	return m->model->vocab.bits ? 0 : m->model->vocab.field[f].n;
}

static void print_json(const char *word, const json_t *v, struct cp_buf *out)
{
	size_t how = JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(15);	/* 0.1, not what it is in binary */
	char *s = json_is_string(v) ? cp_xstrdup(json_string_value(v)) : json_dumps(v, how);
	cp_buf_printf(out, "%s\t%s\n", word, s);
	free(s);
}

static void print_fields(const struct cp_inspect *m, struct cp_buf *out)
{
	const struct cp_fields *fields = &m->model->vocab.fields;
	for (int f = 0; f < fields->n; f++) {
		const char *how = cp_field_declared(&fields->v[f]);
		cp_buf_str(out, "field\t");
		cp_twin_text(fields->v[f].name, out);
		cp_buf_printf(out, "\t%s\t%zu values%s%s\n", cp_field_word(fields->v[f].type), n_values(m, f), how ? "\t" : "", how ? how : "");
	}
}

int cp_inspect_show(const struct cp_inspect *m, int tensors, struct cp_buf *out, struct cp_err *err)
{
	const char *key;
	json_t *v;
	const struct cp_model *model = m->model;
	cp_buf_printf(out, "digest\t%s\nstage\t%s\n", m->digest, model->stage);
	if (model->c.has_ctr) {
		const json_t *ctr = json_object_get(m->config, "ctr");
		print_json("model", json_object_get(ctr, "model"), out);
		print_json("sizes", json_object_get(ctr, "sizes"), out);
	}
	if (model->c.has_plm)
		print_json("language model", json_object_get(m->config, "plm"), out);
	if (model->tokenizer)
		cp_buf_printf(out, "tokenizer\t%u entries\t%s\n", cp_tokenizer_size(model->tokenizer), cp_tokenizer_digest(model->tokenizer));
	cp_buf_printf(out, "parameters\t%zu\n", count_parameters(m));
	cp_buf_printf(out, "table\t%zu rows%s\n", model->vocab.n_rows, model->vocab.bits ? ", by hash" : "");
	print_fields(m, out);
	json_object_foreach(json_object_get(m->config, "training"), key, v) {
		char *word = cp_xasprintf("training: %s", key);
		print_json(word, v, out);
		free(word);
	}
	return tensors ? print_tensors(m, out, err) : 0;
}

static json_t *tensors_json(const struct cp_inspect *m, struct cp_err *err)
{
	json_t *list = json_array();
	for (size_t i = 0; i < nn_safetensors_count(m->file); i++) {
		const struct nn_tensor *t = nn_safetensors_at(m->file, i);
		json_t *o = json_pack("{s:s, s:s, s:o}", "name", t->name, "dtype", nn_dtype_name(t->dtype), "shape", shape_json(t));
		json_array_append_new(list, o);
		if (!is_parameter(t))
			continue;
		double *v = values_of(t, m->path, err);
		if (!v) {
			json_decref(list);
			return NULL;
		}
		json_object_set_new(o, "norm", json_real(norm(v, t->n)));
		free(v);
	}
	return list;
}

int cp_inspect_json(const struct cp_inspect *m, struct cp_buf *out, struct cp_err *err)
{
	const struct cp_fields *fields = &m->model->vocab.fields;
	json_t *list = json_array(), *tensors = tensors_json(m, err);
	if (!tensors) {
		json_decref(list);
		return -1;
	}
	for (int f = 0; f < fields->n; f++) {
		json_t *o = json_pack("{s:s, s:s, s:I}", "name", fields->v[f].name, "kind", cp_field_word(fields->v[f].type), "values",
				      (json_int_t)n_values(m, f));
		if (fields->v[f].made)
			json_object_set(o, "made", fields->v[f].made);
		json_array_append_new(list, o);
	}
	json_t *o = json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:O}", "digest", m->digest, "stage", m->model->stage, "parameters",
			      (json_int_t)count_parameters(m), "rows", (json_int_t)m->model->vocab.n_rows, "fields", list, "tensors", tensors,
			      "configuration", m->config);
	char *text = json_dumps(o, JSON_SORT_KEYS | JSON_INDENT(2));
	cp_buf_printf(out, "%s\n", text);
	free(text);
	json_decref(o);
	return 0;
}

/* --- Two models -------------------------------------------------------------------------------------------------------------------- */

static char *text_of(const json_t *v)
{
	return v ? json_dumps(v, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(15)) : cp_xstrdup("nothing");
}

/* Keys that either has, objects within objects one level down under NAME: KEY. */
static void compare_json(const char *prefix, const json_t *a, const json_t *b, int nested, struct cp_buf *out)
{
	const char *key;
	json_t *v, *all = json_object();
	json_object_update(all, (json_t *)b);
	json_object_update(all, (json_t *)a);
	json_object_foreach(all, key, v) {
		const json_t *x = json_object_get(a, key), *y = json_object_get(b, key);
		if (x && y && json_equal((json_t *)x, (json_t *)y))
			continue;
		if (nested && json_is_object(x) && json_is_object(y)) {
			char *inner = cp_xasprintf("%s: ", key);
			compare_json(inner, x, y, 0, out);
			free(inner);
			continue;
		}
		char *s = text_of(x), *t = text_of(y);
		cp_buf_printf(out, "configuration\t%s%s\t%s\t%s\n", prefix, key, s, t);
		free(s);
		free(t);
	}
	json_decref(all);
}

static int is_alike(const struct nn_tensor *a, const struct nn_tensor *b)
{
	return a->dtype == b->dtype && nn_tensor_is(a, b->n_dims, b->shape);
}

static int compare_values(const struct nn_tensor *a, const struct nn_tensor *b, const char *path, struct cp_buf *out, struct cp_err *err)
{
	double *x = values_of(a, path, err), *y = x ? values_of(b, path, err) : NULL, most = 0;
	if (y) {
		double size = norm(x, a->n);
		for (size_t i = 0; i < a->n; i++) {
			y[i] -= x[i];
			most = fabs(y[i]) > most ? fabs(y[i]) : most;
		}
		double by = norm(y, a->n);
		cp_buf_printf(out, "tensor\t%s\tlargest difference %.4g\trelative %.4g\n", a->name, most, size > 0 ? by / size : by);
	}
	free(x);
	free(y);
	return y ? 0 : -1;
}

static int compare_tensor(const struct cp_inspect *b, const struct nn_tensor *x, struct cp_buf *out, struct cp_err *err)
{
	const struct nn_tensor *y = nn_safetensors_find(b->file, x->name);
	if (!y)
		cp_buf_printf(out, "tensor\t%s\tin the first only\n", x->name);
	else if (!is_alike(x, y))
		cp_buf_printf(out, "tensor\t%s\tof other shapes\n", x->name);
	else if (memcmp(x->data, y->data, x->n_bytes) && is_parameter(x))
		return compare_values(x, y, b->path, out, err);
	else if (memcmp(x->data, y->data, x->n_bytes))
		cp_buf_printf(out, "tensor\t%s\tdiffers\n", x->name);
	return 0;
}

int cp_inspect_compare(const struct cp_inspect *a, const struct cp_inspect *b, struct cp_buf *out, struct cp_err *err)
{
	compare_json("", a->config, b->config, 1, out);
	for (size_t i = 0; i < nn_safetensors_count(a->file); i++)
		if (compare_tensor(b, nn_safetensors_at(a->file, i), out, err) < 0)
			return -1;
	for (size_t i = 0; i < nn_safetensors_count(b->file); i++)
		if (!nn_safetensors_find(a->file, nn_safetensors_at(b->file, i)->name))
			cp_buf_printf(out, "tensor\t%s\tin the second only\n", nn_safetensors_at(b->file, i)->name);
	if (!out->len)
		cp_buf_str(out, "the same\n");
	return 0;
}

/* --- Their mean -------------------------------------------------------------------------------------------------------------------- */

/* Alike but for the values of parameters and where they come from. */
static int check_alike(const struct cp_inspect *a, const struct cp_inspect *b, struct cp_err *err)
{
	json_t *x = json_copy(a->config), *y = json_copy(b->config);
	json_object_del(x, "training");
	json_object_del(y, "training");
	int same = json_equal(x, y);
	json_decref(x);
	json_decref(y);
	if (!same || nn_safetensors_count(a->file) != nn_safetensors_count(b->file))
		return cp_err_set(err, "%s: its configuration is not that of %s; cp-model compare shows how they differ", b->path, a->path);
	for (size_t i = 0; i < nn_safetensors_count(a->file); i++) {
		const struct nn_tensor *s = nn_safetensors_at(a->file, i), *t = nn_safetensors_find(b->file, s->name);
		size_t n = strlen(s->name);
		int counts = n > 7 && !strcmp(s->name + n - 7, ".counts");
		if (!t || !is_alike(s, t) || (!is_parameter(s) && !counts && memcmp(s->data, t->data, s->n_bytes)))
			return cp_err_set(err, "%s: its tensor '%s' is not that of %s: only models with the same vocabulary have a mean", b->path,
					  s->name, a->path);
	}
	return 0;
}

/* What its parameters were at first, to be freed; NULL: it does not say, as a mean. */
static json_t *origin_of(const struct cp_inspect *m)
{
	const json_t *made = json_object_get(m->config, "training");
	json_t *init = json_object_get(made, "initial model"), *seed = json_object_get(made, "seed");
	return init || seed ? json_pack("[O, O?]", init ? init : seed, json_object_get(made, CP_PLM_WEIGHTS)) : NULL;
}

/* It is `of`, or went on from it. */
static int goes_on_from(const struct cp_inspect *m, const struct cp_inspect *of)
{
	const char *init = json_string_value(json_object_get(json_object_get(m->config, "training"), "initial model"));
	return !strcmp(m->digest, of->digest) || (init && !strcmp(init, of->digest));
}

static int go_together(const struct cp_inspect *a, const struct cp_inspect *b)
{
	json_t *x = origin_of(a), *y = origin_of(b);
	int alike = (x && y && json_equal(x, y)) || goes_on_from(a, b) || goes_on_from(b, a);
	json_decref(x);
	json_decref(y);
	return alike;
}

const struct cp_inspect *cp_inspect_stranger(const struct cp_inspect *m, size_t n)
{
	const struct cp_model_config *c = &m->model->c;
	if (!c->has_plm && !strcmp(c->ctr.model->name, "lr"))
		return NULL;
	char *known = cp_xcalloc(n, 1);
	size_t *met = cp_xcalloc(n, sizeof *met), n_met = 1, first = 1;
	for (size_t i = 0; i < n_met; i++)
		for (size_t k = 1; k < n; k++)
			if (!known[k] && go_together(&m[met[i]], &m[k])) {
				known[k] = 1;
				met[n_met++] = k;
			}
	while (first < n && known[first])
		first++;
	free(known);
	free(met);
	return first < n ? &m[first] : NULL;
}

static nn_float *mean_of(const struct cp_inspect *m, size_t n, const struct nn_tensor *t, struct cp_err *err)
{
	double *sum = cp_xcalloc(t->n, sizeof *sum);
	nn_float *mean = cp_xcalloc(t->n, sizeof *mean);
	for (size_t k = 0; k < n; k++) {
		double *v = values_of(nn_safetensors_find(m[k].file, t->name), m[k].path, err);
		if (!v) {
			free(sum);
			free(mean);
			return NULL;
		}
		for (size_t i = 0; i < t->n; i++)
			sum[i] += v[i];
		free(v);
	}
	for (size_t i = 0; i < t->n; i++)
		mean[i] = (nn_float)(sum[i] / (double)n);
	free(sum);
	return mean;
}

static char *average_config(const struct cp_inspect *m, size_t n)
{
	json_t *o = json_copy(m->config), *of = json_array();
	for (size_t k = 0; k < n; k++)
		json_array_append_new(of, json_string(m[k].digest));
	json_object_set_new(o, "training", json_pack("{s:o}", "mean of models", of));
	char *text = json_dumps(o, JSON_SORT_KEYS | JSON_COMPACT);
	json_decref(o);
	return text;
}

int cp_inspect_average(const struct cp_inspect *m, size_t n, const char *path, struct cp_err *err)
{
	size_t count = nn_safetensors_count(m->file);
	for (size_t k = 1; k < n; k++)
		if (check_alike(m, &m[k], err) < 0)
			return -1;
	struct nn_safetensors_out *o = nn_safetensors_out_new();
	nn_float **mean = cp_xcalloc(count, sizeof *mean);
	char *text = average_config(m, n);
	int rc = 0;
	nn_safetensors_out_meta(o, "format", "pt");
	nn_safetensors_out_meta(o, "clickprompt", text);
	nn_safetensors_out_digest(o);
	for (size_t i = 0; !rc && i < count; i++) {
		const struct nn_tensor *t = nn_safetensors_at(m->file, i);
		if (!is_parameter(t))
			nn_safetensors_out_add(o, t->name, t->dtype, t->n_dims, t->shape, t->data);
		else if ((mean[i] = mean_of(m, n, t, err)))
			nn_safetensors_out_floats(o, t->name, t->n_dims, t->shape, mean[i]);
		else
			rc = -1;
	}
	if (!rc)
		rc = nn_safetensors_out_write(o, path, err);
	nn_safetensors_out_free(o);
	for (size_t i = 0; i < count; i++)
		free(mean[i]);
	free(mean);
	free(text);
	return rc;
}
