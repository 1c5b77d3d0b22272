/* Safetensors: named arrays in one file (github.com/huggingface/safetensors, README "Format").
 *
 *     8 bytes      N, length of the header, little-endian
 *     N bytes      JSON: { "__metadata__": {string: string}, NAME: {"dtype": "F32", "shape": [..], "data_offsets": [begin, end]}, ... }
 *     the rest     the arrays, row-major, little-endian; offsets count from here
 *
 * The reader maps the file and trusts nothing: lengths, offsets, shapes and types are checked against each other and against the file,
 * arrays may neither overlap nor leave gaps, names are unique.  What is wrong is one sentence.  Tensors point into the mapping and live
 * as long as the reader.
 *
 *     struct nn_safetensors *s = nn_safetensors_open(path, err);                 // NULL: err tells
 *     const struct nn_tensor *t = nn_safetensors_find(s, "encoder.weight");      // NULL: not there
 *     if (nn_tensor_floats(t, w, n, err) < 0) ...                                // any float type, converted
 *     nn_safetensors_close(s);
 *
 *     struct nn_safetensors_out *o = nn_safetensors_out_new();
 *     nn_safetensors_out_meta(o, "format", "pt");
 *     nn_safetensors_out_add(o, "w", NN_F32, 2, (size_t[]){ 3, 4 }, w);          // w is read at write, not now
 *     rc = nn_safetensors_out_write(o, path, err);  nn_safetensors_out_free(o);
 *
 * A file may carry a digest of its metadata and arrays, whatever their order, in the metadata as "digest"; a program that edits the file must drop it.
 *
 * What the writer writes follows from what was added and its order alone.  Wider types stand first (in order of addition among equals)
 * and the header is padded to 8, so every array is aligned to its type without gaps.
 */
#ifndef NN_SAFETENSORS_H
#define NN_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "nn/float.h"

enum nn_dtype { NN_F64, NN_F32, NN_F16, NN_BF16, NN_I64, NN_I32, NN_I16, NN_I8, NN_U64, NN_U32, NN_U16, NN_U8, NN_BOOL };

size_t nn_dtype_size(enum nn_dtype);
const char *nn_dtype_name(enum nn_dtype);	/* "F32" */

#define NN_MAX_DIMS 8
struct nn_tensor {
	const char *name;
	enum nn_dtype dtype;
	int n_dims;			/* 0: a scalar */
	size_t shape[NN_MAX_DIMS];
	size_t n;			/* number of elements: product of shape */
	size_t n_bytes;
	const void *data;		/* may not be aligned to its type */
};

struct nn_safetensors;
struct nn_safetensors *nn_safetensors_open(const char *path, struct cp_err *);
/* The same over bytes in memory, which must outlive the reader; `name` is what messages call them. */
struct nn_safetensors *nn_safetensors_open_bytes(const void *data, size_t n_bytes, const char *name, struct cp_err *);
void nn_safetensors_close(struct nn_safetensors *);	/* NULL allowed */

size_t nn_safetensors_count(const struct nn_safetensors *);
const struct nn_tensor *nn_safetensors_at(const struct nn_safetensors *, size_t i);	/* in order of their offsets */
const struct nn_tensor *nn_safetensors_find(const struct nn_safetensors *, const char *name);
/* A value of the metadata, or NULL. */
const char *nn_safetensors_meta(const struct nn_safetensors *, const char *key);

/* Whether it has this shape. */
int nn_tensor_is(const struct nn_tensor *, int n_dims, const size_t *shape);

/* Is the content that which was written?  0: it has the digest named in the metadata; 1: none is named; -1: it has another. */
int nn_safetensors_verify(const struct nn_safetensors *, struct cp_err *);

/* Copy t's n elements into out, converted; <0 where t has another number of elements or another kind of type.  floats and doubles take
 * F64 F32 F16 BF16; u64 takes all integers and BOOL and refuses a negative value. */
int nn_tensor_floats(const struct nn_tensor *, nn_float *out, size_t n, struct cp_err *);
int nn_tensor_doubles(const struct nn_tensor *, double *out, size_t n, struct cp_err *);
int nn_tensor_u64(const struct nn_tensor *, uint64_t *out, size_t n, struct cp_err *);

struct nn_safetensors_out;
struct nn_safetensors_out *nn_safetensors_out_new(void);
void nn_safetensors_out_free(struct nn_safetensors_out *);
/* Copied; UTF-8.  A key or name given twice, or bytes that are not UTF-8, are found by write. */
void nn_safetensors_out_meta(struct nn_safetensors_out *, const char *key, const char *value);
void nn_safetensors_out_digest(struct nn_safetensors_out *);	/* the file is to carry one */
/* name and shape are copied, data is read by write */
void nn_safetensors_out_add(struct nn_safetensors_out *, const char *name, enum nn_dtype, int n_dims, const size_t *shape, const void *data);
/* Stored as F32, in the double build too. */
void nn_safetensors_out_floats(struct nn_safetensors_out *, const char *name, int n_dims, const size_t *shape, const nn_float *data);
int nn_safetensors_out_write(struct nn_safetensors_out *, const char *path, struct cp_err *);	/* whole or not at all */

#endif
