/* Reading safetensors; safetensors_out.c writes them.  See safetensors.h for the layout.
 *
 * The header is JSON from a stranger: jansson parses it (duplicate names refused), then every number is checked against the file before
 * anything is looked at through it.  Sorted by offset, each array must begin where the one before ended and the last must end with the
 * file; that is the format's own rule and leaves no byte unaccounted for.
 */
#include "nn/safetensors.h"

#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "nn/safetensors_digest.h"

#define MAX_HEADER 100000000	/* as the reference implementation has it */

struct nn_safetensors {
	char *name;		/* what messages call the file */
	const unsigned char *bytes;
	size_t n_bytes;
	int is_mapped;
	json_t *header;		/* owns the names and the metadata */
	struct nn_tensor *tensors;	/* by offset */
	const struct nn_tensor **by_name;
	size_t n;
};

static const struct {
	const char *name;
	size_t size;
} dtypes[] = {
	[NN_F64] = { "F64", 8 }, [NN_F32] = { "F32", 4 }, [NN_F16] = { "F16", 2 }, [NN_BF16] = { "BF16", 2 },
	[NN_I64] = { "I64", 8 }, [NN_I32] = { "I32", 4 }, [NN_I16] = { "I16", 2 }, [NN_I8] = { "I8", 1 },
	[NN_U64] = { "U64", 8 }, [NN_U32] = { "U32", 4 }, [NN_U16] = { "U16", 2 }, [NN_U8] = { "U8", 1 }, [NN_BOOL] = { "BOOL", 1 },
};

size_t nn_dtype_size(enum nn_dtype t)
{
	return dtypes[t].size;
}

const char *nn_dtype_name(enum nn_dtype t)
{
	return dtypes[t].name;
}

static int dtype_by_name(const char *name, enum nn_dtype *out)
{
	for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
		if (name && !strcmp(dtypes[i].name, name)) {
			*out = (enum nn_dtype)i;
			return 0;
		}
	return -1;
}

/* A JSON integer that fits a size; <0 for anything else. */
static int get_size(const json_t *j, size_t *out)
{
	if (!json_is_integer(j) || json_integer_value(j) < 0 || (uint64_t)json_integer_value(j) > SIZE_MAX)
		return -1;
	*out = (size_t)json_integer_value(j);
	return 0;
}

static int read_shape(struct nn_tensor *t, const json_t *shape, const char *file, struct cp_err *err)
{
	if (!json_is_array(shape))
		return cp_err_set(err, "%s: tensor '%s': no shape; expected a list of sizes", file, t->name);
	if (json_array_size(shape) > NN_MAX_DIMS)
		return cp_err_set(err, "%s: tensor '%s' has %zu dimensions; at most %d are understood", file, t->name, json_array_size(shape),
				  NN_MAX_DIMS);
	t->n_dims = (int)json_array_size(shape);
	t->n = 1;
	for (int i = 0; i < t->n_dims; i++) {
		if (get_size(json_array_get(shape, i), &t->shape[i]) < 0)
			return cp_err_set(err, "%s: tensor '%s': size %d of its shape is not a whole number from 0 on", file, t->name, i);
		if (cp_mul(t->n, t->shape[i], &t->n) < 0)
			return cp_err_set(err, "%s: tensor '%s': the product of its shape does not fit a size", file, t->name);
	}
	if (cp_mul(t->n, nn_dtype_size(t->dtype), &t->n_bytes) < 0)
		return cp_err_set(err, "%s: tensor '%s': its bytes do not fit a size", file, t->name);
	return 0;
}

/* One entry of the header, checked against the n_data bytes after it. */
static int read_tensor(struct nn_tensor *t, const char *name, const json_t *entry, const unsigned char *data, size_t n_data, const char *file,
		       struct cp_err *err)
{
	const char *dtype = json_string_value(json_object_get(entry, "dtype"));
	const json_t *offsets = json_object_get(entry, "data_offsets");
	size_t begin, end;

	t->name = name;
	if (!json_is_object(entry))
		return cp_err_set(err, "%s: tensor '%s' is described by something other than a JSON object", file, name);
	if (dtype_by_name(dtype, &t->dtype) < 0)
		return cp_err_set(err, "%s: tensor '%s' has dtype '%.20s'; expected one of F64 F32 F16 BF16 I64 I32 I16 I8 U64 U32 U16 U8 BOOL",
				  file, name, dtype ? dtype : "(none)");
	if (read_shape(t, json_object_get(entry, "shape"), file, err) < 0)
		return -1;
	if (json_array_size(offsets) != 2 || get_size(json_array_get(offsets, 0), &begin) < 0 || get_size(json_array_get(offsets, 1), &end) < 0)
		return cp_err_set(err, "%s: tensor '%s': data_offsets are not two whole numbers from 0 on", file, name);
	if (begin > end || end > n_data)
		return cp_err_set(err, "%s: tensor '%s': data_offsets [%zu, %zu) do not lie within the %zu bytes of data", file, name, begin, end,
				  n_data);
	if (end - begin != t->n_bytes)
		return cp_err_set(err, "%s: tensor '%s' holds %zu bytes; its shape and dtype %s ask for %zu", file, name, end - begin, dtype,
				  t->n_bytes);
	t->data = data + begin;
	return 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct nn_tensor *x = a, *y = b;
	const char *p = x->data, *q = y->data;

	if (p != q)
		return p < q ? -1 : 1;
	if (x->n_bytes != y->n_bytes)
		return x->n_bytes < y->n_bytes ? -1 : 1;	/* empty ones first */
	return strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct nn_tensor *const *)a)->name, (*(const struct nn_tensor *const *)b)->name);
}

static int check_metadata(const struct nn_safetensors *s, struct cp_err *err)
{
	json_t *meta = json_object_get(s->header, "__metadata__"), *value;
	const char *key;

	if (meta && !json_is_object(meta))
		return cp_err_set(err, "%s: __metadata__ is not a JSON object", s->name);
	json_object_foreach(meta, key, value)
		if (!json_is_string(value))
			return cp_err_set(err, "%s: __metadata__ '%s' is not a string", s->name, key);
	return 0;
}

/* Every byte of data belongs to exactly one tensor. */
static int check_cover(const struct nn_safetensors *s, const unsigned char *data, size_t n_data, struct cp_err *err)
{
	size_t at = 0;

	for (size_t i = 0; i < s->n; i++) {
		size_t begin = (size_t)((const unsigned char *)s->tensors[i].data - data);
		if (begin < at)
			return cp_err_set(err, "%s: tensors '%s' and '%s' overlap", s->name, s->tensors[i - 1].name, s->tensors[i].name);
		if (begin > at)
			return cp_err_set(err, "%s: bytes %zu to %zu before tensor '%s' belong to no tensor", s->name, at, begin,
					  s->tensors[i].name);
		at = begin + s->tensors[i].n_bytes;
	}
	if (at != n_data)
		return cp_err_set(err, "%s: %zu bytes of data, but the tensors end at %zu", s->name, n_data, at);
	return 0;
}

static int read_tensors(struct nn_safetensors *s, size_t header_bytes, struct cp_err *err)
{
	const unsigned char *data = s->bytes + 8 + header_bytes;
	size_t n_data = s->n_bytes - 8 - header_bytes;
	const char *key;
	json_t *entry;

	s->tensors = cp_xcalloc(json_object_size(s->header) + 1, sizeof *s->tensors);
	s->by_name = cp_xcalloc(json_object_size(s->header) + 1, sizeof *s->by_name);
	json_object_foreach(s->header, key, entry) {
		if (!strcmp(key, "__metadata__"))
			continue;
		if (read_tensor(&s->tensors[s->n], key, entry, data, n_data, s->name, err) < 0)
			return -1;
		s->n++;
	}
	qsort(s->tensors, s->n, sizeof *s->tensors, by_offset);
	for (size_t i = 0; i < s->n; i++)
		s->by_name[i] = &s->tensors[i];
	qsort(s->by_name, s->n, sizeof *s->by_name, by_name);
	return check_cover(s, data, n_data, err);
}

static int read_header(struct nn_safetensors *s, struct cp_err *err)
{
	json_error_t why;

	if (s->n_bytes < 8)
		return cp_err_set(err, "%s: %zu bytes, too short for safetensors: expected 8 bytes with the length of the header", s->name,
				  s->n_bytes);
	uint64_t n = cp_get_u64le(s->bytes);
	if (cp_is_lfs_pointer(s->bytes, s->n_bytes, s->name, err))
		return -1;
	if ((n > MAX_HEADER || (s->n_bytes > 8 && s->bytes[8] != '{')) && cp_is_foreign(s->bytes, s->n_bytes, s->name, CP_A_MODEL, err))
		return -1;
	if (n > MAX_HEADER)
		return cp_err_set(err, "%s: not safetensors: its header would be %llu bytes long, %d is the most", s->name,
				  (unsigned long long)n, MAX_HEADER);
	if (n > s->n_bytes - 8)
		return cp_err_set(err, "%s: cut short: a header of %llu bytes is announced, %zu are there", s->name, (unsigned long long)n,
				  s->n_bytes - 8);
	s->header = json_loadb((const char *)s->bytes + 8, n, JSON_REJECT_DUPLICATES, &why);
	if (!s->header)
		return cp_err_set(err, "%s: safetensors header, byte %d: %s", s->name, 8 + why.position, why.text);
	if (!json_is_object(s->header))
		return cp_err_set(err, "%s: the safetensors header is not a JSON object", s->name);
	if (check_metadata(s, err) < 0)
		return -1;
	return read_tensors(s, n, err);
}

struct nn_safetensors *nn_safetensors_open_bytes(const void *data, size_t n_bytes, const char *name, struct cp_err *err)
{
	struct nn_safetensors *s = cp_xcalloc(1, sizeof *s);

	s->name = cp_xstrdup(name);
	s->bytes = data;
	s->n_bytes = n_bytes;
	if (read_header(s, err) < 0) {
		nn_safetensors_close(s);
		return NULL;
	}
	return s;
}

static void add_bytes(struct cp_digest *d, const void *tensor)
{
	const struct nn_tensor *t = tensor;
	cp_digest_add(d, t->data, t->n_bytes);
}

int nn_safetensors_verify(const struct nn_safetensors *s, struct cp_err *err)
{
	const char *written = nn_safetensors_meta(s, "digest");
	char hex[33];
	if (!written)
		return 1;
	struct nn_covered *c = cp_xcalloc(s->n + 1, sizeof *c);
	for (size_t i = 0; i < s->n; i++)
		c[i] = (struct nn_covered){ s->tensors[i].name, &s->tensors[i], add_bytes };
	nn_safetensors_digest(json_object_get(s->header, "__metadata__"), c, s->n, hex);
	free(c);
	return strcmp(hex, written) ? cp_err_set(err, "%s: damaged: its content has the digest %s, and %.40s was written", s->name, hex, written) : 0;
}

/* The bytes of a regular file, mapped; an empty one gives "" (mmap refuses it). */
static const void *map_file(const char *path, size_t *n_bytes, struct cp_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);	/* a pipe without a writer would keep us */
	const void *map = NULL;
	struct stat st;

	if (fd < 0) {
		cp_err_set(err, "%s: open: %m", path);
		return NULL;
	}
	if (fstat(fd, &st) < 0)
		cp_err_set(err, "%s: stat: %m", path);
	else if (!S_ISREG(st.st_mode))
		cp_err_set(err, "%s: not a regular file", path);
	else if (st.st_size == 0)
		cp_err_set(err, "%s: empty; expected safetensors", path);
	else if ((map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0)) == MAP_FAILED) {
		cp_err_set(err, "%s: mmap: %m", path);
		map = NULL;
	} else {
		*n_bytes = (size_t)st.st_size;
	}
	close(fd);
	return map;
}

struct nn_safetensors *nn_safetensors_open(const char *path, struct cp_err *err)
{
	size_t n_bytes = 0;
	const void *map = map_file(path, &n_bytes, err);
	struct nn_safetensors *s = map ? nn_safetensors_open_bytes(map, n_bytes, path, err) : NULL;

	if (s)
		s->is_mapped = 1;
	else if (map)
		munmap((void *)map, n_bytes);
	return s;
}

void nn_safetensors_close(struct nn_safetensors *s)
{
	if (!s)
		return;
	if (s->is_mapped)
		munmap((void *)s->bytes, s->n_bytes);
	json_decref(s->header);
	free(s->tensors);
	free(s->by_name);
	free(s->name);
	free(s);
}

size_t nn_safetensors_count(const struct nn_safetensors *s)
{
	return s->n;
}

const struct nn_tensor *nn_safetensors_at(const struct nn_safetensors *s, size_t i)
{
	return &s->tensors[i];
}

const struct nn_tensor *nn_safetensors_find(const struct nn_safetensors *s, const char *name)
{
	struct nn_tensor wanted = { .name = name }, *key = &wanted;
	const struct nn_tensor **hit = bsearch(&key, s->by_name, s->n, sizeof *s->by_name, by_name);

	return hit ? *hit : NULL;
}

const char *nn_safetensors_meta(const struct nn_safetensors *s, const char *key)
{
	return json_string_value(json_object_get(json_object_get(s->header, "__metadata__"), key));
}

int nn_tensor_is(const struct nn_tensor *t, int n_dims, const size_t *shape)
{
	return t->n_dims == n_dims && !memcmp(t->shape, shape, (size_t)n_dims * sizeof *shape);
}

/* -- elements -- */

static uint16_t get_u16le(const unsigned char *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

/* IEEE 754 half: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
static double half_to_double(uint16_t h)
{
	int exponent = h >> 10 & 31, fraction = h & 1023;
	double v = exponent == 31 ? (fraction ? NAN : INFINITY) : exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);

	return h & 0x8000 ? -v : v;
}

static float bits_to_float(uint32_t u)
{
	float f;

	memcpy(&f, &u, sizeof f);
	return f;
}

static double get_real(enum nn_dtype dtype, const unsigned char *p)
{
	uint64_t u;
	double d;

	switch (dtype) {
	case NN_F64:
		u = cp_get_u64le(p);
		memcpy(&d, &u, sizeof d);
		return d;
	case NN_F16:
		return half_to_double(get_u16le(p));
	case NN_BF16:
		return bits_to_float((uint32_t)get_u16le(p) << 16);
	default:
		return bits_to_float(cp_get_u32le(p));
	}
}

static int64_t get_int(enum nn_dtype dtype, const unsigned char *p)
{
	switch (dtype) {
	case NN_I64: case NN_U64:
		return (int64_t)cp_get_u64le(p);
	case NN_I32:
		return (int32_t)cp_get_u32le(p);
	case NN_U32:
		return cp_get_u32le(p);
	case NN_I16:
		return (int16_t)get_u16le(p);
	case NN_U16:
		return get_u16le(p);
	case NN_I8:
		return (int8_t)*p;
	default:
		return *p;
	}
}

static int check_kind(const struct nn_tensor *t, size_t n, int want_real, struct cp_err *err)
{
	int is_real = t->dtype == NN_F64 || t->dtype == NN_F32 || t->dtype == NN_F16 || t->dtype == NN_BF16;

	if (is_real != want_real)
		return cp_err_set(err, "tensor '%s' holds %s; expected %s", t->name, nn_dtype_name(t->dtype), want_real ? "floats" : "integers");
	if (t->n != n)
		return cp_err_set(err, "tensor '%s' holds %zu elements; expected %zu", t->name, t->n, n);
	return 0;
}

int nn_tensor_floats(const struct nn_tensor *t, nn_float *out, size_t n, struct cp_err *err)
{
	size_t size = nn_dtype_size(t->dtype);
	const unsigned char *p = t->data;

	if (check_kind(t, n, 1, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		out[i] = (nn_float)get_real(t->dtype, p + i * size);
	return 0;
}

int nn_tensor_doubles(const struct nn_tensor *t, double *out, size_t n, struct cp_err *err)
{
	size_t size = nn_dtype_size(t->dtype);
	const unsigned char *p = t->data;

	if (check_kind(t, n, 1, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		out[i] = get_real(t->dtype, p + i * size);
	return 0;
}

int nn_tensor_u64(const struct nn_tensor *t, uint64_t *out, size_t n, struct cp_err *err)
{
	size_t size = nn_dtype_size(t->dtype);
	const unsigned char *p = t->data;

	if (check_kind(t, n, 0, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int64_t v = get_int(t->dtype, p + i * size);
		if (v < 0 && t->dtype != NN_U64)
			return cp_err_set(err, "tensor '%s': element %zu is %lld; expected none below 0", t->name, i, (long long)v);
		out[i] = (uint64_t)v;
	}
	return 0;
}
