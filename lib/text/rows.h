/* From CSV to records: the one way in, for cp-featurize, cp-textify and cp-predict --csv.
 *
 * A row of a CSV becomes a row of columns: "row" (its number), then, where the CSV has them, "label", "timestamp" and "weight", then one
 * column a field, then the sentence "text".  A spec (plan.h) says which of these are wanted and how the CSV is to be read; the blocks that
 * come out are those a cp_reader would give, so what works on a stream works on a CSV.
 *
 *     struct cp_rows_spec spec = { .keys = 1, .text = 1 };
 *     struct cp_rows *rows = cp_rows_open(STDIN_FILENO, "standard input", &spec, err);
 *     struct cp_block b;
 *     while ((rc = cp_rows_next(rows, &b, err)) == 1)          // columns as in cp_rows_schema(rows)
 *             cp_writer_block(w, b.n_rows, b.column, err);
 *     cp_rows_close(rows);
 *
 * Roles: a column named by .label, .time, .weight, or declared so, or else one called "label", "timestamp", "weight" that nothing gives another
 * role, has that role and is no field.  A label is a finite number, a weight one that is not negative, a timestamp a whole number or empty (missing).
 * A value that is none of these, as any fault that csv.h names, makes a bad row: a sentence, or counted and left out by .skip_bad.  Who has to say
 * something in the place of each asks for gaps (.tell_gaps).
 *
 * Row numbers count every row of the CSV from first_row on, the bad ones too, so that a part read with its own first_row gives the rows
 * that the whole gives.  Keys are those of base/hash.h and depend on nothing but the field's name, its line of the declaration and the value.
 */
#ifndef CP_ROWS_H
#define CP_ROWS_H

#include <stdint.h>

#include <stdio.h>

#include "base/err.h"
#include "base/team.h"
#include "stream/schema.h"
#include "stream/stream.h"
#include "text/csv.h"
#include "text/plan.h"

struct cp_rows;

/* The spec under which a CSV becomes what `schema` has: its fields by name and in order, made as its columns say, whatever the order in the
 * CSV and whatever else is there, and its sentence.  For scoring: a label is taken if it is there.  The schema is pointed to. */
void cp_rows_spec_like(struct cp_rows_spec *, const struct cp_schema *schema);

/* Reads the header.  The spec's strings are not kept.  NULL: a sentence (an unknown name lists those there are). */
struct cp_rows *cp_rows_open(int fd, const char *name, const struct cp_rows_spec *, struct cp_err *);
struct cp_rows *cp_rows_open_mem(const void *csv, size_t len, const char *name, const struct cp_rows_spec *, struct cp_err *);
void cp_rows_close(struct cp_rows *);

/* Columns, "text" with what it tells as attributes; without provenance, which is the tool's to say. */
const struct cp_schema *cp_rows_schema(const struct cp_rows *);

/* 1 a block of at least one row (with .tell_gaps, one row or gap), 0 the end, -1 failed.  The block is good until the next call. */
int cp_rows_next(struct cp_rows *, struct cp_block *, struct cp_err *);

/* With .tell_gaps, the bad rows left out of the block that _next gave: returns how many, and of each, ascending, how many rows of the block come before
 * it.  Good until the next call. */
size_t cp_rows_gaps(const struct cp_rows *, const size_t **before);

const struct cp_plan *cp_rows_plan(const struct cp_rows *);

/* Values of the spec's .also[i] in the block that _next gave (plan.h). */
int cp_rows_also(const struct cp_rows *, size_t i, struct cp_values *);

/* All that is left, by the threads of a team (NULL: this one): to the writer, or, if that is NULL, the sentences as lines to the file.  The
 * same rows as by _next, for any number of threads in the same blocks (pour.h).  0, or -1 behind what was good. */
int cp_rows_pour(struct cp_rows *, struct cp_team *, struct cp_writer *, FILE *lines, struct cp_err *);

uint64_t cp_rows_read(const struct cp_rows *);		/* rows of the CSV so far, good and bad */
uint64_t cp_rows_written(const struct cp_rows *);	/* given out, by _next or _pour */
uint64_t cp_rows_bad(const struct cp_rows *);		/* left out so far */
const char *cp_rows_first_bad(const struct cp_rows *);	/* what was wrong with the first of them; NULL: none */
uint64_t cp_rows_source(const struct cp_rows *, char digest[33]);	/* of the bytes read; returns their number */

#endif
