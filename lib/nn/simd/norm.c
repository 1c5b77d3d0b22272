/* Layer and batch normalisation, and the end of a transformer's half layer. */
#include "nn/simd/vec.h"

/* -- over the columns of a row -- */

/* Sum of (x - shift) (four vectors side by side, then pairwise) and, with square, of its square. */
INLINE nn_float row_sum(const nn_float *x, size_t n, nn_float shift, int square)
{
	vec s[4] = { splat(0), splat(0), splat(0), splat(0) };
	size_t i = 0;

	for (; i + 4 * VL <= n; i += 4 * VL)
		for (size_t k = 0; k < 4; k++) {
			vec d = ld_all(x + i + k * VL) - shift;
			s[k] = square ? vfma(d, d, s[k]) : s[k] + d;
		}
	for (size_t m; (m = lanes(n, i)); i += VL) {
		vec d = fill(ld(x + i, m) - shift, m, 0);
		s[0] = square ? vfma(d, d, s[0]) : s[0] + d;
	}
	return hsum((s[0] + s[1]) + (s[2] + s[3]));
}

INLINE void normalise_row(nn_float *y, nn_float *mean, nn_float *rstd, const nn_float *x, const nn_float *gain, const nn_float *bias, size_t cols,
			  nn_float eps)
{
	nn_float mu = row_sum(x, cols, 0, 0) / (nn_float)cols;
	nn_float scale = (nn_float)(1 / sqrt((double)(row_sum(x, cols, mu, 1) / (nn_float)cols) + (double)eps));

	*mean = mu;
	*rstd = scale;
	for (size_t j = 0, m; (m = lanes(cols, j)); j += VL)
		st(y + j, vfma((ld(x + j, m) - mu) * scale, ld(gain + j, m), ld(bias + j, m)), m);
}

void NN_K(layernorm_fwd)(nn_float *y, nn_float *mean, nn_float *rstd, const nn_float *x, const nn_float *gain, const nn_float *bias, size_t rows,
			 size_t cols, nn_float eps)
{
	for (size_t r = 0; r < rows; r++, x += cols, y += cols)
		normalise_row(y, mean + r, rstd + r, x, gain, bias, cols, eps);
}

/* What a row's dx needs, with n = (x - mean) rstd and g = dy gain:  dx = rstd (g - mean(g) - n mean(g n)).  Adds to dgain and dbias. */
struct row_grad {
	nn_float mean, rstd, mean_g, mean_gn;
};

INLINE struct row_grad row_grad(nn_float *dgain, nn_float *dbias, const nn_float *dy, const nn_float *x, const nn_float *gain, nn_float mean,
				nn_float rstd, size_t cols)
{
	vec sum_g = splat(0), sum_gn = splat(0);

	for (size_t j = 0, m; (m = lanes(cols, j)); j += VL) {
		vec n = (ld(x + j, m) - mean) * rstd, d = ld(dy + j, m), g = d * ld(gain + j, m);
		sum_g += g;
		sum_gn = vfma(g, n, sum_gn);	/* past m: d is 0 */
		st(dgain + j, vfma(d, n, ld(dgain + j, m)), m);
		st(dbias + j, ld(dbias + j, m) + d, m);
	}
	return (struct row_grad){ mean, rstd, hsum(sum_g) / (nn_float)cols, hsum(sum_gn) / (nn_float)cols };
}

INLINE vec row_dx(const struct row_grad *a, vec dy, vec x, vec gain)
{
	vec n = (x - a->mean) * a->rstd;

	return a->rstd * (vfma(dy, gain, splat(-a->mean_g)) - n * a->mean_gn);
}

void NN_K(layernorm_bwd)(nn_float *dx, nn_float *dgain, nn_float *dbias, const nn_float *dy, const nn_float *x, const nn_float *gain,
			 const nn_float *mean, const nn_float *rstd, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++, dx += cols, dy += cols, x += cols) {
		struct row_grad a = row_grad(dgain, dbias, dy, x, gain, mean[r], rstd[r], cols);
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL)
			st(dx + j, ld(dx + j, m) + row_dx(&a, ld(dy + j, m), ld(x + j, m), ld(gain + j, m)), m);
	}
}

void NN_K(rmsnorm_fwd)(nn_float *y, nn_float *rstd, const nn_float *x, const nn_float *gain, size_t rows, size_t cols, nn_float eps)
{
	for (size_t r = 0; r < rows; r++, x += cols, y += cols) {
		rstd[r] = (nn_float)(1 / sqrt((double)(row_sum(x, cols, 0, 1) / (nn_float)cols) + (double)eps));
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL)
			st(y + j, ld(x + j, m) * rstd[r] * ld(gain + j, m), m);
	}
}

/* With n = x rstd and g = dy gain:  dx = rstd (g - n mean(g n)). */
void NN_K(rmsnorm_bwd)(nn_float *dx, nn_float *dgain, const nn_float *dy, const nn_float *x, const nn_float *gain, const nn_float *rstd, size_t rows,
		       size_t cols)
{
	for (size_t r = 0; r < rows; r++, dx += cols, dy += cols, x += cols) {
		vec sum = splat(0);
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL) {
			vec dn = ld(dy + j, m) * ld(x + j, m) * rstd[r];
			sum = vfma(dn, ld(gain + j, m), sum);	/* past m: dn is 0 */
			st(dgain + j, ld(dgain + j, m) + dn, m);
		}
		nn_float mean = hsum(sum) / (nn_float)cols;
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL) {
			vec n = ld(x + j, m) * rstd[r], g = ld(dy + j, m) * ld(gain + j, m);
			st(dx + j, vfma(splat(rstd[r]), g - n * mean, ld(dx + j, m)), m);
		}
	}
}

void NN_K(residual_norm_fwd)(const struct nn_residual_norm *a)
{
	size_t cols = a->cols;

	for (size_t r = 0, at = 0; r < a->rows; r++, at += cols) {
		struct drop d = drop_row(a->keys, r, a->site, a->p);
		nn_float f[32];
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL) {
			if (d.threshold && j % 32 == 0)
				drop_block(f, &d, j / 32);
			vec v = ld(a->y + at + j, m);
			if (d.threshold)
				v *= ld_all(f + j % 32);
			st(a->s + at + j, ld(a->residual + at + j, m) + v, m);
		}
		normalise_row(a->out + at, a->mean + r, a->rstd + r, a->s + at, a->gain, a->bias, cols, a->eps);
	}
}

void NN_K(residual_norm_bwd)(const struct nn_residual_norm *a, const struct nn_residual_norm_grad *g)
{
	size_t cols = a->cols;

	for (size_t r = 0, at = 0; r < a->rows; r++, at += cols) {
		struct row_grad row = row_grad(g->dgain, g->dbias, g->dout + at, a->s + at, a->gain, a->mean[r], a->rstd[r], cols);
		struct drop d = drop_row(a->keys, r, a->site, a->p);
		nn_float f[32], *dresidual = g->dresidual + at, *dy = g->dy + at;
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL) {
			if (d.threshold && j % 32 == 0)
				drop_block(f, &d, j / 32);
			vec ds = row_dx(&row, ld(g->dout + at + j, m), ld(a->s + at + j, m), ld(a->gain + j, m));
			st(dresidual + j, ld(dresidual + j, m) + ds, m);
			if (d.threshold)
				ds *= ld_all(f + j % 32);
			st(dy + j, ld(dy + j, m) + ds, m);
		}
	}
}

/* -- over the rows of a column -- */

/* What is summed over the rows: x, its squared distance from the mean, dy, or dy times normalised x. */
struct columns {
	const nn_float *x, *dy, *mean, *rstd;
	size_t cols;
};
enum term { VALUE, SQUARE, GRADIENT, GRADIENT_X };

INLINE vec term(enum term what, const struct columns *c, size_t r, size_t j, size_t m)
{
	if (what == GRADIENT)
		return ld(c->dy + r * c->cols + j, m);
	vec x = ld(c->x + r * c->cols + j, m);
	if (what == VALUE)
		return x;
	x -= ld(c->mean + j, m);
	return what == SQUARE ? x * x : ld(c->dy + r * c->cols + j, m) * (x * ld(c->rstd + j, m));
}

/* sum += the rows' terms, eight rows at a time: an eighth of the traffic and of the rounding. */
INLINE void sum_columns(nn_float *sum, enum term what, const struct columns *c, size_t rows)
{
	for (size_t r = 0; r < rows; r += 8) {
		size_t end = rows - r < 8 ? rows : r + 8;
		for (size_t j = 0, m; (m = lanes(c->cols, j)); j += VL) {
			vec s = term(what, c, r, j, m);
			for (size_t i = r + 1; i < end; i++)
				s += term(what, c, i, j, m);
			st(sum + j, ld(sum + j, m) + s, m);
		}
	}
}

INLINE void zero(nn_float *x, size_t n)
{
	memset(x, 0, n * sizeof *x);
}

void NN_K(batchnorm_train_fwd)(nn_float *y, nn_float *mean, nn_float *rstd, nn_float *run_mean, nn_float *run_var, const nn_float *x,
			       const nn_float *gain, const nn_float *bias, size_t rows, size_t cols, nn_float eps, nn_float momentum)
{
	struct columns c = { .x = x, .mean = mean, .cols = cols };

	if (!rows)
		return;
	zero(mean, cols);
	sum_columns(mean, VALUE, &c, rows);
	for (size_t j = 0; j < cols; j++)
		mean[j] /= (nn_float)rows;
	zero(rstd, cols);
	sum_columns(rstd, SQUARE, &c, rows);
	for (size_t j = 0; j < cols; j++) {
		double sum = rstd[j];
		run_mean[j] += momentum * (mean[j] - run_mean[j]);
		if (rows > 1)
			run_var[j] += momentum * ((nn_float)(sum / (double)(rows - 1)) - run_var[j]);
		rstd[j] = (nn_float)(1 / sqrt(sum / (double)rows + (double)eps));
	}
	for (size_t r = 0; r < rows; r++, x += cols, y += cols)
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL)
			st(y + j, vfma((ld(x + j, m) - ld(mean + j, m)) * ld(rstd + j, m), ld(gain + j, m), ld(bias + j, m)), m);
}

void NN_K(batchnorm_train_bwd)(nn_float *dx, nn_float *dgain, nn_float *dbias, const nn_float *dy, const nn_float *x, const nn_float *gain,
			       const nn_float *mean, const nn_float *rstd, nn_float *scratch, size_t rows, size_t cols)
{
	struct columns c = { .x = x, .dy = dy, .mean = mean, .rstd = rstd, .cols = cols };
	nn_float *sum_d = scratch, *sum_dn = scratch + cols;

	if (!rows)
		return;
	zero(scratch, 2 * cols);
	sum_columns(sum_d, GRADIENT, &c, rows);
	sum_columns(sum_dn, GRADIENT_X, &c, rows);
	NN_K(add)(dbias, sum_d, cols);
	NN_K(add)(dgain, sum_dn, cols);
	for (size_t j = 0; j < 2 * cols; j++)
		scratch[j] /= (nn_float)rows;
	for (size_t r = 0; r < rows; r++, x += cols, dx += cols, dy += cols)
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL) {
			vec scale = ld(rstd + j, m), n = (ld(x + j, m) - ld(mean + j, m)) * scale;
			vec d = ld(dy + j, m) - ld(sum_d + j, m) - n * ld(sum_dn + j, m);
			st(dx + j, vfma(ld(gain + j, m) * scale, d, ld(dx + j, m)), m);
		}
}

INLINE vec eval_rstd(const nn_float *run_var, size_t m, nn_float eps)
{
	return 1 / vsqrt(fill(ld(run_var, m), m, 1) + eps);
}

void NN_K(batchnorm_eval_fwd)(nn_float *y, const nn_float *x, const nn_float *run_mean, const nn_float *run_var, const nn_float *gain,
			      const nn_float *bias, size_t rows, size_t cols, nn_float eps)
{
	for (size_t r = 0; r < rows; r++, x += cols, y += cols)
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL) {
			vec n = (ld(x + j, m) - ld(run_mean + j, m)) * eval_rstd(run_var + j, m, eps);
			st(y + j, vfma(n, ld(gain + j, m), ld(bias + j, m)), m);
		}
}

void NN_K(batchnorm_eval_bwd)(nn_float *dx, nn_float *dgain, nn_float *dbias, const nn_float *dy, const nn_float *x, const nn_float *run_mean,
			      const nn_float *run_var, const nn_float *gain, size_t rows, size_t cols, nn_float eps)
{
	for (size_t r = 0; r < rows; r++, x += cols, dx += cols, dy += cols)
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL) {
			vec scale = eval_rstd(run_var + j, m, eps), d = ld(dy + j, m);
			vec n = (ld(x + j, m) - ld(run_mean + j, m)) * scale;
			st(dgain + j, vfma(d, n, ld(dgain + j, m)), m);
			st(dbias + j, ld(dbias + j, m) + d, m);
			st(dx + j, vfma(d, ld(gain + j, m) * scale, ld(dx + j, m)), m);
		}
}
