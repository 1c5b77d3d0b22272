/* Learning what buckets and standard numbers need: the quantiles of a column, its mean and its deviation.
 *
 * Rows are sampled, not values: those with the k smallest hashes of (seed, row), all of them where there are no more than k.  So what is learnt
 * depends on which rows there are and on nothing else, not their order nor how they are cut into parts; up to k rows it is exact.
 * k is 1,048,576, less where there are so many columns that 128 MiB would not hold them.
 *
 * The bounds of N buckets over n sorted values v: v[floor(i n / N)] for i = 1..N-1, of equal ones the first only, and none that is the
 * smallest value.  A bound is a value, and the bucket it begins holds it: so no bucket is empty, and where values are few or often the
 * same there are fewer than N.
 *
 * The deviation is sqrt(sum (v - mean)^2 / n), summed from the smallest value on; 1 where no value differs from another, and a column without any
 * has the mean 0.
 *
 *     struct cp_learn *l = cp_learn_new(n_columns, seed);
 *     cp_learn_row(l, row, values);                                            // NaN: missing
 *     size_t n = cp_learn_bounds(l, column, n_buckets, bound, &n_values);      // room for n_buckets - 1
 *     n_values = cp_learn_standard(l, column, &mean, &deviation);
 *     cp_learn_free(l);
 */
#ifndef CP_LEARN_H
#define CP_LEARN_H

#include <stddef.h>
#include <stdint.h>

struct cp_learn;

struct cp_learn *cp_learn_new(size_t n_columns, uint64_t seed);
void cp_learn_limit(struct cp_learn *, size_t k);	/* before the first row: another k, for tests */
void cp_learn_row(struct cp_learn *, uint64_t row, const double *values);
uint64_t cp_learn_rows(const struct cp_learn *);	/* seen */
size_t cp_learn_kept(const struct cp_learn *);		/* of these in the sample */
/* How many bounds; *n_values: how many values of the column there are in the sample. */
size_t cp_learn_bounds(struct cp_learn *, size_t column, size_t n_buckets, double *bound, size_t *n_values);
/* Mean and deviation; how many values of the column there are in the sample. */
size_t cp_learn_standard(struct cp_learn *, size_t column, double *mean, double *deviation);
void cp_learn_free(struct cp_learn *);

#endif
