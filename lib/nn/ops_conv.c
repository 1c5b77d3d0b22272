/* Convolution along one direction of small images, pooling, and BatchNorm of their maps.
 *
 * A row of a node is an image of C maps, each of `height` times `width` numbers; kernels are k high and one wide (FGCNN's), so a place
 * k rows away is a run of memory k * width further: what im2col copies are runs, and a convolution is one small product a row. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/gemm.h"
#include "nn/graph_priv.h"

/* Of a map: rows and columns, and rows of it that are one in the result of pooling. */
struct map {
	int height, width, pool;
};

static struct nn_node *of_maps(struct nn_graph *g, struct nn_node *n, size_t height, size_t width, size_t pool)
{
	struct map *m = nn_args(g, n, sizeof *m);
	*m = (struct map){ (int)height, (int)width, (int)pool };
	return n;
}

/* --- Convolution ------------------------------------------------------------------------------------------------------------------- */

struct conv {
	int maps, k, out, place;	/* maps in, height of the kernel, maps out; height * width */
	int height, width;
	size_t columns;			/* numbers in the copy of one row */
};

static struct conv conv_of(const struct nn_node *n)
{
	const struct map *m = n->args;
	int place = m->height * m->width, maps = (int)n->in[0]->cols / place, k = (int)n->in[1]->cols / maps;
	return (struct conv){ maps, k, n->in[1]->mult, place, m->height, m->width, (size_t)maps * (size_t)k * (size_t)place };
}

/* Rows of image that tap t of the kernel sees: of the output first..end-1, from `shift` rows further in the input. */
static void tap_range(const struct conv *c, int t, int *first, int *end, int *shift)
{
	*shift = t - (c->k - 1) / 2;
	*first = *shift < 0 ? -*shift : 0;
	*end = *shift > 0 ? c->height - *shift : c->height;
	if (*first > c->height)
		*first = c->height;
	if (*end < *first)
		*end = *first;
}

/* u[(map, tap)] (height, width) = the map, moved; 0 outside */
static void spread(nn_float *u, const struct conv *c, const nn_float *x)
{
	for (int m = 0; m < c->maps; m++)
		for (int t = 0; t < c->k; t++, u += c->place) {
			int first, end, shift;
			tap_range(c, t, &first, &end, &shift);
			memset(u, 0, (size_t)c->place * sizeof *u);
			memcpy(u + first * c->width, x + m * c->place + (first + shift) * c->width, (size_t)((end - first) * c->width) * sizeof *u);
		}
}

static void collect(nn_float *dx, const struct conv *c, const nn_float *du)
{
	for (int m = 0; m < c->maps; m++)
		for (int t = 0; t < c->k; t++, du += c->place) {
			int first, end, shift;
			tap_range(c, t, &first, &end, &shift);
			nn_float *to = dx + m * c->place + (first + shift) * c->width;
			for (int i = 0; i < (end - first) * c->width; i++)
				to[i] += du[first * c->width + i];
		}
}

static void conv_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	struct conv c = conv_of(n);
	int mk = c.maps * c.k;
	nn_float *u = nn_room(g, c.columns);
	for (size_t r = from; r < to; r++) {
		nn_float *y = n->val + r * n->cols;
		spread(u, &c, n->in[0]->val + r * n->in[0]->cols);
		for (int o = 0; o < c.out; o++)
			for (int i = 0; i < c.place; i++)
				y[o * c.place + i] = n->in[2]->val[o];
		nn_gemm_tile(&(struct nn_gemm){ .m = c.out, .n = c.place, .k = mk, .a = nn_as_is(n->in[1]->val, mk), .b = nn_as_is(u, c.place),
						.c = y, .ldc = c.place, .add = 1 });
	}
	nn_room_end(g, u);
}

static void conv_fwd(struct nn_graph *g, struct nn_node *n)
{
	struct conv c = conv_of(n);
	size_t work = c.columns * (size_t)(c.out + 1), grain = 8 * NN_GRAIN / work;
	nn_parts(g, n, nn_rows(g, n), grain ? grain : 1, conv_fwd_part);
}

/* room: the gradients of the kernels and of the bias, one behind the other */
static void conv_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to, nn_float *room)
{
	(void)g;
	struct conv c = conv_of(n);
	int mk = c.maps * c.k;
	nn_float *u = cp_xmalloc(c.columns * sizeof *u), *db = room + c.out * mk;
	for (size_t r = from; r < to; r++) {
		const nn_float *dy = n->grad + r * n->cols;
		spread(u, &c, n->in[0]->val + r * n->in[0]->cols);
		nn_gemm_tile(&(struct nn_gemm){ .m = c.out, .n = mk, .k = c.place, .a = nn_as_is(dy, c.place), .b = nn_transposed(u, c.place),
						.c = room, .ldc = mk, .add = 1 });
		for (int o = 0; o < c.out; o++)
			for (int i = 0; i < c.place; i++)
				db[o] += dy[o * c.place + i];
		nn_gemm_tile(&(struct nn_gemm){ .m = mk, .n = c.place, .k = c.out, .a = nn_transposed(n->in[1]->val, mk), .b = nn_as_is(dy, c.place),
						.c = u, .ldc = c.place });
		collect(nn_grad_now(n->in[0]) + r * n->in[0]->cols, &c, u);
	}
	free(u);
}

static void conv_bwd(struct nn_graph *g, struct nn_node *n)
{
	struct conv c = conv_of(n);
	size_t rows = nn_rows(g, n), kernels = (size_t)(c.out * c.maps * c.k), width = kernels + (size_t)c.out;
	nn_float *sum = cp_arena_zalloc(&g->arena, width * sizeof *sum);
	nn_grads_or_room(g, n);
	nn_parts_sum(g, n, rows, nn_sum_grain(rows, c.columns), conv_bwd_part, width, sum);
	for (size_t i = 0; i < kernels; i++)
		nn_grad_now(n->in[1])[i] += sum[i];
	for (int o = 0; o < c.out; o++)
		nn_grad_now(n->in[2])[o] += sum[kernels + (size_t)o];
}

static const struct nn_op op_conv = { "conv", conv_fwd, conv_bwd, NULL };

struct nn_node *ng_conv_height(struct nn_graph *g, struct nn_node *x, struct nn_node *w, struct nn_node *b, size_t height, size_t width)
{
	size_t maps = x->cols / (height * width), k = w->cols / maps;
	assert(maps * height * width == x->cols && w->axis == 0 && k * maps == w->cols && k % 2 == 1 && b->cols == (size_t)w->mult);
	struct nn_node *n = nn_node_new(g, &op_conv, x->axis, x->mult, (size_t)w->mult * height * width, 3, (struct nn_node *[]){ x, w, b });
	return of_maps(g, n, height, width, 1);
}

/* --- Pooling ----------------------------------------------------------------------------------------------------------------------- */

/* Kept: for every number of the result, which row of its map it came from. */
static size_t pool_scratch(struct nn_graph *g, const struct nn_node *n)
{
	return nn_count(g, n) * sizeof(uint16_t);
}

struct pool {
	int height, width, p, high;	/* of the input; run; height of the result */
};

static struct pool pool_of(const struct nn_node *n)
{
	const struct map *m = n->args;
	return (struct pool){ m->height, m->width, m->pool, (m->height + m->pool - 1) / m->pool };
}

/* One map: window o covers rows o p - (height mod p) and the p - 1 behind it, as far as they are there. */
static void pool_map(nn_float *y, uint16_t *from, const nn_float *x, const struct pool *c)
{
	for (int o = 0; o < c->high; o++) {
		int start = o * c->p - c->height % c->p, end = start + c->p < c->height ? start + c->p : c->height;
		for (int w = 0; w < c->width; w++) {
			int best = start > 0 ? start : 0;
			for (int h = best + 1; h < end; h++)
				if (x[h * c->width + w] > x[best * c->width + w])
					best = h;
			*y++ = x[best * c->width + w];
			*from++ = (uint16_t)best;
		}
	}
}

static void pool_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	struct pool c = pool_of(n);
	size_t big = (size_t)(c.height * c.width), small = (size_t)(c.high * c.width);
	uint16_t *source = n->scratch;
	for (size_t i = from; i < to; i++)	/* maps of all rows */
		pool_map(n->val + i * small, source + i * small, n->in[0]->val + i * big, &c);
}

/* The maps of all rows, each a part of the work. */
static void each_map(struct nn_graph *g, struct nn_node *n, nn_part_fn fn)
{
	const struct map *m = n->args;
	size_t place = (size_t)(m->height * m->width);
	nn_parts(g, n, nn_count(g, n->in[0]) / place, nn_row_grain(place), fn);
}

static void pool_fwd(struct nn_graph *g, struct nn_node *n)
{
	each_map(g, n, pool_fwd_part);
}

static void pool_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	struct pool c = pool_of(n);
	size_t big = (size_t)(c.height * c.width), small = (size_t)(c.high * c.width);
	const uint16_t *source = n->scratch;
	for (size_t i = from; i < to; i++)
		for (size_t j = 0; j < small; j++)
			nn_grad_now(n->in[0])[i * big + source[i * small + j] * (size_t)c.width + j % (size_t)c.width] += n->grad[i * small + j];
}

static void pool_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_grads_or_room(g, n);
	each_map(g, n, pool_bwd_part);
}

static const struct nn_op op_pool = { "pool", pool_fwd, pool_bwd, pool_scratch };

struct nn_node *ng_maxpool_height(struct nn_graph *g, struct nn_node *x, size_t height, size_t width, size_t p)
{
	size_t maps = x->cols / (height * width), high = (height + p - 1) / p;
	assert(maps * height * width == x->cols && height < UINT16_MAX && 2 * (height % p) <= p);
	return of_maps(g, nn_node_new(g, &op_pool, x->axis, x->mult, maps * high * width, 1, &x), height, width, p);
}

/* --- BatchNorm of maps ------------------------------------------------------------------------------------------------------------- */

/* Kept: mean and rstd of every map. */
static size_t map_norm_scratch(struct nn_graph *g, const struct nn_node *n)
{
	(void)g;
	return 2 * n->in[1]->cols * sizeof(nn_float);
}

static void batch_moments(struct nn_graph *g, struct nn_node *n, size_t m, double *mean, double *var)
{
	size_t place = n->cols / n->in[1]->cols, rows = nn_rows(g, n);
	double sum = 0, squares = 0;
	for (size_t r = 0; r < rows; r++)
		for (size_t i = 0; i < place; i++)
			sum += n->in[0]->val[r * n->cols + m * place + i];
	*mean = sum / (double)(rows * place);
	for (size_t r = 0; r < rows; r++)
		for (size_t i = 0; i < place; i++) {
			double d = n->in[0]->val[r * n->cols + m * place + i] - *mean;
			squares += d * d;
		}
	*var = squares / (double)(rows * place);
}

static void map_norm_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	const struct nn_moments *run = n->args;
	size_t maps = n->in[1]->cols, place = n->cols / maps, rows = nn_rows(g, n), count = rows * place;
	nn_float *keep = n->scratch;
	for (size_t m = from; m < to; m++) {
		double mean = run->mean->val[m], var = run->var->val[m];
		if (g->training && count) {
			batch_moments(g, n, m, &mean, &var);
			run->mean->val[m] += (nn_float)(NN_BN_MOMENTUM * (mean - run->mean->val[m]));
			if (count > 1)
				run->var->val[m] += (nn_float)(NN_BN_MOMENTUM * (var * (double)count / (double)(count - 1) - run->var->val[m]));
		}
		keep[m] = (nn_float)mean;
		keep[maps + m] = (nn_float)(1 / sqrt(var + NN_BN_EPS));
		for (size_t r = 0; r < rows; r++)
			for (size_t i = r * n->cols + m * place, end = i + place; i < end; i++)
				n->val[i] = (n->in[0]->val[i] - keep[m]) * keep[maps + m] * n->in[1]->val[m] + n->in[2]->val[m];
	}
}

static void map_norm_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, n->in[1]->cols, 1, map_norm_fwd_part);
}

static void map_norm_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	size_t maps = n->in[1]->cols, place = n->cols / maps, rows = nn_rows(g, n);
	const nn_float *keep = n->scratch, *x = n->in[0]->val;
	for (size_t m = from; m < to; m++) {
		double sum = 0, sum_x = 0, count = (double)(rows * place);
		for (size_t r = 0; r < rows; r++)
			for (size_t i = r * n->cols + m * place, end = i + place; i < end; i++) {
				sum += n->grad[i];
				sum_x += (double)n->grad[i] * (x[i] - keep[m]) * keep[maps + m];
			}
		nn_grad_now(n->in[1])[m] += (nn_float)sum_x;
		nn_grad_now(n->in[2])[m] += (nn_float)sum;
		nn_float shift = (nn_float)(g->training ? sum / count : 0), slope = (nn_float)(g->training ? sum_x / count : 0);
		nn_float scale = n->in[1]->val[m] * keep[maps + m];
		for (size_t r = 0; r < rows; r++)
			for (size_t i = r * n->cols + m * place, end = i + place; i < end; i++)
				nn_grad_now(n->in[0])[i] += scale * (n->grad[i] - shift - (x[i] - keep[m]) * keep[maps + m] * slope);
	}
}

static void map_norm_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_grads_or_room(g, n);
	nn_parts(g, n, n->in[1]->cols, 1, map_norm_bwd_part);
}

static const struct nn_op op_map_norm = { "map_norm", map_norm_fwd, map_norm_bwd, map_norm_scratch };

struct nn_node *ng_batchnorm_maps(struct nn_graph *g, struct nn_node *x, struct nn_node *gain, struct nn_node *bias, struct nn_param *mean,
				  struct nn_param *var)
{
	assert(x->cols % gain->cols == 0 && bias->cols == gain->cols && mean->n == gain->cols && var->n == gain->cols);
	g->whole_batch = 1;
	struct nn_node *n = nn_node_new(g, &op_map_norm, x->axis, x->mult, x->cols, 3, (struct nn_node *[]){ x, gain, bias });
	struct nn_moments *m = nn_args(g, n, sizeof *m);
	*m = (struct nn_moments){ mean, var };
	return n;
}
