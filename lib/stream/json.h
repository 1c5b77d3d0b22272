/* Two small helps around jansson, for the texts inside a stream. */
#ifndef CP_STREAM_JSON_H
#define CP_STREAM_JSON_H

#include <jansson.h>

#include "base/err.h"
#include "base/mem.h"

/* Compact and canonical: members in their order, reals by 15 digits where that reads back the same, else by 17. */
int cp_json_print(const json_t *, struct cp_buf *, struct cp_err *);

/* An object, or NULL and a sentence that begins with `what`. */
json_t *cp_json_object(const char *text, size_t n, const char *what, struct cp_err *);

/* Chains of steps are stored as one table of steps and, a chain, an array of indices into it.  _put appends the chain's steps to the
 * table where they are not there yet and gives the array (a new reference); _get is the way back, NULL where an index is not good. */
json_t *cp_chain_put(json_t *steps, const json_t *chain);
json_t *cp_chain_get(const json_t *steps, const json_t *indices);

#endif
