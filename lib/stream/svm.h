/* Rows for other learners, one line each: libsvm ("1 17:1 20003:0.5", read by LIBSVM, LIBLINEAR, LightGBM, XGBoost, xLearn) and libffm
 * ("1 0:17:1 5:20003:0.5": field, index, value; read by LIBFFM and xLearn).
 *
 * The features are the key, keys and number columns in the schema's order; label, times, rows, weights, text and tokens are not features.
 * With m number columns and b hash bits:
 *
 *     number j (from 0)    index j + 1, value the number; a missing one is left out
 *     key                  index m + 1 + (the upper b bits of the key), value 1; the field is in the key, so fields have different indices,
 *                          but for chance
 *     keys                 each member an index as a key's, value 1 / number of members, so that their sum is the mean
 *
 * Indices ascend (libffm: within a field; the field is the number of the column among the features).  Where two of a libsvm line, or of a
 * libffm line's field, meet at one index, their values are added.
 */
#ifndef CP_SVM_H
#define CP_SVM_H

#include <stdio.h>

#include "stream/stream.h"

struct cp_svm_writer;

/* NULL: no label column, or no feature.  f stays the caller's.  hash_bits: 1 .. 30. */
struct cp_svm_writer *cp_svm_open(FILE *f, const struct cp_schema *, int with_fields, int hash_bits, struct cp_err *);
int cp_svm_block(struct cp_svm_writer *, size_t n_rows, const struct cp_values *, struct cp_err *);
void cp_svm_abort(struct cp_svm_writer *);		/* frees it: there is nothing to write at the end */

#endif
