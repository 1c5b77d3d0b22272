/* Matrix products, by kernels of our own or through CBLAS, one thread a tile; see gemm.h.  Which of the two is gemm_choose.c's to say.
 *
 * How C is cut is a matter of measurement: with OpenBLAS a tile of 128 x 256 runs at about nine tenths of the rate of the whole product
 * (it packs its share of A and B again), one of 64 x 128 at eight tenths.  Sixteen tiles feed 2 to 16 threads.  By packed operands it is a matter of
 * where these come from: by AMX a product of what lies in the third cache, or in another core's, has about half the rate of one of what lies in the
 * core's own second one.
 */
#include "nn/gemm.h"

#include <cblas.h>
#include <limits.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "nn/product.h"

#ifdef NN_DOUBLE
#define GEMM cblas_dgemm
#define GEMV cblas_dgemv
#else
#define GEMM cblas_sgemm
#define GEMV cblas_sgemv
#endif

static void clear(const struct nn_gemm *g)
{
	for (int i = 0; i < g->m; i++)
		memset(g->c + (size_t)i * (size_t)g->ldc, 0, (size_t)g->n * sizeof *g->c);
}

static enum CBLAS_TRANSPOSE flag(const struct nn_operand *x)
{
	return x->transposed ? CblasTrans : CblasNoTrans;
}

static _Thread_local unsigned long blas_calls;

unsigned long nn_blas_calls(void)
{
	return blas_calls;
}

void nn_gemm_tile(const struct nn_gemm *g)
{
	const struct nn_operand *a = &g->a, *b = &g->b;
	int m = g->m, n = g->n, k = g->k, add = g->add;
	if (m <= 0 || n <= 0)
		return;
	if (!add && (k <= 0 || m == 1 || n == 1))	/* whatever a gemv takes beta = 0 to mean, C is not read */
		clear(g);
	if (k <= 0)
		return;
	blas_calls++;
	if (n == 1)	/* a product with a vector: five times the rate of the general one */
		GEMV(CblasRowMajor, flag(a), a->transposed ? k : m, a->transposed ? m : k, 1, a->v, a->ld, b->v, b->transposed ? 1 : b->ld, add, g->c, g->ldc);
	else if (m == 1)
		GEMV(CblasRowMajor, b->transposed ? CblasNoTrans : CblasTrans, b->transposed ? n : k, b->transposed ? k : n, 1, b->v, b->ld, a->v,
		     a->transposed ? a->ld : 1, add, g->c, 1);
	else
		GEMM(CblasRowMajor, flag(a), flag(b), m, n, k, 1, a->v, a->ld, b->v, b->ld, add, g->c, g->ldc);
}

#define SMALL (1 << 20)		/* multiply-adds: waking a thread takes longer */
#define TILES 16
#define JOBS 64			/* products at once */

/* -- how C is cut -- */

struct job {
	const struct nn_gemm *of;
	const struct nn_product *by;	/* NULL: OpenBLAS */
	int rows, cols;		/* tiles down and across */
	int tile_m, tile_n;	/* size of all but the last */
	int band;		/* rows of tiles that go together: a thread's */
	/* of packed operands */
	int lines;		/* the form of A (nn/product.h) */
	char *b;		/* packed for all tiles; NULL: each packs what it needs of it */
	size_t b_parts, b_step, pack_tasks;	/* that it is packed in; a task */
};

static int clamp(int x, int lo, int hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

static int ceil_div(int a, int b)
{
	return a / b + (a % b > 0);
}

/* The size of a tile where `size` is cut into `pieces`: whole panels, so that only the last tile has an odd edge. */
static int piece(int size, int pieces)
{
	return pieces == 1 ? size : ceil_div(ceil_div(size, pieces), NN_PANEL) * NN_PANEL;
}

static void cut_into(struct job *j, int rows, int cols)
{
	j->tile_m = piece(j->of->m, rows);
	j->tile_n = piece(j->of->n, cols);
	j->rows = ceil_div(j->of->m, j->tile_m);
	j->cols = ceil_div(j->of->n, j->tile_n);
	j->band = j->rows;
}

/* From the shape alone, as the bits depend on it: tiles of 128 x 256, or in a smaller product of 64 rows or 128 columns. */
static void cut_for_blas(struct job *j)
{
	int m = j->of->m, n = j->of->n, rows = clamp(m / 128, 1, TILES), cols = clamp(TILES / rows, 1, clamp(n / 256, 1, TILES));

	if (rows * cols == 1) {
		rows = clamp(m / 64, 1, 4);
		cols = rows > 1 ? 1 : clamp(n / 128, 1, 4);
	}
	cut_into(j, rows, cols);
}

/* -- by packed operands: the bits do not depend on how C is cut, so it is cut for the threads there are -- */

enum {
	CHUNK = 256,		/* units of the depth at a time */
	L2_BYTES = 3 << 18,		/* of a packed chunk of B, at most: it stays in the second cache while rows pass */
	DEEP = 2 << 20,		/* bytes of B that no such cache holds */
	WIDEST = 384,		/* a side of a tile whose operands are both packed for it alone */
	PACK_NUMBERS = 1 << 14	/* of B, a task: some microseconds */
};

static size_t depth_of_chunk(const struct job *j)
{
	return CHUNK * j->by->per_unit;
}

static size_t place_bytes(const struct job *j, size_t depth, int lines)
{
	return nn_product_length(nn_product_units(j->by, depth), lines) * j->by->unit_bytes;
}

static size_t operand_bytes(const struct job *j, int outer, size_t depth, int lines)
{
	return nn_product_panels((size_t)outer) * NN_PANEL * place_bytes(j, depth, lines);
}

static size_t b_bytes(const struct job *j)
{
	return operand_bytes(j, j->of->n, (size_t)j->of->k, 0);
}

/* Of the chunk that begins at this depth. */
static size_t depth_from(const struct job *j, size_t at)
{
	size_t left = (size_t)j->of->k - at, chunk = depth_of_chunk(j);
	return left < chunk ? left : chunk;
}

/* A and C by whole rows: a thread reads rows that it wrote in the operation before (base/team.h), and packs them for itself, tile by tile.  B is
 * packed once, by all.  Higher tiles where B is deep, as each of them reads all of it from far. */
static void cut_rows(struct job *j, int threads)
{
	int m = j->of->m, n = j->of->n, least_m = j->by->blocks ? 64 : NN_PANEL, least_n = j->by->blocks ? 64 : 48;
	int cols = ceil_div(n, (int)(L2_BYTES / place_bytes(j, depth_from(j, 0), 0))), rows = m >= 1024 ? m / 64 : clamp(ceil_div(m, least_m), 1, TILES);

	if (cols == 1 && b_bytes(j) > DEEP)
		rows = clamp(ceil_div(m, 192), 1, rows);
	if (rows * cols < 2 * threads)
		rows = clamp(2 * threads, rows, ceil_div(m, least_m));
	if (rows * cols < 2 * threads)
		cols = clamp(ceil_div(2 * threads, rows), cols, ceil_div(n, least_n));
	cut_into(j, rows, cols);
	j->band = ceil_div(j->rows, threads);
}

/* The depth is rows (a weight's gradient), of which every tile needs all: each packs what it needs of A and of B, chunk by chunk, which stay warm
 * with the tile's sums. */
static void cut_both(struct job *j, int threads)
{
	int m = j->of->m, n = j->of->n, rows = ceil_div(m, WIDEST), cols = ceil_div(n, WIDEST);
	while (rows * cols < 2 * threads && (m > 64 * rows || n > 64 * cols)) {
		if (m / rows > n / cols)
			rows++;
		else
			cols++;
	}
	cut_into(j, rows, cols);
}

/* Parts from..until of what an operand has of `outer` places from `place` on at depths `at` .. `at + depth`-1. */
static void pack(const struct job *j, char *to, const struct nn_operand *x, int along, int lines, int place, int outer, size_t at, size_t depth,
		 size_t from, size_t until)
{
	size_t ld = (size_t)x->ld;
	j->by->pack(to, x->v + (along ? (size_t)place * ld + at : at * ld + (size_t)place), ld, along, lines, (size_t)outer, depth, from, until);
}

static char *b_chunk(const struct job *j, size_t at)
{
	return j->b + operand_bytes(j, j->of->n, at, 0);
}

/* Parts from..to of B, which is packed chunk by chunk: each of these has all panels, or its own units of the depth. */
static void pack_b(const struct job *j, size_t from, size_t to)
{
	const struct nn_gemm *c = j->of;
	for (size_t at = 0, depth, first = 0, parts; at < (size_t)c->k; at += depth, first += c->b.transposed ? 0 : parts) {
		depth = depth_from(j, at);
		parts = nn_product_parts(j->by, c->b.transposed, (size_t)c->n, depth);
		size_t lo = from > first ? from - first : 0, hi = to - first < parts ? to - first : parts;
		if (to > first && lo < hi)
			pack(j, b_chunk(j, at), &c->b, c->b.transposed, 0, 0, c->n, at, depth, lo, hi);
	}
}

static void plan_packing(struct job *j)
{
	const struct nn_gemm *c = j->of;
	j->lines = !c->a.transposed || j->by->blocks;
	if (c->a.transposed)
		return;
	j->b_parts = nn_product_parts(j->by, c->b.transposed, (size_t)c->n, (size_t)c->k);
	j->b_step = PACK_NUMBERS * j->b_parts / ((size_t)c->n * (size_t)c->k + 1) + 1;
	j->pack_tasks = (j->b_parts + j->b_step - 1) / j->b_step;
}

/* Rooms for operands, each thread's own, kept for its next products and freed when it ends. */
enum { FOR_ALL, FOR_TILE, ROOMS };
static pthread_key_t rooms_key;
static pthread_once_t rooms_once = PTHREAD_ONCE_INIT;
struct rooms {
	char *room[ROOMS];
	size_t size[ROOMS];
};

static void free_rooms(void *rooms)
{
	struct rooms *r = rooms;
	for (int i = 0; i < ROOMS; i++)
		free(r->room[i]);
	free(r);
}

static void make_rooms_key(void)
{
	pthread_key_create(&rooms_key, free_rooms);
}

static char *room_for(int what, size_t bytes)
{
	static _Thread_local struct rooms *r;
	if (!r) {
		r = cp_xcalloc(1, sizeof *r);
		pthread_once(&rooms_once, make_rooms_key);
		pthread_setspecific(rooms_key, r);
	}
	if (bytes > r->size[what]) {
		free(r->room[what]);
		r->room[what] = NULL;	/* in case there is no more, and the caller goes on without (cp_mem_catch) */
		r->size[what] = 0;
		r->room[what] = cp_xaligned(64, bytes + bytes / 4);
		r->size[what] = bytes + bytes / 4;
	}
	return r->room[what];
}

static void packed_tile(const struct job *j, int row, int rows, int col, int cols)
{
	const struct nn_gemm *c = j->of;
	const struct nn_product *by = j->by;
	size_t most = depth_from(j, 0), a_bytes = operand_bytes(j, rows, most, j->lines);
	char *a = room_for(FOR_TILE, a_bytes + (j->b ? 0 : operand_bytes(j, cols, most, 0))), *b = a + a_bytes;
	for (size_t at = 0, depth; at < (size_t)c->k; at += depth) {
		depth = depth_from(j, at);
		pack(j, a, &c->a, !c->a.transposed, j->lines, row, rows, at, depth, 0, nn_product_parts(by, !c->a.transposed, (size_t)rows, depth));
		if (j->b)
			b = b_chunk(j, at) + (size_t)col * place_bytes(j, depth, 0);
		else
			pack(j, b, &c->b, c->b.transposed, 0, col, cols, at, depth, 0, nn_product_parts(by, c->b.transposed, (size_t)cols, depth));
		by->tile(c->c + (ptrdiff_t)row * c->ldc + col, (size_t)c->ldc, a, j->lines, b, (size_t)rows, (size_t)cols, nn_product_units(by, depth),
			 c->add || at);
	}
}

/* -- by OpenBLAS -- */

static void blas_tile(const struct job *j, int row, int rows, int col, int cols)
{
	struct nn_gemm t = *j->of;
	t.m = rows;
	t.n = cols;
	t.a.v += t.a.transposed ? row : (ptrdiff_t)row * t.a.ld;
	t.b.v += t.b.transposed ? (ptrdiff_t)col * t.b.ld : col;
	t.c += (ptrdiff_t)row * t.ldc + col;
	nn_gemm_tile(&t);
}

/* -- the door -- */

/* Jobs side by side, each spread evenly over the same number of slots: so a thread's share of these is the same part of every job.  Two jobs of 4 and
 * of 2 tasks have 4 slots, which the team gets as
 *
 *     0  1  2  3  4  5  6  7
 *     a0 b0 a1 -  a2 b1 a3 -           job and task; in two of b's four slots none begins
 */
struct jobs {
	struct job v[JOBS];
	int n, slots;
};

/* The one of `tasks` that begins in this slot of a job, or -1. */
static int task_of_slot(int slot, int slots, int tasks)
{
	int64_t task = (int64_t)slot * tasks / slots, before = slot ? (int64_t)(slot - 1) * tasks / slots : -1;
	return tasks && before < task ? (int)task : -1;
}

static void run_packing(void *ctx, int slot)
{
	const struct jobs *all = ctx;
	const struct job *j = &all->v[slot % all->n];
	int task = task_of_slot(slot / all->n, all->slots, (int)j->pack_tasks);
	if (task < 0)
		return;
	size_t from = (size_t)task * j->b_step, to = from + j->b_step;
	pack_b(j, from, to < j->b_parts ? to : j->b_parts);
}

/* Where a tile lies, in tiles.  They are numbered band by band, and down before across in a band, where the part of B stays warm: 3 x 2 tiles in bands
 * of 2 are
 *
 *     0 2
 *     1 3
 *     4 5
 */
static void place_of_tile(const struct job *j, int tile, int *down, int *across)
{
	int top = tile / (j->band * j->cols) * j->band, height = clamp(j->rows - top, 1, j->band), in_band = tile - top * j->cols;
	*down = top + in_band % height;
	*across = in_band / height;
}

static void run_tile(void *ctx, int slot)
{
	const struct jobs *all = ctx;
	const struct job *j = &all->v[slot % all->n];
	const struct nn_gemm *c = j->of;
	int tile = task_of_slot(slot / all->n, all->slots, j->rows * j->cols), down, across;
	if (tile < 0)
		return;
	place_of_tile(j, tile, &down, &across);
	int row = down * j->tile_m, col = across * j->tile_n;
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
	size_t bytes = 0;
	for (int i = 0; i < all->n; i++)
		bytes += all->v[i].pack_tasks ? b_bytes(&all->v[i]) : 0;
	if (!bytes)
		return;
	char *room = room_for(FOR_ALL, bytes);
	all->slots = 0;
	for (int i = 0; i < all->n; i++) {
		struct job *j = &all->v[i];
		if (!j->pack_tasks)
			continue;
		j->b = room;
		room += b_bytes(j);
		all->slots = (int)j->pack_tasks > all->slots ? (int)j->pack_tasks : all->slots;
	}
	cp_team_run(team, all->n * all->slots, run_packing, all);
}

/* A product with a vector is a matter of memory: nothing is gained by packing.  A depth of 0 has nothing to pack. */
static int can_be_packed(const struct nn_gemm *c)
{
	return c->m > 1 && c->n > 1 && c->k > 0;
}

static struct job plan(const struct nn_gemm *c, int is_small, int threads)
{
	struct job j = { .of = c, .by = can_be_packed(c) ? nn_gemm_product() : NULL };
	if (c->m <= 0 || c->n <= 0)
		return j;
	if (is_small)
		cut_into(&j, 1, 1);
	else if (!j.by)
		cut_for_blas(&j);
	else if (c->a.transposed)
		cut_both(&j, threads);
	else
		cut_rows(&j, threads);
	if (j.by)
		plan_packing(&j);
	return j;
}

static void run_jobs(struct cp_team *team, const struct nn_gemm *calls, int n)
{
	struct jobs all;
	double work = 0;
	all.n = n;
	for (int i = 0; i < n; i++)
		work += (double)calls[i].m * calls[i].n * calls[i].k;
	if (work < SMALL)
		team = NULL;
	for (int i = 0; i < n; i++)
		all.v[i] = plan(&calls[i], work < SMALL, cp_team_size(team));
	pack_operands(team, &all);
	all.slots = 0;
	for (int i = 0; i < n; i++)
		all.slots = clamp(all.v[i].rows * all.v[i].cols, all.slots, INT_MAX);
	cp_team_run(team, n * all.slots, run_tile, &all);
}

void nn_gemm(struct cp_team *team, const struct nn_gemm *products, int n)
{
	for (int i = 0; i < n; i += JOBS)
		run_jobs(team, products + i, n - i < JOBS ? n - i : JOBS);
}
