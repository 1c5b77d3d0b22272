/* Writing safetensors: the header first, then every array from where its owner keeps it; see safetensors.h. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "nn/safetensors.h"
#include "nn/safetensors_digest.h"

struct entry {
	char *name;
	enum nn_dtype dtype;
	int n_dims;
	size_t shape[NN_MAX_DIMS];
	size_t n;
	const void *data;
	int is_nn_float;	/* data holds nn_floats, stored as F32 */
};

struct nn_safetensors_out {
	struct entry *entries;
	size_t n, cap;
	struct { char *key, *value; } *meta;
	size_t n_meta;
	int has_digest;
};

struct nn_safetensors_out *nn_safetensors_out_new(void)
{
	return cp_xcalloc(1, sizeof(struct nn_safetensors_out));
}

void nn_safetensors_out_free(struct nn_safetensors_out *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->n; i++)
		free(o->entries[i].name);
	for (size_t i = 0; i < o->n_meta; i++) {
		free(o->meta[i].key);
		free(o->meta[i].value);
	}
	free(o->entries);
	free(o->meta);
	free(o);
}

void nn_safetensors_out_meta(struct nn_safetensors_out *o, const char *key, const char *value)
{
	o->meta = cp_xrealloc(o->meta, o->n_meta + 1, sizeof *o->meta);
	o->meta[o->n_meta].key = cp_xstrdup(key);
	o->meta[o->n_meta++].value = cp_xstrdup(value);
}

void nn_safetensors_out_digest(struct nn_safetensors_out *o)
{
	o->has_digest = 1;
}

void nn_safetensors_out_add(struct nn_safetensors_out *o, const char *name, enum nn_dtype dtype, int n_dims, const size_t *shape, const void *data)
{
	o->entries = cp_xgrow(o->entries, &o->cap, o->n + 1, sizeof *o->entries);
	struct entry *e = &o->entries[o->n++];
	*e = (struct entry){ .name = cp_xstrdup(name), .dtype = dtype, .n_dims = n_dims, .n = 1, .data = data };
	for (int i = 0; i < n_dims; i++)
		e->n *= e->shape[i] = shape[i];
}

void nn_safetensors_out_floats(struct nn_safetensors_out *o, const char *name, int n_dims, const size_t *shape, const nn_float *data)
{
	nn_safetensors_out_add(o, name, NN_F32, n_dims, shape, data);
	o->entries[o->n - 1].is_nn_float = 1;
}

/* Its bytes into a file, or into a digest. */
static void put(FILE *f, struct cp_digest *d, const void *bytes, size_t n)
{
	if (f)
		fwrite(bytes, 1, n, f);
	else
		cp_digest_add(d, bytes, n);
}

static void put_data(FILE *f, struct cp_digest *d, const struct entry *e)
{
	if (!e->is_nn_float || sizeof(nn_float) == sizeof(float)) {
		put(f, d, e->data, e->n * nn_dtype_size(e->dtype));
		return;
	}
	const nn_float *x = e->data;
	for (size_t i = 0; i < e->n; i++) {
		float v = (float)x[i];
		put(f, d, &v, sizeof v);
	}
}

static json_t *describe(const struct entry *e, size_t begin)
{
	json_t *shape = json_array();

	for (int i = 0; i < e->n_dims; i++)
		json_array_append_new(shape, json_integer((json_int_t)e->shape[i]));
	return json_pack("{s:s, s:o, s:[I,I]}", "dtype", nn_dtype_name(e->dtype), "shape", shape, "data_offsets", (json_int_t)begin,
			 (json_int_t)(begin + e->n * nn_dtype_size(e->dtype)));
}

static json_t *metadata(const struct nn_safetensors_out *o, struct cp_err *err)
{
	json_t *meta = json_object();

	for (size_t i = 0; i < o->n_meta; i++) {
		const char *key = o->meta[i].key;
		if (json_object_get(meta, key))
			cp_err_set(err, "metadata '%s' was given twice", key);
		else if (json_object_set_new(meta, key, json_string(o->meta[i].value)) < 0)
			cp_err_set(err, "metadata '%s' is not UTF-8", key);
		else
			continue;
		json_decref(meta);
		return NULL;
	}
	return meta;
}

static void add_entry(struct cp_digest *d, const void *entry)
{
	put_data(NULL, d, entry);
}

static void add_digest(const struct nn_safetensors_out *o, json_t *meta)
{
	struct nn_covered *c = cp_xcalloc(o->n + 1, sizeof *c);
	char hex[33];
	for (size_t i = 0; i < o->n; i++)
		c[i] = (struct nn_covered){ o->entries[i].name, &o->entries[i], add_entry };
	nn_safetensors_digest(meta, c, o->n, hex);
	json_object_set_new(meta, "digest", json_string(hex));
	free(c);
}

/* The header in writing order: by falling size of type, so that every array is aligned to its own. */
static json_t *build_header(const struct nn_safetensors_out *o, const struct entry **order, struct cp_err *err)
{
	json_t *header = json_object(), *meta = metadata(o, err);
	size_t n = 0, at = 0;

	if (!meta)
		goto failed;
	if (o->has_digest)
		add_digest(o, meta);
	if (json_object_size(meta))
		json_object_set(header, "__metadata__", meta);
	for (size_t size = 8; size; size /= 2)
		for (size_t i = 0; i < o->n; i++)
			if (nn_dtype_size(o->entries[i].dtype) == size)
				order[n++] = &o->entries[i];
	for (size_t i = 0; i < n; i++) {
		const char *name = order[i]->name;
		if (json_object_get(header, name) || !strcmp(name, "__metadata__")) {
			cp_err_set(err, "tensor '%s' was given twice, or its name is taken", name);
			goto failed;
		}
		if (json_object_set_new(header, name, describe(order[i], at)) < 0) {
			cp_err_set(err, "tensor name '%s' is not UTF-8", name);
			goto failed;
		}
		at += order[i]->n * nn_dtype_size(order[i]->dtype);
	}
	json_decref(meta);
	return header;
failed:
	json_decref(meta);
	json_decref(header);
	return NULL;
}

static void write_header(FILE *f, const char *json)
{
	size_t n = strlen(json), padded = (n + 7) / 8 * 8;
	unsigned char length[8];

	for (int i = 0; i < 8; i++)
		length[i] = (unsigned char)((uint64_t)padded >> 8 * i);
	fwrite(length, 1, 8, f);
	fwrite(json, 1, n, f);
	for (; n < padded; n++)
		fputc(' ', f);
}

int nn_safetensors_out_write(struct nn_safetensors_out *o, const char *path, struct cp_err *err)
{
	const struct entry **order = cp_xcalloc(o->n + 1, sizeof *order);
	json_t *header = build_header(o, order, err);
	char *json = header ? json_dumps(header, JSON_COMPACT) : NULL;
	struct cp_out out;
	int rc = -1;

	if (!header) {
		cp_err_wrap(err, "%s", path);
	} else if (cp_out_open(&out, path, err) == 0) {
		write_header(out.f, json);
		for (size_t i = 0; i < o->n; i++)
			put_data(out.f, NULL, order[i]);
		rc = cp_out_commit(&out, err);
	}
	free(json);
	json_decref(header);
	free(order);
	return rc;
}
