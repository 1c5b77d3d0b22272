/* What a data set is like, before anything is trained on it: counts of rows, labels and values, within splits and between them.
 *
 *     struct cp_profile *p = cp_profile_new(&(struct cp_profile_opts){ .n_splits = 2 });
 *     cp_profile_split(p, "train", schema, err);
 *     while ((rc = cp_reader_next(r, &b, err)) == 1)
 *             cp_profile_block(p, &b, err);
 *     cp_profile_split(p, "valid", schema2, err);  ...
 *     cp_profile_finish(p);
 *     cp_findings_make(&f, p, &opts);  cp_report_text(p, &f, &buf);           // findings.h, show.h
 *     cp_profile_free(p);
 *
 * The first split is the one that a model would be fitted to: of the others it is told what they have that the first has not.  Every split
 * has the columns of the first, in any order.
 *
 * A single field's AUC: every value is scored by its label rate in the first split (drawn to the mean by ten rows of it), and rows of the
 * second split are judged; with one split alone, half of its rows (by a hash of their number) score the other half.  A number is its own score.
 * Near 1 the field gives the label away.
 *
 * Exact.  Memory is that of tallies (tally.h): one a field, and one for whole rows, which can be left out; a limit is kept to.  The columns
 * of a block are counted by the threads of a team; nothing depends on how many there are.
 */
#ifndef CP_PROFILE_H
#define CP_PROFILE_H

#include <stdint.h>

#include "base/team.h"
#include "report/lengths.h"
#include "report/tally.h"
#include "stream/stream.h"

#define CP_SPLITS_MAX 64
#define CP_QUANTILES 7
extern const double cp_quantile_share[CP_QUANTILES];		/* 0, .01, .25, .5, .75, .99, 1 */

struct cp_profile_opts {
	int n_splits;
	int no_rows;			/* do not look for equal rows */
	uint64_t memory;		/* bytes that the tallies may take; 0: no limit */
	struct cp_team *team;
};

/* A column within a split. */
struct cp_column_split {
	uint64_t present, missing;	/* rows */
	uint64_t missing_judged, missing_pos;	/* time: of the missing, those with label 0 or 1, and with 1 */
	uint64_t n_infinite;		/* number */
	uint64_t zero, bad;		/* weight: zero; negative or no number */
	double sum;			/* number, weight: of those that are finite */
	int64_t first, last;		/* time; CP_TIME_MISSING where there is none */
	uint64_t unseen;		/* key, keys: rows with a value that the first split has not */
	struct cp_lengths lengths;	/* keys: members; text: bytes; tokens: tokens; mask: masked tokens */
	/* by cp_profile_finish, from the tally */
	uint64_t distinct, once, n_values;	/* n_values: occurrences, members of lists each */
	uint64_t most;				/* occurrences of the most frequent value */
	uint64_t most_key;
	double quantile[CP_QUANTILES];		/* number; NaN where there is none */
};

struct cp_profile_column {
	char *name;
	enum cp_type type;
	struct cp_tally tally;		/* key, keys, number; n_slots 0 for others */
	uint64_t missing_key;
	struct cp_column_split *split;
	json_t *made;			/* a field's or the label's: its attributes */
	int64_t max_length;		/* tokens: where they were cut; -1: not said */
	int derived;			/* key: made from a column's value (a bucket, an hour), not that value itself */
	/* by cp_profile_finish */
	uint64_t distinct;		/* values in all splits; no value is none of them */
	double auc;			/* of this field alone; NaN: undefined */
	uint64_t sure_values, sure_rows;	/* values whose rows have one label, where chance would hardly do that; their rows */
	uint64_t sure_most;		/* rows of the most frequent of them */
	int sure_label;
	double collisions;		/* expected number of pairs of values with one key */
	/* by cp_values_look (values.h), from a CSV; otherwise NULL and -1 */
	char *most_word, *longest;	/* the most frequent value of the first split, the longest one: their beginnings */
	uint64_t longest_bytes;
	int64_t found_collisions;
	uint64_t looked_at, n_numbers, n_fractions, n_bars;	/* of its values: all, numbers, those that are no whole ones, those with a '|' */
};

#define CP_PERIODS 10
struct cp_period {
	int64_t from, to;		/* first and last time that may lie in it */
	uint64_t *n, *judged, *pos;	/* a split: rows, those with label 0 or 1, those with 1 */
};

struct cp_profile_split {
	char *name;
	uint64_t rows, labels[3];	/* 0, 1, other */
	double label_min, label_max;
	uint64_t unseen_any;		/* rows with an unseen value in any field */
	uint64_t bad_rows;		/* of a CSV, left out; set by the caller */
	/* by cp_profile_finish */
	uint64_t copies;		/* rows that equal an earlier one of this split in all fields */
	uint64_t shared;		/* rows that equal one of the first split in all fields */
};

struct cp_timeline;

struct cp_profile {
	struct cp_profile_opts opts;
	struct cp_profile_column *column;
	int n_columns;
	int label, time, n_fields;	/* column or -1; fields: key, keys and number columns */
	struct cp_profile_split split[CP_SPLITS_MAX];
	int n_splits;			/* begun so far */
	struct cp_tally rows;
	uint64_t row_kinds, conflicting_kinds, conflicting_rows;	/* distinct rows; those with both labels, and their rows */
	struct cp_timeline *timeline;
	struct cp_period period[CP_PERIODS];
	int n_periods;
	struct cp_gather *gather;	/* kept inside */
};

struct cp_profile *cp_profile_new(const struct cp_profile_opts *);
void cp_profile_free(struct cp_profile *);

/* The rows that follow are of this split.  -1: it lacks a column, or has a field or label that was made otherwise than in the first. */
int cp_profile_split(struct cp_profile *, const char *name, const struct cp_schema *, struct cp_err *);

/* -1: the memory that is allowed does not do, or there are too many rows. */
int cp_profile_block(struct cp_profile *, const struct cp_block *, struct cp_err *);

void cp_profile_finish(struct cp_profile *);

static inline int cp_is_field(enum cp_type t)
{
	return t == CP_KEY || t == CP_KEYS || t == CP_NUMBER;
}

/* ---- parts of it, in files of their own ---- */

/* A histogram of times whose step doubles until there are few enough of them. */
struct cp_timeline *cp_timeline_new(int n_splits);
void cp_timeline_free(struct cp_timeline *);
void cp_timeline_add(struct cp_timeline *, int64_t time, int split, int judged, int positive);	/* judged: with label 0 or 1 */
int cp_timeline_periods(const struct cp_timeline *, struct cp_period period[CP_PERIODS]);	/* of about as many rows each; the caller releases them */
void cp_period_release(struct cp_period *);

#endif
