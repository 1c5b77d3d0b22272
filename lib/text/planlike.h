/* Rows made as those of another stream were: its columns say how (their attribute "declare"), its text what it tells and how.  The two know
 * nothing of each other: a column may be gone that the text tells, or be there that it does not.  For plan.c alone.
 *
 * Attributes of text, of which only "fields" is always there:
 *
 *     fields         the names of what is told, in order; with a template, each where it stands first
 *     declare        lines of a declaration for those that are more than a column as it stands; a kind only where it tells otherwise
 *     template, form, missing, omit_empty, shuffle_seed, item_fields    as the options of cp-textify
 */
#ifndef CP_PLANLIKE_H
#define CP_PLANLIKE_H

#include "text/plan_steps.h"

/* The text says itself how its sentence is told, and of which fields, in their order: other columns may come, go and change places. */
void cp_likeness_keep(const struct cp_rows_spec *, const struct cp_template *sentence, struct cp_column *text);

/* Fill in the fields of the spec, which has .like, and the lines that make them: those that are columns; or those that the text tells, and its
 * sentence.  The lines are read into `lines`, which is empty and outlives the source.  -1: a sentence. */
int cp_likeness_columns(struct cp_source *, struct cp_declaration *lines);
int cp_likeness_text(struct cp_source *, struct cp_declaration *lines);

#endif
