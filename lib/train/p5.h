/* P5 (Geng et al., RecSys 2022), recommendation as language: T5 reads the row as a sentence, with whole-word embeddings, and answers "yes" or
 * "no".  Trained on the cross-entropy of the right answer; the score is P(yes) / (P(yes) + P(no)), taken at the first piece in which the two
 * answers differ.
 *
 *     struct cp_p5 *p = cp_p5_new(tokenizer, &config, "p5.cpm", err);
 *     cp_p5_feed(p, &feed, token, n, clicked, key);           // a row, which goes into the feed
 *     cp_p5_free(p);
 */
#ifndef CP_P5_H
#define CP_P5_H

#include "plm/plm.h"
#include "text/tokenizer.h"

#define CP_P5_WORDS 512		/* rows of the whole-word embeddings */

struct cp_p5 {
	const struct cp_tokenizer *tokenizer;	/* the caller's */
	struct cp_ids answer[2];	/* no and yes, the end with them */
	size_t turn;			/* where they first differ */
	struct cp_ids words;		/* of the row at hand */
};

/* NULL and a sentence where the tokenizer writes both answers alike, or with ids that the model has not got. */
struct cp_p5 *cp_p5_new(const struct cp_tokenizer *, const struct plm_config *, const char *name, struct cp_err *);
void cp_p5_free(struct cp_p5 *);

void cp_p5_feed(struct cp_p5 *, struct plm_feed *, const uint32_t *token, size_t n, int clicked, uint64_t key);

/* The ids that occur in an answer, ascending; the caller frees them. */
struct nn_cut cp_p5_cut(const struct cp_p5 *);

#endif
