/* Attention: of the rows of a sequence to one another or to another sequence's, to prompts in front of them, with a bias by distance. */
#include <assert.h>
#include <math.h>

#include "base/rng.h"
#include "nn/graph_priv.h"
#include "nn/kernels.h"

#define SEQUENCES 2	/* a task: some 10^5 operations and more */

struct attention {
	struct ng_attention c;
	uint64_t site;		/* of the dropout of its first head */
	/* of the batch at hand */
	size_t longest;
	uint64_t *keys;		/* one a row, where the axis has one for a sequence alone */
	nn_float *bias;		/* (heads, 2 longest - 1): the table's entries by distance, from -(longest-1) */
	nn_float *stat;		/* (rows, heads): denominators of the softmax */
	int add_q, add_kv;	/* something is in their gradients */
};

struct sequence {
	size_t from, n;
};

static struct sequence sequence_of(const struct nn_node *x, const struct nn_segs *segs, size_t s)
{
	if (!segs)
		return (struct sequence){ s * (size_t)x->mult, (size_t)x->mult };
	return (struct sequence){ segs->off[s], segs->off[s + 1] - segs->off[s] };
}

/* Query, key and value side by side, for a sequence's attention to itself. */
static int is_packed(const struct ng_attention *c)
{
	return c->q == c->kv;
}

/* --- The bias ---------------------------------------------------------------------------------------------------------------------- */

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

static size_t span(const struct attention *a)
{
	return 2 * a->longest - 1;
}

/* Of the table, that of the i-th distance. */
static size_t entry(const struct attention *a, size_t i)
{
	return ng_bucket((ptrdiff_t)i - (ptrdiff_t)(a->longest - 1), (size_t)a->c.table->mult, a->c.far, a->c.causal) * (size_t)a->c.heads;
}

static void spread_bias(struct attention *a)
{
	for (size_t i = 0; i < span(a); i++) {
		const nn_float *row = a->c.table->val + entry(a, i);
		for (size_t h = 0; h < (size_t)a->c.heads; h++)
			a->bias[h * span(a) + i] = row[h];
	}
}

static void gather_bias(const struct attention *a, nn_float *dtable, const nn_float *by_distance)
{
	for (size_t i = 0; i < span(a); i++)
		for (size_t h = 0; h < (size_t)a->c.heads; h++)
			dtable[entry(a, i) + h] += by_distance[h * span(a) + i];
}

/* --- What a batch needs ------------------------------------------------------------------------------------------------------------ */

static int drops(const struct nn_graph *g, const struct ng_attention *c)
{
	return g->training && c->dropout > 0;
}

static size_t key_bytes(struct nn_graph *g, const struct nn_node *n)
{
	const struct attention *a = n->args;
	return drops(g, &a->c) && !a->c.of_q ? nn_rows(g, n) * sizeof(uint64_t) : 0;
}

static size_t attention_scratch(struct nn_graph *g, const struct nn_node *n)
{
	struct attention *a = n->args;
	const struct ng_attention *c = &a->c;
	a->longest = 1;
	for (size_t s = 0; s < g->len[c->rows_axis]; s++) {
		size_t q = sequence_of(c->q, c->of_q, s).n, kv = sequence_of(c->kv, c->of_kv, s).n, most = q > kv ? q : kv;
		a->longest = most > a->longest ? most : a->longest;
	}
	return key_bytes(g, n) + (nn_rows(g, n) + (c->table ? span(a) : 0)) * (size_t)c->heads * sizeof(nn_float);
}

static void arrange(struct nn_graph *g, struct nn_node *n)
{
	struct attention *a = n->args;
	size_t keys = key_bytes(g, n), mult = (size_t)n->mult;
	a->keys = keys ? n->scratch : NULL;
	a->stat = n->scratch ? (nn_float *)((char *)n->scratch + keys) : NULL;	/* NULL: there are no rows */
	a->bias = a->c.table && a->stat ? a->stat + nn_rows(g, n) * (size_t)a->c.heads : NULL;
	for (size_t i = 0; a->keys && i < nn_rows(g, n); i++)
		a->keys[i] = cp_mix64(g->keys[n->axis][i / mult] + CP_GOLDEN * (i % mult + 1));
	if (a->bias)
		spread_bias(a);
}

static struct nn_attention one_sequence(struct nn_graph *g, struct nn_node *n, size_t s)
{
	const struct attention *a = n->args;
	const struct ng_attention *c = &a->c;
	struct sequence q = sequence_of(c->q, c->of_q, s), kv = sequence_of(c->kv, c->of_kv, s);
	size_t h = n->cols, dh = h / (size_t)c->heads, ldq = c->q->cols, ld = c->kv->cols;
	const nn_float *k = c->kv->val + kv.from * ld + (is_packed(c) ? h : 0);
	struct nn_attention x = {
		.nq = q.n, .z = kv.n, .n_prompts = (size_t)c->n_prompts, .dh = dh, .head_end = (size_t)c->heads,
		.scale = (nn_float)(c->scale > 0 ? c->scale : 1 / sqrt((double)dh)), .q = c->q->val + q.from * ldq, .ldq = ldq, .k = k, .v = k + h, .ld = ld,
		.bias = a->bias ? a->bias + a->longest - 1 : NULL, .ldb = span(a), .causal = c->causal, .out = n->val + q.from * h, .ldo = h,
		.stat = a->stat ? a->stat + q.from * (size_t)c->heads : NULL, .keys = drops(g, c) ? (a->keys ? a->keys : g->keys[n->axis]) + q.from : NULL,
		.site = a->site, .p = (nn_float)c->dropout,
	};
	if (c->n_prompts) {
		x.pk = c->prompts->val + s * c->prompts->cols + (size_t)(2 * c->layer) * h;
		x.pv = x.pk + h;
		x.ldp = 2 * (size_t)c->n_layers * h;
	}
	return x;
}

static nn_float *room_for(struct nn_graph *g, const struct nn_node *n)
{
	const struct attention *a = n->args;
	return nn_room(g, nn_attention_scratch(a->longest, (size_t)a->c.n_prompts, n->cols / (size_t)a->c.heads));
}

/* --- There and back ---------------------------------------------------------------------------------------------------------------- */

static void attention_fwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	nn_float *room = room_for(g, n);
	for (size_t s = from; s < to; s++) {
		struct nn_attention a = one_sequence(g, n, s);
		nn_attention_fwd(&a, room);
	}
	nn_room_end(g, room);
}

/* Short sequences of equal length: as many as make a task worth while. */
static size_t grain(const struct nn_node *n)
{
	const struct attention *a = n->args;
	return SEQUENCES + (a->c.of_q ? 0 : NN_GRAIN / ((size_t)n->mult * n->cols * 4));
}

static void attention_fwd(struct nn_graph *g, struct nn_node *n)
{
	const struct attention *a = n->args;
	arrange(g, n);
	nn_parts(g, n, g->len[a->c.rows_axis], grain(n), attention_fwd_part);
}

/* dbias: (heads, span), or NULL */
static void attention_bwd_sum(struct nn_graph *g, struct nn_node *n, size_t from, size_t to, nn_float *dbias)
{
	const struct attention *c = n->args;
	nn_float *room = room_for(g, n), *dq = nn_grad_now(c->c.q), *dkv = nn_grad_now(c->c.kv);
	for (size_t s = from; s < to; s++) {
		struct nn_attention a = one_sequence(g, n, s);
		struct nn_attention_grad d = { .dq = dq + (a.q - c->c.q->val), .dk = dkv + (a.k - c->c.kv->val), .dv = dkv + (a.v - c->c.kv->val),
					       .dout = n->grad + (a.out - n->val), .dbias = dbias ? dbias + c->longest - 1 : NULL,
					       .add_q = c->add_q, .add_kv = c->add_kv };
		if (a.n_prompts) {
			d.dpk = nn_grad_now(c->c.prompts) + (a.pk - c->c.prompts->val);
			d.dpv = d.dpk + n->cols;
		}
		nn_attention_bwd(&a, &d, room);
	}
	nn_room_end(g, room);
}

static void attention_bwd_part(struct nn_graph *g, struct nn_node *n, size_t from, size_t to)
{
	attention_bwd_sum(g, n, from, to, NULL);
}

static void attention_bwd(struct nn_graph *g, struct nn_node *n)
{
	struct attention *a = n->args;
	const struct ng_attention *c = &a->c;
	size_t width = (size_t)c->heads * span(a), rows = g->len[c->rows_axis];
	nn_float *sum, *d;
	nn_grad_or_room_to(g, c->q, &a->add_q);
	a->add_kv = a->add_q;
	if (!is_packed(c))
		nn_grad_or_room_to(g, c->kv, &a->add_kv);
	if (c->prompts)
		nn_grad_or_room(g, c->prompts);
	if (!c->table) {
		nn_parts(g, n, rows, grain(n), attention_bwd_part);
		return;
	}
	sum = cp_arena_zalloc(&g->arena, width * sizeof *sum);
	nn_parts_sum(g, n, rows, (rows + 31) / 32 + SEQUENCES, attention_bwd_sum, width, sum);
	if ((d = nn_grad(g, c->table)))
		gather_bias(a, d, sum);
}

static const struct nn_op op_attention = { "attention", attention_fwd, attention_bwd, attention_scratch };

struct nn_node *ng_attention(struct nn_graph *g, const struct ng_attention *c)
{
	struct nn_node *in[4] = { c->q, c->kv };
	int n_in = 2;
	size_t h = is_packed(c) ? c->q->cols / 3 : c->q->cols;
	assert(h % (size_t)c->heads == 0 && (is_packed(c) ? c->q->cols == 3 * h : c->kv->cols == 2 * h) && !c->of_q == !c->of_kv);
	assert(c->of_q ? c->q->mult == 1 && c->kv->mult == 1 : is_packed(c) && c->q->axis == c->rows_axis);
	assert(!c->prompts == !c->n_prompts && (!c->prompts || c->prompts->cols == (size_t)(c->n_prompts * 2 * c->n_layers) * h));
	assert(!c->table || (c->table->cols == (size_t)c->heads && c->table->mult >= (c->causal ? 2 : 4) && c->far > (size_t)c->table->mult / 2));
	if (c->prompts)
		in[n_in++] = c->prompts;
	if (c->table)
		in[n_in++] = c->table;
	struct nn_node *n = nn_node_new(g, &op_attention, c->q->axis, c->q->mult, h, n_in, in);
	struct attention *a = nn_args(g, n, sizeof *a);
	a->c = *c;
	a->site = (uint64_t)g->n_sites;
	g->n_sites += c->heads;
	return n;
}

void ng_attention_paid(struct nn_graph *g, struct nn_node *n, size_t lead, double sum[3])
{
	const struct attention *c = n->args;
	for (size_t s = 0; s < g->len[c->c.rows_axis]; s++) {
		struct nn_attention a = one_sequence(g, n, s);
		size_t k = a.n_prompts ? a.n_prompts : lead < a.z ? lead : a.z;
		const nn_float *key = a.n_prompts ? a.pk : a.k;
		size_t from = a.n_prompts ? 0 : k, nq = a.nq - from;	/* who asks is no prompt */
		for (size_t i = 0; i < nq * a.head_end * k; i++) {
			size_t j = i % k, t = from + i / k % nq, head = i / k / nq;
			const nn_float *x = a.q + t * a.ldq + head * a.dh, *y = key + j * (a.n_prompts ? a.ldp : a.ld) + head * a.dh;
			double dot = 0;
			for (size_t d = 0; d < a.dh; d++)
				dot += (double)x[d] * y[d];
			sum[0] += exp(a.scale * dot - a.stat[head * a.nq + t]);
		}
		double n_all = (double)(nq * a.head_end);
		sum[1] += n_all * (double)k / (double)(a.n_prompts + a.z);
		sum[2] += n_all;
	}
}
