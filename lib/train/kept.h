/* What a language model makes of rows where it makes the same of them in every epoch: it is frozen, and has neither dropout nor prompts.  Its
 * layers are then computed once a row, all rows in their order, and a row's vector lies in a temporary file (in TMPDIR, else /tmp, without a
 * name); a step reads those of its rows.  The numbers are those of computing them anew.
 *
 *     struct cp_kept k = { 0 };
 *     while (...)                                              // 1: asked to stop, come again
 *             rc = k.n ? 0 : cp_kept_fill(&k, model, &rows, &stop, err);
 *     cp_kept_read(&k, places, n, vectors, err);
 *     cp_kept_release(&k);
 */
#ifndef CP_KEPT_H
#define CP_KEPT_H

#include <signal.h>
#include <stdio.h>

#include "train/model.h"

struct cp_kept {
	FILE *f;
	size_t n, width;		/* rows; numbers of each */
	uint64_t tokens;		/* of all rows */
};

/* Of a model that was built with .keeps set, as its graph is set at the moment.  0, 1 asked to stop, and then nothing is kept, -1. */
int cp_kept_fill(struct cp_kept *, struct cp_model *, const struct cp_data *, const volatile sig_atomic_t *stop, struct cp_err *);
int cp_kept_read(const struct cp_kept *, const uint32_t *places, size_t n, nn_float *to /* (n, width) */, struct cp_err *);
void cp_kept_release(struct cp_kept *);

#endif
