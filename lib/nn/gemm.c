/* Matrix products, by kernels of our own or through CBLAS, one thread a tile; see gemm.h.
 *
 * How C is cut is a matter of measurement: with OpenBLAS a tile of 128 x 256 runs at about nine tenths of the rate of the whole product
 * (it packs its share of A and B again), one of 64 x 128 at eight tenths.  Sixteen tiles feed 2 to 16 threads.  By packed operands every
 * tile of 16 rows or more runs at the whole one's rate.
 */
#include "nn/gemm.h"

#include <assert.h>
#include <cblas.h>
#include <math.h>
#include <pthread.h>
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

/* -- how C is cut -- */

struct job {
	const struct nn_gemm_call *call;
	int packed;		/* by operands of our own, else by OpenBLAS */
	int rows, cols;		/* tiles down and across */
	int tile_m, tile_n;	/* size of all but the last */
	size_t units;		/* packed: of the depth */
	int lines;		/* the form of A (nn/product.h) */
	char *a, *b;
	size_t a_panels, b_panels, pack_step;	/* panels a task */
	size_t a_tasks, pack_tasks;	/* those of A come first; none where a tile packs its own rows, which no other needs */
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

static void cut_into(struct job *j, int rows, int cols)
{
	j->tile_m = piece(j->call->m, rows);
	j->tile_n = piece(j->call->n, cols);
	j->rows = (j->call->m + j->tile_m - 1) / j->tile_m;
	j->cols = (j->call->n + j->tile_n - 1) / j->tile_n;
}

/* From the shape alone. */
static void cut_for_blas(struct job *j)
{
	int m = j->call->m, n = j->call->n, rows = clamp(m / 128, 1, 16), cols = clamp(16 / rows, 1, clamp(n / 256, 1, 16));

	if (rows * cols == 1) {
		rows = clamp(m / 64, 1, 4);
		cols = rows > 1 ? 1 : clamp(n / 128, 1, 4);
	}
	cut_into(j, rows, cols);
}

/* Sixteen tiles or more where there is work for them, so that threads end together; the bits do not depend on it. */
static void cut_packed(struct job *j)
{
	int m = j->call->m, n = j->call->n, rows = m >= 1024 ? m / 64 : clamp((m + 15) / 16, 1, 16), cols = (n + 383) / 384;

	if (rows * cols < 16)
		cols = clamp(16 / rows, 1, (n + 47) / 48);
	cut_into(j, rows, cols);
}

/* -- by OpenBLAS -- */

static void blas_tile(const struct job *j, int row, int rows, int col, int cols)
{
	const struct nn_gemm_call *c = j->call;
	nn_gemm_tile(c->ta, c->tb, rows, cols, c->k, 1, c->a + (c->ta ? row : (ptrdiff_t)row * c->lda), c->lda,
		     c->b + (c->tb ? (ptrdiff_t)col * c->ldb : col), c->ldb, c->beta, c->c + (ptrdiff_t)row * c->ldc + col, c->ldc);
}

/* -- by packed operands -- */

static const struct nn_product *own, *chosen;	/* what multiplies now, and by choice; NULL: OpenBLAS */

#define PACK_NUMBERS (1 << 14)		/* of an operand, a task */

static size_t place_bytes(const struct job *j, int lines)
{
	return nn_product_length(j->units, lines) * own->unit_bytes;
}

static size_t operand_bytes(const struct job *j, size_t panels, int lines)
{
	return panels * NN_PANEL * place_bytes(j, lines);
}

static void plan_packing(struct job *j)
{
	const struct nn_gemm_call *c = j->call;
	j->units = nn_product_units(own, (size_t)c->k);
	j->lines = !c->ta;
	j->a_panels = ((size_t)c->m + NN_PANEL - 1) / NN_PANEL;
	j->b_panels = ((size_t)c->n + NN_PANEL - 1) / NN_PANEL;
	j->pack_step = PACK_NUMBERS / (NN_PANEL * (size_t)(c->k + 1)) + 1;
	j->a_tasks = j->cols == 1 ? 0 : (j->a_panels + j->pack_step - 1) / j->pack_step;
	j->pack_tasks = j->a_tasks + (j->b_panels + j->pack_step - 1) / j->pack_step;
}

static void pack_a(const struct job *j, size_t from, size_t to)
{
	const struct nn_gemm_call *c = j->call;
	own->pack(j->a, c->a, (size_t)c->lda, !c->ta, j->lines, (size_t)c->m, (size_t)c->k, from, to);
}

static void pack_some(const struct job *j, size_t task)
{
	const struct nn_gemm_call *c = j->call;
	int of_a = task < j->a_tasks;
	size_t from = (of_a ? task : task - j->a_tasks) * j->pack_step, all = of_a ? j->a_panels : j->b_panels;
	size_t to = from + j->pack_step < all ? from + j->pack_step : all;
	if (of_a)
		pack_a(j, from, to);
	else
		own->pack(j->b, c->b, (size_t)c->ldb, c->tb, 0, (size_t)c->n, (size_t)c->k, from, to);
}

static void packed_tile(const struct job *j, int row, int rows, int col, int cols)
{
	const struct nn_gemm_call *c = j->call;
	if (!j->a_tasks)
		pack_a(j, (size_t)row / NN_PANEL, ((size_t)(row + rows) + NN_PANEL - 1) / NN_PANEL);
	own->tile(c->c + (ptrdiff_t)row * c->ldc + col, (size_t)c->ldc, j->a + (size_t)row * place_bytes(j, j->lines), j->lines,
		  j->b + (size_t)col * place_bytes(j, 0), (size_t)rows, (size_t)cols, j->units, c->beta != 0);
}

/* Room for the operands, the calling thread's, kept for its next products and freed when it ends. */
static pthread_key_t room_key;
static pthread_once_t room_once = PTHREAD_ONCE_INIT;

static void make_room_key(void)
{
	pthread_key_create(&room_key, free);
}

static char *operands(size_t bytes)
{
	static _Thread_local char *room;
	static _Thread_local size_t size;
	if (bytes > size) {
		free(room);
		room = cp_xaligned(64, size = bytes + bytes / 4);
		pthread_once(&room_once, make_room_key);
		pthread_setspecific(room_key, room);
	}
	return room;
}

/* -- the door -- */

/* Jobs side by side: task t is the (t / n)th of job t % n, so that a thread's share of the tasks is the same part of every job. */
struct jobs {
	struct job *v;
	int n;
};

static void run_packing(void *ctx, int task)
{
	const struct jobs *all = ctx;
	const struct job *j = &all->v[task % all->n];
	if ((size_t)(task / all->n) < j->pack_tasks)
		pack_some(j, (size_t)(task / all->n));
}

static void run_tile(void *ctx, int task)
{
	const struct jobs *all = ctx;
	const struct job *j = &all->v[task % all->n];
	const struct nn_gemm_call *c = j->call;
	int t = task / all->n;
	if (t >= j->rows * j->cols)
		return;
	int row = t % j->rows * j->tile_m, col = t / j->rows * j->tile_n;	/* down first: the part of B stays warm */
	int rows = clamp(c->m - row, 0, j->tile_m), cols = clamp(c->n - col, 0, j->tile_n);
	if (j->packed)
		packed_tile(j, row, rows, col, cols);
	else
		blas_tile(j, row, rows, col, cols);
	if (c->then)
		c->then(c->ctx, row, rows, col, cols);
}

static void pack_all(struct cp_team *team, const struct jobs *all, size_t bytes)
{
	size_t most = 0;
	char *room = operands(bytes);
	for (int i = 0; i < all->n; i++) {
		struct job *j = &all->v[i];
		if (!j->packed)
			continue;
		j->a = room;
		j->b = room += operand_bytes(j, j->a_panels, j->lines);
		room += operand_bytes(j, j->b_panels, 0);
		most = j->pack_tasks > most ? j->pack_tasks : most;
	}
	cp_team_run(team, all->n * (int)most, run_packing, (void *)all);
}

/* A product with a vector is a matter of memory: nothing is gained by packing.  A depth of 0 has nothing to pack. */
static int is_packed(const struct nn_gemm_call *c)
{
	return own && c->m > 1 && c->n > 1 && c->k > 0;
}

/* At most 64 jobs. */
static void run_jobs(struct cp_team *team, const struct nn_gemm_call *calls, int n)
{
	struct job v[64];
	struct jobs all = { v, n };
	double work = 0;
	size_t bytes = 0;
	int most = 0;

	for (int i = 0; i < n; i++)
		work += (double)calls[i].m * calls[i].n * calls[i].k;
	for (int i = 0; i < n; i++) {
		struct job *j = &v[i];
		assert(calls[i].beta == 0 || calls[i].beta == 1);
		*j = (struct job){ .call = &calls[i], .packed = is_packed(&calls[i]) };
		if (j->call->m <= 0 || j->call->n <= 0)
			continue;
		if (work < 1 << 20)	/* waking a thread takes longer than the product */
			cut_into(j, 1, 1);
		else if (j->packed)
			cut_packed(j);
		else
			cut_for_blas(j);
		if (j->packed) {
			plan_packing(j);
			bytes += operand_bytes(j, j->a_panels, j->lines) + operand_bytes(j, j->b_panels, 0);
		}
		most = j->rows * j->cols > most ? j->rows * j->cols : most;
	}
	if (work < 1 << 20)
		team = NULL;
	if (bytes)
		pack_all(team, &all, bytes);
	cp_team_run(team, n * most, run_tile, &all);
}

void nn_gemms(struct cp_team *team, const struct nn_gemm_call *calls, int n)
{
	for (int i = 0; i < n; i += 64)
		run_jobs(team, calls + i, n - i < 64 ? n - i : 64);
}

void nn_gemm(struct cp_team *team, int ta, int tb, int m, int n, int k, const nn_float *a, int lda, const nn_float *b, int ldb, nn_float beta,
	     nn_float *c, int ldc)
{
	nn_gemms(team, &(struct nn_gemm_call){ ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc, NULL, NULL }, 1);
}

/* -- what is in force -- */

static char blas[128], info[160];

static void name_products(void)
{
	if (chosen)
		snprintf(info, sizeof info, "own %s, %s", chosen->name, blas);
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
	chosen = NULL;
	if (!blas_asked && (bf16 || (!strcmp(precision, "auto") && bf16_pays())))
		chosen = nn_product_bf16();
	else if (!blas_asked && (!strcmp(by, "own") || cp_cpu_has("v4")))
		chosen = nn_product_float();
	own = chosen;
	name_products();
	return 0;
}

void nn_gemm_exact(int on)
{
	own = on && chosen ? nn_product_float() : chosen;
}

const char *nn_gemm_precision(void)
{
	return chosen ? chosen->name : "f32";
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
