/* Metrics: how well scores order and predict clicks.
 *
 * All take parallel arrays of n rows: a score (any finite real; larger = more likely a click; a probability where the log loss is asked for)
 * and a label (0 or 1).  Nothing is kept and nothing is reordered; scratch of 16 bytes a row (24 with groups, 40 for two columns) comes and goes.
 * n is below 2^32.  What is undefined (one class only, no rows, a score that is not a number) is NaN; nothing here fails.
 *
 *     double auc = cp_auc(score, label, n), ll = cp_logloss(score, label, n);
 *     struct cp_delong d;
 *     cp_delong(&d, score, label, n);                 // d.lo .. d.hi: 95 % interval of d.auc
 *     printf(isnan(auc) ? "undefined\n" : "%.6f\n", auc);
 *
 * The results depend on nothing but the rows: counts are exact in 64-bit integers (two AUCs are equal if and only if their counts are),
 * sums are compensated and taken in one order.  A team (NULL: none) makes it faster and changes no bit.
 */
#ifndef CP_METRICS_H
#define CP_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/team.h"

/* Area under the ROC curve: the share of (positive, negative) pairs where the positive has the larger score, ties counting one half
 * (Mann and Whitney 1947).  O(n). */
double cp_auc(const double *score, const uint8_t *label, size_t n);

/* Mean of -log p at label 1 and -log(1 - p) at label 0, p first brought into [1e-15, 1 - 1e-15] (as scikit-learn did before 1.5; later
 * versions use the type's epsilon).  NaN where a score lies outside [0, 1]. */
#define CP_LOGLOSS_CLIP 1e-15
double cp_logloss(const double *p, const uint8_t *label, size_t n);
double cp_logloss_team(const double *p, const uint8_t *label, size_t n, struct cp_team *);

/* Mean score over mean label: 1 where the model is calibrated on the whole, NaN without positives. */
double cp_calibration(const double *p, const uint8_t *label, size_t n);

/* GAUC: AUC within each group (a user, say), averaged with the group's rows as weight over the groups that hold both classes (Zhu et al.
 * 2017, "Optimized Cost per Click in Taobao Display Advertising"). `group` names a row's group by any number, e.g. a key. */
struct cp_gauc {
	double gauc;
	size_t n_groups, n_rows;	/* groups with both classes, and their rows */
};
void cp_gauc(struct cp_gauc *, const double *score, const uint8_t *label, const uint64_t *group, size_t n, struct cp_team *);

/* DeLong's variance of an AUC (DeLong, DeLong, Clarke-Pearson 1988) in O(n) after the sort that the AUC needs anyway (Sun and Xu 2014):
 *     V10_i = share of negatives below positive i, ties half;  V01_j = share of positives above negative j, ties half;
 *     var = s10/m + s01/n', s the unbiased variance of each, m positives, n' negatives.
 * lo and hi are auc -+ 1.96 se, not cut to [0, 1].  All but auc are NaN with fewer than two rows of a class. */
#define CP_Z975 1.959963984540054
struct cp_delong {
	double auc, var, se, lo, hi;
};
void cp_delong(struct cp_delong *, const double *score, const uint8_t *label, size_t n);

/* All that one order of the rows gives, sorted once.
 *
 * average_precision: sum over the distinct scores, descending, of (recall gained) x (precision there), the area under the steps of the
 * precision-recall curve, rows of one score entering together (as scikit-learn's average_precision_score).  NaN without positives.
 *
 * Bins: rows by score into n_bins of equal count (a run of equal scores is not parted, it goes where its first row does, so a bin may
 * be empty) or of equal width over [0, 1] (none where a score lies outside).  ece is the mean over the rows of |mean score - rate|
 * of their bin (Guo et al. 2017, "On Calibration of Modern Neural Networks"); NaN where the scores are no probabilities. */
struct cp_bin {
	size_t n, positives;
	double lowest, highest;		/* scores in it; 0 where it is empty */
	double mean_score, rate;	/* NaN where it is empty */
};

struct cp_measure_opts {
	int n_bins;			/* 0: none */
	int by_width;
};

struct cp_measures {
	size_t n, positives;
	struct cp_delong auc;
	double logloss, average_precision, calibration, ece;
	struct cp_bin *bin;
	int n_bins;
};

void cp_measure(struct cp_measures *, const double *score, const uint8_t *label, size_t n, const struct cp_measure_opts *, struct cp_team *);
void cp_measures_release(struct cp_measures *);

/* Two score columns on the same rows: is the difference of their AUCs more than chance?  var_diff = var1 + var2 - 2 cov, z = diff /
 * sqrt(var_diff), p two-sided normal. z and p are NaN where var_diff is 0; everything but the AUCs and diff with fewer than two rows of
 * a class. */
struct cp_delong_pair {
	double auc1, auc2, diff, var_diff, cov, z, p;
};
void cp_delong_pair(struct cp_delong_pair *, const double *score1, const double *score2, const uint8_t *label, size_t n,
		    struct cp_team *);

/* The bootstrap by groups: a replicate draws as many groups as there are, with replacement, all rows of each (Efron and Tibshirani 1993,
 * section 8); group NULL: every row is one.  The interval is from the 2.5 % to the 97.5 % quantile of the replicates, se their standard deviation,
 * n how many of them have both classes; the rest are left out.  Where the rows of a user go together, DeLong's interval is
 * too narrow, and this is the one to give.  diff (of score - score2) is of the same replicates; NaN without score2.  A replicate costs a walk
 * over the rows; memory 9 bytes a row and score column, and 4 a group and thread. */
struct cp_interval {
	double se, lo, hi;
	size_t n;
};

struct cp_bootstrap {
	size_t n_groups;
	struct cp_interval auc, diff;
};

void cp_bootstrap(struct cp_bootstrap *, const double *score, const double *score2, const uint8_t *label, const uint64_t *group, size_t n,
		  int n_replicates, uint64_t seed, struct cp_team *);

/* Student's paired t test over n pairs (AUCs of the same seeds, say), two-sided, df = n - 1. t and p are NaN with fewer than two pairs
 * or where every difference is 0; where all differences are one other number t is infinite and p 0. */
struct cp_ttest {
	double mean_diff, sd_diff, t, p;
	size_t df;
};
void cp_ttest_paired(struct cp_ttest *, const double *a, const double *b, size_t n);

#endif
