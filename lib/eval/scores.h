/* Labels and scores as text, the form that cp-predict prints and cp-auc reads.
 *
 * A line is a row: fields parted by tabs, ended by a newline (CR before it is dropped; the last may lack it).  The label is 0 or 1, a
 * score any finite number.  If no field of the first line is a number, that line names the columns.  A column is chosen by such a name, or by its number from 1;
 * without a choice the label is the column named "label", else the first, and the score the one named "score", else the second.  Columns
 * that are not chosen may hold anything.
 *
 *     struct cp_scores s;
 *     struct cp_scores_columns c = { .group = "User" };
 *     if (cp_scores_read(&s, f, "standard input", &c, NULL, err) < 0) ...
 *     cp_gauc(&g, s.score, s.label, s.group, s.n, team);
 *     cp_scores_release(&s);
 *
 * Memory: 9 bytes a row, and 8 for each of score2 and group, 4 for stratum (half as much again while growing), and 4 MiB of text.  The
 * lines of that text are shared out among the threads of a team; what is read does not depend on how many there are.
 */
#ifndef CP_SCORES_H
#define CP_SCORES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/team.h"

/* Which columns: a name or a number; NULL for label and score: as told above, for the others: none. */
struct cp_scores_columns {
	const char *label, *score, *score2, *group, *stratum;
};

#define CP_STRATA_MAX 65536

struct cp_scores {
	size_t n, cap;
	uint8_t *label;
	double *score, *score2;		/* score2, group, stratum: NULL where not asked for */
	uint64_t *group;		/* XXH3 of the field's bytes */
	uint32_t *stratum;		/* index into strata */
	char **strata;			/* names, in order of appearance */
	size_t n_strata;
	char digest[33];		/* of all bytes read */
};

/* Read to the end. <0: the sentence names line and column. No rows at all is an error too. What is in *s is to be released in any
 * case. */
int cp_scores_read(struct cp_scores *s, FILE *f, const char *name, const struct cp_scores_columns *, struct cp_team *, struct cp_err *);
void cp_scores_release(struct cp_scores *);

/* Hand the rows of each stratum to fn, strata and rows in order of appearance.  `part` has no strata itself and is gone when fn returns. */
void cp_scores_each_stratum(const struct cp_scores *, void (*fn)(void *ctx, const char *name, const struct cp_scores *part), void *ctx);

#endif
