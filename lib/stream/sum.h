/* The digest of a column's values, made so that it can be joined.
 *
 * Row i of n has a 128-bit XXH3 of its value's bytes (elements as in the stream, without the length), low half l_i, high half h_i.  With
 * p = 2^61 - 1 and its primitive roots A = 1e3779b97f4a7c1a and B = 1476d1ce4e5b9bf6 (hexadecimal),
 *
 *     a = sum over i of (l_i mod p) A^(n-1-i) mod p,     b = sum over i of (h_i mod p) B^(n-1-i) mod p,
 *
 * polynomials in A and B.  The digest of rows x followed by m rows y is a_x A^m + a_y: it does not matter where blocks and segments are
 * cut, and a filter that passes a column on without decoding it can still say its digest.  Printed as 16 + 16 hex digits.  It is made to
 * find damage and mix-ups, not to withstand an enemy.
 */
#ifndef CP_SUM_H
#define CP_SUM_H

#include <stddef.h>
#include <stdint.h>

#include "stream/schema.h"

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

#endif
