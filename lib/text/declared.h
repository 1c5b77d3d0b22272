/* What the declaration that stands in a column's header makes of its values. */
#ifndef CP_DECLARED_H
#define CP_DECLARED_H

#include "stream/schema.h"

/* The key of a value in a column of keys, as cp_declare_key (plan.h) makes it by the column's own line. */
int cp_declared_key(const struct cp_column *, const char *value, uint64_t *key, struct cp_err *);

/* Do equal keys mean the same in both?  0; -1: one has buckets that the other has not.  `whose` is the second column. */
int cp_declared_alike(const struct cp_column *, const struct cp_column *, const char *whose, struct cp_err *);

/* A number multiplies a row of the table, so a large one gives large logits and gradients to match: from this size on a user is told of it. */
#define CP_WIDE_NUMBER 10

/* The kinds that a column of wide numbers had better have than that of its line (NULL: a plain number), as a message lists them; NULL: none, its
 * numbers are logarithms. */
const char *cp_declared_better(const char *line);

/* Do two lines make labels by one rule, whatever they call the CSV's column and however its numbers are written?  NULL: the number as it stands. */
int cp_declared_same_rule(const char *line, const char *other);

/* As cp_column_made_as (schema.h), but of labels the rule counts. */
int cp_declared_made_as(const struct cp_column *, const json_t *there, const char *whose, struct cp_err *);

#endif
