/* Matrix products, by kernels of our own or through CBLAS, one thread a tile; see gemm.h.  Which of the two is gemm_choose.c's to say.
 *
 * How C is cut is a matter of measurement: with OpenBLAS a tile of 128 x 256 runs at about nine tenths of the rate of the whole product
 * (it packs its share of A and B again), one of 64 x 128 at eight tenths.  Sixteen tiles feed 2 to 16 threads.  By packed operands every
 * tile of 16 rows or more runs at the whole one's rate.
 */
#include "nn/gemm.h"

#include <assert.h>
#include <cblas.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

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

static _Thread_local unsigned long blas_calls;

unsigned long nn_blas_calls(void)
{
	return blas_calls;
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
	blas_calls++;
	if (n == 1)	/* a product with a vector: five times the rate of the general one */
		GEMV(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, ta ? k : m, ta ? m : k, alpha, a, lda, b, tb ? 1 : ldb, beta, c, ldc);
	else if (m == 1)
		GEMV(CblasRowMajor, tb ? CblasNoTrans : CblasTrans, tb ? n : k, tb ? k : n, alpha, b, ldb, a, ta ? lda : 1, beta, c, 1);
	else
		GEMM(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

#define SMALL (1 << 20)		/* multiply-adds: waking a thread takes longer */
#define TILES 16
#define JOBS 64			/* products at once */

/* -- how C is cut -- */

struct job {
	const struct nn_gemm_call *call;
	const struct nn_product *by;	/* NULL: OpenBLAS */
	int rows, cols;		/* tiles down and across */
	int tile_m, tile_n;	/* size of all but the last */
	/* of packed operands */
	size_t units;		/* of the depth */
	int lines;		/* the form of A (nn/product.h) */
	char *a, *b;
	size_t a_parts, b_parts, a_step, b_step;	/* that it is packed in; a task */
	size_t a_tasks, pack_tasks;	/* those of A come first; none where a tile packs its own rows, which no other needs */
};

static int clamp(int x, int lo, int hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

/* The size of a tile where `size` is cut into `pieces`: whole panels, so that only the last tile has an odd edge. */
static int piece(int size, int pieces)
{
	return pieces == 1 ? size : ((size + pieces - 1) / pieces + NN_PANEL - 1) / NN_PANEL * NN_PANEL;
}

static void cut_into(struct job *j, int rows, int cols)
{
	j->tile_m = piece(j->call->m, rows);
	j->tile_n = piece(j->call->n, cols);
	j->rows = (j->call->m + j->tile_m - 1) / j->tile_m;
	j->cols = (j->call->n + j->tile_n - 1) / j->tile_n;
}

/* From the shape alone, as the bits depend on it: tiles of 128 x 256, or in a smaller product of 64 rows or 128 columns. */
static void cut_for_blas(struct job *j)
{
	int m = j->call->m, n = j->call->n, rows = clamp(m / 128, 1, TILES), cols = clamp(TILES / rows, 1, clamp(n / 256, 1, TILES));

	if (rows * cols == 1) {
		rows = clamp(m / 64, 1, 4);
		cols = rows > 1 ? 1 : clamp(n / 128, 1, 4);
	}
	cut_into(j, rows, cols);
}

/* Sixteen tiles or more where there is work for them, so that threads end together; the bits do not depend on it.  No more than 384 columns a
 * tile, and no fewer than 48, which the registers take at once; with AMX no fewer than 64 of both, so that each block read is used twice. */
static void cut_packed(struct job *j)
{
	int m = j->call->m, n = j->call->n, few_rows = j->by->blocks ? 64 : NN_PANEL, few_cols = j->by->blocks ? 64 : 48;
	int rows = m >= 1024 ? m / 64 : clamp((m + few_rows - 1) / few_rows, 1, TILES), cols = (n + 383) / 384;

	if (rows * cols < TILES)
		cols = clamp(TILES / rows, 1, (n + few_cols - 1) / few_cols);
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

#define PACK_NUMBERS (1 << 14)		/* of an operand, a task: some microseconds */

static size_t place_bytes(const struct job *j, int lines)
{
	return nn_product_length(j->units, lines) * j->by->unit_bytes;
}

static size_t a_bytes(const struct job *j)
{
	return nn_product_panels((size_t)j->call->m) * NN_PANEL * place_bytes(j, j->lines);
}

static size_t b_bytes(const struct job *j)
{
	return nn_product_panels((size_t)j->call->n) * NN_PANEL * place_bytes(j, 0);
}

static size_t parts_a_task(int outer, int depth, size_t parts)
{
	return PACK_NUMBERS * parts / ((size_t)outer * (size_t)depth + 1) + 1;
}

static void plan_packing(struct job *j)
{
	const struct nn_gemm_call *c = j->call;
	j->units = nn_product_units(j->by, (size_t)c->k);
	j->lines = !c->ta || j->by->blocks;
	j->a_parts = nn_product_parts(j->by, !c->ta, (size_t)c->m, (size_t)c->k);
	j->b_parts = nn_product_parts(j->by, c->tb, (size_t)c->n, (size_t)c->k);
	j->a_step = parts_a_task(c->m, c->k, j->a_parts);
	j->b_step = parts_a_task(c->n, c->k, j->b_parts);
	j->a_tasks = j->cols == 1 && !c->ta ? 0 : (j->a_parts + j->a_step - 1) / j->a_step;
	j->pack_tasks = j->a_tasks + (j->b_parts + j->b_step - 1) / j->b_step;
}

static void pack_a(const struct job *j, size_t from, size_t to)
{
	const struct nn_gemm_call *c = j->call;
	j->by->pack(j->a, c->a, (size_t)c->lda, !c->ta, j->lines, (size_t)c->m, (size_t)c->k, from, to);
}

static void pack_some(const struct job *j, size_t task)
{
	const struct nn_gemm_call *c = j->call;
	int of_a = task < j->a_tasks;
	size_t step = of_a ? j->a_step : j->b_step, all = of_a ? j->a_parts : j->b_parts;
	size_t from = (of_a ? task : task - j->a_tasks) * step, to = from + step < all ? from + step : all;
	if (of_a)
		pack_a(j, from, to);
	else
		j->by->pack(j->b, c->b, (size_t)c->ldb, c->tb, 0, (size_t)c->n, (size_t)c->k, from, to);
}

static void packed_tile(const struct job *j, int row, int rows, int col, int cols)
{
	const struct nn_gemm_call *c = j->call;
	if (!j->a_tasks)
		pack_a(j, (size_t)row / NN_PANEL, nn_product_panels((size_t)(row + rows)));
	j->by->tile(c->c + (ptrdiff_t)row * c->ldc + col, (size_t)c->ldc, j->a + (size_t)row * place_bytes(j, j->lines), j->lines,
		    j->b + (size_t)col * place_bytes(j, 0), (size_t)rows, (size_t)cols, j->units, c->beta != 0);
}

/* Room for the operands, the calling thread's, kept for its next products and freed when it ends. */
static pthread_key_t room_key;
static pthread_once_t room_once = PTHREAD_ONCE_INIT;

static void make_room_key(void)
{
	pthread_key_create(&room_key, free);
}

static char *room_for(size_t bytes)
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
	struct job v[JOBS];
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
	if (j->by)
		packed_tile(j, row, rows, col, cols);
	else
		blas_tile(j, row, rows, col, cols);
	if (c->then)
		c->then(c->ctx, row, rows, col, cols);
}

static void pack_operands(struct cp_team *team, struct jobs *all)
{
	size_t bytes = 0, most = 0;
	for (int i = 0; i < all->n; i++)
		bytes += all->v[i].by ? a_bytes(&all->v[i]) + b_bytes(&all->v[i]) : 0;
	if (!bytes)
		return;
	char *room = room_for(bytes);
	for (int i = 0; i < all->n; i++) {
		struct job *j = &all->v[i];
		if (!j->by)
			continue;
		j->a = room;
		j->b = j->a + a_bytes(j);
		room = j->b + b_bytes(j);
		most = j->pack_tasks > most ? j->pack_tasks : most;
	}
	cp_team_run(team, all->n * (int)most, run_packing, all);
}

/* A product with a vector is a matter of memory: nothing is gained by packing.  A depth of 0 has nothing to pack. */
static int can_be_packed(const struct nn_gemm_call *c)
{
	return c->m > 1 && c->n > 1 && c->k > 0;
}

static struct job plan(const struct nn_gemm_call *c, int is_small)
{
	struct job j = { .call = c, .by = can_be_packed(c) ? nn_gemm_product() : NULL };
	assert(c->beta == 0 || c->beta == 1);
	if (c->m <= 0 || c->n <= 0)
		return j;
	if (is_small)
		cut_into(&j, 1, 1);
	else if (j.by)
		cut_packed(&j);
	else
		cut_for_blas(&j);
	if (j.by)
		plan_packing(&j);
	return j;
}

static void run_jobs(struct cp_team *team, const struct nn_gemm_call *calls, int n)
{
	struct jobs all;
	double work = 0;
	int most = 0;
	all.n = n;
	for (int i = 0; i < n; i++)
		work += (double)calls[i].m * calls[i].n * calls[i].k;
	for (int i = 0; i < n; i++) {
		struct job *j = &all.v[i];
		*j = plan(&calls[i], work < SMALL);
		most = j->rows * j->cols > most ? j->rows * j->cols : most;
	}
	if (work < SMALL)
		team = NULL;
	pack_operands(team, &all);
	cp_team_run(team, n * most, run_tile, &all);
}

void nn_gemms(struct cp_team *team, const struct nn_gemm_call *calls, int n)
{
	for (int i = 0; i < n; i += JOBS)
		run_jobs(team, calls + i, n - i < JOBS ? n - i : JOBS);
}

void nn_gemm(struct cp_team *team, int ta, int tb, int m, int n, int k, const nn_float *a, int lda, const nn_float *b, int ldb, nn_float beta,
	     nn_float *c, int ldc)
{
	nn_gemms(team, &(struct nn_gemm_call){ ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc, NULL, NULL }, 1);
}
