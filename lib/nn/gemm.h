/* Matrix products: the one door.
 *
 * C = A B, or with add C += A B, row-major: A is (m,k), B is (k,n), C is (m,n).  Without add C is not read.  Sizes of 0 are allowed.
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
 *     if (nn_gemm_choose(NN_PRECISION_AUTO, NN_GEMM_AUTO, &err) < 0 || nn_gemm_check(1, &err) < 0) cp_die("%s", err.msg);
 *     nn_gemm(team, &(struct nn_gemm){ .m = rows, .n = n_out, .k = n_in, .a = nn_as_is(x, n_in), .b = nn_transposed(w, n_in),
 *                                      .c = y, .ldc = n_out }, 1);                 // y = x W', W (n_out,n_in)
 */
#ifndef NN_GEMM_H
#define NN_GEMM_H

#include "base/err.h"
#include "base/team.h"
#include "nn/float.h"

/* A factor: an array of rows that lie ld numbers apart, or the transpose of what the array holds. */
struct nn_operand {
	const nn_float *v;
	int ld, transposed;
};

static inline struct nn_operand nn_as_is(const nn_float *v, int ld)
{
	return (struct nn_operand){ v, ld, 0 };
}

static inline struct nn_operand nn_transposed(const nn_float *v, int ld)
{
	return (struct nn_operand){ v, ld, 1 };
}

struct nn_gemm {
	int m, n, k;
	struct nn_operand a, b;
	nn_float *c;
	int ldc, add;
	/* Called by the tasks for each part of C that is whole, `rows` rows from `row` on, of these `cols` columns from `col` on; NULL: not. */
	void (*then)(void *ctx, int row, int rows, int col, int cols);
	void *ctx;
};

/* Products that do not depend on one another, their tiles shared out to the team (NULL: this thread, as is needed inside a task of a team), whose
 * threads wait for one another once for all of them. */
void nn_gemm(struct cp_team *, const struct nn_gemm *, int n_products);

/* One product by the calling thread alone, by OpenBLAS: for what is too small to be packed, or must not allocate.  Its bits may differ from
 * nn_gemm's; `then` is not called. */
void nn_gemm_tile(const struct nn_gemm *);

/* -1: what this processor has not got, or does not go together.  auto is by what was
 * measured: own kernels where there is AVX-512, else OpenBLAS; bf16 where its instructions have more than the rate of f32's
 * (AMX, and AVX512_BF16 of AMD), else f32.
 * Until it is called, products are those of f32 and auto. */
#define NN_PRECISIONS "auto|f32|bf16"
enum nn_gemm_precision { NN_PRECISION_AUTO, NN_PRECISION_F32, NN_PRECISION_BF16 };
#define NN_GEMMS "auto|own|openblas"
enum nn_gemm_by { NN_GEMM_AUTO, NN_GEMM_OWN, NN_GEMM_OPENBLAS };
int nn_gemm_choose(enum nn_gemm_precision, enum nn_gemm_by, struct cp_err *);
const char *nn_gemm_precision(void);	/* in force: "f32" or "bf16" */

/* 1: products in f32 whatever was chosen, as scoring has them; 0: as chosen. */
void nn_gemm_force_f32(int on);

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
