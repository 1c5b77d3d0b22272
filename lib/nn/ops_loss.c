/* Losses.
 *
 * The masked-LM loss takes its gradient in the forward pass, a block of rows at a time: logits, softmax, their gradient in the same
 * array, then both products with it.  So no more than a block of rows' logits exists at once. */
#include <assert.h>

#include "nn/gemm.h"
#include "nn/graph_priv.h"
#include "nn/kernels.h"

/* --- Binary cross-entropy of logits ------------------------------------------------------------------------------------------------ */

struct bce {
	const struct nn_feed *labels, *weights;	/* weights NULL: all weigh 1 */
};

static const nn_float *labels_of(const struct nn_node *n)
{
	return ((const struct bce *)n->args)->labels->v;
}

static const nn_float *weights_of(const struct nn_node *n)
{
	const struct bce *a = n->args;
	return a->weights ? a->weights->v : NULL;
}

static void bce_fwd(struct nn_graph *g, struct nn_node *n)
{
	size_t rows = nn_rows(g, n->in[0]);
	const nn_float *z = n->in[0]->val, *y = labels_of(n), *w = weights_of(n);
	double sum = 0;
	for (size_t i = 0; w && i < rows; i++)
		sum += (double)w[i] * nn_bce_fwd(z + i, y + i, 1);
	n->val[0] = (nn_float)(w ? sum / (double)rows : nn_bce_fwd(z, y, rows));
}

/* Rows that weigh the same have the bits of rows without weights. */
static void bce_bwd(struct nn_graph *g, struct nn_node *n)
{
	size_t rows = nn_rows(g, n->in[0]);
	nn_float *d = nn_grad(g, n->in[0]);
	const nn_float *z = n->in[0]->val, *y = labels_of(n), *w = weights_of(n);
	if (!w || !d) {
		nn_bce_bwd(d, z, y, n->grad[0], rows);
		return;
	}
	nn_float *all_alike = cp_arena_zalloc(&g->arena, rows * sizeof *all_alike);
	nn_bce_bwd(all_alike, z, y, n->grad[0], rows);
	for (size_t i = 0; i < rows; i++)
		d[i] += w[i] * all_alike[i];
}

static const struct nn_op op_bce = { "bce", bce_fwd, bce_bwd, NULL };

struct nn_node *ng_bce_weighted(struct nn_graph *g, struct nn_node *z, const struct nn_feed *labels, const struct nn_feed *weights)
{
	assert(z->cols == 1);
	struct nn_node *n = nn_node_new(g, &op_bce, 0, 1, 1, 1, &z);
	struct bce *a = nn_args(g, n, sizeof *a);
	a->labels = labels;
	a->weights = weights;
	return n;
}

struct nn_node *ng_bce(struct nn_graph *g, struct nn_node *z, const struct nn_feed *labels)
{
	return ng_bce_weighted(g, z, labels, NULL);
}

/* --- A gradient from outside ------------------------------------------------------------------------------------------------------- */

struct dot {
	const struct nn_feed *weights;
};

static void dot_fwd(struct nn_graph *g, struct nn_node *n)
{
	const struct dot *a = n->args;
	double sum = 0;
	for (size_t i = 0, count = nn_count(g, n->in[0]); i < count; i++)
		sum += (double)a->weights->v[i] * n->in[0]->val[i];
	n->val[0] = (nn_float)sum;
}

static void dot_bwd(struct nn_graph *g, struct nn_node *n)
{
	const struct dot *a = n->args;
	nn_float *d = nn_grad(g, n->in[0]);
	if (d)
		nn_axpy(d, n->grad[0], a->weights->v, nn_count(g, n->in[0]));
}

static const struct nn_op op_dot = { "dot", dot_fwd, dot_bwd, NULL };

struct nn_node *ng_dot(struct nn_graph *g, struct nn_node *x, const struct nn_feed *weights)
{
	struct nn_node *n = nn_node_new(g, &op_dot, 0, 1, 1, 1, &x);
	struct dot *a = nn_args(g, n, sizeof *a);
	a->weights = weights;
	return n;
}

/* --- Masked language model --------------------------------------------------------------------------------------------------------- */

#ifdef NN_DOUBLE
#define LOGITS 256		/* so that a small network has several blocks: only tests are in double */
#else
#define LOGITS (1 << 22)		/* at once, 16 MB, or those of 4 PART rows */
#endif
#define PART 32			/* rows that are summed by themselves, in whatever block */

struct lm {
	const struct nn_ids *labels;
	const struct nn_cut *cut;
	size_t hits;
	/* of the batch at hand */
	size_t vocab;			/* ids in the softmax */
	nn_float *w, *b;		/* (vocab, H), (vocab): the rows of the ids in the cut */
	nn_float *dw, *db, *dh;		/* NULL where no gradient is wanted */
	size_t rows;			/* of a block */
	nn_float *z;			/* (rows, vocab) */
	uint32_t *target;		/* (M) */
	nn_float *loss, *lse;		/* (M) */
	unsigned char *hit;		/* (M) */
	size_t block;			/* first row of the block at hand */
};

static uint32_t place_in_cut(const struct nn_cut *cut, uint32_t id)
{
	size_t lo = 0, hi = cut->n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (cut->ids[mid] < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	assert(lo < cut->n && cut->ids[lo] == id);
	return (uint32_t)lo;
}

static int is_cut(const struct lm *k)
{
	return k->cut && k->cut->n;
}

static void lm_gather_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	struct lm *k = n->args;
	size_t h = n->in[0]->cols;
	nn_gather(k->w + from * h, h, n->in[1]->val, k->cut->ids + from, to - from, h);
	nn_gather(k->b + from, 1, n->in[2]->val, k->cut->ids + from, to - from, 1);
}

static void lm_prepare(struct nn_graph *g, struct nn_node *n, struct lm *k)
{
	size_t rows = nn_rows(g, n->in[0]), h = n->in[0]->cols;
	struct cp_arena *a = &g->arena;
	k->vocab = is_cut(k) ? k->cut->n : (size_t)n->in[1]->mult;
	k->w = n->in[1]->val;
	k->b = n->in[2]->val;
	if (is_cut(k)) {
		k->w = cp_arena_alloc(a, k->vocab * h * sizeof(nn_float));
		k->b = cp_arena_alloc(a, k->vocab * sizeof(nn_float));
		nn_parts(g, n, k->vocab, nn_row_grain(h), lm_gather_part);
	}
	k->target = cp_arena_alloc(a, rows * sizeof *k->target);
	for (size_t r = 0; r < rows; r++)
		k->target[r] = is_cut(k) ? place_in_cut(k->cut, k->labels->v[r]) : k->labels->v[r];
	k->loss = cp_arena_alloc(a, rows * sizeof(nn_float));
	k->lse = cp_arena_alloc(a, rows * sizeof(nn_float));
	k->hit = cp_arena_alloc(a, rows);
	k->rows = LOGITS / k->vocab > 4 * PART ? LOGITS / k->vocab / PART * PART : 4 * PART;
	k->rows = rows < k->rows ? rows : k->rows;
	k->z = cp_arena_alloc(a, k->rows * k->vocab * sizeof(nn_float));
	k->dw = k->db = k->dh = NULL;
	if (n->needs_grad && g->training) {
		k->dw = cp_arena_alloc(a, k->vocab * h * sizeof(nn_float));
		k->db = cp_arena_zalloc(a, k->vocab * sizeof(nn_float));
		k->dh = cp_arena_alloc(a, rows * h * sizeof(nn_float));
	}
}

/* Rows from..to of the block: bias, cross-entropy, and the gradient of the logits in their place. */
static void lm_rows(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	struct lm *k = n->args;
	size_t v = k->vocab, at = k->block + from;
	nn_float *z = k->z + from * v;
	nn_bias_fwd(z, z, k->b, to - from, v);
	for (size_t r = from; r < to; r++) {
		const nn_float *row = k->z + r * v;
		size_t best = 0;
		for (size_t j = 1; j < v; j++)
			if (row[j] > row[best])
				best = j;
		k->hit[k->block + r] = best == k->target[k->block + r];
	}
	nn_xent_fwd(k->loss + at, k->lse + at, z, k->target + at, to - from, v);
	if (k->dw)
		nn_xent_bwd(z, z, k->lse + at, k->target + at, (nn_float)(1.0 / (double)nn_rows(g, n->in[0])), to - from, v);
}

static void lm_bias_sum(struct nn_graph *g, struct nn_node *n, size_t from, size_t to, nn_float *room)
{
	(void)g;
	struct lm *k = n->args;
	nn_bias_bwd(room, k->z + from * k->vocab, to - from, k->vocab);
}

static void lm_fwd(struct nn_graph *g, struct nn_node *n)
{
	struct lm *k = n->args;
	int h = (int)n->in[0]->cols;
	size_t rows = nn_rows(g, n->in[0]);
	double sum = 0;
	lm_prepare(g, n, k);
	for (k->block = 0; k->block < rows; k->block += k->rows) {
		int m = (int)(rows - k->block < k->rows ? rows - k->block : k->rows), v = (int)k->vocab;
		const nn_float *x = n->in[0]->val + k->block * (size_t)h;
		nn_gemm(g->team, &(struct nn_gemm){ .m = m, .n = v, .k = h, .a = nn_as_is(x, h), .b = nn_transposed(k->w, h), .c = k->z, .ldc = v }, 1);
		nn_parts(g, n, (size_t)m, 8, lm_rows);
		if (!k->dw)
			continue;
		nn_parts_sum(g, n, (size_t)m, PART, lm_bias_sum, k->vocab, k->db);
		nn_float *dx = k->dh + k->block * (size_t)h;
		nn_gemm(g->team, &(struct nn_gemm){ .m = v, .n = h, .k = m, .a = nn_transposed(k->z, v), .b = nn_as_is(x, h), .c = k->dw, .ldc = h,
						    .add = k->block > 0 }, 1);
		nn_gemm(g->team, &(struct nn_gemm){ .m = m, .n = h, .k = v, .a = nn_as_is(k->z, v), .b = nn_as_is(k->w, h), .c = dx, .ldc = h }, 1);
	}
	k->hits = 0;
	for (size_t r = 0; r < rows; r++) {
		sum += k->loss[r];
		k->hits += k->hit[r];
	}
	n->val[0] = (nn_float)(rows ? sum / (double)rows : 0);
}

/* The gradients of matrix and bias, which are there already, where they belong. */
static void lm_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	struct lm *k = n->args;
	size_t h = n->in[0]->cols;
	nn_float *dw = nn_grad_now(n->in[1]), *db = nn_grad_now(n->in[2]), scale = n->grad[0];
	for (size_t i = from; i < to; i++) {
		size_t id = is_cut(k) ? k->cut->ids[i] : i;
		if (dw)
			nn_axpy(dw + id * h, scale, k->dw + i * h, h);
		if (db)
			db[id] += scale * k->db[i];
	}
}

static void lm_bwd(struct nn_graph *g, struct nn_node *n)
{
	struct lm *k = n->args;
	nn_float *d, scale = n->grad[0];
	assert(k->dw);
	if ((d = nn_grad(g, n->in[0])))
		nn_axpy(d, scale, k->dh, nn_count(g, n->in[0]));
	nn_grad(g, n->in[1]);
	nn_grad(g, n->in[2]);
	if (nn_rows(g, n->in[0]))	/* else there are none */
		nn_parts(g, n, k->vocab, nn_row_grain(n->in[0]->cols), lm_bwd_part);
}

static const struct nn_op op_lm = { "lm_loss", lm_fwd, lm_bwd, NULL };

struct nn_node *ng_lm_loss(struct nn_graph *g, struct nn_node *h, struct nn_node *w, struct nn_node *b, const struct nn_ids *labels,
			   const struct nn_cut *cut)
{
	assert(w->axis == 0 && w->cols == h->cols && b->cols == (size_t)w->mult);
	struct nn_node *n = nn_node_new(g, &op_lm, 0, 1, 1, 3, (struct nn_node *[]){ h, w, b });
	struct lm *k = nn_args(g, n, sizeof *k);
	k->labels = labels;
	k->cut = cut;
	return n;
}

size_t ng_lm_hits(const struct nn_node *n)
{
	return ((const struct lm *)n->args)->hits;
}
