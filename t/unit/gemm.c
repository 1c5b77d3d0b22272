/* Matrix products, by each that can multiply here: against a plain loop, and the same bits for any number of threads. */
#include "nn/gemm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

static int n_tests, n_failed;

static int ok(int good, const char *what)
{
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, what);
	return good;
}

/* Numbers that bf16 holds as they are, so that one tolerance serves for all. */
static nn_float *draw(size_t n, uint64_t row)
{
	struct cp_rng r = cp_rng(1, CP_RNG_TEST, n, row);
	nn_float *x = cp_xcalloc(n + 1, sizeof *x);

	for (size_t i = 0; i < n; i++)
		x[i] = (nn_float)(round(32 * cp_rng_normal(&r)) / 32);
	return x;
}

/* op(A) op(B): the arrays hold the transposes where ta, tb. */
static struct nn_gemm product_of(int ta, int tb, int m, int n, int k, const nn_float *a, int lda, const nn_float *b, int ldb, int add, nn_float *c, int ldc)
{
	return (struct nn_gemm){ .m = m, .n = n, .k = k, .a = { a, lda, ta }, .b = { b, ldb, tb }, .c = c, .ldc = ldc, .add = add };
}

static void multiply(struct cp_team *team, struct nn_gemm product)
{
	nn_gemm(team, &product, 1);
}

/* The largest error of C, its padding (which nobody may touch) included; C starts as NaN where it is not added to. */
static double error_of(struct cp_team *team, int ta, int tb, int m, int n, int k, int add)
{
	int lda = (ta ? m : k) + 3, ldb = (tb ? k : n) + 2, ldc = n + 1;
	nn_float *a = draw((size_t)lda * (size_t)(ta ? k : m), 1), *b = draw((size_t)ldb * (size_t)(tb ? n : k), 2);
	nn_float *c = draw((size_t)m * (size_t)ldc, 3), *start = draw((size_t)m * (size_t)ldc, 3);
	double worst = 0;

	for (int i = 0; !add && i < m; i++)
		for (int j = 0; j < n; j++)
			c[i * ldc + j] = NAN;
	multiply(team, product_of(ta, tb, m, n, k, a, lda, b, ldb, add, c, ldc));
	for (int i = 0; i < m; i++)
		for (int j = 0; j < ldc; j++) {
			double sum = j < n && !add ? 0 : (double)start[i * ldc + j];
			for (int l = 0; j < n && l < k; l++)
				sum += (double)(ta ? a[l * lda + i] : a[i * lda + l]) * (tb ? b[j * ldb + l] : b[l * ldb + j]);
			double d = fabs(sum - c[i * ldc + j]);
			worst = d > worst || isnan(d) ? d : worst;
		}
	free(a);
	free(b);
	free(c);
	free(start);
	return worst;
}

static void check_products(struct cp_team *team)
{
	static const int sizes[][3] = { { 2, 2, 0 }, { 2, 2, 1 }, { 9, 47, 2 }, { 16, 48, 33 }, { 24, 64, 600 }, { 7, 100, 1037 }, { 1, 1, 1 }, { 1, 17, 31 }, { 31, 1, 17 }, { 3, 5, 0 }, { 3, 17, 1 }, { 31, 64, 17 }, { 65, 33, 129 },
					{ 130, 300, 40 }, { 300, 140, 70 }, { 1, 300, 400 }, { 300, 1, 400 }, { 20, 1300, 600 }, { 70, 20, 2700 } };
	double tolerance = sizeof(nn_float) == 4 ? 1e-4 : 1e-12;

	for (int t = 0; t < 4; t++) {
		double worst = 0;
		char what[80];
		for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
			for (int add = 0; add < 2; add++) {
				double e = error_of(team, t & 1, t >> 1, sizes[s][0], sizes[s][1], sizes[s][2], add);
				worst = e > worst || isnan(e) ? e : worst;
			}
		snprintf(what, sizeof what, "products as by a plain loop, transposed: %d %d (%.1e)", t & 1, t >> 1, worst);
		ok(worst <= tolerance, what);
	}
}

/* (rows,cols) or its transpose: how far apart its lines are. */
static int line(int transposed, int rows, int cols)
{
	return transposed ? rows : cols;
}

static void check_threads(void)
{
	static const int sizes[][3] = { { 256, 256, 256 }, { 256, 512, 64 }, { 517, 333, 71 }, { 100, 700, 100 }, { 1, 2000, 600 }, { 2000, 1, 600 },
					{ 90, 1300, 610 }, { 200, 100, 2700 }, { 1100, 70, 40 }, { 200, 700, 1000 } };
	static const int teams[] = { 1, 2, 3, 16 };
	struct cp_err err;

	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		int m = sizes[s][0], n = sizes[s][1], k = sizes[s][2], same = 1;
		size_t n_c = (size_t)m * (size_t)n;
		nn_float *a = draw((size_t)m * (size_t)k, 1), *b = draw((size_t)n * (size_t)k, 2);
		char what[80];
		for (int t = 0; t < 4; t++) {
			int ta = t & 1, tb = t >> 1;
			nn_float *one = draw(n_c, 3);
			multiply(NULL, product_of(ta, tb, m, n, k, a, line(ta, m, k), b, line(tb, k, n), 1, one, n));
			for (size_t i = 0; i < sizeof teams / sizeof *teams; i++) {
				struct cp_team *team = cp_team_new(teams[i], &err);
				nn_float *more = draw(n_c, 3);
				multiply(team, product_of(ta, tb, m, n, k, a, line(ta, m, k), b, line(tb, k, n), 1, more, n));
				same &= !memcmp(one, more, n_c * sizeof *more);
				cp_team_free(team);
				free(more);
			}
			free(one);
		}
		snprintf(what, sizeof what, "%d x %d x %d: the same bits on 1, 2, 3 and 16 threads", m, n, k);
		ok(same, what);
		free(a);
		free(b);
	}
}

/* Products of unlike sizes at once, as a layer's backward pass has them, are each as by itself. */
static void check_several(void)
{
	enum { ROWS = 700, IN = 200, OUT = 90 };
	nn_float *x = draw(ROWS * IN, 1), *dy = draw(ROWS * OUT, 2), *w = draw(IN * OUT, 3), *dw = draw(IN * OUT, 4), *dx = draw(ROWS * IN, 5);
	struct cp_err err;
	int same = 1;
	multiply(NULL, product_of(1, 0, IN, OUT, ROWS, x, IN, dy, OUT, 1, dw, OUT));
	multiply(NULL, product_of(0, 1, ROWS, IN, OUT, dy, OUT, w, OUT, 1, dx, IN));
	for (int threads = 1; threads <= 3; threads++) {
		struct cp_team *team = cp_team_new(threads, &err);
		nn_float *dw2 = draw(IN * OUT, 4), *dx2 = draw(ROWS * IN, 5);
		nn_gemm(team, (struct nn_gemm[]){ product_of(1, 0, IN, OUT, ROWS, x, IN, dy, OUT, 1, dw2, OUT),
						  product_of(0, 1, ROWS, IN, OUT, dy, OUT, w, OUT, 1, dx2, IN) }, 2);
		same &= !memcmp(dw, dw2, IN * OUT * sizeof *dw) && !memcmp(dx, dx2, ROWS * IN * sizeof *dx);
		cp_team_free(team);
		free(dw2);
		free(dx2);
	}
	ok(same, "products at once have the bits that each has by itself");
	free(x);
	free(dy);
	free(w);
	free(dw);
	free(dx);
}

/* By kernels of our own a row of C has the same bits whatever the rows beside it, and adds to what stands there. */
static void check_neighbours(void)
{
	enum { M = 70, N = 90, K = 530 };
	nn_float *a = draw(M * K, 1), *b = draw(N * K, 2), *c = draw(M * N, 3), *part = draw(M * N, 3);
	int same = 1;
	multiply(NULL, product_of(0, 0, M, N, K, a, K, b, N, 1, c, N));
	for (int i = 0; i < M; i += 7)
		multiply(NULL, product_of(0, 0, 2, N - 13, K, a + i * K, K, b + 13, N, 1, part + i * N + 13, N));
	for (int i = 0; i < M; i += 7)
		same &= !memcmp(c + i * N + 13, part + i * N + 13, (N - 13) * sizeof *c) && !memcmp(c + (i + 1) * N + 13, part + (i + 1) * N + 13,
												    (N - 13) * sizeof *c);
	ok(same, "rows and columns have the same bits whatever stands beside them");
	free(a);
	free(b);
	free(c);
	free(part);
}

int main(int argc, char **argv)
{
	static const struct { enum nn_gemm_precision precision; enum nn_gemm_by by; } all[] = {
		{ NN_PRECISION_F32, NN_GEMM_OPENBLAS }, { NN_PRECISION_F32, NN_GEMM_OWN }, { NN_PRECISION_BF16, NN_GEMM_OWN } };
	struct cp_err err = { "" };
	struct cp_team *team = cp_team_new(2, &err);

	nn_blas_prepare(argv);
	ok(nn_gemm_choose(NN_PRECISION_BF16, NN_GEMM_OPENBLAS, &err) < 0 && strstr(err.msg, "f32 only"), "OpenBLAS in bf16 is refused");
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		if (nn_gemm_choose(all[i].precision, all[i].by, &err) < 0) {
			printf("# %s\n", err.msg);
			continue;
		}
		printf("# %s, %d argument(s)\n", nn_gemm_info(), argc - 1);
		if (!ok(nn_gemm_check(2, &err) == 0, "what multiplies computes rightly"))
			printf("# %s\n", err.msg);
		ok(!strcmp(nn_gemm_precision(), all[i].precision == NN_PRECISION_BF16 ? "bf16" : "f32"), "... in the precision asked for");
		check_products(team);
		check_threads();
		check_several();
		if (all[i].by == NN_GEMM_OWN)
			check_neighbours();
	}
	cp_team_free(team);
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
