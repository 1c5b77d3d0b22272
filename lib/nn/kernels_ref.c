/* The plain twins: what each kernel means.
 *
 * Read these first; lib/nn/simd holds the fast ones.  Nothing here is in a hurry: sums run in double from the first element to the last,
 * so that in float the difference between a fast kernel and its twin is the fast one's own error.
 */
#include "nn/kernels_ref.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"

/* -- sums and products -- */

void nn_add_ref(nn_float *y, const nn_float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] += x[i];
}

void nn_axpy_ref(nn_float *y, nn_float a, const nn_float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] += a * x[i];
}

void nn_mul_fwd_ref(nn_float *y, const nn_float *a, const nn_float *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = a[i] * b[i];
}

void nn_mul_bwd_ref(nn_float *da, nn_float *db, const nn_float *dy, const nn_float *a, const nn_float *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		da[i] += dy[i] * b[i];
		db[i] += dy[i] * a[i];
	}
}

void nn_bias_fwd_ref(nn_float *y, const nn_float *x, const nn_float *b, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++)
		for (size_t j = 0; j < cols; j++)
			y[r * cols + j] = x[r * cols + j] + b[j];
}

void nn_bias_bwd_ref(nn_float *db, const nn_float *dy, size_t rows, size_t cols)
{
	for (size_t j = 0; j < cols; j++) {
		double sum = 0;
		for (size_t r = 0; r < rows; r++)
			sum += dy[r * cols + j];
		db[j] += sum;
	}
}

void nn_cross_fwd_ref(nn_float *y, const nn_float *x0, const nn_float *h, const nn_float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = x[i] + x0[i] * h[i];
}

static nn_float ended(double sum, size_t r, size_t j, const struct nn_epilogue *e)
{
	if (e && e->bias)
		sum += e->bias[j];
	if (e && e->relu)
		sum = sum > 0 ? sum : 0;
	if (e && e->x0)
		sum = e->x[r * e->ld + j] + e->x0[r * e->ld + j] * sum;
	return (nn_float)sum;
}

void nn_packed_fwd_ref(nn_float *y, size_t ldy, const nn_float *x, size_t ldx, const void *w, size_t rows, size_t cols, size_t depth,
		       const struct nn_epilogue *end)
{
	for (size_t r = 0; r < rows; r++)
		for (size_t j = 0; j < cols; j++) {
			const nn_float *column = (const nn_float *)w + j / NN_PANEL * depth * NN_PANEL + j % NN_PANEL;
			double sum = 0;
			for (size_t k = 0; k < depth; k++)
				sum += (double)x[r * ldx + k] * column[k * NN_PANEL];
			y[r * ldy + j] = ended(sum, r, j, end);
		}
}

static double of_bf16(uint32_t half)
{
	uint32_t u = half << 16;
	float x;
	memcpy(&x, &u, sizeof x);
	return x;
}

/* To nearest, ties to even. */
static uint32_t to_bf16(nn_float x)
{
	float f = (float)x;
	uint32_t u;
	memcpy(&u, &f, sizeof u);
	return (u + 0x7fff + (u >> 16 & 1)) >> 16;
}

void nn_packed_bf16_fwd_ref(nn_float *y, size_t ldy, const nn_float *x, size_t ldx, const void *w, size_t rows, size_t cols, size_t depth,
			 const struct nn_epilogue *end)
{
	size_t units = nn_product_units(nn_product_bf16(), depth);
	for (size_t r = 0; r < rows; r++)
		for (size_t j = 0; j < cols; j++) {
			const uint32_t *column = (const uint32_t *)w + j / NN_PANEL * units * NN_PANEL + j % NN_PANEL;
			double sum = 0;
			for (size_t k = 0; k < depth; k++)
				sum += of_bf16(to_bf16(x[r * ldx + k])) * of_bf16(column[k / 2 * NN_PANEL] >> 16 * (k & 1) & 0xffff);
			y[r * ldy + j] = ended(sum, r, j, end);
		}
}

/* What the numbers of a row are divided by, so that the largest is 127 or -127. */
static float int8_step(const nn_float *x, size_t depth)
{
	float most = 0;
	for (size_t k = 0; k < depth; k++) {
		if (!isfinite((float)x[k]))
			return NAN;
		most = fmaxf(most, fabsf((float)x[k]));
	}
	return most < 0x1p-100f ? 0 : most / 127;
}

static double int8_of(nn_float x, float step)
{
	return step > 0 ? rint((float)x * (1 / step)) : 0;
}

void nn_packed_int8_fwd_ref(nn_float *y, size_t ldy, const nn_float *x, size_t ldx, const void *w, size_t rows, size_t cols, size_t depth,
			 const struct nn_epilogue *end)
{
	size_t units = nn_product_units(nn_product_int8(), depth);
	for (size_t r = 0; r < rows; r++) {
		float step = int8_step(x + r * ldx, depth), column_step;
		for (size_t j = 0; j < cols; j++) {
			const uint32_t *column = (const uint32_t *)w + j / NN_PANEL * (1 + units) * NN_PANEL + j % NN_PANEL;
			double sum = 0;
			memcpy(&column_step, column, sizeof column_step);
			for (size_t k = 0; k < depth; k++)
				sum += int8_of(x[r * ldx + k], step) * ((int)(column[(1 + k / 4) * NN_PANEL] >> k % 4 * 8 & 0xff) - 128);
			y[r * ldy + j] = ended(sum * step * column_step, r, j, end);
		}
	}
}

void nn_row_sums_fwd_ref(nn_float *y, nn_float a, const nn_float *x, size_t ldx, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++) {
		double sum = 0;
		for (size_t j = 0; j < cols; j++)
			sum += x[r * ldx + j];
		y[r] += a * sum;
	}
}

void nn_row_sums_bwd_ref(nn_float *dx, size_t ldx, nn_float a, const nn_float *dy, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++)
		for (size_t j = 0; j < cols; j++)
			dx[r * ldx + j] += a * dy[r];
}

void nn_pairs_fwd_ref(nn_float *y, size_t ldy, const nn_float *a, const nn_float *b, size_t m, size_t n, size_t cols)
{
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++)
			for (size_t k = 0; k < cols; k++)
				y[(i * n + j) * ldy + k] = a[i * cols + k] * b[j * cols + k];
}

void nn_pairs_bwd_ref(nn_float *da, nn_float *db, const nn_float *dy, size_t ldy, const nn_float *a, const nn_float *b, size_t m, size_t n,
		      size_t cols)
{
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++)
			for (size_t k = 0; k < cols; k++) {
				da[i * cols + k] += dy[(i * n + j) * ldy + k] * b[j * cols + k];
				db[j * cols + k] += dy[(i * n + j) * ldy + k] * a[i * cols + k];
			}
}

/* Where a packed operand has unit k of place i; see nn/product.h. */
static size_t unit_at(size_t i, size_t k, size_t units, int lines)
{
	return i / NN_PANEL * nn_product_length(units, lines) * NN_PANEL + nn_product_at(i % NN_PANEL, k, lines);
}

void nn_product_pack_ref(nn_float *packed, const nn_float *x, size_t ld, int along, int lines, size_t outer, size_t depth, size_t from, size_t to)
{
	size_t places = nn_product_panels(outer) * NN_PANEL;
	for (size_t i = along ? from * NN_PANEL : 0; i < (along ? to * NN_PANEL : places); i++)
		for (size_t k = along ? 0 : from * NN_PANEL; k < depth && (along || k < to * NN_PANEL); k++)
			packed[unit_at(i, k, depth, lines)] = i < outer ? along ? x[i * ld + k] : x[k * ld + i] : 0;
}

void nn_product_tile_ref(nn_float *c, size_t ldc, const nn_float *a, int lines, const nn_float *b, size_t m, size_t n, size_t units, int add)
{
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++) {
			double sum = add ? c[i * ldc + j] : 0;
			for (size_t k = 0; k < units; k++)
				sum += (double)a[unit_at(i, k, units, lines)] * b[unit_at(j, k, units, 0)];
			c[i * ldc + j] = (nn_float)sum;
		}
}

/* -- activations -- */

void nn_relu_fwd_ref(nn_float *y, const nn_float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = x[i] > 0 ? x[i] : 0;
}

void nn_relu_bwd_ref(nn_float *dx, const nn_float *dy, const nn_float *y, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dx[i] += y[i] > 0 ? dy[i] : 0;
}

void nn_tanh_fwd_ref(nn_float *y, const nn_float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = tanh(x[i]);
}

void nn_tanh_bwd_ref(nn_float *dx, const nn_float *dy, const nn_float *y, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dx[i] += dy[i] * (1 - y[i] * y[i]);
}

static double sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

void nn_sigmoid_fwd_ref(nn_float *y, const nn_float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = sigmoid(x[i]);
}

void nn_sigmoid_bwd_ref(nn_float *dx, const nn_float *dy, const nn_float *y, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dx[i] += dy[i] * y[i] * (1 - y[i]);
}

static double normal_cdf(double x)
{
	return 0.5 * erfc(-x * M_SQRT1_2);
}

void nn_gelu_fwd_ref(nn_float *y, const nn_float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = x[i] * normal_cdf(x[i]);
}

void nn_gelu_bwd_ref(nn_float *dx, const nn_float *dy, const nn_float *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double z = x[i], density = exp(-0.5 * z * z) * 0.3989422804014326779;	/* 1 / sqrt(2 pi) */
		dx[i] += dy[i] * (normal_cdf(z) + z * density);
	}
}

/* The derivative of x/2 (1 + tanh u) is (1 + tanh u)/2 + x/2 (1 - tanh^2 u) u', u' = sqrt(2/pi) (1 + 3 0.044715 x^2). */
void nn_gelu_tanh_fwd_ref(nn_float *y, const nn_float *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double z = x[i];
		y[i] = 0.5 * z * (1 + tanh(0.7978845608028654 * (z + 0.044715 * z * z * z)));
	}
}

void nn_gelu_tanh_bwd_ref(nn_float *dx, const nn_float *dy, const nn_float *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double z = x[i], t = tanh(0.7978845608028654 * (z + 0.044715 * z * z * z));
		dx[i] += dy[i] * (0.5 * (1 + t) + 0.5 * z * (1 - t * t) * 0.7978845608028654 * (1 + 3 * 0.044715 * z * z));
	}
}

/* -- normalisation -- */

void nn_rmsnorm_fwd_ref(nn_float *y, nn_float *rstd, const nn_float *x, const nn_float *gain, size_t rows, size_t cols, nn_float eps)
{
	for (size_t r = 0; r < rows; r++, x += cols, y += cols) {
		double sum = 0;
		for (size_t j = 0; j < cols; j++)
			sum += (double)x[j] * x[j];
		rstd[r] = 1 / sqrt(sum / cols + eps);
		for (size_t j = 0; j < cols; j++)
			y[j] = x[j] * rstd[r] * gain[j];
	}
}

/* With n = x rstd and g = dy gain:  dx = rstd (g - n mean_j(g n)). */
void nn_rmsnorm_bwd_ref(nn_float *dx, nn_float *dgain, const nn_float *dy, const nn_float *x, const nn_float *gain, const nn_float *rstd, size_t rows,
			size_t cols)
{
	for (size_t r = 0; r < rows; r++, dx += cols, dy += cols, x += cols) {
		double sum = 0;
		for (size_t j = 0; j < cols; j++) {
			double n = x[j] * rstd[r];
			sum += dy[j] * gain[j] * n;
			dgain[j] += dy[j] * n;
		}
		for (size_t j = 0; j < cols; j++)
			dx[j] += rstd[r] * (dy[j] * gain[j] - x[j] * rstd[r] * sum / cols);
	}
}

void nn_layernorm_fwd_ref(nn_float *y, nn_float *mean, nn_float *rstd, const nn_float *x, const nn_float *gain, const nn_float *bias,
			  size_t rows, size_t cols, nn_float eps)
{
	for (size_t r = 0; r < rows; r++, x += cols, y += cols) {
		double mu = 0, var = 0;
		for (size_t j = 0; j < cols; j++)
			mu += x[j];
		mu /= cols;
		for (size_t j = 0; j < cols; j++)
			var += (x[j] - mu) * (x[j] - mu);
		mean[r] = mu;
		rstd[r] = 1 / sqrt(var / cols + eps);
		for (size_t j = 0; j < cols; j++)
			y[j] = (x[j] - mu) * rstd[r] * gain[j] + bias[j];
	}
}

/* With n = (x - mean) rstd and g = dy gain:  dx = rstd (g - mean_j(g) - n mean_j(g n)). */
void nn_layernorm_bwd_ref(nn_float *dx, nn_float *dgain, nn_float *dbias, const nn_float *dy, const nn_float *x, const nn_float *gain,
			  const nn_float *mean, const nn_float *rstd, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++, dx += cols, dy += cols, x += cols) {
		double sum_g = 0, sum_gn = 0;
		for (size_t j = 0; j < cols; j++) {
			double n = (x[j] - mean[r]) * rstd[r], g = dy[j] * gain[j];
			sum_g += g;
			sum_gn += g * n;
			dgain[j] += dy[j] * n;
			dbias[j] += dy[j];
		}
		for (size_t j = 0; j < cols; j++) {
			double n = (x[j] - mean[r]) * rstd[r], g = dy[j] * gain[j];
			dx[j] += rstd[r] * (g - sum_g / cols - n * sum_gn / cols);
		}
	}
}

static uint32_t dropout_threshold(nn_float p)
{
	return (uint32_t)(65536 * (double)p + 0.5);
}

/* 0 where column j of the row with this key is dropped, else the scale of what is kept (kernels.h has the bits). */
static double dropout_factor(uint64_t key, uint64_t site, uint32_t threshold, size_t j)
{
	uint64_t s = cp_mix64(key + CP_GOLDEN * (site + 1));
	uint32_t x = (uint32_t)s + (uint32_t)(16 * (j / 32) + j % 16) * UINT32_C(0x9e3779b9);

	x = (x ^ x >> 16) * UINT32_C(0x7feb352d);
	x += (uint32_t)(s >> 32);
	x = (x ^ x >> 15) * UINT32_C(0x846ca68b);
	x ^= x >> 16;
	uint32_t u = j % 32 < 16 ? x & 0xffff : x >> 16;
	return u < threshold ? 0 : 65536.0 / (65536 - threshold);
}

static double factor(const uint64_t *keys, uint64_t site, nn_float p, size_t row, size_t j)
{
	return keys && p > 0 ? dropout_factor(keys[row], site, dropout_threshold(p), j) : 1;
}

void nn_residual_norm_fwd_ref(const struct nn_residual_norm *a)
{
	for (size_t r = 0, i = 0; r < a->rows; r++)
		for (size_t j = 0; j < a->cols; j++, i++)
			a->s[i] = a->residual[i] + a->y[i] * factor(a->keys, a->site, a->p, r, j);
	nn_layernorm_fwd_ref(a->out, a->mean, a->rstd, a->s, a->gain, a->bias, a->rows, a->cols, a->eps);
}

void nn_residual_norm_bwd_ref(const struct nn_residual_norm *a, const struct nn_residual_norm_grad *d)
{
	size_t cols = a->cols;
	for (size_t r = 0; r < a->rows; r++) {
		const nn_float *s = a->s + r * cols, *dout = d->dout + r * cols;
		double sum_g = 0, sum_gn = 0;
		for (size_t j = 0; j < cols; j++) {
			double n = (s[j] - a->mean[r]) * a->rstd[r], g = dout[j] * a->gain[j];
			sum_g += g;
			sum_gn += g * n;
			d->dgain[j] += dout[j] * n;
			d->dbias[j] += dout[j];
		}
		for (size_t j = 0; j < cols; j++) {
			double n = (s[j] - a->mean[r]) * a->rstd[r], g = dout[j] * a->gain[j];
			double ds = a->rstd[r] * (g - sum_g / cols - n * sum_gn / cols);
			d->dresidual[r * cols + j] += ds;
			d->dy[r * cols + j] += ds * factor(a->keys, a->site, a->p, r, j);
		}
	}
}

void nn_batchnorm_train_fwd_ref(nn_float *y, nn_float *mean, nn_float *rstd, nn_float *run_mean, nn_float *run_var, const nn_float *x,
				const nn_float *gain, const nn_float *bias, size_t rows, size_t cols, nn_float eps, nn_float momentum)
{
	if (!rows)
		return;
	for (size_t j = 0; j < cols; j++) {
		double mu = 0, var = 0;
		for (size_t r = 0; r < rows; r++)
			mu += x[r * cols + j];
		mu /= rows;
		for (size_t r = 0; r < rows; r++)
			var += (x[r * cols + j] - mu) * (x[r * cols + j] - mu);
		mean[j] = mu;
		rstd[j] = 1 / sqrt(var / rows + eps);
		run_mean[j] += momentum * (mu - run_mean[j]);
		if (rows > 1)
			run_var[j] += momentum * (var / (rows - 1) - run_var[j]);
		for (size_t r = 0; r < rows; r++)
			y[r * cols + j] = (x[r * cols + j] - mu) * rstd[j] * gain[j] + bias[j];
	}
}

void nn_batchnorm_train_bwd_ref(nn_float *dx, nn_float *dgain, nn_float *dbias, const nn_float *dy, const nn_float *x, const nn_float *gain,
				const nn_float *mean, const nn_float *rstd, nn_float *scratch, size_t rows, size_t cols)
{
	(void)scratch;
	for (size_t j = 0; j < cols; j++) {
		double sum_d = 0, sum_dn = 0;
		for (size_t r = 0; r < rows; r++) {
			double n = (x[r * cols + j] - mean[j]) * rstd[j];
			sum_d += dy[r * cols + j];
			sum_dn += dy[r * cols + j] * n;
		}
		dgain[j] += sum_dn;
		dbias[j] += sum_d;
		for (size_t r = 0; r < rows; r++) {
			double n = (x[r * cols + j] - mean[j]) * rstd[j];
			dx[r * cols + j] += gain[j] * rstd[j] * (dy[r * cols + j] - sum_d / rows - n * sum_dn / rows);
		}
	}
}

void nn_batchnorm_eval_fwd_ref(nn_float *y, const nn_float *x, const nn_float *run_mean, const nn_float *run_var, const nn_float *gain,
			       const nn_float *bias, size_t rows, size_t cols, nn_float eps)
{
	for (size_t r = 0; r < rows; r++, x += cols, y += cols)
		for (size_t j = 0; j < cols; j++)
			y[j] = (x[j] - run_mean[j]) / sqrt((double)run_var[j] + eps) * gain[j] + bias[j];
}

void nn_batchnorm_eval_bwd_ref(nn_float *dx, nn_float *dgain, nn_float *dbias, const nn_float *dy, const nn_float *x, const nn_float *run_mean,
			       const nn_float *run_var, const nn_float *gain, size_t rows, size_t cols, nn_float eps)
{
	for (size_t j = 0; j < cols; j++) {
		double rstd = 1 / sqrt((double)run_var[j] + eps), sum_d = 0, sum_dn = 0;
		for (size_t r = 0; r < rows; r++) {
			sum_d += dy[r * cols + j];
			sum_dn += dy[r * cols + j] * (x[r * cols + j] - run_mean[j]) * rstd;
			dx[r * cols + j] += dy[r * cols + j] * gain[j] * rstd;
		}
		dgain[j] += sum_dn;
		dbias[j] += sum_d;
	}
}

/* -- softmax, dropout, losses -- */

static double log_sum_exp(const nn_float *x, size_t n)
{
	double max = -INFINITY, sum = 0;

	for (size_t j = 0; j < n; j++)
		max = x[j] > max ? x[j] : max;
	for (size_t j = 0; j < n; j++)
		sum += exp(x[j] - max);
	return max + log(sum);
}

void nn_softmax_fwd_ref(nn_float *y, const nn_float *x, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++, x += cols, y += cols) {
		double lse = log_sum_exp(x, cols);
		for (size_t j = 0; j < cols; j++)
			y[j] = exp(x[j] - lse);
	}
}

void nn_softmax_bwd_ref(nn_float *dx, const nn_float *dy, const nn_float *y, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++, dx += cols, dy += cols, y += cols) {
		double dot = 0;
		for (size_t j = 0; j < cols; j++)
			dot += dy[j] * y[j];
		for (size_t j = 0; j < cols; j++)
			dx[j] += y[j] * (dy[j] - dot);
	}
}

void nn_dropout_fwd_ref(nn_float *y, const nn_float *x, const uint64_t *keys, uint64_t site, nn_float p, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++)
		for (size_t j = 0; j < cols; j++)
			y[r * cols + j] = x[r * cols + j] * factor(keys, site, p, r, j);
}

void nn_dropout_bwd_ref(nn_float *dx, const nn_float *dy, const uint64_t *keys, uint64_t site, nn_float p, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++)
		for (size_t j = 0; j < cols; j++)
			dx[r * cols + j] += dy[r * cols + j] * factor(keys, site, p, r, j);
}

void nn_xent_fwd_ref(nn_float *loss, nn_float *lse, const nn_float *z, const uint32_t *target, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++, z += cols) {
		double l = log_sum_exp(z, cols);
		lse[r] = l;
		loss[r] = l - z[target[r]];
	}
}

void nn_xent_bwd_ref(nn_float *dz, const nn_float *z, const nn_float *lse, const uint32_t *target, nn_float scale, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++, z += cols, dz += cols) {
		for (size_t j = 0; j < cols; j++)
			dz[j] = scale * exp((double)z[j] - lse[r]);
		dz[target[r]] -= scale;
	}
}

double nn_bce_fwd_ref(const nn_float *z, const nn_float *label, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (z[i] > 0 ? z[i] : 0) - (double)z[i] * label[i] + log1p(exp(-fabs((double)z[i])));
	return n ? sum / n : 0;
}

void nn_bce_bwd_ref(nn_float *dz, const nn_float *z, const nn_float *label, nn_float dloss, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dz[i] += dloss / n * (sigmoid(z[i]) - label[i]);
}

/* -- embedding -- */

void nn_gather_ref(nn_float *y, size_t ldy, const nn_float *table, const uint32_t *id, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++)
		for (size_t j = 0; j < cols; j++)
			y[r * ldy + j] = table[id[r] * cols + j];
}

void nn_scatter_add_ref(nn_float *dtable, const nn_float *dy, size_t ldy, const uint32_t *id, size_t rows, size_t cols, uint32_t lo, uint32_t hi)
{
	for (size_t r = 0; r < rows; r++)
		if (lo <= id[r] && id[r] < hi)
			for (size_t j = 0; j < cols; j++)
				dtable[id[r] * cols + j] += dy[r * ldy + j];
}

/* -- attention -- */

/* Row j of the keys or values of a head, prompts first. */
static const nn_float *kv_row(const struct nn_attention *a, const nn_float *prompts, const nn_float *tokens, size_t head, size_t j)
{
	return j < a->n_prompts ? prompts + j * a->ldp + head * a->dh : tokens + (j - a->n_prompts) * a->ld + head * a->dh;
}

static double dot(const nn_float *x, const nn_float *y, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)x[i] * y[i];
	return sum;
}

/* prob[j] = softmax over prompts and tokens for query t, before dropout; returns the logarithm of its denominator */
static double probabilities(nn_float *prob, const struct nn_attention *a, size_t head, size_t t)
{
	size_t n = a->n_prompts + a->z, seen = a->causal && t < a->z ? a->n_prompts + t + 1 : n;
	for (size_t j = 0; j < n; j++) {
		double bias = a->bias && j >= a->n_prompts ? a->bias[(ptrdiff_t)(head * a->ldb + j - a->n_prompts) - (ptrdiff_t)t] : 0;
		prob[j] = a->scale * (dot(a->q + t * a->ldq + head * a->dh, kv_row(a, a->pk, a->k, head, j), a->dh) + bias);
	}
	double lse = log_sum_exp(prob, seen);
	for (size_t j = 0; j < n; j++)
		prob[j] = j < seen ? exp(prob[j] - lse) : 0;
	return lse;
}

void nn_attention_fwd_ref(const struct nn_attention *a, nn_float *scratch)
{
	for (size_t head = a->head; head < a->head_end; head++)
		for (size_t t = 0; t < a->nq; t++) {
			nn_float *out = a->out + t * a->ldo + head * a->dh;
			a->stat[head * a->nq + t] = probabilities(scratch, a, head, t);
			for (size_t i = 0; i < a->dh; i++) {
				double sum = 0;
				for (size_t j = 0; j < a->n_prompts + a->z; j++)
					sum += scratch[j] * factor(a->keys, a->site + head, a->p, t, j) * kv_row(a, a->pv, a->v, head, j)[i];
				out[i] = sum;
			}
		}
}

/* One query: dv_j += P'_j dout, dP_j = f_j dout.v_j, ds_j = P_j (dP_j - sum P dP), dq += scale sum ds_j k_j, dk_j += scale ds_j q. */
static void attention_bwd_query(const struct nn_attention *a, const struct nn_attention_grad *g, size_t head, size_t t, nn_float *scratch)
{
	size_t n = a->n_prompts + a->z, dh = a->dh;
	const nn_float *q = a->q + t * a->ldq + head * dh, *dout = g->dout + t * a->ldo + head * dh;
	nn_float *dq = g->dq + t * a->ldq + head * dh, *prob = scratch, *dprob = scratch + n;
	double sum = 0;

	probabilities(prob, a, head, t);
	for (size_t j = 0; j < n; j++) {
		double f = factor(a->keys, a->site + head, a->p, t, j);
		nn_float *dv = (nn_float *)kv_row(a, g->dpv, g->dv, head, j);
		for (size_t i = 0; i < dh; i++)
			dv[i] += prob[j] * f * dout[i];
		dprob[j] = f * dot(dout, kv_row(a, a->pv, a->v, head, j), dh);
		sum += (double)prob[j] * dprob[j];
	}
	for (size_t j = 0; j < n; j++) {
		double ds = a->scale * prob[j] * (dprob[j] - sum);
		const nn_float *k = kv_row(a, a->pk, a->k, head, j);
		nn_float *dk = (nn_float *)kv_row(a, g->dpk, g->dk, head, j);
		if (a->bias && j >= a->n_prompts)
			g->dbias[(ptrdiff_t)(head * a->ldb + j - a->n_prompts) - (ptrdiff_t)t] += ds;
		for (size_t i = 0; i < dh; i++) {
			dq[i] += ds * k[i];
			dk[i] += ds * q[i];
		}
	}
}

static void forget_rows(nn_float *d, size_t ld, size_t rows, size_t from, size_t to)
{
	for (size_t r = 0; r < rows; r++)
		for (size_t i = from; i < to; i++)
			d[r * ld + i] = 0;
}

void nn_attention_bwd_ref(const struct nn_attention *a, const struct nn_attention_grad *g, nn_float *scratch)
{
	if (!g->add_q)
		forget_rows(g->dq, a->ldq, a->nq, a->head * a->dh, a->head_end * a->dh);
	if (!g->add_kv) {
		forget_rows(g->dk, a->ld, a->z, a->head * a->dh, a->head_end * a->dh);
		forget_rows(g->dv, a->ld, a->z, a->head * a->dh, a->head_end * a->dh);
	}
	for (size_t head = a->head; head < a->head_end; head++)
		for (size_t t = 0; t < a->nq; t++)
			attention_bwd_query(a, g, head, t, scratch);
}

/* -- optimiser -- */

static nn_float flush(nn_float x)
{
	return fabs((double)x) < (sizeof x == 4 ? FLT_MIN : DBL_MIN) ? 0 : x;
}

static void adamw_one(nn_float *p, nn_float *m, nn_float *v, nn_float g, const struct nn_adamw_step *s, const struct nn_adamw_rule *r)
{
	*m = flush(r->b1 * *m + r->a1 * g);
	*v = flush(r->b2 * *v + r->a2 * g * g);
	nn_float root = sqrt((double)(*v * s->rc2));
	*p = s->decay * *p - s->rate * *m / (root + r->eps);
}

void nn_adamw_ref(nn_float *p, nn_float *m, nn_float *v, const nn_float *g, size_t n, const struct nn_adamw *h)
{
	struct nn_adamw_step s = nn_adamw_step_of(h);
	struct nn_adamw_rule r = nn_adamw_rule_of(h, 0);

	for (size_t i = 0; i < n; i++)
		adamw_one(p + i, m + i, v + i, g[i], &s, &r);
}

void nn_adamw_replay_ref(nn_float *p, nn_float *m, nn_float *v, size_t n, const struct nn_adamw_step *s, size_t n_steps,
			 const struct nn_adamw_rule *r)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n_steps; k++)
			adamw_one(p + i, m + i, v + i, r->l2 * p[i] + 0, s + k, r);
}
