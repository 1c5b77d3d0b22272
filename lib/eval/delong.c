/* Two score columns compared: DeLong's structural components of every row, from one walk over the rows in order of score. Sun and Xu
 * get them as differences of midranks; counting the other class within and below each run of equal scores gives the same numbers without
 * ranking three times. */
#include "eval/metrics.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "eval/order.h"

struct classes {
	size_t pos, neg;
};

static struct classes count_classes(const uint8_t *label, size_t n)
{
	struct classes c = {0};
	for (size_t i = 0; i < n; i++)
		c.pos += label[i] != 0;
	c.neg = n - c.pos;
	return c;
}

/* v[row] = V10 of a positive, V01 of a negative. */
static void components(double *v, const double *score, const uint8_t *label, size_t n, struct classes c,
		       struct cp_team *team)
{
	uint32_t *rows = cp_xcalloc(n, sizeof *rows);
	cp_order_by_score(rows, score, n, team);
	size_t pos_below = 0, neg_below = 0;
	for (size_t i = 0, end; i < n; i = end) {
		size_t pos = 0;
		for (end = i; end < n && score[rows[end]] == score[rows[i]]; end++)
			pos += label[rows[end]] != 0;
		size_t neg = end - i - pos, pos_above = c.pos - pos_below - pos;
		double v10 = (double)(2 * neg_below + neg) / (2.0 * (double)c.neg);
		double v01 = (double)(2 * pos_above + pos) / (2.0 * (double)c.pos);
		for (size_t j = i; j < end; j++)
			v[rows[j]] = label[rows[j]] ? v10 : v01;
		pos_below += pos;
		neg_below += neg;
	}
	free(rows);
}

/* s10/m + s01/n of the products (a - a0)(b - b0): a variance where a is b. */
static double covariance(const double *a, double a0, const double *b, double b0, const uint8_t *label, size_t n, struct classes c)
{
	struct cp_neumaier pos = {0}, neg = {0};
	for (size_t i = 0; i < n; i++)
		cp_neumaier_add(label[i] ? &pos : &neg, (a[i] - a0) * (b[i] - b0));
	double m = (double)c.pos, q = (double)c.neg;
	return cp_neumaier_total(&pos) / ((m - 1) * m) + cp_neumaier_total(&neg) / ((q - 1) * q);
}

void cp_delong_pair(struct cp_delong_pair *d, const double *score1, const double *score2, const uint8_t *label, size_t n,
		    struct cp_team *team)
{
	struct classes c = count_classes(label, n);
	*d = (struct cp_delong_pair){ cp_auc(score1, label, n), cp_auc(score2, label, n), NAN, NAN, NAN, NAN, NAN };
	d->diff = d->auc1 - d->auc2;
	if (isnan(d->diff) || c.pos < 2 || c.neg < 2)
		return;
	double *v1 = cp_xcalloc(n, sizeof *v1), *v2 = cp_xcalloc(n, sizeof *v2);
	components(v1, score1, label, n, c, team);
	components(v2, score2, label, n, c, team);
	d->cov = covariance(v1, d->auc1, v2, d->auc2, label, n, c);
	for (size_t i = 0; i < n; i++)		/* var1 + var2 - 2 cov without the cancellation; exactly 0 for columns of one order */
		v1[i] -= v2[i];
	d->var_diff = covariance(v1, d->diff, v1, d->diff, label, n, c);
	if (d->var_diff > 0) {
		d->z = d->diff / sqrt(d->var_diff);
		d->p = erfc(fabs(d->z) / sqrt(2));
	}
	free(v1);
	free(v2);
}
