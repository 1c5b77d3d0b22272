/* SentencePiece's compiled normalization rules ("Precompiled" in a tokenizer.json): what T5's texts go through first.
 *
 * The rules are a map from short strings to strings (for T5, nmt_nfkc: NFKC, and every kind of space and most control characters to a
 * space), stored as
 *
 *     u32le size | size bytes: a double-array trie of u32le units (Darts-clone) | the replacements, each with a NUL after it
 *
 * A unit: bit 8, one of its children is a leaf; bits 10-30, shifted left by 8 where bit 9 is set, the offset of its children; bits 0-7
 * and 31, its label; of a leaf, bits 0-30 are its value, here where the replacement begins.
 *
 * As in PyPI tokenizers: each grapheme cluster of fewer than 6 bytes that begins with a string of the map is replaced as a whole by what the
 * shortest such string maps to; elsewhere code points are, one by one.  (SentencePiece itself takes the longest at each place; the two
 * differ for some sequences of combining marks.)
 */
#ifndef CP_CHARSMAP_H
#define CP_CHARSMAP_H

#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

struct cp_charsmap;

/* From base64.  NULL and a sentence that begins with `name`. */
struct cp_charsmap *cp_charsmap_new(const char *base64, const char *name, struct cp_err *);
void cp_charsmap_free(struct cp_charsmap *);
/* To base64, from the bytes of a SentencePiece model. */
void cp_charsmap_encode(const char *rules, size_t n, struct cp_buf *base64);
const char *cp_charsmap_base64(const struct cp_charsmap *);

/* Append the normalized text; s is UTF-8. */
void cp_charsmap_apply(const struct cp_charsmap *, const char *s, size_t n, struct cp_buf *out);

#endif
