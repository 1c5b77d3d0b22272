/* What the tokens and mask columns of a stream say of themselves, so that training can go on from there.
 *
 *     tokens   vocab_size, cls, sep, pad, mask, unk (where the tokenizer has them), tokenizer (its digest), max_length; of records, text: what the
 *              column text said of itself, which may be dropped once its tokens are there
 *     mask     seed, rate, epoch, share_mask, share_random, static (true: later epochs keep this one)
 */
#ifndef CP_MASKCOL_H
#define CP_MASKCOL_H

#include "base/err.h"
#include "stream/schema.h"
#include "text/mask.h"
#include "text/tokenizer.h"

void cp_tokens_describe(struct cp_column *tokens, const struct cp_tokenizer *, size_t max_length);
void cp_mask_describe(struct cp_column *mask, const struct cp_mask_spec *, uint64_t epoch);

/* The spec back.  mask may be NULL: the defaults of CP_MASK_SPEC_DEFAULT then stand for what only it says.  -1 and a sentence when an
 * attribute is missing or out of its range. */
int cp_mask_spec_read(struct cp_mask_spec *, const struct cp_column *tokens, const struct cp_column *mask, struct cp_err *);

#endif
