/* What the units of kernels have in common: a line of TAP, and how far numbers are from what they should be. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "nn/float.h"

static int n_tests, n_failed;

__attribute__((format(printf, 2, 3))) static int ok(int good, const char *fmt, ...)
{
	va_list ap;

	n_failed += !good;
	printf("%sok %d - ", good ? "" : "not ", ++n_tests);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	return good;
}

static double distance(const nn_float *a, const nn_float *b, size_t n)
{
	double max = 0;

	for (size_t i = 0; i < n; i++) {
		double d = fabs((double)a[i] - b[i]) / fmax(1, fabs((double)b[i]));
		max = d > max || isnan(d) ? d : max;
	}
	return max;
}
