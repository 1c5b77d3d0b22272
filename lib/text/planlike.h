/* Rows made as those of another stream were: its columns say how (their attribute "declare"), its text how it is told.  For plan.c alone. */
#ifndef CP_PLANLIKE_H
#define CP_PLANLIKE_H

#include "text/plan.h"

struct cp_likeness {
	struct cp_declaration *lines;
	const char **fields, **items;
};

/* Fills in fields and sentence of the spec, which has .like and points into the likeness from then on.  -1: a sentence.  Release it either way. */
int cp_likeness_take(struct cp_likeness *, struct cp_rows_spec *, struct cp_err *);
void cp_likeness_release(struct cp_likeness *);

#endif
