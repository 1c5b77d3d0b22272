/* The fields of a model's rows: columns of the stream, each with what its values are.
 *
 *     key       one value a row: the row of the table that its key has
 *     keys      several (a list): the mean of their rows, a value that stands twice counted twice; an empty list is the one missing value
 *     number    the number times the one row of the field; a missing number (NaN) is a value with a row of its own
 *
 * Order: that of the columns in the stream's schema, or, with a model, the model's.  How a column was made (buckets, logarithm, ...) stands
 * in its attributes; it is kept with the model, and rows that were made otherwise are refused.
 *
 *     struct cp_fields f = { 0 };
 *     cp_fields_take(&f, schema, -1, "rows.cps", err);           // all of a stream's
 *     int at[CP_FIELDS_MAX];
 *     cp_fields_find(&f, other_schema, "more.cps", at, err);     // the same in another stream
 *     cp_fields_release(&f);
 */
#ifndef CP_FIELDS_H
#define CP_FIELDS_H

#include <jansson.h>
#include <stdint.h>

#include "base/err.h"
#include "stream/schema.h"
#include "text/declare.h"

#define CP_FIELDS_MAX 1024

struct cp_field {
	char *name;
	enum cp_type type;		/* CP_KEY, CP_KEYS or CP_NUMBER */
	json_t *made;			/* the column's attributes; NULL: it has none */
	uint64_t key_missing;		/* of an empty value */
	uint64_t key_number;		/* what the row that a number multiplies is called in the vocabulary */
};

struct cp_fields {
	struct cp_field *v;
	int n;
};

void cp_fields_add(struct cp_fields *, const char *name, enum cp_type, const json_t *made);
void cp_fields_copy(struct cp_fields *to, const struct cp_fields *from);	/* to is empty before */
void cp_fields_release(struct cp_fields *);

int cp_fields_count(const struct cp_fields *, enum cp_type);

/* All fields of a schema; the column `but` is none (-1: no such).  `name` is what messages call the source. */
int cp_fields_take(struct cp_fields *, const struct cp_schema *, int but, const char *name, struct cp_err *);
/* Column of each field into at[]; one that is not there, is of another type or was made otherwise is refused. */
int cp_fields_find(const struct cp_fields *, const struct cp_schema *, const char *name, int *at, struct cp_err *);

/* Columns of these fields as a stream would have them. */
void cp_fields_schema(const struct cp_fields *, struct cp_schema *);

/* The line of a declaration that a field was made by; NULL: it has none. */
const char *cp_field_declared(const struct cp_field *);
/* Those of all, appended to `to`; which of its lines is that of each field, or SIZE_MAX. */
int cp_fields_declared(const struct cp_fields *, struct cp_declaration *to, size_t *line, struct cp_err *);

/* "key", "keys", "number", as in a schema; and back, -1 if it is none of these. */
const char *cp_field_word(enum cp_type);
int cp_field_type(const char *word, enum cp_type *);

#endif
