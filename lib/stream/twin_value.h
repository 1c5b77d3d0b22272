/* Values from their text, as both text forms have them (twin.h).  For twin_in.c and twin_json.c. */
#ifndef CP_TWIN_VALUE_H
#define CP_TWIN_VALUE_H

#include "stream/stream.h"

union cp_twin_elem {
	uint32_t u32;
	uint64_t u64;
	int64_t i64;
	float f32;
	double f64;
};

/* One element from its text (not of a bytes column).  0, -1. */
int cp_twin_elem(const struct cp_column *, const char *s, union cp_twin_elem *);

/* Add it to a column that is no list. */
void cp_twin_add(struct cp_build *, union cp_twin_elem);

/* The sentence for a value that cannot be; -1. */
int cp_twin_bad(const struct cp_column *, const char *s, struct cp_err *);

#endif
