/* Sorting pairs of numbers where they lie.
 *
 * The C library's qsort may take as much memory again as it sorts; this takes none, for arrays of a row each.  `less` is a total order: no
 * two pairs are equal under it.  The result depends on the pairs only.
 *
 *     cp_pairs_sort(v, n, by_time, NULL);
 */
#ifndef CP_PAIRS_H
#define CP_PAIRS_H

#include <stddef.h>
#include <stdint.h>

struct cp_pair {
	uint64_t a, b;
};

typedef int cp_pair_less(const struct cp_pair *, const struct cp_pair *, const void *ctx);

void cp_pairs_sort(struct cp_pair *, size_t n, cp_pair_less *less, const void *ctx);

#endif
