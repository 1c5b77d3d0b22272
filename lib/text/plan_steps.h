/* The steps of making a plan, each a value made of those before it: a CSV under a declaration gives roles, with these it gives fields, and of
 * these a sentence is told.  For plan.c, which takes them for the columns and, like another stream, once more for its sentence.
 *
 * Functions return 0, or -1 and a sentence in the source's err.  What they return points into the source's CSV and arena.
 */
#ifndef CP_PLAN_STEPS_H
#define CP_PLAN_STEPS_H

#include "text/plan.h"

/* ---- plan_source.c: a CSV under a declaration ---- */

struct cp_source {
	struct cp_csv *csv;
	struct cp_rows_spec spec;	/* what is wanted */
	const struct cp_declaration *lines;
	struct cp_arena *arena;		/* the plan's */
	struct cp_err *err;
};

/* Names for the columns, where they have none and the fields are such names; spec.fields is then NULL. */
int cp_source_name(struct cp_source *);
/* Each line has a column, and each glob one at least. */
int cp_source_check(const struct cp_source *);

size_t cp_source_column(const struct cp_source *, const char *name);	/* SIZE_MAX: there is none */
/* -1 always: no column `name` for `what`. */
int cp_source_lacks(const struct cp_source *, const char *what, const char *name);
/* What is said of this column, if anything is, can be told in a line, by which others read it back. */
int cp_source_check_line(const struct cp_source *, const struct cp_declare *, size_t column);
/* No later column has the name of this one. */
int cp_source_check_alone(const struct cp_source *, size_t column, const char *remedy);

/* Is there a later line to the same effect? */
int cp_source_is_overruled(const struct cp_source *, const struct cp_declare *line);
/* The line as it holds for this column, where NULL says no more than its kind: no glob any more, with the nulls for all columns, and for hour and
 * weekday with a format. */
const struct cp_declare *cp_source_line(const struct cp_source *, const struct cp_declare *line, size_t column, enum cp_kind);

/* ---- plan_roles.c: columns that are no fields ---- */

enum { CP_N_ROLES = 3 };

struct cp_role {
	const char *option, *name;
	enum cp_type type;
	enum cp_kind kind;
	size_t column;
	const struct cp_declare *how;	/* as it holds; NULL: nothing is said of it */
};

struct cp_roles {			/* those that there are */
	struct cp_role v[CP_N_ROLES];
	size_t n;
};

/* What the sentence tells, where it is there already, is no label by its name alone. */
int cp_roles_find(const struct cp_source *, const struct cp_template *sentence, struct cp_roles *);
const struct cp_role *cp_role_of(const struct cp_roles *, size_t column);	/* NULL: none */

/* ---- plan_fields.c: fields ---- */

struct cp_plan_field {
	const char *title;
	size_t column;
	const struct cp_declare *how;	/* as it holds; NULL: a category, nothing said of it */
};

struct cp_plan_fields {			/* v is to be freed */
	struct cp_plan_field *v;
	size_t n, cap;
};

/* All that there could be, which a template may tell, and those that spec.fields chooses, in its order.  Both are empty before. */
int cp_plan_fields_find(const struct cp_source *, const struct cp_roles *, struct cp_plan_fields *all, struct cp_plan_fields *chosen);

/* ---- plan_sentence.c ---- */

/* NULL: a sentence in err.  Of form ctrl whose item's fields are not said, they are guessed into the spec. */
struct cp_template *cp_sentence_new(struct cp_source *, const struct cp_roles *, const struct cp_plan_fields *all, const struct cp_plan_fields *chosen);

#endif
