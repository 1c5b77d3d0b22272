/* Matrix products, by kernels of our own or through CBLAS, one thread a tile; see gemm.h.
 *
 * How C is cut is a matter of measurement: with OpenBLAS a tile of 128 x 256 runs at about nine tenths of the rate of the whole product
 * (it packs its share of A and B again), one of 64 x 128 at eight tenths.  Sixteen tiles feed 2 to 16 threads.  By packed operands every
 * tile of 32 rows or more runs at the whole one's rate.
 */
#include "nn/gemm.h"

#include <assert.h>
#include <cblas.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "nn/product.h"

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

/* -- by OpenBLAS -- */

struct job {
	int ta, tb, m, n, k, lda, ldb, ldc;
	nn_float beta;
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

/* Below, waking a thread takes longer than the product. */
static int is_small(const struct job *j)
{
	return (double)j->m * j->n * j->k < 1 << 20;
}

static void cut_into(struct job *j, int rows, int cols)
{
	j->tile_m = piece(j->m, rows);
	j->tile_n = piece(j->n, cols);
	j->rows = (j->m + j->tile_m - 1) / j->tile_m;
	j->cols = (j->n + j->tile_n - 1) / j->tile_n;
}

/* From the shape alone. */
static void cut_for_blas(struct job *j)
{
	int rows = 1, cols = 1;

	if (!is_small(j)) {
		rows = clamp(j->m / 128, 1, 16);
		cols = clamp(16 / rows, 1, clamp(j->n / 256, 1, 16));
		if (rows * cols == 1) {
			rows = clamp(j->m / 64, 1, 4);
			cols = rows > 1 ? 1 : clamp(j->n / 128, 1, 4);
		}
	}
	cut_into(j, rows, cols);
}

static void run_blas_tile(void *ctx, int task)
{
	const struct job *j = ctx;
	int i = task / j->cols * j->tile_m, l = task % j->cols * j->tile_n;
	int m = clamp(j->m - i, 0, j->tile_m), n = clamp(j->n - l, 0, j->tile_n);

	nn_gemm_tile(j->ta, j->tb, m, n, j->k, 1, j->a + (j->ta ? i : (ptrdiff_t)i * j->lda), j->lda,
		     j->b + (j->tb ? (ptrdiff_t)l * j->ldb : l), j->ldb, j->beta, j->c + (ptrdiff_t)i * j->ldc + l, j->ldc);
}

/* -- by packed operands -- */

static const struct nn_product *own;	/* NULL: OpenBLAS multiplies */

struct packed_job {
	struct job j;
	const struct nn_product *by;
	size_t units;
	char *a, *b;			/* packed */
	int a_tasks;			/* of packing: the first so many are A's */
	size_t a_panels, b_panels;
};

#define PACK_NUMBERS (1 << 15)		/* of an operand, a task */

static size_t panels_a_task(size_t depth)
{
	size_t n = PACK_NUMBERS / (NN_PANEL * (depth + 1));
	return n ? n : 1;
}

static void pack_task(void *ctx, int task)
{
	const struct packed_job *p = ctx;
	const struct job *j = &p->j;
	int of_a = task < p->a_tasks;
	size_t step = panels_a_task((size_t)j->k), from = (size_t)(of_a ? task : task - p->a_tasks) * step;
	size_t all = of_a ? p->a_panels : p->b_panels, to = from + step < all ? from + step : all;
	if (of_a)
		p->by->pack(p->a, j->a, (size_t)j->lda, !j->ta, (size_t)j->m, (size_t)j->k, from, to);
	else
		p->by->pack(p->b, j->b, (size_t)j->ldb, j->tb, (size_t)j->n, (size_t)j->k, from, to);
}

static void packed_task(void *ctx, int task)
{
	const struct packed_job *p = ctx;
	const struct job *j = &p->j;
	int l = task / j->rows * j->tile_n, i = task % j->rows * j->tile_m;	/* one column of tiles after the other: its part of B stays warm */
	size_t unit = p->by->unit_bytes;
	p->by->tile(j->c + (ptrdiff_t)i * j->ldc + l, (size_t)j->ldc, p->a + (size_t)i * p->units * unit, p->b + (size_t)l * p->units * unit,
		    (size_t)clamp(j->m - i, 0, j->tile_m), (size_t)clamp(j->n - l, 0, j->tile_n), p->units, j->beta != 0);
}

/* Eight tiles or more where there is work for them, so that two threads end together; the bits do not depend on it. */
static void cut_packed(struct job *j)
{
	int rows = clamp((j->m + 31) / 32, 1, 8), cols;

	if (rows == 8)
		rows = clamp(j->m / 64, 8, 1 << 20);
	cols = clamp((j->n + 383) / 384, 1, 1 << 20);
	if (rows * cols < 8)
		cols = clamp(8 / rows, 1, (j->n + 47) / 48);
	if (is_small(j))
		rows = cols = 1;
	cut_into(j, rows, cols);
}

/* Room for the operands, the calling thread's, kept for its next product. */
static char *operands(size_t bytes)
{
	static _Thread_local char *room;
	static _Thread_local size_t size;
	if (bytes > size) {
		free(room);
		room = cp_xaligned(64, size = bytes + bytes / 4);
	}
	return room;
}

static void packed_product(struct cp_team *team, const struct job *j)
{
	struct packed_job p = { *j, own, .units = nn_product_units(own, (size_t)j->k) };
	size_t panel = p.units * NN_PANEL * own->unit_bytes, step = panels_a_task((size_t)j->k);
	p.a_panels = ((size_t)j->m + NN_PANEL - 1) / NN_PANEL;
	p.b_panels = ((size_t)j->n + NN_PANEL - 1) / NN_PANEL;
	p.a = operands((p.a_panels + p.b_panels) * panel);
	p.b = p.a + p.a_panels * panel;
	p.a_tasks = (int)((p.a_panels + step - 1) / step);
	cut_packed(&p.j);
	cp_team_run(is_small(j) ? NULL : team, p.a_tasks + (int)((p.b_panels + step - 1) / step), pack_task, &p);
	cp_team_run(team, p.j.rows * p.j.cols, packed_task, &p);
}

/* -- the door -- */

void nn_gemm(struct cp_team *team, int ta, int tb, int m, int n, int k, const nn_float *a, int lda, const nn_float *b, int ldb, nn_float beta,
	     nn_float *c, int ldc)
{
	struct job j = { ta, tb, m, n, k, lda, ldb, ldc, beta, a, b, c, 1, 1, m, n };

	assert(beta == 0 || beta == 1);
	if (m <= 0 || n <= 0)
		return;
	if (own && m > 1 && n > 1) {	/* a product with a vector is a matter of memory: nothing is gained by packing */
		packed_product(team, &j);
		return;
	}
	cut_for_blas(&j);
	cp_team_run(team, j.rows * j.cols, run_blas_tile, &j);
}

/* -- what is in force -- */

static char blas[128], info[160];

static void name_products(void)
{
	if (own)
		snprintf(info, sizeof info, "own %s, %s", own->name, blas);
	else
		snprintf(info, sizeof info, "%s", blas);
}

/* bf16 pays where its dot product of pairs takes no longer than a multiply-add: on AMD's cores; on Intel's it takes four times as long. */
static int bf16_pays(void)
{
#ifdef __x86_64__
	return nn_product_bf16() && __builtin_cpu_is("amd");
#else
	return 0;
#endif
}

int nn_gemm_choose(const char *precision, const char *by, struct cp_err *err)
{
	int blas_asked = !strcmp(by, "openblas"), bf16 = !strcmp(precision, "bf16");
	if (bf16 && blas_asked)
		return cp_err_set(err, "OpenBLAS multiplies in f32 only; for bf16 leave the choice of products to auto or own");
	if (bf16 && !nn_product_bf16())
		return cp_err_set(err, "this processor cannot multiply in bf16 (it has no AVX512_BF16); use f32 or auto");
	if (!blas_asked && (bf16 || (!strcmp(precision, "auto") && bf16_pays())))
		own = nn_product_bf16();
	else if (!blas_asked && (!strcmp(by, "own") || cp_cpu_has("v4")))
		own = nn_product_float();
	else
		own = NULL;
	name_products();
	return 0;
}

const char *nn_gemm_precision(void)
{
	return own ? own->name : "f32";
}

const char *nn_gemm_info(void)
{
	return info;
}

/* Before main: one BLAS thread, because the tiles are the threads' work. */
__attribute__((constructor)) static void start_blas(void)
{
	char name[64] = "OpenBLAS", version[32] = "";

	openblas_set_num_threads(1);
	sscanf(openblas_get_config(), "%63s %31s", name, version);
	snprintf(blas, sizeof blas, "%s %s %s", name, version, openblas_get_corename());
	nn_gemm_choose("f32", "auto", NULL);
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

int nn_gemm_check(struct cp_err *err)
{
	enum { M = 37, N = 29, K = 70 };
	nn_float a[M * K], b[N * K], c[2][M * N];

	for (int i = 0; i < M * K; i++)
		a[i] = sample(i / K, i % K);
	for (int i = 0; i < N * K; i++)
		b[i] = sample(i % K, i / K);
	nn_gemm(NULL, 0, 1, M, N, K, a, K, b, K, 0, c[0], N);
	nn_gemm_tile(0, 1, M, N, K, 1, a, K, b, K, 0, c[1], N);
	for (int i = 0; i < 2 * M * N; i++) {
		int row = i % (M * N) / N, col = i % N;
		nn_float sum = 0;
		for (int l = 0; l < K; l++)
			sum += a[row * K + l] * b[col * K + l];
		if (c[i / (M * N)][i % (M * N)] != sum)
			return cp_err_set(err, "%s computes wrongly: element (%d,%d) of a product is %g; expected %g (another core of OpenBLAS may be "
					  "chosen by OPENBLAS_CORETYPE)", i < M * N ? info : blas, row, col, (double)c[i / (M * N)][i % (M * N)], (double)sum);
	}
	return 0;
}
