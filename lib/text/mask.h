/* Masks for masked-language-model training.
 *
 * Each token that is not special is chosen with probability `rate`; a chosen one becomes the mask token (80 %), a uniformly random id of
 * the vocabulary (10 %) or stays (10 %), and is to be predicted (Devlin et al., arXiv 1810.04805, section 3.1).  Special, so never
 * chosen: cls, sep, pad, mask and unk.  A random id may be any, these included.
 *
 * The mask of a row is a pure function of (spec, epoch, row number, ids): nothing else, no state.  So a stream can carry epoch 0, training
 * draws the later epochs by the same call, and parts of a stream masked apart equal the whole.
 *
 *     struct cp_mask_spec spec = CP_MASK_SPEC_DEFAULT;
 *     cp_mask_spec_tokenizer(&spec, tok, err);
 *     struct cp_ids pairs = {0};
 *     cp_mask_row(&spec, epoch, row, ids.v, ids.n, &pairs);      // pairs.v[2*i] a position, pairs.v[2*i+1] the id put there
 *
 * A chosen token that stays has a pair too: (position, its own id).
 */
#ifndef CP_MASK_H
#define CP_MASK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "text/tokenizer.h"

struct cp_mask_spec {
	uint64_t seed;
	double rate;		/* of tokens chosen */
	double share_mask, share_random;	/* of those chosen; the rest stay */
	int is_static;		/* training keeps epoch 0's masks */
	uint32_t vocab_size;	/* random ids are drawn below it */
	uint32_t special[CP_TOK_N_ROLES];	/* CP_TOK_NONE where there is none */
};

#define CP_MASK_SPEC_DEFAULT { .seed = 1, .rate = 0.15, .share_mask = 0.8, .share_random = 0.1, .special = { \
	CP_TOK_NONE, CP_TOK_NONE, CP_TOK_NONE, CP_TOK_NONE, CP_TOK_NONE } }

/* Vocabulary size and special ids of a tokenizer.  <0 with a sentence when it has no mask token. */
int cp_mask_spec_tokenizer(struct cp_mask_spec *, const struct cp_tokenizer *, struct cp_err *);

/* Is it one of the tokenizer's special ids, which are never masked? */
int cp_mask_special(const struct cp_mask_spec *, uint32_t id);

/* Append the pairs of a row, positions ascending, to *pairs. */
void cp_mask_row(const struct cp_mask_spec *, uint64_t epoch, uint64_t row, const uint32_t *ids, size_t n, struct cp_ids *pairs);

#endif
