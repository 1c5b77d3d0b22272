/* Sums, products and activations. */
#include "nn/simd/vec.h"

void NN_K(add)(nn_float *y, const nn_float *x, size_t n)
{
	for (size_t i = 0, m; (m = lanes(n, i)); i += VL)
		st(y + i, ld(y + i, m) + ld(x + i, m), m);
}

void NN_K(axpy)(nn_float *y, nn_float a, const nn_float *x, size_t n)
{
	for (size_t i = 0, m; (m = lanes(n, i)); i += VL)
		st(y + i, vfma(splat(a), ld(x + i, m), ld(y + i, m)), m);
}

void NN_K(mul_fwd)(nn_float *y, const nn_float *a, const nn_float *b, size_t n)
{
	for (size_t i = 0, m; (m = lanes(n, i)); i += VL)
		st(y + i, ld(a + i, m) * ld(b + i, m), m);
}

void NN_K(mul_bwd)(nn_float *da, nn_float *db, const nn_float *dy, const nn_float *a, const nn_float *b, size_t n)
{
	for (size_t i = 0, m; (m = lanes(n, i)); i += VL) {
		vec d = ld(dy + i, m);
		st(da + i, vfma(d, ld(b + i, m), ld(da + i, m)), m);
		st(db + i, vfma(d, ld(a + i, m), ld(db + i, m)), m);
	}
}

void NN_K(bias_fwd)(nn_float *y, const nn_float *x, const nn_float *b, size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++, y += cols, x += cols)
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL)
			st(y + j, ld(x + j, m) + ld(b + j, m), m);
}

/* Eight rows are summed before they are added: an eighth of the traffic to db and of its rounding. */
void NN_K(bias_bwd)(nn_float *db, const nn_float *dy, size_t rows, size_t cols)
{
	for (; rows >= 8; rows -= 8, dy += 8 * cols)
		for (size_t j = 0, m; (m = lanes(cols, j)); j += VL) {
			const nn_float *d = dy + j;
			vec a = ld(d, m) + ld(d + cols, m), b = ld(d + 2 * cols, m) + ld(d + 3 * cols, m);
			vec c = ld(d + 4 * cols, m) + ld(d + 5 * cols, m), e = ld(d + 6 * cols, m) + ld(d + 7 * cols, m);
			st(db + j, ld(db + j, m) + ((a + b) + (c + e)), m);
		}
	for (; rows; rows--, dy += cols)
		NN_K(add)(db, dy, cols);
}

void NN_K(cross_fwd)(nn_float *y, const nn_float *x0, const nn_float *h, const nn_float *x, size_t n)
{
	for (size_t i = 0, m; (m = lanes(n, i)); i += VL)
		st(y + i, vfma(ld(x0 + i, m), ld(h + i, m), ld(x + i, m)), m);
}

void NN_K(relu_fwd)(nn_float *y, const nn_float *x, size_t n)
{
	for (size_t i = 0, m; (m = lanes(n, i)); i += VL)
		st(y + i, vmax(splat(0), ld(x + i, m)), m);
}

void NN_K(relu_bwd)(nn_float *dx, const nn_float *dy, const nn_float *y, size_t n)
{
	for (size_t i = 0, m; (m = lanes(n, i)); i += VL)
		st(dx + i, ld(dx + i, m) + sel((bits)(ld(y + i, m) > 0), ld(dy + i, m), splat(0)), m);
}

void NN_K(tanh_fwd)(nn_float *y, const nn_float *x, size_t n)
{
	for (size_t i = 0, m; (m = lanes(n, i)); i += VL)
		st(y + i, vtanh(ld(x + i, m)), m);
}

void NN_K(tanh_bwd)(nn_float *dx, const nn_float *dy, const nn_float *y, size_t n)
{
	for (size_t i = 0, m; (m = lanes(n, i)); i += VL) {
		vec v = ld(y + i, m);
		st(dx + i, vfma(ld(dy + i, m), 1 - v * v, ld(dx + i, m)), m);
	}
}

void NN_K(sigmoid_fwd)(nn_float *y, const nn_float *x, size_t n)
{
	for (size_t i = 0, m; (m = lanes(n, i)); i += VL)
		st(y + i, 1 / (1 + vexp(-ld(x + i, m))), m);
}

void NN_K(sigmoid_bwd)(nn_float *dx, const nn_float *dy, const nn_float *y, size_t n)
{
	for (size_t i = 0, m; (m = lanes(n, i)); i += VL) {
		vec v = ld(y + i, m);
		st(dx + i, vfma(ld(dy + i, m), v * (1 - v), ld(dx + i, m)), m);
	}
}

/* Phi(x), and exp(-x^2/2) for the density */
INLINE vec normal_cdf(vec x, vec *e)
{
	*e = vexp(x * x * (nn_float)-0.5);
	vec tail = normal_tail(vabs(x), *e);
	return sel((bits)(x < 0), tail, 1 - tail);
}

void NN_K(gelu_fwd)(nn_float *y, const nn_float *x, size_t n)
{
	for (size_t i = 0, m; (m = lanes(n, i)); i += VL) {
		vec v = ld(x + i, m), e;
		st(y + i, v * normal_cdf(v, &e), m);
	}
}

void NN_K(gelu_bwd)(nn_float *dx, const nn_float *dy, const nn_float *x, size_t n)
{
	const nn_float density = (nn_float)0.3989422804014326779;	/* 1 / sqrt(2 pi) */

	for (size_t i = 0, m; (m = lanes(n, i)); i += VL) {
		vec v = ld(x + i, m), e, cdf = normal_cdf(v, &e);
		st(dx + i, vfma(ld(dy + i, m), vfma(v, e * density, cdf), ld(dx + i, m)), m);
	}
}

/* tanh(sqrt(2/pi) (x + 0.044715 x^3)) */
INLINE vec gelu_tanh(vec x)
{
	return vtanh(x * vfma(x * x, splat((nn_float)(0.7978845608028654 * 0.044715)), splat((nn_float)0.7978845608028654)));
}

void NN_K(gelu_tanh_fwd)(nn_float *y, const nn_float *x, size_t n)
{
	for (size_t i = 0, m; (m = lanes(n, i)); i += VL) {
		vec v = ld(x + i, m), h = v * (nn_float)0.5;
		st(y + i, vfma(h, gelu_tanh(v), h), m);
	}
}

void NN_K(gelu_tanh_bwd)(nn_float *dx, const nn_float *dy, const nn_float *x, size_t n)
{
	for (size_t i = 0, m; (m = lanes(n, i)); i += VL) {
		vec v = ld(x + i, m), t = gelu_tanh(v);
		vec slope = vfma(v * v, splat((nn_float)(0.7978845608028654 * 3 * 0.044715)), splat((nn_float)0.7978845608028654));
		vec d = (1 + t) * (nn_float)0.5 + v * (nn_float)0.5 * (1 - t * t) * slope;
		st(dx + i, vfma(ld(dy + i, m), d, ld(dx + i, m)), m);
	}
}
