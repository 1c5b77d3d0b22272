/* A split for each value of a column: what CP_SPLIT_LAST and `per` are made of (split.h).
 *
 * First each row is added, with its group (the value's 64 bits) and its rank; then the parts are laid down, a byte a row, in the order of adding. */
#ifndef CP_SPLITPER_H
#define CP_SPLITPER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct cp_splitper;

struct cp_splitper *cp_splitper_new(void);
void cp_splitper_free(struct cp_splitper *);

int cp_splitper_add(struct cp_splitper *, uint64_t group, uint64_t rank, struct cp_err *);

/* Within a group the lowest ranks go to part 0; equal ones keep their order.  size(ctx, n, out): the sizes of the parts of a group of n rows, n at
 * least n_parts. */
void cp_splitper_ready(struct cp_splitper *, int n_parts, void (*size)(const void *ctx, uint64_t n, uint64_t *out), const void *ctx);

/* Part of row i, or -1: there was no such row. */
int cp_splitper_part(const struct cp_splitper *, uint64_t row);

/* Groups with fewer rows than parts, which are in part 0, and all groups. */
uint64_t cp_splitper_small(const struct cp_splitper *, uint64_t *n_groups);

#endif
