/* Inside of a plan, for plan.c, which makes it, and fill.c, which follows it. */
#ifndef CP_PLAN_IMPL_H
#define CP_PLAN_IMPL_H

#include "text/plan.h"
#include "text/template.h"

struct cp_part {		/* a column of the stream that one column of the CSV makes */
	enum cp_type type;
	size_t from;		/* column of the CSV */
	const struct cp_declare *how;	/* NULL: as it stands */
	uint64_t seed;		/* CP_KEY, CP_KEYS */
	uint64_t *key;		/* of hour, weekday and buckets at: of each value; else NULL */
	uint64_t key_missing;
};

struct cp_plan {
	char *file, **names;	/* of the CSV, for messages */
	struct cp_schema schema;
	struct cp_part *part;	/* schema column i + 1 is part i; column 0 is "row", the last one, perhaps, "text" */
	size_t n_parts;
	size_t *also, n_also;	/* columns of the CSV; SIZE_MAX: a column of the schema */
	struct cp_arena arena;	/* what the names, parts and sentence point into */
	struct cp_template *sentence;	/* NULL: no text */
	struct cp_part *moment;	/* hours and weekdays that the sentence tells: .from and .how alone */
	size_t n_moments;
};

void cp_part_keys(struct cp_part *);	/* fills in .key and .key_missing; .key is to be freed */

#endif
