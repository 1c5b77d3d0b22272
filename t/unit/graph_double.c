/* Gradients of every operation of nn/graph.h, in double, against central differences.
 *
 * A case builds a small network from random parameters; its numbers are added up with fixed weights into one.  Each is tried in sizes 1
 * and odd, with every value used once and twice, and with each parameter frozen in turn.  An operation with a wrong backward is among
 * them, to show that the check sees it. */
#include "gradients.h"

/* --- A wrong operation: y = x^2 whose backward is right by one part in a thousand ---------------------------------------------------- */

static void square_fwd(struct nn_graph *g, struct nn_node *n)
{
	for (size_t i = 0, count = nn_count(g, n); i < count; i++)
		n->val[i] = n->in[0]->val[i] * n->in[0]->val[i];
}

static void wrong_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_float *d = nn_grad(g, n->in[0]);
	for (size_t i = 0, count = nn_count(g, n); i < count; i++)
		d[i] += 2.002 * n->grad[i] * n->in[0]->val[i];
}

/* Right while x is used once: it forgets what is there. */
static void forgetful_bwd(struct nn_graph *g, struct nn_node *n)
{
	nn_float *d = nn_grad(g, n->in[0]);
	for (size_t i = 0, count = nn_count(g, n); i < count; i++)
		d[i] = 2 * n->grad[i] * n->in[0]->val[i];
}

static const struct nn_op op_wrong = { "wrong", square_fwd, wrong_bwd, NULL };
static const struct nn_op op_forgetful = { "forgetful", square_fwd, forgetful_bwd, NULL };

static struct nn_node *build_wrong(struct test *t)
{
	struct nn_node *x = matrix(t);
	return nn_node_new(t->b.g, t->variant ? &op_forgetful : &op_wrong, ROWS, 1, t->cols, 1, &x);
}

/* --- Cases: the value under test; `variant` counts the ways of using it -------------------------------------------------------------- */

static struct nn_node *build_lookup(struct test *t)
{
	size_t n = t->rows * 3;
	return ng_lookup(t->b.g, param(t, t->rows + 2, t->cols), ids(t, n, t->rows + 2), ROWS, 3, -1);
}

/* Bags of 1, 2, 3, 1, ... ids of few rows, so that one stands twice in a bag; weights of either sign, some of them 0. */
static struct nn_node *build_bags(struct test *t)
{
	size_t n = t->rows * 2, total = 0;
	struct nn_bags *bags = cp_arena_alloc(&t->mem, sizeof *bags);
	uint32_t *off = cp_arena_alloc(&t->mem, (n + 1) * sizeof *off);
	for (size_t i = 0; i < n; total += 1 + i++ % 3)
		off[i] = (uint32_t)total;
	off[n] = (uint32_t)total;
	nn_float *w = cp_arena_alloc(&t->mem, total * sizeof *w);
	random_numbers(t, w, total);
	for (size_t i = 3; i < total; i += 4)
		w[i] = 0;
	*bags = (struct nn_bags){ off, w };
	return ng_lookup_bags(t->b.g, param(t, 3, t->cols), ids(t, total, 3), bags, ROWS, 2, -1);
}

/* The second of three places a row: one id, or a bag of one or two. */
static struct nn_node *build_place(struct test *t)
{
	size_t n = t->rows * 3, total = t->variant ? n + n / 2 : n, first = 5;
	uint32_t *id = cp_arena_alloc(&t->mem, total * sizeof *id), *off = cp_arena_alloc(&t->mem, (n + 1) * sizeof *off);
	nn_float *w = cp_arena_alloc(&t->mem, total * sizeof *w);
	struct nn_ids *ids = cp_arena_alloc(&t->mem, sizeof *ids);
	struct nn_bags *bags = cp_arena_alloc(&t->mem, sizeof *bags);
	random_numbers(t, w, total);
	for (size_t i = 0; i < total; i++)
		id[i] = (uint32_t)(first + i % 4);
	for (size_t i = 0; i <= n; i++)
		off[i] = (uint32_t)(i + i / 2);
	ids->v = id;
	*bags = (struct nn_bags){ off, w };
	return ng_lookup_place(t->b.g, param(t, 4, t->cols), ids, t->variant ? bags : NULL, ROWS, 1, 3, first);
}

static struct nn_node *build_slice(struct test *t)
{
	struct nn_param *a = param(t, 3, t->cols), *b = param(t, 3, t->cols), *c = param(t, 3, t->cols);
	assert(b->offset == a->offset + a->n && c->offset == b->offset + b->n);
	if (t->variant == 0)
		return ng_slice(t->b.g, a, t->cols, 2, t->cols);
	ng_weight(t->b.g, b);
	return ng_span(t->b.g, a, 3, t->cols);
}

static struct nn_node *build_input(struct test *t)
{
	struct nn_feed *f = cp_arena_alloc(&t->mem, sizeof *f);
	size_t n = t->rows * t->cols;
	nn_float *v = cp_arena_alloc(&t->mem, n * sizeof *v), *grad = cp_arena_zalloc(&t->mem, n * sizeof *grad);
	random_numbers(t, v, n);
	f->v = v;
	t->fed[t->n_fed].v = v;
	t->fed[t->n_fed].grad = grad;
	t->fed[t->n_fed++].n = n;
	return ng_activate(t->b.g, ng_input_grad(t->b.g, ROWS, 1, t->cols, f, grad), NN_TANH);
}

static struct nn_node *build_view(struct test *t)
{
	struct nn_node *x = matrix_on(t, ROWS, 6, t->cols), *v = ng_view(t->b.g, x, 2, 3 * t->cols);
	if (t->variant == 0)
		return v;
	if (t->variant == 1)	/* a view of a view, beside the thing itself */
		return ng_mul(t->b.g, ng_view(t->b.g, v, 6, t->cols), x);
	return ng_linear(t->b.g, ng_view(t->b.g, v, 1, 6 * t->cols), weight(t, 3, 6 * t->cols), NULL, NN_TANH);
}

static struct nn_node *build_concat(struct test *t)
{
	struct nn_node *x = matrix(t);
	return ng_concat(t->b.g, 3, (struct nn_node *[]){ x, matrix_on(t, ROWS, 1, 2 * t->cols), x });
}

static struct nn_node *build_cols(struct test *t)
{
	return ng_cols(t->b.g, matrix_on(t, ROWS, 1, t->cols + 2), (size_t)t->variant, t->cols);
}

static struct nn_node *build_gather(struct test *t)
{
	t->b.g->len[PICKS] = 2 * t->rows + 1;
	return ng_gather(t->b.g, ng_activate(t->b.g, matrix(t), NN_TANH), ids(t, 2 * t->rows + 1, t->rows), PICKS, 1);
}

static struct nn_node *build_prepend(struct test *t)
{
	int k = t->variant + 1;
	const struct nn_segs *s = runs(t, ROWS, PLACES, (size_t)k);
	t->b.g->len[TOKENS] = t->b.g->len[PLACES] - (size_t)k * t->rows;
	return ng_prepend(t->b.g, matrix_on(t, ROWS, k, t->cols), k, matrix_on(t, TOKENS, 1, t->cols), PLACES, s);
}

static struct nn_node *build_segmean(struct test *t)
{
	const struct nn_segs *s = runs(t, ROWS, TOKENS, 0);
	return ng_segmean(t->b.g, matrix_on(t, TOKENS, 1, t->cols), s, ROWS, t->variant ? 0.5 : 1);
}

static struct nn_node *build_pair(struct test *t)
{
	struct nn_node *a = matrix(t), *b = t->variant & 1 ? a : matrix(t);
	return t->variant < 2 ? ng_add(t->b.g, a, b) : ng_mul(t->b.g, a, b);
}

static struct nn_node *build_cross(struct test *t)
{
	struct nn_node *x = matrix(t), *x0 = t->variant == 1 ? x : matrix(t), *h = t->variant == 2 ? x : matrix(t);
	return ng_cross(t->b.g, x, x0, h);
}

static struct nn_node *build_scale_rows(struct test *t)
{
	return ng_scale_rows(t->b.g, matrix(t), matrix_on(t, ROWS, 1, 1));
}

static struct nn_node *build_mean_groups(struct test *t)
{
	return ng_mean_groups(t->b.g, matrix_on(t, ROWS, 1, 3 * t->cols), t->cols);
}

static struct nn_node *build_lerp(struct test *t)
{
	struct nn_node *a = matrix(t);
	return ng_lerp(t->b.g, a, t->variant ? a : matrix(t), weight(t, 1, 1));
}

static struct nn_node *build_activate(struct test *t)
{
	return ng_activate(t->b.g, matrix(t), (enum nn_act)(t->variant + 1));
}

static struct nn_node *build_softmax(struct test *t)
{
	return ng_softmax(t->b.g, matrix(t));
}

static struct nn_node *build_dropout(struct test *t)
{
	keys_for(t, ROWS);
	t->b.g->training = !t->variant;
	return ng_dropout(t->b.g, matrix_on(t, ROWS, 3, t->cols), 0.4);
}

static struct nn_node *build_linear(struct test *t)
{
	size_t out = 2 * t->cols + 1;
	struct nn_node *x = matrix(t), *w = weight(t, out, t->cols), *b = t->variant & 1 ? weight(t, 1, out) : NULL;
	return ng_linear(t->b.g, x, w, b, (enum nn_act)(t->variant / 2));
}

static struct nn_node *build_matmul(struct test *t)
{
	return ng_matmul(t->b.g, matrix(t), weight(t, t->cols, 3));
}

static struct nn_node *build_layernorm(struct test *t)
{
	struct nn_node *y = matrix(t), *gain = weight(t, 1, t->cols), *bias = weight(t, 1, t->cols);
	keys_for(t, ROWS);
	return ng_layernorm(t->b.g, y, t->variant == 0 ? NULL : t->variant == 3 ? y : matrix(t), gain, bias, 1e-2, t->variant == 2 ? 0.3 : 0);
}

static struct nn_node *build_batchnorm(struct test *t)
{
	struct nn_param *mean = param(t, 1, t->cols), *var = param(t, 1, t->cols);
	mean->frozen = var->frozen = 1;
	var->init = NN_INIT_ONE;
	t->b.g->training = !t->variant;
	return ng_batchnorm(t->b.g, matrix(t), weight(t, 1, t->cols), weight(t, 1, t->cols), mean, var);
}

static struct nn_node *build_attention(struct test *t)
{
	int heads = t->variant % 2 + 1, k = t->variant / 2 % 3;
	size_t h = (size_t)heads * t->cols;
	const struct nn_segs *s = runs(t, ROWS, TOKENS, 0);
	keys_for(t, TOKENS);
	struct nn_node *prompts = k ? matrix_on(t, ROWS, 1, (size_t)k * 4 * h) : NULL;
	struct nn_node *qkv = matrix_on(t, TOKENS, 1, 3 * h);
	return ng_attention(t->b.g, &(struct ng_attention){ .q = qkv, .kv = qkv, .of_q = s, .of_kv = s, .rows_axis = ROWS, .heads = heads,
							    .dropout = t->variant >= 6 ? 0.3 : 0, .prompts = prompts, .layer = 1, .n_layers = 2,
							    .n_prompts = k });
}

/* The same without offsets: every unit of the axis is a sequence of three rows. */
static struct nn_node *build_fields_attention(struct test *t)
{
	int heads = t->variant + 1;
	struct nn_node *qkv = matrix_on(t, ROWS, 3, 3 * t->cols * (size_t)heads);
	keys_for(t, ROWS);
	return ng_attention(t->b.g, &(struct ng_attention){ .q = qkv, .kv = qkv, .rows_axis = ROWS, .heads = heads, .scale = t->variant ? 0.7 : 0,
							    .dropout = t->variant ? 0.2 : 0 });
}

/* A sequence to itself, causal, or to another's, which some have nothing to ask; with a bias or without; with dropout and prompts.  Runs of
 * unlike lengths. */
static struct nn_node *build_attend(struct test *t)
{
	int other = t->variant & 1, biased = t->variant & 2, k = t->variant & 4 ? 2 : 0;
	const struct nn_segs *of_q = other ? runs_from(t, ROWS, TOKENS, 1, 0) : runs(t, ROWS, TOKENS, 1), *of_kv = other ? runs(t, ROWS, PLACES, 3) : of_q;
	keys_for(t, TOKENS);
	struct nn_node *q = matrix_on(t, TOKENS, 1, 2 * t->cols), *kv = matrix_on(t, other ? PLACES : TOKENS, 1, 4 * t->cols);
	return ng_attention(t->b.g, &(struct ng_attention){
		.q = q, .kv = kv, .of_q = of_q, .of_kv = of_kv, .rows_axis = ROWS, .heads = 2, .scale = 0.8, .dropout = k ? 0.3 : 0,
		.prompts = k ? matrix_on(t, ROWS, 1, (size_t)k * 8 * t->cols) : NULL, .layer = 1, .n_layers = 2, .n_prompts = k,
		.table = biased ? weight(t, 6, 2) : NULL, .far = 9, .causal = !other });
}

static struct nn_node *build_rmsnorm(struct test *t)
{
	return ng_rmsnorm(t->b.g, matrix_on(t, ROWS, 2, t->cols), weight(t, 1, t->cols), 1e-2);
}

static struct nn_node *build_scale(struct test *t)
{
	return ng_scale(t->b.g, matrix(t), -0.7);
}

#define GROUPS 3

static struct nn_node *build_sums(struct test *t)
{
	struct nn_node *x = matrix_on(t, ROWS, 2, GROUPS * t->cols);
	return t->variant == 0 ? ng_sum_groups(t->b.g, x, t->cols) : ng_bias(t->b.g, x, weight(t, 1, GROUPS * t->cols));
}

static struct nn_node *build_pairs(struct test *t)
{
	struct nn_node *x = matrix_on(t, ROWS, 1, GROUPS * t->cols);
	return t->variant == 0 ? ng_fm(t->b.g, x, t->cols) : ng_inner(t->b.g, x, t->cols);
}

static struct nn_node *build_pick(struct test *t)
{
	static const int which[] = { 2, 0, 2, 1 };
	return ng_pick_groups(t->b.g, matrix_on(t, ROWS, 1, GROUPS * t->cols), t->cols, 4, which);
}

static struct nn_node *build_scale_cols(struct test *t)
{
	return ng_scale_cols(t->b.g, matrix_on(t, ROWS, 2, t->cols), weight(t, 1, t->cols));
}

static struct nn_node *build_cin(struct test *t)
{
	struct nn_node *x0 = matrix_on(t, ROWS, 1, GROUPS * t->cols), *x = t->variant ? x0 : matrix_on(t, ROWS, 1, 2 * t->cols);
	return ng_cin(t->b.g, x0, x, weight(t, 4, GROUPS * (x->cols / t->cols)), weight(t, 1, 4), t->cols);
}

static struct nn_node *build_group_linear(struct test *t)
{
	return ng_group_linear(t->b.g, matrix_on(t, ROWS, 1, GROUPS * t->cols), weight(t, GROUPS, 2 * t->cols));
}

static struct nn_node *build_mix(struct test *t)
{
	return ng_mix(t->b.g, matrix_on(t, ROWS, 1, GROUPS * GROUPS), matrix_on(t, ROWS, 1, GROUPS * t->cols), GROUPS);
}

static struct nn_node *build_pair_softmax(struct test *t)
{
	size_t groups = t->cols % 8 + 1;	/* few, so that no pair lies at the bend of the leaky ReLU */
	struct nn_node *s = matrix_on(t, ROWS, 1, groups);
	return ng_pair_softmax(t->b.g, s, t->variant ? s : matrix_on(t, ROWS, 1, groups));
}

static struct nn_node *build_gru(struct test *t)
{
	struct nn_node *a = matrix_on(t, ROWS, 2, 3 * t->cols);
	return ng_gru(t->b.g, a, t->variant ? a : matrix_on(t, ROWS, 2, 3 * t->cols), matrix_on(t, ROWS, 2, t->cols));
}

/* kernels 1, 3 and 5 high over three rows */
static struct nn_node *build_conv(struct test *t)
{
	size_t k = 2 * (size_t)t->variant + 1;
	return ng_conv_height(t->b.g, matrix_on(t, ROWS, 1, 2 * GROUPS * t->cols), weight(t, 4, 2 * k), weight(t, 1, 4), GROUPS, t->cols);
}

static struct nn_node *build_pool(struct test *t)
{
	size_t height = t->variant < 2 ? 4 + (size_t)t->variant : 7, p = t->variant < 2 ? 2 : 3;
	return ng_maxpool_height(t->b.g, matrix_on(t, ROWS, 1, 2 * height * t->cols), height, t->cols, p);
}

static struct nn_node *build_map_norm(struct test *t)
{
	struct nn_param *mean = param(t, 1, 2), *var = param(t, 1, 2);
	mean->frozen = var->frozen = 1;
	var->init = NN_INIT_ONE;
	t->b.g->training = !t->variant;
	return ng_batchnorm_maps(t->b.g, matrix_on(t, ROWS, 1, 2 * GROUPS * t->cols), weight(t, 1, 2), weight(t, 1, 2), mean, var);
}

static struct nn_feed *drawn_feed(struct test *t, int whole)
{
	struct nn_feed *f = cp_arena_alloc(&t->mem, sizeof *f);
	nn_float *v = cp_arena_alloc(&t->mem, t->rows * sizeof *v);
	for (size_t i = 0; i < t->rows; i++)
		v[i] = whole ? (nn_float)(cp_rng_u64(&t->rng) & 1) : (nn_float)(3 * cp_rng_real(&t->rng));
	f->v = v;
	return f;
}

/* variant 1: rows have weights */
static struct nn_node *build_bce(struct test *t)
{
	struct nn_feed *labels = drawn_feed(t, 1);
	return ng_bce_weighted(t->b.g, matrix_on(t, ROWS, 1, 1), labels, t->variant ? drawn_feed(t, 0) : NULL);
}

/* variant 0: the whole vocabulary; 1: a cut; 2: more rows than a block and not a multiple of it; 3: both; 4: tied to a table that is
 * looked up as well */
static struct nn_node *build_lm(struct test *t)
{
	size_t vocab = 11, many = t->variant == 2 || t->variant == 3 ? 128 + 2 * t->rows : t->rows;
	struct nn_cut *cut = cp_arena_zalloc(&t->mem, sizeof *cut);
	static const uint32_t kept[] = { 1, 2, 5, 6, 10 };
	t->b.g->len[PICKS] = many;
	struct nn_ids *label = (struct nn_ids *)ids(t, many, vocab);
	if (t->variant & 1) {
		*cut = (struct nn_cut){ kept, 5 };
		for (size_t i = 0; i < many; i++)
			((uint32_t *)label->v)[i] = kept[label->v[i] % 5];
	}
	struct nn_param *w = param(t, vocab, t->cols);
	struct nn_node *h = t->variant == 4 ? ng_activate(t->b.g, ng_lookup(t->b.g, w, ids(t, many, vocab), PICKS, 1, -1), NN_TANH)
					    : matrix_on(t, PICKS, 1, t->cols);
	return ng_lm_loss(t->b.g, h, ng_weight(t->b.g, w), weight(t, 1, vocab), label, cut);
}

static struct nn_node *build_dot(struct test *t)
{
	struct nn_feed *f = cp_arena_alloc(&t->mem, sizeof *f);
	nn_float *v = cp_arena_alloc(&t->mem, t->rows * t->cols * sizeof *v);
	random_numbers(t, v, t->rows * t->cols);
	f->v = v;
	return ng_dot(t->b.g, matrix(t), f);
}

/* A tenth of a matrix, and in the first column of each part what decides which part of t is closest to one of u: no tie is near. */
static struct nn_node *build_parts(struct test *t, size_t parts, int of_t)
{
	size_t n = t->rows * parts, cols = t->cols;
	struct nn_feed *f = cp_arena_alloc(&t->mem, sizeof *f);
	nn_float *v = cp_arena_zalloc(&t->mem, n * cols * sizeof *v);
	for (size_t i = 0; i < n; i++)
		v[i * cols] = of_t ? 6 * (nn_float)(i % parts) : (i / parts + i) % 2 ? 4 : -4;
	f->v = v;
	return ng_add(t->b.g, ng_scale(t->b.g, matrix_on(t, ROWS, 1, parts * cols), 0.1), ng_input(t->b.g, ROWS, 1, parts * cols, f));
}

/* variant 0: one part; 1: both of one table; 2: three parts; 3: more rows than a block */
static struct nn_node *build_nce(struct test *t)
{
	if (t->variant == 2)
		return ng_scale(t->b.g, ng_info_nce(t->b.g, build_parts(t, 3, 0), build_parts(t, 3, 1), 3, 40), 100);
	if (t->variant == 3)
		t->b.g->len[ROWS] = t->rows = t->rows == 17 ? 140 : t->rows;
	struct nn_node *u = matrix(t), *v = t->variant == 1 ? ng_activate(t->b.g, u, NN_TANH) : matrix(t);
	return ng_info_nce(t->b.g, u, v, 1, 4 + (double)t->cols);
}

static const struct op_case {
	const char *name;
	struct nn_node *(*build)(struct test *);
	int variants;
	int together;			/* its parameters are one matrix: frozen all or none */
} cases[] = {
	{ "lookup", build_lookup, 1 }, { "bags", build_bags, 1 }, { "place", build_place, 2 }, { "slice and span", build_slice, 2, 1 },
	{ "input with a gradient", build_input, 1 }, { "view", build_view, 3 }, { "concat", build_concat, 1 }, { "cols", build_cols, 3 },
	{ "gather", build_gather, 1 }, { "prepend", build_prepend, 2 }, { "segmean", build_segmean, 2 }, { "add and mul", build_pair, 4 },
	{ "cross", build_cross, 3 }, { "scale_rows", build_scale_rows, 1 }, { "mean_groups", build_mean_groups, 1 }, { "lerp", build_lerp, 2 },
	{ "activations", build_activate, 6 }, { "softmax", build_softmax, 1 }, { "dropout", build_dropout, 2 }, { "linear", build_linear, 14 },
	{ "matmul", build_matmul, 1 }, { "layernorm", build_layernorm, 4 }, { "batchnorm", build_batchnorm, 2 },
	{ "attention", build_attention, 12 }, { "attention of equal sequences", build_fields_attention, 2 }, { "attention to another", build_attend, 8 },
	{ "rmsnorm", build_rmsnorm, 1 }, { "scale", build_scale, 1 }, { "sum_groups and bias", build_sums, 2 },
	{ "fm and inner", build_pairs, 2 }, { "cin", build_cin, 2 }, { "pick_groups", build_pick, 1 }, { "scale_cols", build_scale_cols, 1 },
	{ "group_linear", build_group_linear, 1 }, { "mix", build_mix, 1 }, { "pair_softmax", build_pair_softmax, 2 }, { "gru", build_gru, 2 },
	{ "convolution", build_conv, 3 }, { "pooling", build_pool, 3 }, { "batchnorm of maps", build_map_norm, 2 }, { "bce", build_bce, 2 }, { "lm_loss", build_lm, 5 },
	{ "dot", build_dot, 1 }, { "info_nce", build_nce, 4 },
};

/* The row `pad` takes no gradient, the others the same as ever. */
static void check_pad(void)
{
	struct test t;
	size_t cols = 7, differ = 0;
	nn_float *with = NULL;
	for (int pad = -1; pad <= 2; pad += 3) {
		memset(&t, 0, sizeof t);
		t.b = (struct nn_build){ nn_graph_new(NULL), nn_params_new(), 0 };
		t.b.g->len[ROWS] = 40;
		t.b.g->training = 1;
		struct nn_param *p = param(&t, 5, cols);
		struct nn_node *y = ng_lookup(t.b.g, p, ids(&t, 40, 5), ROWS, 1, pad);
		t.loss = nn_node_new(t.b.g, &op_probe, 0, 1, 1, 1, &y);
		nn_params_alloc(t.b.ps, NN_TRAINING);
		nn_forward(t.b.g, t.loss);
		nn_backward(t.b.g, t.loss);
		if (pad < 0)
			with = memcpy(cp_xmalloc(p->n * sizeof *with), p->grad, p->n * sizeof *with);
		for (size_t i = 0; i < p->n; i++)
			differ += p->grad[i] != (i / cols == (size_t)pad ? 0 : with[i]);
		nn_graph_free(t.b.g);
		nn_params_free(t.b.ps);
		cp_arena_release(&t.mem);
	}
	free(with);
	ok(!differ, "lookup: the row of padding takes no gradient, the others do");
}

/* S[i,j] of the header, by plain loops. */
static double similarity(const nn_float *u, const nn_float *t, size_t parts, size_t width)
{
	double sum = 0;
	for (size_t a = 0; a < parts; a++) {
		double best = -INFINITY;
		for (size_t b = 0; b < parts; b++) {
			double dot = 0;
			for (size_t c = 0; c < width; c++)
				dot += u[a * width + c] * t[b * width + c];
			best = fmax(best, dot);
		}
		sum += best;
	}
	return sum;
}

/* The contrastive loss and its hits are what the header says; R rows of C columns. */
static void check_nce(size_t parts)
{
	enum { R = 150, C = 12 };
	struct test t = { .rows = R, .cols = C, .rng = cp_rng(9, CP_RNG_TEST, parts, 0) };
	t.b = (struct nn_build){ nn_graph_new(NULL), nn_params_new(), 0 };
	t.b.g->len[ROWS] = R;
	struct nn_node *u = matrix(&t), *v = matrix(&t), *loss = ng_info_nce(t.b.g, u, v, parts, 0.7);
	nn_params_alloc(t.b.ps, NN_TRAINING);
	random_numbers(&t, t.b.ps->val, t.b.ps->total);
	nn_forward(t.b.g, loss);
	double want = 0;
	size_t hits = 0;
	for (size_t i = 0; i < R; i++) {
		double forth = 0, back = 0, most = -INFINITY, own = similarity(u->val + i * C, v->val + i * C, parts, C / parts);
		for (size_t j = 0; j < R; j++) {
			double s = similarity(u->val + i * C, v->val + j * C, parts, C / parts);
			forth += exp(s / 0.7);
			back += exp(similarity(u->val + j * C, v->val + i * C, parts, C / parts) / 0.7);
			most = fmax(most, s);
		}
		want += (log(forth) + log(back) - 2 * own / 0.7) / (2 * R);
		hits += most == own;
	}
	char what[80];
	snprintf(what, sizeof what, "info_nce, %zu parts: the loss and the hits of the formula", parts);
	ok(fabs(loss->val[0] - want) < 1e-9 * want && ng_info_nce_hits(loss) == hits, what);
	test_release(&t);
}

static const struct op_case wrong_case = { "wrong", build_wrong, 2 };

/* --- The check --------------------------------------------------------------------------------------------------------------------- */

static const struct { size_t rows, cols; } sizes[] = { { 1, 1 }, { 1, 3 }, { 3, 1 }, { 5, 7 }, { 9, 4 }, { 17, 33 } };
#define N_SIZES (sizeof sizes / sizeof *sizes)

enum { ONCE, TWICE };

/* What it was given is also where it keeps things of the batch: another node cannot share that. */
static int keeps_a_batch(const struct nn_op *op)
{
	static const char *const these[] = { "attention", "lm_loss", "info_nce", "place" };
	for (size_t i = 0; i < sizeof these / sizeof *these; i++)
		if (!strcmp(op->name, these[i]))
			return 1;
	return 0;
}

/* frozen: the number of the parameter that takes no gradient, -1 for none */
static void test_build(struct test *t, const struct op_case *c, size_t size, int variant, int uses, int frozen)
{
	memset(t, 0, sizeof *t);
	t->rng = cp_rng(7, CP_RNG_TEST, size, (uint64_t)variant);
	t->b = (struct nn_build){ nn_graph_new(NULL), nn_params_new(), 0 };
	t->rows = sizes[size].rows;
	t->cols = sizes[size].cols;
	t->variant = variant;
	t->b.g->training = 1;
	t->b.g->len[ROWS] = t->rows;
	struct nn_node *y = c->build(t);
	t->out[t->n_out++] = y;
	if (uses == TWICE) {		/* the value again, and the operation again on the same inputs */
		t->out[t->n_out++] = y;
		if (y->n_in && !keeps_a_batch(y->op) && !y->root) {
			struct nn_node *again = nn_node_new(t->b.g, y->op, y->axis, y->mult, y->cols, y->n_in, y->in);
			struct nn_node **in = again->in;
			*again = *y;		/* all that it was given */
			again->in = in;
			t->out[t->n_out++] = again;
		}
		for (int i = 0; i < y->n_in && t->n_out < 8; i++)
			t->out[t->n_out++] = y->in[i];
	}
	t->loss = nn_node_new(t->b.g, &op_probe, 0, 1, 1, t->n_out, t->out);
	if (frozen >= 0)
		t->b.ps->v[frozen]->frozen = 1;
	nn_params_alloc(t->b.ps, NN_TRAINING);
	for (int i = 0; i < t->b.ps->n; i++)
		if (t->b.ps->v[i]->init != NN_INIT_ONE)
			random_numbers(t, t->b.ps->v[i]->val, t->b.ps->v[i]->n);
	for (int i = 0; i < t->b.ps->n; i++)
		for (size_t j = 0; t->b.ps->v[i]->init == NN_INIT_ONE && j < t->b.ps->v[i]->n; j++)
			t->b.ps->v[i]->val[j] = 0.5 + (double)(j % 3);
}

static double check_case(const struct op_case *c, size_t size, int variant, int uses)
{
	struct test t;
	test_build(&t, c, size, variant, uses, -1);
	int n_params = t.b.ps->n;
	double worst = check(&t, t.b.ps->total > 600 ? 37 : 1);
	test_release(&t);
	for (int frozen = 0; n_params > 1 && !c->together && frozen < n_params && sizes[size].rows == 5; frozen++) {
		test_build(&t, c, size, variant, uses, frozen);
		worst = fmax(worst, check(&t, 3));
		test_release(&t);
	}
	return worst;
}

static void check_all_sizes(const struct op_case *c)
{
	double worst = 0;
	for (int v = 0; v < c->variants; v++)
		for (size_t s = 0; s < N_SIZES; s++)
			for (int uses = ONCE; uses <= TWICE; uses++) {
				double w = check_case(c, s, v, uses);
				if (w > 1)
					printf("# %s: variant %d, size %zux%zu, used %s: off by %.3g\n", c->name, v, sizes[s].rows, sizes[s].cols,
					       uses ? "twice" : "once", w * NEAR);
				worst = fmax(worst, w);
			}
	tell(c->name, worst);
}

int main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check_all_sizes(&cases[i]);
	check_pad();
	for (size_t parts = 1; parts <= 4; parts += 3)
		check_nce(parts);
	ok(check_case(&wrong_case, 3, 0, ONCE) > 1, "a gradient that is wrong by a thousandth is seen");
	ok(check_case(&wrong_case, 3, 1, TWICE) > 1, "a gradient that overwrites is seen where a value is used twice");
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
