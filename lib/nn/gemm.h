/* Matrix products: the one door.
 *
 * C = op(A) op(B), or with beta = 1 C += op(A) op(B), row-major; op(A) is (m,k), op(B) is (k,n), C is (m,n); with ta (tb) the array holds the
 * transpose.  beta is 0 or 1; with 0 C is not read.  Sizes of 0 are allowed.
 *
 * Who multiplies is settled once, before the first product (nn_gemm_choose):
 *
 *     own         packed operands and kernels of our own (nn/product.h).  An element's bits depend on its row of A and its column of B alone.
 *                 In f32, or (bf16) with operands rounded to bf16 and sums in f32, by AMX or else AVX512_BF16.
 *     openblas    OpenBLAS, f32, one single-threaded product a tile; C is cut into tiles by its shape alone.
 *
 * Either way the result is the same to the bit for 1, 2 or 16 threads.
 *
 *     int main(int argc, char **argv) { nn_blas_prepare(argv); ... }      // first of all: may start the program anew, once
 *     if (nn_gemm_choose("auto", "auto", &err) < 0 || nn_gemm_check(1, &err) < 0) cp_die("%s", err.msg);
 *     nn_gemm(team, 0, 1, rows, n_out, n_in, x, n_in, w, n_in, 0, y, n_out);       // y = x W', W (n_out,n_in)
 */
#ifndef NN_GEMM_H
#define NN_GEMM_H

#include "base/err.h"
#include "base/team.h"
#include "nn/float.h"

/* The whole product, its tiles shared out to the team (NULL: this thread, as is needed inside a task of a team). */
void nn_gemm(struct cp_team *, int ta, int tb, int m, int n, int k, const nn_float *a, int lda, const nn_float *b, int ldb, nn_float beta,
	     nn_float *c, int ldc);

/* Several products that do not depend on one another, at once: threads wait for one another once for all of them.  `then`, if any, is called
 * by the tasks for each part of C that is whole: `rows` rows from `row` on, of these `cols` columns from `col` on. */
struct nn_gemm_call {
	int ta, tb, m, n, k;
	const nn_float *a;
	int lda;
	const nn_float *b;
	int ldb;
	nn_float beta;
	nn_float *c;
	int ldc;
	void (*then)(void *ctx, int row, int rows, int col, int cols);
	void *ctx;
};
void nn_gemms(struct cp_team *, const struct nn_gemm_call *, int n_calls);

/* op(A) op(B) + beta C by the calling thread alone, by OpenBLAS: for what is too small to be packed, or must not allocate.  Its bits may
 * differ from nn_gemm's. */
void nn_gemm_tile(int ta, int tb, int m, int n, int k, const nn_float *a, int lda, const nn_float *b, int ldb, nn_float beta,
		  nn_float *c, int ldc);

/* precision: auto, f32, bf16; by: auto, own, openblas.  -1: what this processor has not got, or does not go together.  auto is by what was
 * measured: own kernels where there is AVX-512, else OpenBLAS; bf16 where its instructions have more than the rate of f32's
 * (AMX, and AVX512_BF16 of AMD), else f32.
 * Until it is called, products are those of f32 and auto. */
#define NN_PRECISIONS "auto|f32|bf16"
#define NN_GEMMS "auto|own|openblas"
int nn_gemm_choose(const char *precision, const char *by, struct cp_err *);
const char *nn_gemm_precision(void);	/* in force: "f32" or "bf16" */

/* Products in f32 from here on, or (0) again as chosen: training evaluates by what will score. */
void nn_gemm_exact(int on);

/* All that multiplies, e.g. "own f32, OpenBLAS 0.3.21 SkylakeX" or "own AMX bf16, ...".  A static string. */
const char *nn_gemm_info(void);

/* A small product against a plain loop, by the door and by OpenBLAS: <0 and a sentence where one in force computes wrongly, or where there is no
 * room for so many threads (nn_blas_reserve). */
int nn_gemm_check(int threads, struct cp_err *);

/* OpenBLAS takes 128 MB of address space for each product that is computed at a time, keeps them for the next, and where it cannot have them tries
 * again for ever.  So they are taken beforehand, for so many threads: <0 and a sentence where there is no room. */
int nn_blas_reserve(int threads, struct cp_err *);
unsigned long nn_blas_calls(void);	/* products by OpenBLAS that this thread has computed */

/* Call first in main.  Sets OPENBLAS_NUM_THREADS to 1, because threads of OpenBLAS's own would have nothing to do, and would retry for ever where memory
 * is limited; and OPENBLAS_CORETYPE, where OpenBLAS would choose slower kernels than the processor has.  The library reads its environment before
 * main, so the program is then started again, once.  What the user has set is left alone.  Returns where nothing had to be done or starting again is
 * not possible. */
void nn_blas_prepare(char **argv);

#endif
