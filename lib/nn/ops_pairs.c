/* Attention of one sequence's rows to another's, with a bias by distance, and the norm that goes with it: what T5 is made of beside linear maps. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/graph_priv.h"
#include "nn/kernels.h"

/* --- RMSNorm ----------------------------------------------------------------------------------------------------------------------- */

static size_t rms_scratch(struct nn_graph *g, const struct nn_node *n)
{
	return nn_rows(g, n) * sizeof(nn_float);
}

static void rms_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	(void)g;
	nn_float *rstd = n->scratch;
	nn_rmsnorm_fwd(n->val + from * n->cols, rstd + from, n->in[0]->val + from * n->cols, n->in[1]->val, to - from, n->cols, (nn_float)n->f[0]);
}

static void rms_fwd(struct nn_graph *g, struct nn_node *n)
{
	nn_parts(g, n, nn_rows(g, n), nn_row_grain(n->cols), rms_part);
}

static void rms_sum(struct nn_graph *g, struct nn_node *n, size_t from, size_t to, nn_float *room)
{
	(void)g;
	size_t at = from * n->cols;
	const nn_float *rstd = n->scratch;
	nn_rmsnorm_bwd(nn_grad_now(n->in[0]) + at, room, n->grad + at, n->in[0]->val + at, n->in[1]->val, rstd + from, to - from, n->cols);
}

static void rms_bwd(struct nn_graph *g, struct nn_node *n)
{
	size_t rows = nn_rows(g, n);
	nn_grad_or_room(g, n->in[0]);
	nn_parts_sum(g, n, rows, nn_sum_grain(rows, n->cols), rms_sum, n->cols, nn_grad_or_room(g, n->in[1]));
}

static const struct nn_op op_rms = { "rmsnorm", rms_fwd, rms_bwd, rms_scratch };

struct nn_node *ng_rmsnorm(struct nn_graph *g, struct nn_node *x, struct nn_node *gain, double eps)
{
	assert(gain->axis == 0 && gain->mult == 1 && gain->cols == x->cols);
	struct nn_node *n = nn_node_new(g, &op_rms, x->axis, x->mult, x->cols, 2, (struct nn_node *[]){ x, gain });
	n->f[0] = eps;
	return n;
}

/* --- Attention --------------------------------------------------------------------------------------------------------------------- */

#define SEQUENCES 2	/* a task */

struct attend {
	struct ng_attend c;
	const struct nn_segs *of_q, *of_kv;
	int rows_axis;
	/* of the batch at hand */
	size_t longest;
	nn_float *bias;		/* (heads, 2 longest - 1): the table's entries by distance, from -(longest-1) */
	nn_float *stat;		/* (T, heads) */
};

static size_t length(const struct nn_segs *s, size_t i)
{
	return s->off[i + 1] - s->off[i];
}

static size_t span(const struct attend *a)
{
	return 2 * a->longest - 1;
}

/* In single precision as the reference has it, for what lies on a border must fall to the same side. */
static size_t far_bucket(size_t distance, size_t exact, size_t n, size_t far)
{
	float part = logf((float)distance / (float)exact) / (float)log((double)far / (double)exact);
	size_t b = exact + (size_t)(part * (float)(n - exact));
	return b < n ? b : n - 1;
}

size_t ng_bucket(ptrdiff_t distance, size_t n, size_t far, int causal)
{
	size_t d = (size_t)(distance < 0 ? -distance : distance), first = 0;
	if (causal && distance > 0)
		d = 0;
	if (!causal) {
		n /= 2;
		first = distance > 0 ? n : 0;
	}
	return first + (d < n / 2 ? d : far_bucket(d, n / 2, n, far));
}

static size_t bucket_at(const struct nn_node *n, size_t i)
{
	const struct attend *a = n->ext;
	return ng_bucket((ptrdiff_t)i - (ptrdiff_t)(a->longest - 1), (size_t)n->in[2]->mult, a->c.far, a->c.causal);
}

static size_t attend_scratch(struct nn_graph *g, const struct nn_node *n)
{
	struct attend *a = n->ext;
	a->longest = 1;
	for (size_t s = 0; s < g->len[a->rows_axis]; s++) {
		size_t q = length(a->of_q, s), z = length(a->of_kv, s), most = q > z ? q : z;
		a->longest = most > a->longest ? most : a->longest;
	}
	return (nn_rows(g, n) * (size_t)a->c.heads + (n->n_in > 2 ? (size_t)a->c.heads * span(a) : 0)) * sizeof(nn_float);
}

static void spread_bias(const struct nn_node *n, struct attend *a)
{
	size_t heads = (size_t)a->c.heads;
	for (size_t i = 0; i < span(a); i++) {
		const nn_float *row = n->in[2]->val + bucket_at(n, i) * heads;
		for (size_t h = 0; h < heads; h++)
			a->bias[h * span(a) + i] = row[h];
	}
}

static struct nn_attention sequence(struct nn_graph *g, struct nn_node *n, size_t s)
{
	const struct attend *a = n->ext;
	size_t h = n->cols, from = a->of_q->off[s], first = a->of_kv->off[s];
	const nn_float *kv = n->in[1]->val + first * 2 * h;
	return (struct nn_attention){
		.nq = length(a->of_q, s), .z = length(a->of_kv, s), .dh = h / (size_t)a->c.heads, .head_end = (size_t)a->c.heads, .scale = 1,
		.q = n->in[0]->val + from * h, .ldq = h, .k = kv, .v = kv + h, .ld = 2 * h, .bias = a->bias ? a->bias + a->longest - 1 : NULL,
		.ldb = span(a), .causal = a->c.causal, .out = n->val + from * h, .ldo = h, .stat = a->stat + from * (size_t)a->c.heads,
		.keys = g->training && a->c.dropout > 0 ? g->keys[n->axis] + from : NULL, .site = (uint64_t)n->i[0], .p = (nn_float)a->c.dropout,
	};
}

static nn_float *room_for(struct nn_graph *g, const struct nn_node *n)
{
	const struct attend *a = n->ext;
	return nn_room(g, nn_attention_scratch(a->longest, 0, n->cols / (size_t)a->c.heads));
}

static void attend_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	nn_float *room = room_for(g, n);
	for (size_t s = from; s < to; s++) {
		struct nn_attention a = sequence(g, n, s);
		nn_attention_fwd(&a, room);
	}
	nn_room_end(g, room);
}

static void attend_fwd(struct nn_graph *g, struct nn_node *n)
{
	struct attend *a = n->ext;
	a->stat = n->scratch;
	a->bias = n->n_in > 2 ? a->stat + nn_rows(g, n) * (size_t)a->c.heads : NULL;
	if (a->bias)
		spread_bias(n, a);
	nn_parts(g, n, g->len[a->rows_axis], SEQUENCES, attend_part);
}

/* dbias: (heads, span), not touched where there is no bias */
static void unattend_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to, nn_float *dbias)
{
	const struct attend *c = n->ext;
	nn_float *room = room_for(g, n);
	for (size_t s = from; s < to; s++) {
		struct nn_attention a = sequence(g, n, s);
		nn_float *dkv = nn_grad_now(n->in[1]) + (a.k - n->in[1]->val);
		struct nn_attention_grad d = { .dq = nn_grad_now(n->in[0]) + (a.q - n->in[0]->val), .dk = dkv, .dv = dkv + n->cols,
					       .dout = n->grad + (a.out - n->val), .dbias = dbias + c->longest - 1 };
		nn_attention_bwd(&a, &d, room);
	}
	nn_room_end(g, room);
}

static void attend_bwd(struct nn_graph *g, struct nn_node *n)
{
	const struct attend *a = n->ext;
	size_t heads = (size_t)a->c.heads, width = n->n_in > 2 ? heads * span(a) : a->longest, rows = g->len[a->rows_axis];
	nn_float *by_distance = cp_arena_zalloc(&g->arena, width * sizeof *by_distance), *d;
	for (int i = 0; i < 2; i++)
		nn_grad_or_room(g, n->in[i]);
	nn_parts_sum(g, n, rows, (rows + 31) / 32 + SEQUENCES, unattend_part, width, by_distance);
	if (n->n_in < 3 || !(d = nn_grad(g, n->in[2])))
		return;
	for (size_t i = 0; i < span(a); i++)
		for (size_t h = 0; h < heads; h++)
			d[bucket_at(n, i) * heads + h] += by_distance[h * span(a) + i];
}

static const struct nn_op op_attend = { "attend", attend_fwd, attend_bwd, attend_scratch };

struct nn_node *ng_attend(struct nn_graph *g, struct nn_node *q, const struct nn_segs *of_q, struct nn_node *kv, const struct nn_segs *of_kv,
			  struct nn_node *table, int rows_axis, const struct ng_attend *c)
{
	assert(q->mult == 1 && kv->mult == 1 && kv->cols == 2 * q->cols && q->cols % (size_t)c->heads == 0);
	assert(!table || (table->cols == (size_t)c->heads && table->mult >= (c->causal ? 2 : 4) && c->far > (size_t)table->mult / 2));
	struct nn_node *n = nn_node_new(g, &op_attend, q->axis, 1, q->cols, table ? 3 : 2, (struct nn_node *[]){ q, kv, table });
	struct attend *a = cp_xcalloc(1, sizeof *a);
	*a = (struct attend){ .c = *c, .of_q = of_q, .of_kv = of_kv, .rows_axis = rows_axis };
	n->ext = a;
	n->i[0] = g->n_sites;
	g->n_sites += c->heads;
	return n;
}
