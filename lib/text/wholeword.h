/* Which word a token is a part of, for whole-word embeddings (P5, Geng et al., RecSys 2022): all pieces of one word have its number.
 *
 * A piece begins a word as its algorithm writes it: Unigram with U+2581 in front, byte-level BPE with a white space, WordPiece without "##".
 * Words are numbered from 1 in a row; special tokens have 0.
 */
#ifndef CP_WHOLEWORD_H
#define CP_WHOLEWORD_H

#include "text/tokenizer.h"

/* One number a token, appended; those from `most` on become most - 1. */
void cp_whole_words(const struct cp_tokenizer *, const uint32_t *ids, size_t n, uint32_t most, struct cp_ids *words);

#endif
