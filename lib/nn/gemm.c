/* Matrix products through CBLAS, one thread a tile; see gemm.h. */
#include "nn/gemm.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>

#ifdef NN_DOUBLE
#define GEMM cblas_dgemm
#else
#define GEMM cblas_sgemm
#endif

void nn_gemm_tile(int ta, int tb, int m, int n, int k, nn_float alpha, const nn_float *a, int lda, const nn_float *b, int ldb, nn_float beta,
		  nn_float *c, int ldc)
{
	if (m <= 0 || n <= 0)
		return;
	GEMM(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void nn_gemm(struct cp_team *team, int ta, int tb, int m, int n, int k, nn_float alpha, const nn_float *a, int lda, const nn_float *b, int ldb,
	     nn_float beta, nn_float *c, int ldc)
{
	(void)team;
	openblas_set_num_threads(1);
	nn_gemm_tile(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void nn_blas_prepare(char **argv)
{
	(void)argv;
}

const char *nn_blas_info(void)
{
	return openblas_get_config();
}

int nn_blas_check(struct cp_err *err)
{
	(void)err;
	return 0;
}
