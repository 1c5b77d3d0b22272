/* AUC, log loss, GAUC and calibration.  The AUC sorts the two classes apart and merges them, so that a row costs one 8-byte key and one of scratch;
 * pairs are counted twice over, which makes a tie a whole number. */
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

/* Positives' keys from the front of `keys`, negatives' behind them.  0 if a score is not a number. */
static int split_classes(uint64_t *keys, size_t m, const double *score, const uint8_t *label, size_t n)
{
	size_t at[2] = { m, 0 };
	for (size_t i = 0; i < n; i++) {
		if (isnan(score[i]))
			return 0;
		keys[at[label[i] != 0]++] = cp_order_key(score[i]);
	}
	return 1;
}

/* Twice the number of (positive, negative) pairs in order plus the number of ties; both ascending. */
static uint64_t twice_in_order(const uint64_t *pos, size_t m, const uint64_t *neg, size_t n)
{
	uint64_t twice = 0;
	size_t below = 0, upto = 0;	/* negatives below the positive, and those not above it */
	for (size_t i = 0; i < m; i++) {
		while (below < n && neg[below] < pos[i])
			below++;
		if (upto < below)
			upto = below;
		while (upto < n && neg[upto] == pos[i])
			upto++;
		twice += below + upto;
	}
	return twice;
}

double cp_auc(const double *score, const uint8_t *label, size_t n)
{
	size_t m = count_positives(label, n);
	if (!m || m == n)
		return NAN;
	double auc = NAN;
	uint64_t *keys = cp_xcalloc(n, sizeof *keys);
	if (split_classes(keys, m, score, label, n)) {
		cp_order_sort(keys, NULL, m);
		cp_order_sort(keys + m, NULL, n - m);
		auc = (double)twice_in_order(keys, m, keys + m, n - m) / (2.0 * (double)m * (double)(n - m));
	}
	free(keys);
	return auc;
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
