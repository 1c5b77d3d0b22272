/* The paired t test. The t distribution's tail is a regularised incomplete beta function, taken by its continued fraction (DLMF
 * 8.17.22), which keeps the relative precision of small p; converges quickly on the side x < (a + 1) / (a + b + 2), and the other side
 * follows by symmetry. */
#include <math.h>

#include "eval/metrics.h"
#include "eval/order.h"

static double log_gamma(double x)
{
	int sign;
	return lgamma_r(x, &sign);
}

/* Lentz's evaluation of 1 / (1 + d1/(1 + d2/(1 + ...))). */
static double beta_fraction(double x, double a, double b)
{
	const double tiny = 1e-300;
	double c = 1, d = 1 - (a + b) * x / (a + 1), f;
	d = 1 / (fabs(d) < tiny ? tiny : d);
	f = d;
	for (int m = 1; m <= 10000; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double step = 1;
		for (int k = 0; k < 2; k++) {
			double num = k ? odd : even;
			d = 1 + num * d;
			c = 1 + num / c;
			d = 1 / (fabs(d) < tiny ? tiny : d);
			c = fabs(c) < tiny ? tiny : c;
			step = c * d;
			f *= step;
		}
		if (fabs(step - 1) < 1e-16)
			break;
	}
	return f;
}

/* I_x(a, b); y = 1 - x is handed in, for where x is close to 1. */
static double beta_regularised(double x, double y, double a, double b)
{
	if (x <= 0)
		return 0;
	if (y <= 0)
		return 1;
	if (x > (a + 1) / (a + b + 2))
		return 1 - beta_regularised(y, x, b, a);
	double front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log(y));
	return front * beta_fraction(x, a, b) / a;
}

static double t_two_sided(double t, double df)
{
	if (isinf(t))
		return 0;
	return beta_regularised(df / (df + t * t), t * t / (df + t * t), df / 2, 0.5);
}

void cp_ttest_paired(struct cp_ttest *out, const double *a, const double *b, size_t n)
{
	*out = (struct cp_ttest){ NAN, NAN, NAN, NAN, n ? n - 1 : 0 };
	struct cp_neumaier sum = {0}, squares = {0};
	for (size_t i = 0; i < n; i++)
		cp_neumaier_add(&sum, a[i] - b[i]);
	if (n)
		out->mean_diff = cp_neumaier_total(&sum) / (double)n;
	if (n < 2)
		return;
	for (size_t i = 0; i < n; i++) {
		double d = a[i] - b[i] - out->mean_diff;
		cp_neumaier_add(&squares, d * d);
	}
	out->sd_diff = sqrt(cp_neumaier_total(&squares) / (double)(n - 1));
	if (out->sd_diff == 0 && out->mean_diff == 0)
		return;
	out->t = out->mean_diff / (out->sd_diff / sqrt((double)n));
	out->p = t_two_sided(out->t, (double)(n - 1));
}
