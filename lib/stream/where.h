/* Conditions on rows: COLUMN OP VALUE, where OP is = != < <= > >=.
 *
 *     key, keys     = and !=; the value is text, of which the caller makes a key as the column's were made (#0123456789abcdef is a key itself);
 *                   a list has a value if one of its members is it
 *     bytes         = and !=, byte for byte
 *     numbers       all six; a missing value (NaN, no time) fulfils none of them but != 
 *     empty value   is "missing": the key of the empty value, no number, no time, no bytes
 *
 * All conditions must hold.  What other conditions there may be is for awk and jq on the text twin.
 */
#ifndef CP_WHERE_H
#define CP_WHERE_H

#include "stream/stream.h"

/* The key that a value has in a column (text/declared.h, which knows declarations). */
typedef int cp_key_of(const struct cp_column *, const char *value, uint64_t *key, struct cp_err *);

struct cp_where {
	struct cp_condition *condition;
	int n;
};

/* What can be wrong with them whatever the columns are: -1 and a sentence. */
int cp_where_check(const struct cp_opt_list *, struct cp_err *);

/* -1 and a sentence, with nothing to release. */
int cp_where_parse(struct cp_where *, const struct cp_schema *, const struct cp_opt_list *, cp_key_of *, struct cp_err *);
void cp_where_release(struct cp_where *);

/* The columns that must be decoded: up to n conditions' into out; returns how many (a column may stand twice). */
int cp_where_columns(const struct cp_where *, int *out);

int cp_where_holds(const struct cp_where *, const struct cp_values *column, size_t row);

#endif
