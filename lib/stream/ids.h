/* A set of token ids below CP_TOKEN_LIMIT, as bits: word i/64, bit i%64.  As text: bytes from the lowest id on, low bit first, as hex
 * digits, without the empty bytes at the end ("" is the empty set). */
#ifndef CP_IDS_H
#define CP_IDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct cp_ids {
	uint64_t *word;
	size_t n_words;
};

void cp_ids_release(struct cp_ids *);
void cp_ids_add(struct cp_ids *, const uint32_t *ids, size_t n);
void cp_ids_join(struct cp_ids *, const struct cp_ids *);
int cp_ids_equal(const struct cp_ids *, const struct cp_ids *);
void cp_ids_print(const struct cp_ids *, struct cp_buf *);
int cp_ids_parse(struct cp_ids *, const char *hex);	/* <0: not such a text */

#endif
