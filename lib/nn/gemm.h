/* Matrix products: the one door.
 *
 * C = alpha op(A) op(B) + beta C, row-major; op(A) is (m,k), op(B) is (k,n), C is (m,n); with ta (tb) the array holds the transpose.
 * beta = 0 does not read C.  Sizes of 0 are allowed (k = 0: C = beta C).
 *
 * The division of C into tiles follows from the shape alone, never from the number of threads, and every tile is one single-threaded
 * product.  So the result is the same to the bit for 1, 2 or 16 threads.
 *
 *     int main(int argc, char **argv) { nn_blas_prepare(argv); ... }      // first of all: may start the program anew, once
 *     if (nn_blas_check(&err) < 0) cp_die("%s", err.msg);
 *     nn_gemm(team, 0, 1, rows, n_out, n_in, 1, x, n_in, w, n_in, 0, y, n_out);       // y = x W', W (n_out,n_in)
 */
#ifndef NN_GEMM_H
#define NN_GEMM_H

#include "base/err.h"
#include "base/team.h"
#include "nn/float.h"

/* The whole product, its tiles shared out to the team (NULL: this thread).  Not from inside a task of a team. */
void nn_gemm(struct cp_team *, int ta, int tb, int m, int n, int k, nn_float alpha, const nn_float *a, int lda, const nn_float *b, int ldb,
	     nn_float beta, nn_float *c, int ldc);

/* The same product by the calling thread alone, undivided: for use inside a task.  Its bits may differ from nn_gemm's. */
void nn_gemm_tile(int ta, int tb, int m, int n, int k, nn_float alpha, const nn_float *a, int lda, const nn_float *b, int ldb, nn_float beta,
		  nn_float *c, int ldc);

/* Call first in main.  Where the BLAS would choose slower kernels than the processor has, sets OPENBLAS_CORETYPE (left alone where the
 * user has set it) and starts the same program again, once: the library reads its environment before main.  Returns where nothing had
 * to be done or starting again is not possible. */
void nn_blas_prepare(char **argv);

/* The library and the processor core whose kernels are in force, e.g. "OpenBLAS 0.3.21 SkylakeX".  A constant string. */
const char *nn_blas_info(void);

/* A small product against a plain loop: <0 and a sentence where the BLAS in force computes wrongly. */
int nn_blas_check(struct cp_err *);

#endif
