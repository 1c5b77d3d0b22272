/* Unicode as tokenizers use it: classes of code points, lower case, canonical decomposition.
 *
 * The tables are utf8proc's.  A tokenizer has to give the ids a model was trained with, though, and those came from a library (PyPI tokenizers)
 * whose own tables are older, each of its parts another age: its classes of characters are of Unicode 8 (a mark or a punctuation sign that was
 * added later is, to it, a character like a letter), its canonical decomposition and order of Unicode 9, its expressions, which cut the words of
 * byte-level BPE, of Unicode 14.  The few ranges where this shows are listed in unicode.c, so what is answered here is that library's answer for
 * every code point (with utf8proc's Unicode 15; a later utf8proc may know characters that the lists do not have, in scripts which no vocabulary of
 * today has).  t/peer/tokenizers-differ.py --code-points asks both about all of them.
 */
#ifndef CP_UNICODE_H
#define CP_UNICODE_H

#include <stddef.h>
#include <stdint.h>

/* The end of the extended grapheme cluster ("user-perceived character", Unicode Standard Annex 29) that begins at s[from], from < n. */
size_t cp_grapheme_end(const char *s, size_t n, size_t from);

/* General category C, but for the unassigned: control, format, private use. */
int cp_rune_is_control(uint32_t c);
int cp_rune_is_space(uint32_t c);	/* property White_Space */
int cp_rune_is_mark(uint32_t c);	/* category Mn: nonspacing marks, accents once decomposed */
int cp_rune_is_punct(uint32_t c);	/* category P, and every printable ASCII sign that is no letter or digit (BERT's rule) */
int cp_rune_is_cjk(uint32_t c);		/* the blocks of ideographs that BERT takes one by one; no kana, no hangul */
int cp_rune_is_word(uint32_t c);	/* \w of a regular expression */
int cp_rune_is_letter(uint32_t c);	/* category L, \p{L} */
int cp_rune_is_number(uint32_t c);	/* category N, \p{N} */

/* Lower case by code point, without context; returns how many are in out (2 only for U+0130). */
int cp_rune_lower(uint32_t c, uint32_t out[2]);

/* Canonical decomposition (NFD) of one code point, in full: at most 18 code points. */
#define CP_NFD_MAX 18
int cp_rune_decompose(uint32_t c, uint32_t out[CP_NFD_MAX]);

/* Canonical ordering, in place, of code points already decomposed.  Linear, whatever the input. */
void cp_runes_order(uint32_t *c, size_t n);

#endif
