/* Merging pairs by count: how a vocabulary is trained (Sennrich et al., arXiv 1508.07909).
 *
 * Words are sequences of pieces, with a count.  The pair of neighbours that occurs most often becomes one piece, everywhere, again and again,
 * until there are enough pieces or no pair occurs often enough.  Of pairs with one count, the one whose spelling comes first in byte order (the
 * left piece's, then the right one's) is merged.  So the result depends on the words and their counts and on nothing else.
 *
 *     struct cp_merger *m = cp_merger_new(0);
 *     uint32_t a = cp_merger_add(m, "a", 1), ...;      // pieces to begin with
 *     cp_merger_word(m, pieces, n, count);  ...
 *     cp_merger_run(m, size, min_count);
 *     for (uint32_t i = 0; i < cp_merger_size(m); i++) puts(cp_merger_spelling(m, i));
 *     cp_merger_free(m);
 */
#ifndef CP_PAIRMERGE_H
#define CP_PAIRMERGE_H

#include <stddef.h>
#include <stdint.h>

#include "text/tokenizer.h"

struct cp_merger;

/* skip: how many bytes of a right piece's spelling are left out in what it makes with a left one ("##"). */
struct cp_merger *cp_merger_new(size_t skip);
void cp_merger_free(struct cp_merger *);

/* The number of the piece with this spelling; a new one if there is none.  They count from 0.  _find: UINT32_MAX if there is none. */
uint32_t cp_merger_add(struct cp_merger *, const char *s, size_t n);
uint32_t cp_merger_find(const struct cp_merger *, const char *s, size_t n);
size_t cp_merger_size(const struct cp_merger *);
const char *cp_merger_spelling(const struct cp_merger *, uint32_t piece);

void cp_merger_word(struct cp_merger *, const uint32_t *pieces, uint32_t n, uint64_t count);

/* Once, after the last word. */
void cp_merger_run(struct cp_merger *, size_t size, uint64_t min_count);

/* The pairs that were merged, in order: left and right in turn.  Of the merger. */
const struct cp_ids *cp_merger_rules(const struct cp_merger *);

#endif
