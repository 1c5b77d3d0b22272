/* Symmetric InfoNCE over the pairs of a batch.
 *
 * Both directions are the same work with u and t in each other's place: a row of one against all rows of the other, cross-entropy with its own
 * partner as the target.  The similarities are made BLOCK rows at a time, and as in the masked-LM loss the gradient is taken while they are at
 * hand: no matrix of R x R exists. */
#include <assert.h>

#include "nn/gemm.h"
#include "nn/graph_priv.h"
#include "nn/kernels.h"

#define BLOCK 128
#define GRAIN 8		/* rows a task */

struct nce {
	size_t parts, width;		/* of a row, and columns of a part */
	nn_float scale;			/* 1 / temperature */
	size_t hits;
	/* of the batch at hand */
	size_t rows;
	nn_float *z;			/* (block parts, rows parts) products of parts; their gradient */
	nn_float *s;			/* (block, rows) similarities; their gradient; z itself where a row is one part */
	nn_float *loss, *lse;		/* (block) */
	uint32_t *own;			/* (rows) 0, 1, 2, ... */
	unsigned char *hit;		/* (rows) */
	nn_float *d[2];			/* (rows, C) gradients of u and t; NULL where none are wanted */
	int turned;			/* the block's rows are t's */
	size_t block;			/* first row of it */
};

/* The product of part a of u with part b of t, for row r of the block and row j of all. */
static inline nn_float *product_of(const struct nce *k, size_t r, size_t j, size_t a, size_t b)
{
	size_t p = k->parts, mine = k->turned ? b : a, other = k->turned ? a : b;
	return k->z + (r * p + mine) * k->rows * p + j * p + other;
}

/* The part of t that part a of u is closest to. */
static size_t closest(const struct nce *k, size_t r, size_t j, size_t a)
{
	size_t best = 0;
	for (size_t b = 1; b < k->parts; b++)
		if (*product_of(k, r, j, a, b) > *product_of(k, r, j, a, best))
			best = b;
	return best;
}

static void similarities(const struct nce *k, size_t r)
{
	nn_float *s = k->s + r * k->rows;
	for (size_t j = 0; j < k->rows; j++) {
		nn_float sum = k->parts == 1 ? s[j] : 0;
		for (size_t a = 0; k->parts > 1 && a < k->parts; a++)
			sum += *product_of(k, r, j, a, closest(k, r, j, a));
		s[j] = sum * k->scale;
	}
}

/* From the gradient of the similarities to that of the products, in their place: that of the closest parts, 0 of the others. */
static void to_products(const struct nce *k, size_t r)
{
	for (size_t j = 0; k->parts > 1 && j < k->rows; j++)
		for (size_t a = 0; a < k->parts; a++) {
			size_t best = closest(k, r, j, a);
			for (size_t b = 0; b < k->parts; b++)
				*product_of(k, r, j, a, b) = b == best ? k->s[r * k->rows + j] : 0;
		}
}

static int is_nearest(const nn_float *s, size_t own, size_t rows)
{
	for (size_t j = 0; j < rows; j++)
		if (s[j] > s[own])
			return 0;
	return 1;
}

static void nce_rows(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	struct nce *k = n->args;
	const uint32_t *own = k->own + k->block + from;
	nn_float *s = k->s + from * k->rows;
	for (size_t r = from; r < to; r++) {
		similarities(k, r);
		if (!k->turned)
			k->hit[k->block + r] = (unsigned char)is_nearest(k->s + r * k->rows, k->block + r, k->rows);
	}
	nn_xent_fwd(k->loss + from, k->lse + from, s, own, to - from, k->rows);
	if (!k->d[0])
		return;
	nn_xent_bwd(s, s, k->lse + from, own, k->scale / (nn_float)(2 * k->rows), to - from, k->rows);
	for (size_t r = from; r < to; r++)
		to_products(k, r);
}

static size_t block_of(const struct nce *k)
{
	return k->parts < BLOCK ? BLOCK / k->parts : 1;
}

static void nce_prepare(struct nn_graph *g, struct nn_node *n, struct nce *k)
{
	struct cp_arena *a = &g->arena;
	size_t block = block_of(k), c = n->in[0]->cols;
	k->rows = nn_rows(g, n->in[0]);
	k->z = cp_arena_alloc(a, block * k->rows * k->parts * k->parts * sizeof *k->z);
	k->s = k->parts == 1 ? k->z : cp_arena_alloc(a, block * k->rows * sizeof *k->s);
	k->loss = cp_arena_alloc(a, block * sizeof *k->loss);
	k->lse = cp_arena_alloc(a, block * sizeof *k->lse);
	k->hit = cp_arena_alloc(a, k->rows);
	k->own = cp_arena_alloc(a, k->rows * sizeof *k->own);
	for (size_t i = 0; i < k->rows; i++)
		k->own[i] = (uint32_t)i;
	for (int i = 0; i < 2; i++)
		k->d[i] = n->needs_grad && g->training ? cp_arena_zalloc(a, k->rows * c * sizeof **k->d) : NULL;
}

/* Sum of the losses of rows k->block .. +m of the one against all of the other. */
static double nce_block(struct nn_graph *g, struct nn_node *n, struct nce *k, size_t m)
{
	const nn_float *x = n->in[k->turned]->val + k->block * n->in[0]->cols, *y = n->in[!k->turned]->val;
	int w = (int)k->width, mine = (int)(m * k->parts), all = (int)(k->rows * k->parts);
	double sum = 0;
	nn_gemm(g->team, &(struct nn_gemm){ .m = mine, .n = all, .k = w, .a = nn_as_is(x, w), .b = nn_transposed(y, w), .c = k->z, .ldc = all }, 1);
	nn_parts(g, n, m, GRAIN, nce_rows);
	for (size_t r = 0; r < m; r++)
		sum += k->loss[r];
	if (k->d[0]) {
		nn_float *dx = k->d[k->turned] + k->block * n->in[0]->cols, *dy = k->d[!k->turned];
		nn_gemm(g->team, &(struct nn_gemm){ .m = mine, .n = w, .k = all, .a = nn_as_is(k->z, all), .b = nn_as_is(y, w), .c = dx, .ldc = w, .add = 1 }, 1);
		nn_gemm(g->team, &(struct nn_gemm){ .m = all, .n = w, .k = mine, .a = nn_transposed(k->z, all), .b = nn_as_is(x, w), .c = dy, .ldc = w, .add = 1 }, 1);
	}
	return sum;
}

static void nce_fwd(struct nn_graph *g, struct nn_node *n)
{
	struct nce *k = n->args;
	double sum = 0;
	nce_prepare(g, n, k);
	for (k->turned = 0; k->turned < 2; k->turned++)
		for (k->block = 0; k->block < k->rows; k->block += block_of(k))
			sum += nce_block(g, n, k, k->rows - k->block < block_of(k) ? k->rows - k->block : block_of(k));
	k->hits = 0;
	for (size_t i = 0; i < k->rows; i++)
		k->hits += k->hit[i];
	n->val[0] = (nn_float)(k->rows ? sum / (double)(2 * k->rows) : 0);
}

static void nce_bwd(struct nn_graph *g, struct nn_node *n)
{
	struct nce *k = n->args;
	assert(k->d[0]);
	for (int i = 0; i < 2; i++) {
		nn_float *d = nn_grad(g, n->in[i]);
		if (d)
			nn_axpy(d, n->grad[0], k->d[i], nn_count(g, n->in[i]));
	}
}

static const struct nn_op op_nce = { "info_nce", nce_fwd, nce_bwd, NULL };

struct nn_node *ng_info_nce(struct nn_graph *g, struct nn_node *u, struct nn_node *t, size_t parts, double temperature)
{
	assert(u->axis == t->axis && u->mult == t->mult && u->cols == t->cols && parts && u->cols % parts == 0 && temperature > 0);
	struct nn_node *n = nn_node_new(g, &op_nce, 0, 1, 1, 2, (struct nn_node *[]){ u, t });
	struct nce *k = nn_args(g, n, sizeof *k);
	k->parts = parts;
	k->width = u->cols / parts;
	k->scale = (nn_float)(1 / temperature);
	return n;
}

size_t ng_info_nce_hits(const struct nn_node *n)
{
	return ((const struct nce *)n->args)->hits;
}
