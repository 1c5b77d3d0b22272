/* AUC with its variance, log loss, GAUC and calibration. The AUC sorts the two classes apart and merges them, so that a row costs one
 * 8-byte key and one of scratch; pairs are counted twice over, which makes a tie a whole number. */
#include "eval/metrics.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "eval/order.h"

static size_t count_positives(const uint8_t *label, size_t n)
{
	size_t m = 0;
	for (size_t i = 0; i < n; i++)
		m += label[i] != 0;
	return m;
}

/* The scores' keys, positives ascending in front, negatives ascending behind them.  NULL if a score is not a number. */
static uint64_t *sort_classes(size_t m, const double *score, const uint8_t *label, size_t n)
{
	uint64_t *keys = cp_xcalloc(n, sizeof *keys);
	size_t at[2] = { m, 0 };
	for (size_t i = 0; i < n; i++) {
		if (isnan(score[i])) {
			free(keys);
			return NULL;
		}
		keys[at[label[i] != 0]++] = cp_order_key(score[i]);
	}
	cp_order_sort(keys, NULL, m);
	cp_order_sort(keys + m, NULL, n - m);
	return keys;
}

/* A run of equal scores: its rows of each class, and those below it. */
struct ties {
	size_t pos, neg, pos_below, neg_below;
};

static size_t run_of(const uint64_t *keys, size_t at, size_t n, uint64_t key)
{
	size_t end = at;
	while (end < n && keys[end] == key)
		end++;
	return end - at;
}

/* The next run in ascending order; 0 when there is none.  Begin with all zero. */
static int next_ties(struct ties *t, const uint64_t *keys, size_t m, size_t n)
{
	size_t i = t->pos_below += t->pos, j = t->neg_below += t->neg;
	const uint64_t *pos = keys, *neg = keys + m;
	if (i == m && j == n - m)
		return 0;
	uint64_t key = j == n - m || (i < m && pos[i] < neg[j]) ? pos[i] : neg[j];
	t->pos = run_of(pos, i, m, key);
	t->neg = run_of(neg, j, n - m, key);
	return 1;
}

static double auc_of_keys(const uint64_t *keys, size_t m, size_t n)
{
	uint64_t twice = 0;		/* pairs in order, and again, plus ties */
	for (struct ties t = {0}; next_ties(&t, keys, m, n); )
		twice += t.pos * (2 * t.neg_below + t.neg);
	return (double)twice / (2.0 * (double)m * (double)(n - m));
}

double cp_auc(const double *score, const uint8_t *label, size_t n)
{
	size_t m = count_positives(label, n);
	uint64_t *keys = m && m < n ? sort_classes(m, score, label, n) : NULL;
	double auc = keys ? auc_of_keys(keys, m, n) : NAN;
	free(keys);
	return auc;
}

/* s10/m + s01/n: every row of a run has the same component. */
static double delong_variance(const uint64_t *keys, size_t m, size_t n, double auc)
{
	struct cp_sum s10 = {0}, s01 = {0};
	double pos = (double)m, neg = (double)(n - m);
	for (struct ties t = {0}; next_ties(&t, keys, m, n); ) {
		double v10 = (double)(2 * t.neg_below + t.neg) / (2 * neg) - auc;
		double v01 = (double)(2 * (m - t.pos_below) - t.pos) / (2 * pos) - auc;
		cp_sum_add(&s10, (double)t.pos * v10 * v10);
		cp_sum_add(&s01, (double)t.neg * v01 * v01);
	}
	return cp_sum_of(&s10) / ((pos - 1) * pos) + cp_sum_of(&s01) / ((neg - 1) * neg);
}

void cp_delong(struct cp_delong *d, const double *score, const uint8_t *label, size_t n)
{
	size_t m = count_positives(label, n);
	uint64_t *keys = m && m < n ? sort_classes(m, score, label, n) : NULL;
	*d = (struct cp_delong){ NAN, NAN, NAN, NAN, NAN };
	if (!keys)
		return;
	d->auc = auc_of_keys(keys, m, n);
	if (m > 1 && n - m > 1) {
		d->var = delong_variance(keys, m, n, d->auc);
		d->se = sqrt(d->var);
		d->lo = d->auc - CP_Z975 * d->se;
		d->hi = d->auc + CP_Z975 * d->se;
	}
	free(keys);
}

double cp_logloss(const double *p, const uint8_t *label, size_t n)
{
	struct cp_sum sum = {0};
	for (size_t i = 0; i < n; i++) {
		if (!(p[i] >= 0 && p[i] <= 1))
			return NAN;
		double q = fmin(fmax(p[i], CP_LOGLOSS_CLIP), 1 - CP_LOGLOSS_CLIP);
		cp_sum_add(&sum, label[i] ? -log(q) : -log1p(-q));
	}
	return n ? cp_sum_of(&sum) / (double)n : NAN;
}

double cp_logloss_logit(double z, int label)
{
	double wrong = label ? -z : z;		/* -log(1 / (1 + exp(-wrong))) turned about: log(1 + exp(wrong)) */
	return fmax(wrong, 0) + log1p(exp(-fabs(wrong)));
}

double cp_logloss_logits(const float *z, const uint8_t *label, size_t n)
{
	struct cp_sum sum = {0};
	for (size_t i = 0; i < n; i++) {
		if (isnan(z[i]))
			return NAN;
		cp_sum_add(&sum, cp_logloss_logit((double)z[i], label[i]));
	}
	return n ? cp_sum_of(&sum) / (double)n : NAN;
}

double cp_calibration(const double *p, const uint8_t *label, size_t n)
{
	struct cp_sum sum = {0};
	size_t m = count_positives(label, n);
	for (size_t i = 0; i < n; i++)
		cp_sum_add(&sum, p[i]);
	return m ? cp_sum_of(&sum) / (double)m : NAN;
}

/* AUC of the rows listed, which are in ascending order of score. */
static double auc_of_rows(const uint32_t *rows, size_t n, const double *score, const uint8_t *label)
{
	uint64_t twice = 0, below = 0, m = 0;
	for (size_t i = 0, end; i < n; i = end) {
		uint64_t pos = 0;
		for (end = i; end < n && score[rows[end]] == score[rows[i]]; end++)
			pos += label[rows[end]] != 0;
		uint64_t neg = end - i - pos;
		twice += pos * (2 * below + neg);
		below += neg;
		m += pos;
	}
	return m && below ? (double)twice / (2.0 * (double)m * (double)below) : NAN;
}

/* rows[] by group, within a group by score; keys[] their groups. */
static void order_by_group(uint32_t *rows, uint64_t *keys, const double *score, const uint64_t *group, size_t n)
{
	cp_order_by_score(rows, score, n);
	for (size_t i = 0; i < n; i++)
		keys[i] = group[rows[i]];
	cp_order_sort(keys, rows, n);
}

static int any_nan(const double *score, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (isnan(score[i]))
			return 1;
	return 0;
}

void cp_gauc(struct cp_gauc *out, const double *score, const uint8_t *label, const uint64_t *group, size_t n)
{
	*out = (struct cp_gauc){ .gauc = NAN };
	if (any_nan(score, n))
		return;
	struct cp_sum sum = {0};
	uint64_t *keys = cp_xcalloc(n, sizeof *keys);
	uint32_t *rows = cp_xcalloc(n, sizeof *rows);
	order_by_group(rows, keys, score, group, n);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && keys[end] == keys[i]; end++)
			;
		double auc = auc_of_rows(rows + i, end - i, score, label);
		if (isnan(auc))
			continue;
		cp_sum_add(&sum, auc * (double)(end - i));
		out->n_groups++;
		out->n_rows += end - i;
	}
	if (out->n_rows)
		out->gauc = cp_sum_of(&sum) / (double)out->n_rows;
	free(keys);
	free(rows);
}
