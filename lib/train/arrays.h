/* The arrays of a struct cp_data by one table, which says of each what it counts by: for whoever makes room in them, moves them or reads them back. */
#ifndef CP_ARRAYS_H
#define CP_ARRAYS_H

#include <stddef.h>

struct cp_data;

enum cp_array {
	CP_ARRAY_ROW, CP_ARRAY_LABEL, CP_ARRAY_WEIGHT, CP_ARRAY_VALUE_AT, CP_ARRAY_MEMBERS, CP_ARRAY_NUMBER,
	CP_ARRAY_VALUES,	/* keys, or ids once indexed */
	CP_ARRAY_TOKEN_AT, CP_ARRAY_TOKEN, CP_ARRAY_SEAM, CP_ARRAY_PAIR_AT, CP_ARRAY_PAIR, CP_N_ARRAYS
};

/* What arrays count.  OFFSETS: one a row and one more, each where something of the row begins. */
enum cp_unit { CP_UNIT_ROWS, CP_UNIT_OFFSETS, CP_UNIT_VALUES, CP_UNIT_TOKENS, CP_UNIT_PAIRS, CP_N_UNITS };

enum cp_unit cp_array_unit(enum cp_array);
enum cp_unit cp_array_counts(enum cp_array);		/* what offsets are offsets of */
size_t cp_array_width(const struct cp_data *, enum cp_array);	/* bytes an element; 0 where the array is not used */
char *cp_array(const struct cp_data *, enum cp_array);

/* Where the row at `place` begins, counted in a unit (0 where nothing is counted by it); of place n, where all end. */
size_t cp_unit_start(const struct cp_data *, enum cp_unit, size_t place);

/* Room for n of a unit in all arrays that count by it; where there are no rows yet, offsets begin with 0.  Never NULL (mem.h). */
void cp_arrays_reserve(struct cp_data *, enum cp_unit, size_t n);
void cp_arrays_free(struct cp_data *);
void cp_arrays_forget(struct cp_data *);	/* they are another's */

#endif
