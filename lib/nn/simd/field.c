/* Between the columns of a row. */
#include "nn/simd/vec.h"

void NN_K(row_sums_fwd)(nn_float *y, nn_float a, const nn_float *x, size_t ldx, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++) {
		vec sum = splat(0);
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL)
			sum += ld(x + r * ldx + j, m);
		y[r] += a * hsum(sum);
	}
}

void NN_K(row_sums_bwd)(nn_float *dx, size_t ldx, nn_float a, const nn_float *dy, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++)
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL)
			st(dx + r * ldx + j, ld(dx + r * ldx + j, m) + a * dy[r], m);
}

void NN_K(pairs_fwd)(nn_float *y, size_t ldy, const nn_float *a, const nn_float *b, size_t m, size_t n, size_t cols)
{
	for (size_t k = 0, l; (l = lanes(cols, k)); k += VL)
		for (size_t i = 0; i < m; i++) {
			vec x = ld(a + i * cols + k, l);
			for (size_t j = 0; j < n; j++)
				st(y + (i * n + j) * ldy + k, x * ld(b + j * cols + k, l), l);
		}
}

/* What a[i] is owed is summed apart and added last: da may be db. */
void NN_K(pairs_bwd)(nn_float *da, nn_float *db, const nn_float *dy, size_t ldy, const nn_float *a, const nn_float *b, size_t m, size_t n,
		      size_t cols)
{
	for (size_t k = 0, l; (l = lanes(cols, k)); k += VL)
		for (size_t i = 0; i < m; i++) {
			vec x = ld(a + i * cols + k, l), sum = splat(0);
			for (size_t j = 0; j < n; j++) {
				vec d = ld(dy + (i * n + j) * ldy + k, l);
				sum = vfma(d, ld(b + j * cols + k, l), sum);
				st(db + j * cols + k, vfma(d, x, ld(db + j * cols + k, l)), l);
			}
			st(da + i * cols + k, ld(da + i * cols + k, l) + sum, l);
		}
}
