/* Matrix products through CBLAS, one thread a tile; see gemm.h.
 *
 * How C is cut is a matter of measurement: with OpenBLAS a tile of 128 x 256 runs at about nine tenths of the rate of the whole product
 * (it packs its share of A and B again), one of 64 x 128 at eight tenths.  Sixteen tiles feed 2 to 16 threads.
 */
#include "nn/gemm.h"

#include <cblas.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef NN_DOUBLE
#define GEMM cblas_dgemm
#define GEMV cblas_dgemv
#else
#define GEMM cblas_sgemm
#define GEMV cblas_sgemv
#endif

static void scale_matrix(nn_float *c, int ldc, int m, int n, nn_float beta)
{
	for (int i = 0; i < m; i++)
		for (int j = 0; j < n; j++)
			c[(size_t)i * ldc + j] = beta == 0 ? 0 : c[(size_t)i * ldc + j] * beta;
}

void nn_gemm_tile(int ta, int tb, int m, int n, int k, nn_float alpha, const nn_float *a, int lda, const nn_float *b, int ldb, nn_float beta,
		  nn_float *c, int ldc)
{
	if (m <= 0 || n <= 0)
		return;
	if (k <= 0 || (beta == 0 && (m == 1 || n == 1)))	/* whatever a gemv takes beta = 0 to mean, C is not read */
		scale_matrix(c, ldc, m, n, beta);
	if (k <= 0)
		return;
	if (n == 1)	/* a product with a vector: five times the rate of the general one */
		GEMV(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, ta ? k : m, ta ? m : k, alpha, a, lda, b, tb ? 1 : ldb, beta, c, ldc);
	else if (m == 1)
		GEMV(CblasRowMajor, tb ? CblasNoTrans : CblasTrans, tb ? n : k, tb ? k : n, alpha, b, ldb, a, ta ? lda : 1, beta, c, 1);
	else
		GEMM(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

struct job {
	int ta, tb, m, n, k, lda, ldb, ldc;
	nn_float alpha, beta;
	const nn_float *a, *b;
	nn_float *c;
	int rows, cols;		/* tiles down and across */
	int tile_m, tile_n;	/* size of all but the last */
};

static int clamp(int x, int lo, int hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

/* The size of a tile where `size` is cut into `pieces`: whole vectors of 16, so that only the last tile has an odd edge. */
static int piece(int size, int pieces)
{
	return pieces == 1 ? size : ((size + pieces - 1) / pieces + 15) / 16 * 16;
}

/* From the shape alone. */
static void cut(struct job *j)
{
	int rows = 1, cols = 1;

	if ((double)j->m * j->n * j->k >= 1 << 20) {	/* below, waking a thread takes longer than the product */
		rows = clamp(j->m / 128, 1, 16);
		cols = clamp(16 / rows, 1, clamp(j->n / 256, 1, 16));
		if (rows * cols == 1) {
			rows = clamp(j->m / 64, 1, 4);
			cols = rows > 1 ? 1 : clamp(j->n / 128, 1, 4);
		}
	}
	j->tile_m = piece(j->m, rows);
	j->tile_n = piece(j->n, cols);
	j->rows = (j->m + j->tile_m - 1) / j->tile_m;
	j->cols = (j->n + j->tile_n - 1) / j->tile_n;
}

static void run_tile(void *ctx, int task)
{
	const struct job *j = ctx;
	int i = task / j->cols * j->tile_m, l = task % j->cols * j->tile_n;
	int m = clamp(j->m - i, 0, j->tile_m), n = clamp(j->n - l, 0, j->tile_n);

	nn_gemm_tile(j->ta, j->tb, m, n, j->k, j->alpha, j->a + (j->ta ? i : (ptrdiff_t)i * j->lda), j->lda,
		     j->b + (j->tb ? (ptrdiff_t)l * j->ldb : l), j->ldb, j->beta, j->c + (ptrdiff_t)i * j->ldc + l, j->ldc);
}

void nn_gemm(struct cp_team *team, int ta, int tb, int m, int n, int k, nn_float alpha, const nn_float *a, int lda, const nn_float *b, int ldb,
	     nn_float beta, nn_float *c, int ldc)
{
	struct job j = { ta, tb, m, n, k, lda, ldb, ldc, alpha, beta, a, b, c, 1, 1, m, n };

	if (m <= 0 || n <= 0)
		return;
	cut(&j);
	cp_team_run(team, j.rows * j.cols, run_tile, &j);
}

/* -- the library in force -- */

static char info[128];

/* Before main: one BLAS thread, because the tiles are the threads' work. */
__attribute__((constructor)) static void start_blas(void)
{
	char name[64] = "OpenBLAS", version[32] = "";

	openblas_set_num_threads(1);
	sscanf(openblas_get_config(), "%63s %31s", name, version);
	snprintf(info, sizeof info, "%s %s %s", name, version, openblas_get_corename());
}

const char *nn_blas_info(void)
{
	return info;
}

void nn_blas_prepare(char **argv)
{
#ifdef __x86_64__
	const char *core = openblas_get_corename();

	if (getenv("OPENBLAS_CORETYPE") || (strcmp(core, "Zen") && strcmp(core, "Haswell")))
		return;
	if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512dq")
	    || !__builtin_cpu_supports("avx512vl"))
		return;
	/* OPENBLAS_CORETYPE is set from here on, so this happens once */
	if (setenv("OPENBLAS_CORETYPE", "SkylakeX", 1) < 0 || setenv("OPENBLAS_NUM_THREADS", "1", 1) < 0)
		return;
	execv("/proc/self/exe", argv);
#else
	(void)argv;
#endif
}

/* Numbers that a small product and a plain loop sum without rounding, whatever the order: small whole ones. */
static nn_float sample(int i, int j)
{
	return (nn_float)((i * 7 + j * 13) % 11 - 5);
}

int nn_blas_check(struct cp_err *err)
{
	enum { M = 37, N = 29, K = 70 };
	nn_float a[M * K], b[N * K], c[M * N];

	for (int i = 0; i < M * K; i++)
		a[i] = sample(i / K, i % K);
	for (int i = 0; i < N * K; i++)
		b[i] = sample(i % K, i / K);
	nn_gemm_tile(0, 1, M, N, K, 1, a, K, b, K, 0, c, N);
	for (int i = 0; i < M; i++)
		for (int j = 0; j < N; j++) {
			nn_float sum = 0;
			for (int l = 0; l < K; l++)
				sum += a[i * K + l] * b[j * K + l];
			if (c[i * N + j] != sum)
				return cp_err_set(err, "%s computes wrongly: element (%d,%d) of a product is %g; expected %g (another core may be "
						  "chosen by OPENBLAS_CORETYPE)", info, i, j, (double)c[i * N + j], (double)sum);
		}
	return 0;
}
