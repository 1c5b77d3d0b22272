/* BERT's normalizer: what happens to a text before it is cut into words.
 *
 * In this order (PyPI tokenizers' BertNormalizer; Devlin's tokenization.py lower-cases before it decomposes, which differs for a handful
 * of characters): control characters, NUL and U+FFFD go, white space becomes a space; ideographs get a space at either side; accents go
 * (canonical decomposition without nonspacing marks); lower case.
 */
#ifndef CP_BERTNORM_H
#define CP_BERTNORM_H

#include <stddef.h>

#include "text/tokenizer.h"

struct cp_bert_norm {
	int clean, cjk, strip_accents, lower;
};

/* Append the code points of s[0..n-1], normalized, to *runes (a list of code points, here). */
void cp_bert_normalize(const struct cp_bert_norm *, const char *s, size_t n, struct cp_ids *runes);

/* The next word of runes[0..n-1] (BertPreTokenizer): up to white space or punctuation, which is a word of its own, sign by sign.
 * 1 and [*from, *to), or 0 at the end.  *to is where the next call goes on: 0 for the first. */
int cp_bert_word(const uint32_t *runes, size_t n, size_t *from, size_t *to);

#endif
