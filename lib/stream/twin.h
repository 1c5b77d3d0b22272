/* The text twin of a record stream: TSV or JSON lines, there and back without loss.
 *
 * Lines that begin with # (JSON: objects whose only member does) carry what is not rows, so that the way back gives the same bytes:
 *
 *     #cps {...}                     the header's text                        {"#cps":{...}}
 *     label	User ID	text          TSV: names of the columns
 *     #block {"rows":2,"codecs":[2,2,1]}    how the next rows were cut and compressed
 *     1	9ae16a3b2f90404f	Gender is F.                                    {"label":1,"User ID":"9ae16a3b2f90404f","text":"Gender is F."}
 *     ...
 *     #end {...}                     the trailer's text                       {"#end":{...}}
 *
 * A seam is an #end followed by another #cps.  Values:
 *     key, keys       16 hex digits (JSON: a string)
 *     numbers         the shortest decimal that reads back the same; nan, inf, -inf (JSON: null, "inf", "-inf")
 *     time, missing   empty (JSON: null)
 *     whole numbers   decimal (JSON: a string beyond 2^53, which other readers of JSON would round)
 *     lists           elements separated by a space (JSON: an array)
 *     bytes           TSV: \t \n \r \0 \\ stand for tab, newline, carriage return, NUL and backslash, and a row's first # is \#;
 *                     JSON: a string where they are UTF-8, else {"hex":"..."}
 *
 * A line has at most CP_BLOCK_LIMIT bytes.
 *
 * Not kept: which library version of LZ4 compressed the blocks; another one may give other, equally good bytes.
 */
#ifndef CP_TWIN_H
#define CP_TWIN_H

#include <stdio.h>

#include "stream/stream.h"

enum cp_twin { CP_TWIN_TSV, CP_TWIN_JSONL };

/* ---- Out: like a cp_writer ---- */

struct cp_twin_writer;

/* bare: no lines with #.  raw: what #block says of columns that do not come compressed already: that they shall not be.  f stays the caller's. */
struct cp_twin_writer *cp_twin_open(enum cp_twin, FILE *f, const struct cp_schema *, int bare, int raw, struct cp_err *);
int cp_twin_block(struct cp_twin_writer *, size_t n_rows, const struct cp_values *, struct cp_err *);
void cp_twin_inherit(struct cp_twin_writer *, const struct cp_reader *);
int cp_twin_close(struct cp_twin_writer *, struct cp_err *);	/* frees it in any case */
void cp_twin_abort(struct cp_twin_writer *);

/* The names line of TSV. */
void cp_twin_names(const struct cp_schema *, struct cp_buf *);

/* Text in one line, as TSV has it. */
void cp_twin_text(const char *, struct cp_buf *);

/* One value as TSV has it, without the escape of a first #. */
void cp_twin_cell(const struct cp_column *, const struct cp_values *, size_t row, struct cp_buf *);

/* ---- In ---- */

struct cp_twin_opts {
	int edited;		/* rows were changed by hand: blocks are cut anew and digests made anew, and there need be no #end */
	struct cp_writer_opts writer;	/* for edited rows */
};

/* Read the whole text and write it as a stream.  *n_rows: rows written. */
int cp_twin_read(enum cp_twin, FILE *in, const char *name, FILE *out, const struct cp_twin_opts *, uint64_t *n_rows, struct cp_err *);

#endif
