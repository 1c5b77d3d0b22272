/* Softmax, dropout and losses. */
#include "nn/simd/vec.h"

INLINE nn_float row_max(const nn_float *x, size_t n)
{
	vec max = splat(-INFINITY);

	for (size_t i = 0, m; (m = lanes(n, i)); i += VL)
		max = vmax(max, fill(ld(x + i, m), m, -INFINITY));
	return hmax(max);
}

void NN_K(softmax_fwd)(nn_float *y, const nn_float *x, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++, x += cols, y += cols) {
		nn_float max = row_max(x, cols);
		vec sum = splat(0);
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL) {
			vec e = fill(vexp(ld(x + j, m) - max), m, 0);
			sum += e;
			st(y + j, e, m);
		}
		nn_float scale = 1 / hsum(sum);
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL)
			st(y + j, ld(y + j, m) * scale, m);
	}
}

void NN_K(softmax_bwd)(nn_float *dx, const nn_float *dy, const nn_float *y, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++, dx += cols, dy += cols, y += cols) {
		vec sum = splat(0);
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL)
			sum = vfma(ld(dy + j, m), ld(y + j, m), sum);
		nn_float dot = hsum(sum);
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL)
			st(dx + j, vfma(ld(y + j, m), ld(dy + j, m) - dot, ld(dx + j, m)), m);
	}
}

void NN_K(dropout_fwd)(nn_float *y, const nn_float *x, const uint64_t *keys, uint64_t site, nn_float p, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++, x += cols, y += cols) {
		struct drop d = drop_row(keys, r, site, p);
		nn_float f[32];
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL) {
			if (j % 32 == 0)
				drop_block(f, &d, j / 32);
			st(y + j, ld(x + j, m) * ld_all(f + j % 32), m);
		}
	}
}

void NN_K(dropout_bwd)(nn_float *dx, const nn_float *dy, const uint64_t *keys, uint64_t site, nn_float p, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++, dy += cols, dx += cols) {
		struct drop d = drop_row(keys, r, site, p);
		nn_float f[32];
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL) {
			if (j % 32 == 0)
				drop_block(f, &d, j / 32);
			st(dx + j, vfma(ld(dy + j, m), ld_all(f + j % 32), ld(dx + j, m)), m);
		}
	}
}

/* A row as long as a vocabulary: partial sums of 4096 columns are added in double, so that its length costs no accuracy. */
void NN_K(xent_fwd)(nn_float *loss, nn_float *lse, const nn_float *z, const uint32_t *target, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++, z += cols) {
		nn_float max = row_max(z, cols);
		double sum = 0;
		for (size_t start = 0; start < cols; start += 4096) {
			size_t end = cols - start < 4096 ? cols : start + 4096;
			vec part = splat(0);
			for (size_t j = start, m; (m = lanes(end, j)); j += VL)
				part += fill(vexp(ld(z + j, m) - max), m, 0);
			sum += hsum(part);
		}
		double l = max + log(sum);
		lse[r] = (nn_float)l;
		loss[r] = (nn_float)(l - z[target[r]]);
	}
}

void NN_K(xent_bwd)(nn_float *dz, const nn_float *z, const nn_float *lse, const uint32_t *target, nn_float scale, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++, z += cols, dz += cols) {
		nn_float l = lse[r];
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL)
			st(dz + j, vexp(ld(z + j, m) - l) * scale, m);
		dz[target[r]] -= scale;
	}
}

/* One number a row: libm and double are fast enough. */
double NN_K(bce_fwd)(const nn_float *z, const nn_float *label, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (z[i] > 0 ? z[i] : 0) - (double)z[i] * label[i] + log1p(exp(-fabs((double)z[i])));
	return n ? sum / (double)n : 0;
}

void NN_K(bce_bwd)(nn_float *dz, const nn_float *z, const nn_float *label, nn_float dloss, size_t n)
{
	nn_float scale = dloss / (nn_float)(n + !n);

	for (size_t i = 0, m; (m = lanes(n, i)); i += VL) {
		vec p = 1 / (1 + vexp(-ld(z + i, m)));
		st(dz + i, vfma(splat(scale), p - ld(label + i, m), ld(dz + i, m)), m);
	}
}
