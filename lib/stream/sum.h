/* The digest of a column's values, made so that it can be joined.
 *
 * Row i of n has a hash h_i: the 64-bit XXH3 of its value's bytes (elements as in the stream, without the length).  With r_i the same, its halves
 * exchanged, and A = 9e3779b97f4a7c15, B = d1342543de82ef95 (hexadecimal),
 *
 *     a = sum over i of h_i A^(n-1-i) mod 2^64,     b = sum over i of r_i B^(n-1-i) mod 2^64,
 *
 * polynomials in A and B.  The digest of rows x followed by m rows y is a_x A^m + a_y: it does not matter where blocks and segments are
 * cut, and a filter that passes a column on without decoding it can still say its digest.  Printed as 16 + 16 hex digits.  It is made to
 * find damage and mix-ups, not to withstand an enemy.
 *
 * Modulo 2^64 and not a prime, because a processor does that for eight rows at once.  The price: A^d - 1 is a multiple of 4d's power of two, so
 * two rows that change places are seen in a only by the low bits of their hashes, the fewer the further apart they are.  That is what the
 * exchanged halves are for: with them all bits count, and where values have 8 bytes, whose hashes all differ, no two that change places less
 * than 2^31 rows apart go unseen.  (A and B are 5 modulo 8, so their powers repeat only after 2^62.)
 */
#ifndef CP_SUM_H
#define CP_SUM_H

#include <stddef.h>
#include <stdint.h>

#include "stream/schema.h"

#define CP_SUM_A UINT64_C(0x9e3779b97f4a7c15)
#define CP_SUM_B UINT64_C(0xd1342543de82ef95)

struct cp_values;

struct cp_sum {
	uint64_t a, b;
};

/* Add the rows of a block's column. */
void cp_sum_add(struct cp_sum *, struct cp_store, size_t n_rows, const struct cp_values *);

/* *s = digest of s's rows and then n_rows more of digest t. */
void cp_sum_join(struct cp_sum *s, struct cp_sum t, uint64_t n_rows);

void cp_sum_hex(struct cp_sum, char hex[33]);
int cp_sum_parse(struct cp_sum *, const char *hex);

/* ---- the part that is compiled once a level of the processor: lib/stream/simd/sum.c ---- */

#define CP_SUM_STEP 16

/* Of n values of 8 bytes, n a multiple of CP_SUM_STEP. */
typedef struct cp_sum (*cp_sum_kernel)(const uint64_t *v, size_t n);

cp_sum_kernel cp_sum_of_level(const char *level);	/* NULL: no such level here */

#endif
