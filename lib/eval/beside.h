/* What stands beside scores in files of its own: other scores of the same rows, to compare with, and the strata the rows belong to.
 *
 *     cp_scores_against(&s, "dcnv2.tsv", &columns, team, digest, err);         // s.score2, as if it had been a column
 *     cp_strata_read(&t, "strata.tsv", s.n, err);                              // what cp-strata prints
 *     for (int k = 0; k < t.n_columns; k++) {
 *             cp_strata_choose(&t, k, &s);                                     // s.stratum and s.strata, borrowed until the next
 *             cp_scores_each_stratum(&s, fn, ctx);
 *     }
 *     cp_strata_release(&t, &s);
 */
#ifndef CP_BESIDE_H
#define CP_BESIDE_H

#include "eval/scores.h"

/* Rows and labels of `path` must be those of s, one by one. */
int cp_scores_against(struct cp_scores *s, const char *path, const struct cp_scores_columns *, struct cp_team *, char digest[33], struct cp_err *);

/* A line of names, then a line a row: which stratum the row is in, a column for each way to part the rows. */
#define CP_STRATA_COLUMNS 64
#define CP_STRATA_VALUES 64		/* different ones in a column */
struct cp_strata {
	int n_columns;
	size_t n_rows, cap;
	struct cp_strata_column {
		char *value[CP_STRATA_VALUES];		/* NAME=VALUE, in order of appearance */
		size_t n_values;
		char *name;
		uint32_t *row;				/* index into value */
	} column[CP_STRATA_COLUMNS];
	char digest[33];
};

int cp_strata_read(struct cp_strata *, const char *path, size_t n_rows, struct cp_err *);
void cp_strata_choose(const struct cp_strata *, int column, struct cp_scores *);
void cp_strata_release(struct cp_strata *, struct cp_scores *chosen_by);

#endif
