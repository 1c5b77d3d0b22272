/* Values in words, which records do not have: a second reading of the CSV, after the first has been counted.
 *
 *     struct cp_values_look *v = cp_values_look_new(p);                // p is finished
 *     each split:  cp_values_look_read(v, fd, name, &spec, err);
 *     cp_values_look_close(v);                                         // p's columns now have most_word, longest, found_collisions
 *
 * Looked at are the key columns that bear the name of a column of the CSV.  A value is known again by its key; two values that have one key
 * are told apart by 128 more bits of another hash, so a collision that is there is found but for a chance of 2^-128.
 * Memory: 16 bytes more a place in the tallies.
 */
#ifndef CP_VALUES_H
#define CP_VALUES_H

#include "report/profile.h"
#include "text/rows.h"

struct cp_values_look;

struct cp_values_look *cp_values_look_new(struct cp_profile *);
int cp_values_look_read(struct cp_values_look *, int fd, const char *name, const struct cp_rows_spec *, struct cp_err *);
void cp_values_look_close(struct cp_values_look *);

#endif
