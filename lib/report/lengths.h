/* Lengths of lists, texts and the like, counted: their mean and exact quantiles.  Lengths of CP_LENGTHS_MAX and more are one, but for the
 * longest.  Begin with all zero. */
#ifndef CP_LENGTHS_H
#define CP_LENGTHS_H

#include <stddef.h>
#include <stdint.h>

#define CP_LENGTHS_MAX 65536

struct cp_lengths {
	uint64_t *count;
	size_t cap;
	uint64_t n, sum, shortest, longest;
};

void cp_lengths_add(struct cp_lengths *, uint64_t length);
void cp_lengths_release(struct cp_lengths *);
double cp_lengths_mean(const struct cp_lengths *);		/* NaN: none */
uint64_t cp_lengths_quantile(const struct cp_lengths *, double share);	/* the least length that this share of them does not exceed */
uint64_t cp_lengths_above(const struct cp_lengths *, uint64_t length);	/* how many are longer */
uint64_t cp_lengths_equal(const struct cp_lengths *, uint64_t length);

#endif
