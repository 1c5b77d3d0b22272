/* What the digest of a file covers; for the reader and the writer of safetensors alone.  A change here makes files of before look damaged. */
#ifndef NN_SAFETENSORS_DIGEST_H
#define NN_SAFETENSORS_DIGEST_H

#include <jansson.h>
#include <stddef.h>

#include "base/hash.h"

/* An array by its name; add puts its bytes, as they stand in the file, into the digest. */
struct nn_covered {
	const char *name;
	const void *array;
	void (*add)(struct cp_digest *, const void *array);
};

/* meta: NULL for none; its "digest" is left out.  Sorts what is covered by name, so that the order in the file does not matter. */
void nn_safetensors_digest(const json_t *meta, struct nn_covered *, size_t n, char hex[33]);

#endif
