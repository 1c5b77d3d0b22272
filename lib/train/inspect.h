/* What a finished model holds, as text: for cp-model.
 *
 * Files are opened without building a graph, so any .cpm can be looked at, whatever it takes to run it.  Results are appended to a buffer.
 *
 *     struct cp_inspect m;
 *     if (cp_inspect_open(&m, "ctr.cpm", err) < 0 || cp_inspect_show(&m, 1, &out, err) < 0) ...
 *     cp_inspect_close(&m);
 */
#ifndef CP_INSPECT_H
#define CP_INSPECT_H

#include <jansson.h>

#include "train/model.h"

struct cp_inspect {
	const char *path;		/* the caller's */
	struct cp_model *model;		/* header and vocabulary, no parameters */
	struct nn_safetensors *file;
	json_t *config;
	char digest[33];		/* of the file */
};

int cp_inspect_open(struct cp_inspect *, const char *path, struct cp_err *);
void cp_inspect_close(struct cp_inspect *);	/* also after a failed open */

int cp_inspect_show(const struct cp_inspect *, int tensors, struct cp_buf *, struct cp_err *);
int cp_inspect_json(const struct cp_inspect *, struct cp_buf *, struct cp_err *);
/* A tensor's numbers, all digits of them: a line for each place of its first dimension, tabs between the others. */
int cp_inspect_tensor(const struct cp_inspect *, const char *name, struct cp_buf *, struct cp_err *);
/* Which configuration differs, which tensors, and by how much: the largest difference, and the norm of it to that of the first. */
int cp_inspect_compare(const struct cp_inspect *, const struct cp_inspect *, struct cp_buf *, struct cp_err *);

/* Values by name: a CSV with columns called as the fields.  NULL: keys alone. */
struct cp_value_names;
struct cp_value_names *cp_value_names_read(const struct cp_inspect *, const char *path, struct cp_err *);
void cp_value_names_free(struct cp_value_names *);

/* Lines of the vocabulary: field, key, count, norm of its row, name; with vectors the row itself in the place of the norm.  field NULL: all. */
int cp_inspect_vocab(const struct cp_inspect *, const char *field, const struct cp_value_names *, int vectors, struct cp_buf *, struct cp_err *);
/* The n values of a field whose rows have the largest cosine with that of `value`: cosine, key, count, name. */
int cp_inspect_neighbours(const struct cp_inspect *, const char *field, const char *value, const struct cp_value_names *, size_t n,
			  struct cp_buf *, struct cp_err *);

/* The mean of n models that differ in their parameters alone; its provenance is their digests. */
int cp_inspect_average(const struct cp_inspect *, size_t n, const char *path, struct cp_err *);

/* Networks whose parameters began as other random numbers have none that correspond, and their mean is ruined.  The first of these n that neither by
 * what it began from (--init's digest, or seed and weights of the language model) nor by way of the others goes together with m[0]; NULL: none, or they
 * are of lr, whose parameters correspond wherever they began. */
const struct cp_inspect *cp_inspect_stranger(const struct cp_inspect *m, size_t n);

#endif
