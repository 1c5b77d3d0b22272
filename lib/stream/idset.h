/* A set of token ids below CP_TOKEN_LIMIT, as bits: word i/64, bit i%64.  As text: bytes from the lowest id on, low bit first, as hex
 * digits, without the empty bytes at the end ("" is the empty set). */
#ifndef CP_IDSET_H
#define CP_IDSET_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct cp_idset {
	uint64_t *word;
	size_t n_words;
};

void cp_idset_release(struct cp_idset *);
void cp_idset_add(struct cp_idset *, const uint32_t *ids, size_t n);
void cp_idset_join(struct cp_idset *, const struct cp_idset *);
int cp_idset_equal(const struct cp_idset *, const struct cp_idset *);
void cp_idset_print(const struct cp_idset *, struct cp_buf *);
int cp_idset_parse(struct cp_idset *, const char *hex);	/* <0: not such a text */

#endif
