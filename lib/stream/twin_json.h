/* Rows of JSON lines into columns, for twin_in.c.
 *
 *     struct cp_json_rows *j = cp_json_rows_new(&schema);
 *     each line:  rc = cp_json_rows_short(j, line, n, w);            // 1: the row's values are added; 0: it takes the long way
 *                 cp_json_rows_long(j, object, w, err);              // the line as jansson has it
 *
 * The short way takes a line as cp-cat and other programs write it (members in the columns' order) and cuts it where it lies; what is in any way
 * unusual, and all that is wrong, it leaves to the long way without a trace.  Both give the same values. */
#ifndef CP_TWIN_JSON_H
#define CP_TWIN_JSON_H

#include <jansson.h>

#include "stream/stream.h"

struct cp_json_rows;

struct cp_json_rows *cp_json_rows_new(const struct cp_schema *);	/* borrowed: must outlive it */
void cp_json_rows_free(struct cp_json_rows *);

int cp_json_rows_short(struct cp_json_rows *, const char *line, size_t n, struct cp_writer *);
int cp_json_rows_long(struct cp_json_rows *, json_t *object, struct cp_writer *, struct cp_err *);

/* What a column is called in the text, as a string of JSON with its quotes. */
void cp_json_string(const char *p, size_t n, struct cp_buf *);

#endif
