/* Log loss, GAUC and calibration on the whole: what needs no order of all rows (that is ranks.c). */
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

/* The terms are computed a span at a time, by all threads, and summed up in row order by one. */
#define SPAN 4096
#define SPANS 16

struct terms {
	const double *p;
	const uint8_t *label;
	size_t n;
	int beyond[SPANS];
	double term[SPANS * SPAN];
};

static void find_terms(void *ctx, int span)
{
	struct terms *t = ctx;
	size_t from = (size_t)span * SPAN, to = from + SPAN < t->n ? from + SPAN : t->n;
	t->beyond[span] = 0;
	for (size_t i = from; i < to; i++) {
		double q = t->p[i];
		t->beyond[span] |= !(q >= 0 && q <= 1);
		q = q < CP_LOGLOSS_CLIP ? CP_LOGLOSS_CLIP : q > 1 - CP_LOGLOSS_CLIP ? 1 - CP_LOGLOSS_CLIP : q;
		t->term[i] = t->label[i] ? -log(q) : -log1p(-q);
	}
}

double cp_logloss_team(const double *p, const uint8_t *label, size_t n, struct cp_team *team)
{
	struct cp_neumaier sum = {0};
	struct terms *t = cp_xmalloc(sizeof *t);
	int beyond = 0;
	for (size_t at = 0; at < n && !beyond; at += t->n) {
		t->p = p + at;
		t->label = label + at;
		t->n = n - at < SPANS * SPAN ? n - at : SPANS * SPAN;
		int n_spans = (int)((t->n + SPAN - 1) / SPAN);
		cp_team_run(team, n_spans, find_terms, t);
		for (int i = 0; i < n_spans; i++)
			beyond |= t->beyond[i];
		for (size_t i = 0; i < t->n; i++)
			cp_neumaier_add(&sum, t->term[i]);
	}
	free(t);
	return n && !beyond ? cp_neumaier_total(&sum) / (double)n : NAN;
}

double cp_logloss(const double *p, const uint8_t *label, size_t n)
{
	return cp_logloss_team(p, label, n, NULL);
}

double cp_calibration(const double *p, const uint8_t *label, size_t n)
{
	struct cp_neumaier sum = {0};
	size_t m = count_positives(label, n);
	for (size_t i = 0; i < n; i++)
		cp_neumaier_add(&sum, p[i]);
	return m ? cp_neumaier_total(&sum) / (double)m : NAN;
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
static void order_by_group(uint32_t *rows, uint64_t *keys, const double *score, const uint64_t *group, size_t n, struct cp_team *team)
{
	cp_order_by_score(rows, score, n, team);
	for (size_t i = 0; i < n; i++)
		keys[i] = group[rows[i]];
	cp_order_sort(keys, rows, n, team);
}

static int any_nan(const double *score, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (isnan(score[i]))
			return 1;
	return 0;
}

void cp_gauc(struct cp_gauc *out, const double *score, const uint8_t *label, const uint64_t *group, size_t n, struct cp_team *team)
{
	*out = (struct cp_gauc){ .gauc = NAN };
	if (any_nan(score, n))
		return;
	struct cp_neumaier sum = {0};
	uint64_t *keys = cp_xcalloc(n, sizeof *keys);
	uint32_t *rows = cp_xcalloc(n, sizeof *rows);
	order_by_group(rows, keys, score, group, n, team);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && keys[end] == keys[i]; end++)
			;
		double auc = auc_of_rows(rows + i, end - i, score, label);
		if (isnan(auc))
			continue;
		cp_neumaier_add(&sum, auc * (double)(end - i));
		out->n_groups++;
		out->n_rows += end - i;
	}
	if (out->n_rows)
		out->gauc = cp_neumaier_total(&sum) / (double)out->n_rows;
	free(keys);
	free(rows);
}
