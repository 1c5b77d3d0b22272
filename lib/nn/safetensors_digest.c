/* The metadata as JSON, sorted by key; then of each array, sorted by name, the name with its end and the bytes. */
#include "nn/safetensors_digest.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct nn_covered *)a)->name, ((const struct nn_covered *)b)->name);
}

static void add_metadata(struct cp_digest *d, const json_t *meta)
{
	json_t *but = meta ? json_copy((json_t *)meta) : json_object();
	json_object_del(but, "digest");
	char *text = json_dumps(but, JSON_COMPACT | JSON_SORT_KEYS);
	cp_digest_add(d, text, strlen(text));
	free(text);
	json_decref(but);
}

void nn_safetensors_digest(const json_t *meta, struct nn_covered *c, size_t n, char hex[33])
{
	struct cp_digest *d = cp_digest_new();
	add_metadata(d, meta);
	qsort(c, n, sizeof *c, by_name);
	for (size_t i = 0; i < n; i++) {
		cp_digest_add(d, c[i].name, strlen(c[i].name) + 1);
		c[i].add(d, c[i].array);
	}
	cp_digest_hex(d, hex);
	cp_digest_free(d);
}
