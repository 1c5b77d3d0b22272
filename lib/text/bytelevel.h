/* Byte-level text, as GPT-2 and RoBERTa take it (Radford et al. 2019; Liu et al., arXiv 1907.11692).
 *
 * Every byte has a visible character of its own (space is U+0120, "Ġ"), so that any text can be spelled in a vocabulary without spaces and control
 * characters and nothing is ever unknown.  Before the bytes are merged, the text is cut into words by one pattern,
 *
 *     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *
 * that is: an English ending; letters, digits or signs with the space before them; white space but for its last character, which goes with
 * what comes after it if it is a space.  All of the text is in some word.
 *
 *     for (size_t i = 0, end; i < n; i = end) {
 *             end = cp_gpt2_word(s, n, i);
 *             ... the word s[i..end-1] ...
 *     }
 */
#ifndef CP_BYTELEVEL_H
#define CP_BYTELEVEL_H

#include <stddef.h>

/* The character that stands for a byte, in UTF-8; returns its length, 1 or 2. */
size_t cp_byte_spelling(unsigned char byte, char out[2]);

/* The end of the word that begins at s[from], from < n.  s is UTF-8.  A pass over all words takes time in proportion to n. */
size_t cp_gpt2_word(const char *s, size_t n, size_t from);

#endif
