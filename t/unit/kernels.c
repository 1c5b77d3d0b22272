/* Every kernel at every level this processor has: against its plain twin, and (in the double build, kernels_double.c) against central
 * differences.
 *
 * An op is a forward and a backward over two flat arrays: all inputs end to end, all outputs end to end.  The gradient of the inputs has
 * the layout of the inputs and starts from noise, so that a backward that writes where it should add is seen, and both arrays are longer
 * than they need be, so that a write past the end is.
 */
#include "nn/kernels_ref.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "nn/cpu.h"
#include "near.h"

/* -- the ops -- */

static int use_ref;
#define CALL(name) (use_ref ? nn_##name##_ref : nn_##name)

enum { MAX_ROWS = 600, SPARE = 40, HEADS = 2 };
static uint64_t keys[MAX_ROWS];
static uint32_t ids[MAX_ROWS];
static nn_float scratch[1 << 20], saved[1 << 16];

/* R rows, C columns; x inputs, y outputs, dy and dx their gradients */
#define FWD(name) static void name##_fwd(nn_float *y, nn_float *x, size_t R, size_t C)
#define BWD(name) static void name##_bwd(nn_float *dx, const nn_float *dy, nn_float *y, nn_float *x, size_t R, size_t C)
#define UNUSED (void)x, (void)y, (void)R, (void)C

#define ACTIVATION(name, kept) \
	FWD(name) { CALL(name##_fwd)(y, x, R * C); } \
	BWD(name) { UNUSED; CALL(name##_bwd)(dx, dy, kept, R * C); }
ACTIVATION(relu, y)
ACTIVATION(tanh, y)
ACTIVATION(sigmoid, y)
ACTIVATION(gelu, x)
ACTIVATION(gelu_tanh, x)

FWD(add) { memcpy(y, x, R * C * sizeof *y); CALL(add)(y, x + R * C, R * C); }
BWD(add) { UNUSED; CALL(add)(dx, dy, R * C); CALL(add)(dx + R * C, dy, R * C); }

FWD(axpy) { memcpy(y, x, R * C * sizeof *y); CALL(axpy)(y, 3, x + R * C, R * C); }
BWD(axpy) { UNUSED; CALL(axpy)(dx, 1, dy, R * C); CALL(axpy)(dx + R * C, 3, dy, R * C); }

FWD(mul) { CALL(mul_fwd)(y, x, x + R * C, R * C); }
BWD(mul) { UNUSED; CALL(mul_bwd)(dx, dx + R * C, dy, x, x + R * C, R * C); }

FWD(bias) { CALL(bias_fwd)(y, x, x + R * C, R, C); }
BWD(bias) { UNUSED; CALL(add)(dx, dy, R * C); CALL(bias_bwd)(dx + R * C, dy, R, C); }

FWD(cross) { CALL(cross_fwd)(y, x, x + R * C, x + 2 * R * C, R * C); }
BWD(cross) { UNUSED; CALL(mul_bwd)(dx, dx + R * C, dy, x, x + R * C, R * C); CALL(add)(dx + 2 * R * C, dy, R * C); }

/* the first cross layer: x and x0 are one array, and so are their gradients */
FWD(cross_first) { CALL(cross_fwd)(y, x, x + R * C, x, R * C); }
BWD(cross_first) { UNUSED; CALL(mul_bwd)(dx, dx + R * C, dy, x, x + R * C, R * C); CALL(add)(dx, dy, R * C); }

FWD(layernorm) { CALL(layernorm_fwd)(y, saved, saved + R, x, x + R * C, x + R * C + C, R, C, (nn_float)1e-5); }
BWD(layernorm) { UNUSED; CALL(layernorm_bwd)(dx, dx + R * C, dx + R * C + C, dy, x, x + R * C, saved, saved + R, R, C); }

FWD(rmsnorm) { CALL(rmsnorm_fwd)(y, saved, x, x + R * C, R, C, (nn_float)1e-5); }
BWD(rmsnorm) { UNUSED; CALL(rmsnorm_bwd)(dx, dx + R * C, dy, x, x + R * C, saved, R, C); }

static struct nn_residual_norm residual_norm_of(const nn_float *x, nn_float *y, const uint64_t *dropped, double p, size_t R, size_t C)
{
	return (struct nn_residual_norm){ .rows = R, .cols = C, .residual = x, .y = x + R * C, .gain = x + 2 * R * C, .bias = x + 2 * R * C + C,
					  .eps = (nn_float)1e-5, .keys = dropped, .site = 7, .p = (nn_float)p, .out = y, .s = saved + 2 * R,
					  .mean = saved, .rstd = saved + R };
}
#define RESIDUAL_NORM(name, keys, p) \
	FWD(name) \
	{ \
		struct nn_residual_norm a = residual_norm_of(x, y, keys, p, R, C); \
		CALL(residual_norm_fwd)(&a); \
	} \
	BWD(name) \
	{ \
		struct nn_residual_norm a = residual_norm_of(x, y, keys, p, R, C); \
		CALL(residual_norm_bwd)(&a, &(struct nn_residual_norm_grad){ dy, dx, dx + R * C, dx + 2 * R * C, dx + 2 * R * C + C }); \
	}
RESIDUAL_NORM(residual_norm, keys, 0.3)
RESIDUAL_NORM(residual_norm_plain, NULL, 0)

FWD(batchnorm_train)
{
	nn_float *run = saved + 2 * C;
	for (size_t j = 0; j < C; j++)
		run[j] = 1, run[C + j] = 2;
	CALL(batchnorm_train_fwd)(y, saved, saved + C, run, run + C, x, x + R * C, x + R * C + C, R, C, (nn_float)1e-5, (nn_float)0.1);
}
BWD(batchnorm_train) { UNUSED; CALL(batchnorm_train_bwd)(dx, dx + R * C, dx + R * C + C, dy, x, x + R * C, saved, saved + C, scratch, R, C); }

static nn_float *running(size_t C)
{
	for (size_t j = 0; j < C; j++)
		saved[j] = (nn_float)0.1 * j, saved[C + j] = (nn_float)0.5 + j % 3;
	return saved;
}
FWD(batchnorm_eval)
{
	nn_float *run = running(C);
	CALL(batchnorm_eval_fwd)(y, x, run, run + C, x + R * C, x + R * C + C, R, C, (nn_float)1e-5);
}
BWD(batchnorm_eval)
{
	nn_float *run = running(C);
	UNUSED;
	CALL(batchnorm_eval_bwd)(dx, dx + R * C, dx + R * C + C, dy, x, run, run + C, x + R * C, R, C, (nn_float)1e-5);
}

FWD(softmax) { CALL(softmax_fwd)(y, x, R, C); }
BWD(softmax) { UNUSED; CALL(softmax_bwd)(dx, dy, y, R, C); }

FWD(dropout) { CALL(dropout_fwd)(y, x, keys, 3, (nn_float)0.25, R, C); }
BWD(dropout) { UNUSED; CALL(dropout_bwd)(dx, dy, keys, 3, (nn_float)0.25, R, C); }

static const uint32_t *targets(size_t R, size_t C)
{
	for (size_t r = 0; r < R; r++)
		ids[r] = (uint32_t)(keys[r] % C);
	return ids;
}

/* y = the R losses times the same weight, so that its one gradient is the kernel's scale */
FWD(xent)
{
	CALL(xent_fwd)(saved, saved + R, x, targets(R, C), R, C);
	y[0] = 0;
	for (size_t r = 0; r < R; r++)
		y[0] += saved[r];
}
BWD(xent)
{
	UNUSED;
	CALL(xent_bwd)(scratch, x, saved + R, targets(R, C), dy[0], R, C);
	CALL(add)(dx, scratch, R * C);
}

static const nn_float *labels(size_t n)
{
	for (size_t i = 0; i < n; i++)
		saved[i] = i % 3 == 0;
	return saved;
}
FWD(bce) { y[0] = (nn_float)CALL(bce_fwd)(x, labels(R * C), R * C); }
BWD(bce) { UNUSED; CALL(bce_bwd)(dx, x, labels(R * C), dy[0], R * C); }

/* a table of R rows, looked up 2 R times, into rows C + 2 apart; two tasks own half the ids each */
static void draw_ids(size_t R)
{
	for (size_t r = 0; r < 2 * R; r++)
		ids[r] = (uint32_t)(keys[r] % R);
}
FWD(gather) { draw_ids(R); memset(y, 0, 2 * R * (C + 2) * sizeof *y); CALL(gather)(y, C + 2, x, ids, 2 * R, C); }
BWD(gather)
{
	UNUSED;
	draw_ids(R);
	CALL(scatter_add)(dx, dy, C + 2, ids, 2 * R, C, 0, (uint32_t)R / 2);
	CALL(scatter_add)(dx, dy, C + 2, ids, 2 * R, C, (uint32_t)R / 2, (uint32_t)R);
}

/* sums of R rows; and two vectors with R others, into rows C + 2 apart, or R vectors with themselves */
FWD(row_sums) { memset(y, 0, R * sizeof *y); CALL(row_sums_fwd)(y, 3, x, C, R, C); }
BWD(row_sums) { UNUSED; CALL(row_sums_bwd)(dx, C, 3, dy, R, C); }
FWD(pairs) { memset(y, 0, 2 * R * (C + 2) * sizeof *y); CALL(pairs_fwd)(y, C + 2, x + R * C, x, 2, R, C); }
BWD(pairs) { UNUSED; CALL(pairs_bwd)(dx + R * C, dx, dy, C + 2, x + R * C, x, 2, R, C); }
FWD(squares) { memset(scratch, 0, R * R * C * sizeof *y); CALL(pairs_fwd)(scratch, C, x, x, R, R, C); memcpy(y, scratch, R * C * sizeof *y); }
BWD(squares)
{
	UNUSED;
	memset(scratch, 0, R * R * C * sizeof *y);
	memcpy(scratch, dy, R * C * sizeof *y);
	CALL(pairs_bwd)(dx, dx, scratch, C, x, x, R, R, C);
}

/* R tokens, heads of width C, q k v side by side with a gap, R % 5 prompts whose keys and values alternate */
static struct nn_attention attention(nn_float *y, const nn_float *x, size_t R, size_t C, int drop)
{
	size_t H = HEADS * C, ld = 3 * H + 1;
	const nn_float *prompts = x + R * ld;
	struct nn_attention a = { .nq = R, .z = R, .n_prompts = R % 5, .dh = C, .head = 0, .head_end = HEADS, .scale = (nn_float)(1 / sqrt((double)C)),
				  .q = x, .k = x + H, .v = x + 2 * H, .ldq = ld, .ld = ld, .pk = prompts, .pv = prompts + H, .ldp = 2 * H,
				  .out = y, .ldo = H + 3, .stat = saved, .keys = drop ? keys : NULL, .site = 11, .p = (nn_float)0.2 };
	return a;
}
static void attend(nn_float *y, nn_float *x, size_t R, size_t C, int drop)
{
	struct nn_attention a = attention(y, x, R, C, drop);
	memset(y, 0, R * (HEADS * C + 3) * sizeof *y);
	CALL(attention_fwd)(&a, scratch);
}
/* fresh: what stood there is put by and added afterwards, as all backwards do. */
static void attend_bwd(nn_float *dx, const nn_float *dy, nn_float *y, nn_float *x, size_t R, size_t C, int drop, int fresh)
{
	size_t H = HEADS * C;
	struct nn_attention a = attention(y, x, R, C, drop);
	nn_float *dp = dx + (a.pk - x), *before = fresh ? cp_xcalloc(R * a.ld, sizeof *before) : NULL;
	struct nn_attention_grad g = { dx, dx + H, dx + 2 * H, dp, dp + H, dy, .add_q = !fresh, .add_kv = !fresh };
	if (fresh)
		memcpy(before, dx, R * a.ld * sizeof *before);
	for (size_t head = 0; head < HEADS; head++) {	/* head by head, as two tasks would */
		a.head = head;
		a.head_end = head + 1;
		CALL(attention_bwd)(&a, &g, scratch);
	}
	for (size_t i = 0; fresh && i < R * a.ld; i++)
		if (i % a.ld < 3 * H)
			dx[i] += before[i];
	free(before);
}
FWD(attention) { attend(y, x, R, C, 1); }
BWD(attention) { attend_bwd(dx, dy, y, x, R, C, 1, 0); }
FWD(attention_plain) { attend(y, x, R, C, 0); }
BWD(attention_plain) { attend_bwd(dx, dy, y, x, R, C, 0, 0); }
FWD(attention_fresh) { attend(y, x, R, C, 1); }
BWD(attention_fresh) { attend_bwd(dx, dy, y, x, R, C, 1, 1); }

/* R / 2 + 1 queries over R tokens of another array, keys and values side by side, a bias by head and distance; causal, and with dropout. */
static struct nn_attention crossed(nn_float *y, const nn_float *x, size_t R, size_t C, int causal)
{
	size_t H = HEADS * C, nq = causal ? R : R / 2 + 1, span = nq + R;
	const nn_float *kv = x + nq * (H + 2), *bias = kv + R * 2 * H;
	return (struct nn_attention){ .nq = nq, .z = R, .dh = C, .head_end = HEADS, .scale = (nn_float)(0.8 / sqrt((double)C)), .q = x, .ldq = H + 2, .k = kv, .v = kv + H,
				      .ld = 2 * H, .bias = bias + nq, .ldb = span, .causal = causal, .out = y, .ldo = H, .stat = saved,
				      .keys = causal ? keys : NULL, .site = 5, .p = (nn_float)0.3 };
}
static void cross_attend(nn_float *y, nn_float *x, size_t R, size_t C, int causal)
{
	struct nn_attention a = crossed(y, x, R, C, causal);
	memset(y, 0, (R + 1) * HEADS * C * sizeof *y);
	CALL(attention_fwd)(&a, scratch);
}
static void cross_attend_bwd(nn_float *dx, const nn_float *dy, nn_float *y, nn_float *x, size_t R, size_t C, int causal)
{
	struct nn_attention a = crossed(y, x, R, C, causal);
	struct nn_attention_grad g = { .dq = dx, .dk = dx + (a.k - x), .dv = dx + (a.v - x), .dout = dy, .dbias = dx + (a.bias - x), .add_q = 1, .add_kv = 1 };
	CALL(attention_bwd)(&a, &g, scratch);
}
FWD(attention_biased) { cross_attend(y, x, R, C, 0); }
BWD(attention_biased) { cross_attend_bwd(dx, dy, y, x, R, C, 0); }
FWD(attention_causal) { cross_attend(y, x, R, C, 1); }
BWD(attention_causal) { cross_attend_bwd(dx, dy, y, x, R, C, 1); }

/* the wrong gradient that the check must find: a layer normalisation whose dx forgets what the mean depends on */
BWD(planted)
{
	UNUSED;
	for (size_t r = 0; r < R; r++)
		for (size_t j = 0; j < C; j++)
			dx[r * C + j] += dy[r * C + j] * x[R * C + j] * saved[R + r];
	CALL(layernorm_bwd)(scratch, dx + R * C, dx + R * C + C, dy, x, x + R * C, saved, saved + R, R, C);
}

/* sizes of inputs and outputs as factors: a R C + b C + c R + d */
static const struct op {
	const char *name;
	void (*fwd)(nn_float *y, nn_float *x, size_t R, size_t C);
	void (*bwd)(nn_float *dx, const nn_float *dy, nn_float *y, nn_float *x, size_t R, size_t C);
	size_t in_rc, in_c, out_rc, out_r, out_1;
	double tolerance;	/* in float, against the twin */
	int is_attention;	/* 1 with prompts, 2 with a bias */
} ops[] = {
	{ "add", add_fwd, add_bwd, 2, 0, 1, 0, 0, 1e-7, 0 },
	{ "axpy", axpy_fwd, axpy_bwd, 2, 0, 1, 0, 0, 1e-6, 0 },
	{ "mul", mul_fwd, mul_bwd, 2, 0, 1, 0, 0, 1e-6, 0 },
	{ "bias", bias_fwd, bias_bwd, 1, 1, 1, 0, 0, 2e-6, 0 },
	{ "cross", cross_fwd, cross_bwd, 3, 0, 1, 0, 0, 1e-6, 0 },
	{ "cross, first layer", cross_first_fwd, cross_first_bwd, 2, 0, 1, 0, 0, 1e-6, 0 },
	{ "relu", relu_fwd, relu_bwd, 1, 0, 1, 0, 0, 1e-7, 0 },
	{ "tanh", tanh_fwd, tanh_bwd, 1, 0, 1, 0, 0, 1e-6, 0 },
	{ "sigmoid", sigmoid_fwd, sigmoid_bwd, 1, 0, 1, 0, 0, 1e-6, 0 },
	{ "gelu", gelu_fwd, gelu_bwd, 1, 0, 1, 0, 0, 1e-6, 0 },
	{ "gelu_tanh", gelu_tanh_fwd, gelu_tanh_bwd, 1, 0, 1, 0, 0, 2e-6, 0 },
	{ "rmsnorm", rmsnorm_fwd, rmsnorm_bwd, 1, 1, 1, 0, 0, 1e-5, 0 },
	{ "layernorm", layernorm_fwd, layernorm_bwd, 1, 2, 1, 0, 0, 1e-5, 0 },
	{ "residual_norm", residual_norm_fwd, residual_norm_bwd, 2, 2, 1, 0, 0, 3e-5, 0 },
	{ "residual_norm without dropout", residual_norm_plain_fwd, residual_norm_plain_bwd, 2, 2, 1, 0, 0, 3e-5, 0 },
	{ "batchnorm, training", batchnorm_train_fwd, batchnorm_train_bwd, 1, 2, 1, 0, 0, 2e-5, 0 },
	{ "batchnorm, evaluation", batchnorm_eval_fwd, batchnorm_eval_bwd, 1, 2, 1, 0, 0, 1e-5, 0 },
	{ "softmax", softmax_fwd, softmax_bwd, 1, 0, 1, 0, 0, 1e-6, 0 },
	{ "dropout", dropout_fwd, dropout_bwd, 1, 0, 1, 0, 0, 1e-6, 0 },
	{ "xent", xent_fwd, xent_bwd, 1, 0, 0, 0, 1, 2e-6, 0 },
	{ "bce", bce_fwd, bce_bwd, 1, 0, 0, 0, 1, 1e-6, 0 },
	{ "gather, scatter_add", gather_fwd, gather_bwd, 1, 0, 2, 4, 0, 1e-6, 0 },
	{ "row_sums", row_sums_fwd, row_sums_bwd, 1, 0, 0, 1, 0, 1e-5, 0 },
	{ "pairs", pairs_fwd, pairs_bwd, 1, 2, 2, 4, 0, 1e-5, 0 },
	{ "pairs with themselves", squares_fwd, squares_bwd, 1, 0, 1, 0, 0, 1e-5, 0 },
	{ "attention", attention_fwd, attention_bwd, 0, 0, 0, 0, 0, 1e-5, 1 },
	{ "attention without dropout", attention_plain_fwd, attention_plain_bwd, 0, 0, 0, 0, 0, 1e-5, 1 },
	{ "attention writing its gradients", attention_fresh_fwd, attention_fresh_bwd, 0, 0, 0, 0, 0, 1e-5, 1 },
	{ "attention to others, biased", attention_biased_fwd, attention_biased_bwd, 0, 0, 0, 0, 0, 2e-5, 2 },
	{ "attention, causal and biased", attention_causal_fwd, attention_causal_bwd, 0, 0, 0, 0, 0, 2e-5, 2 },
};
#define N_OPS (sizeof ops / sizeof *ops)

static size_t n_in(const struct op *op, size_t R, size_t C)
{
	if (op->is_attention == 2)
		return (R + 1) * (HEADS * C + 2) + R * 2 * HEADS * C + HEADS * (2 * R + 2);
	return op->is_attention ? R * (3 * HEADS * C + 1) + R % 5 * 2 * HEADS * C : op->in_rc * R * C + op->in_c * C;
}

static size_t n_out(const struct op *op, size_t R, size_t C)
{
	if (op->is_attention == 2)
		return (R + 1) * HEADS * C;
	return op->is_attention ? R * (HEADS * C + 3) : op->out_rc * R * C + op->out_r * R + op->out_1;
}

/* -- running an op -- */

struct run {
	nn_float *x, *y, *dy, *dx, *noise;
	size_t n_x, n_y;
};

static nn_float *draw(size_t n, uint64_t row)
{
	struct cp_rng r = cp_rng(1, CP_RNG_TEST, n, row);
	nn_float *x = cp_xcalloc(n + SPARE + 1, sizeof *x);

	for (size_t i = 0; i <= n + SPARE; i++)
		x[i] = (nn_float)cp_rng_normal(&r);
	return x;
}

static struct run run_new(const struct op *op, size_t R, size_t C)
{
	struct run t = { .n_x = n_in(op, R, C), .n_y = n_out(op, R, C) };

	t.x = draw(t.n_x, 1);
	t.y = draw(t.n_y, 2);
	t.dy = draw(t.n_y, 3);
	t.dx = draw(t.n_x, 4);
	t.noise = draw(t.n_x, 4);
	return t;
}

static void run_free(struct run *t)
{
	free(t->x);
	free(t->y);
	free(t->dy);
	free(t->dx);
	free(t->noise);
}

/* Largest distance between the fast kernel and its twin over outputs and gradients and what lies behind them. */
static double against_ref(const struct op *op, size_t R, size_t C)
{
	struct run a = run_new(op, R, C), b = run_new(op, R, C);

	use_ref = 0;
	op->fwd(a.y, a.x, R, C);
	op->bwd(a.dx, a.dy, a.y, a.x, R, C);
	use_ref = 1;
	op->fwd(b.y, b.x, R, C);
	op->bwd(b.dx, b.dy, b.y, b.x, R, C);
	use_ref = 0;
	double d = fmax(distance(a.y, b.y, a.n_y + SPARE), distance(a.dx, b.dx, a.n_x + SPARE));
	run_free(&a);
	run_free(&b);
	return d;
}

static void compare_with_ref(const char *level)
{
	static const size_t sizes[][2] = { { 1, 1 }, { 3, 1 }, { 1, 17 }, { 2, 3 }, { 5, 31 }, { 8, 32 }, { 9, 26 }, { 17, 64 }, { 33, 100 }, { 61, 5 },
					   { 70, 29 } };

	for (size_t i = 0; i < N_OPS; i++) {
		double worst = 0, tolerance = sizeof(nn_float) == 4 ? ops[i].tolerance : 1e-12;
		for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
			worst = fmax(worst, against_ref(&ops[i], sizes[s][0], sizes[s][1]));
		ok(worst <= tolerance, "%s: %s as its twin (%.1e)", level, ops[i].name, worst);
	}
}

/* -- gradients -- */

static double weighted(const struct op *op, struct run *t, size_t R, size_t C)
{
	double sum = 0;

	op->fwd(t->y, t->x, R, C);
	for (size_t i = 0; i < t->n_y; i++)
		sum += (double)t->y[i] * t->dy[i];
	return sum;
}

/* Largest relative difference between backward and central differences of sum(y dy). */
static double gradient_error(const struct op *op, size_t R, size_t C)
{
	struct run t = run_new(op, R, C);
	double worst = 0;

	op->fwd(t.y, t.x, R, C);
	op->bwd(t.dx, t.dy, t.y, t.x, R, C);
	for (size_t i = 0; i < t.n_x; i++) {
		nn_float x = t.x[i], h = (nn_float)1e-5;
		t.x[i] = x + h;
		double up = weighted(op, &t, R, C);
		t.x[i] = x - h;
		double down = weighted(op, &t, R, C);
		t.x[i] = x;
		double numeric = (up - down) / (2 * (double)h), ours = (double)t.dx[i] - t.noise[i];
		worst = fmax(worst, fabs(numeric - ours) / fmax(1e-2, fmax(fabs(numeric), fabs(ours))));
	}
	run_free(&t);
	return worst;
}

__attribute__((unused)) static void check_gradients(const char *level)
{
	static const size_t sizes[][2] = { { 1, 1 }, { 1, 3 }, { 2, 1 }, { 3, 17 }, { 9, 4 }, { 7, 9 } };

	for (use_ref = 0; use_ref < 2; use_ref++)
		for (size_t i = 0; i < N_OPS; i++) {
			double worst = 0;
			for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
				worst = fmax(worst, gradient_error(&ops[i], sizes[s][0], sizes[s][1]));
			ok(worst < 1e-6, "%s: gradient of %s%s (%.1e)", level, ops[i].name, use_ref ? "'s twin" : "", worst);
		}
	use_ref = 0;
	struct op planted = { "", layernorm_fwd, planted_bwd, 1, 2, 1, 0, 0, 0, 0 };
	double found = gradient_error(&planted, 3, 17);
	ok(found > 1e-3, "%s: a planted wrong gradient is found (%.1e)", level, found);
}

/* -- what only some kernels promise -- */

/* Cut anywhere, the same bits: an element's value does not depend on where it stands. */
static void check_cutting(const char *level)
{
	enum { N = 100, CUT = 37 };
	nn_float *x = draw(N, 1), *g = draw(N, 2), *whole = draw(3 * N, 3), *parts = draw(3 * N, 3), *twin = draw(3 * N, 3);
	struct nn_adamw h = { 1e-3, 0.1, 0.9, 0.999, 1e-8, 1 - 0.81, 1 - 0.998001 };
	nn_float *zeros = cp_xcalloc(N, sizeof *zeros);
	struct nn_adamw_step s = nn_adamw_step_of(&h);
	struct nn_adamw_rule r = nn_adamw_rule_of(&h, 0);

	nn_gelu_fwd(whole, x, N);
	nn_gelu_fwd(parts, x, CUT);
	nn_gelu_fwd(parts + CUT, x + CUT, N - CUT);
	ok(!memcmp(whole, parts, N * sizeof *x), "%s: gelu cut in two, the same bits", level);
	for (size_t i = 2 * N; i < 3 * N; i++)
		whole[i] = parts[i] = twin[i] = whole[i] * whole[i] * (i % 7 ? 1 : (nn_float)1e-38);
	nn_adamw(whole, whole + N, whole + 2 * N, g, N, &h);
	nn_adamw_replay(whole, whole + N, whole + 2 * N, N, &s, 1, &r);
	nn_adamw(parts, parts + N, parts + 2 * N, g, CUT, &h);
	nn_adamw(parts + CUT, parts + N + CUT, parts + 2 * N + CUT, g + CUT, N - CUT, &h);
	nn_adamw(parts, parts + N, parts + 2 * N, zeros, N, &h);
	ok(!memcmp(whole, parts, 3 * N * sizeof *x), "%s: adamw cut in two, and with g = 0 instead of a step of adamw_replay, the same bits", level);
	memcpy(twin, x, N * sizeof *x);
	memcpy(whole, x, N * sizeof *x);
	memcpy(twin + N, whole + N, 2 * N * sizeof *x);
	nn_adamw(whole, whole + N, whole + 2 * N, g, N, &h);
	nn_adamw_ref(twin, twin + N, twin + 2 * N, g, N, &h);
	nn_adamw_replay(whole, whole + N, whole + 2 * N, N, &s, 1, &r);
	nn_adamw_replay_ref(twin, twin + N, twin + 2 * N, N, &s, 1, &r);
	ok(!memcmp(whole, twin, 3 * N * sizeof *x), "%s: adamw as its twin, the same bits", level);
	free(x);
	free(g);
	free(whole);
	free(parts);
	free(twin);
	free(zeros);
}

/* Relative error of an activation against libm in double, over [-range, range]. */
static double relative_error(void (*f)(nn_float *, const nn_float *, size_t), double (*truth)(double), double range)
{
	double worst = 0;

	for (double at = -range; at <= range; at += range / 4999.7) {
		nn_float x = (nn_float)at, y;
		f(&y, &x, 1);
		double t = truth(x);
		worst = fmax(worst, fabs(y - t) / fmax(fabs(t), 1e-30));
	}
	return worst;
}

static double true_gelu(double x)
{
	return x * 0.5 * erfc(-x * M_SQRT1_2);
}

static double true_sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

__attribute__((unused)) static void check_accuracy(const char *level)
{
	double g = relative_error(nn_gelu_fwd, true_gelu, 3), g_far = relative_error(nn_gelu_fwd, true_gelu, 11);
	double t = relative_error(nn_tanh_fwd, tanh, 12), s = relative_error(nn_sigmoid_fwd, true_sigmoid, 60);

	ok(g < 6e-7 && g_far < 6e-6, "%s: gelu's relative error is %.1e within 3 of 0, %.1e within 11", level, g, g_far);
	ok(t < 4e-7, "%s: tanh's relative error is %.1e", level, t);
	ok(s < 3e-6, "%s: sigmoid's relative error is %.1e", level, s);
}

static void check_extremes(const char *level)
{
	nn_float x[6] = { -1e4f, 1e4f, 0, -90, 90, NAN }, y[6], max[2];

	nn_sigmoid_fwd(y, x, 6);
	ok(y[0] >= 0 && y[0] < 1e-30 && y[1] == 1 && y[2] == 0.5 && isnan(y[5]), "%s: sigmoid of extremes", level);
	nn_softmax_fwd(y, x, 1, 5);
	ok(y[0] == 0 && y[1] == 1 && y[4] == 0, "%s: softmax of extremes", level);
	nn_gelu_fwd(y, x, 6);
	ok(y[0] == 0 && y[1] == 1e4f && y[2] == 0 && isnan(y[5]), "%s: gelu of extremes", level);
	nn_tanh_fwd(y, x, 6);
	ok(y[0] == -1 && y[1] == 1 && y[2] == 0 && isnan(y[5]), "%s: tanh of extremes", level);
	nn_xent_fwd(max, max + 1, x, (uint32_t[]){ 0 }, 1, 2);
	ok(max[0] == 2e4f && nn_bce_fwd(x, (nn_float[]){ 1, 0 }, 2) == 1e4, "%s: losses of extremes", level);
}

static void check_dropout(const char *level)
{
	enum { R = 200, C = 77 };
	nn_float *x = cp_xcalloc(R * C, sizeof *x), *y = cp_xcalloc(R * C, sizeof *y), *other = cp_xcalloc(R * C, sizeof *y);
	size_t dropped = 0, both = 0;

	for (size_t i = 0; i < R * C; i++)
		x[i] = 1;
	nn_dropout_fwd(y, x, keys, 1, (nn_float)0.1, R, C);
	nn_dropout_fwd(other, x, keys, 2, (nn_float)0.1, R, C);
	for (size_t i = 0; i < R * C; i++) {
		dropped += y[i] == 0;
		both += y[i] == 0 && other[i] == 0;
	}
	double share = dropped / (double)(R * C), joint = both / (double)(R * C);
	ok(fabs(share - 0.1) < 0.01 && fabs(joint - 0.01) < 0.004, "%s: a tenth is dropped (%.4f), sites are independent (%.4f)", level, share, joint);
	nn_dropout_fwd(y, x, keys, 1, 0, R, C);
	nn_dropout_fwd(other, x, NULL, 1, (nn_float)0.5, R, C);
	ok(!memcmp(x, y, R * C * sizeof *x) && !memcmp(x, other, R * C * sizeof *x), "%s: p = 0 or no keys: no dropout", level);
	free(x);
	free(y);
	free(other);
}

/* A sequence longer than a block of queries, and scratch of exactly the promised size (a sanitizer watches its end). */
static void check_attention_scratch(const char *level)
{
	const size_t z = 150, K = 4, dh = 19, H = HEADS * dh, n = nn_attention_scratch(z, K, dh);
	nn_float *x = draw(3 * z * H + 2 * K * H, 1), *out = draw(z * H, 2), *twin = draw(z * H, 3), *room = cp_xcalloc(n, sizeof *room);
	struct nn_attention a = { .nq = z, .z = z, .n_prompts = K, .dh = dh, .head_end = HEADS, .scale = (nn_float)0.3, .q = x, .k = x + z * H,
				  .v = x + 2 * z * H, .ldq = H, .ld = H, .pk = x + 3 * z * H, .pv = x + 3 * z * H + K * H, .ldp = H, .out = out,
				  .ldo = H, .stat = saved, .keys = keys, .p = (nn_float)0.1 };
	nn_float *dx = draw(3 * z * H + 2 * K * H, 5), *dt = draw(3 * z * H + 2 * K * H, 5), *d = dx;
	struct nn_attention_grad g = { d, d + z * H, d + 2 * z * H, d + 3 * z * H, d + 3 * z * H + K * H, x, .add_q = 1, .add_kv = 1 };

	nn_attention_fwd(&a, room);
	nn_attention_bwd(&a, &g, room);
	a.out = twin;
	nn_attention_fwd_ref(&a, room);
	d = dt;
	g = (struct nn_attention_grad){ d, d + z * H, d + 2 * z * H, d + 3 * z * H, d + 3 * z * H + K * H, x, .add_q = 1, .add_kv = 1 };
	nn_attention_bwd_ref(&a, &g, room);
	double e = fmax(distance(out, twin, z * H), distance(dx, dt, 3 * z * H + 2 * K * H));
	ok(e < 2e-5, "%s: attention over 150 tokens in scratch of the promised size (%.1e)", level, e);
	free(x);
	free(out);
	free(twin);
	free(room);
	free(dx);
	free(dt);
}

/* A sequence that nobody asks: gradients that are written are zero, and nothing beside them. */
static void check_attention_unasked(const char *level)
{
	enum { Z = 5, LD = 2 * HEADS * 3 + 1, N = Z * LD };
	nn_float x[N] = { 0 }, d[N], *room = cp_xcalloc(nn_attention_scratch(Z, 0, 3), sizeof *room);
	size_t wrong = 0;
	struct nn_attention a = { .z = Z, .dh = 3, .head_end = HEADS, .scale = 1, .q = x, .k = x, .v = x + HEADS * 3, .ldq = HEADS * 3, .ld = LD,
				  .out = x, .ldo = HEADS * 3, .stat = saved };
	struct nn_attention_grad g = { .dk = d, .dv = d + HEADS * 3, .dout = x };

	for (size_t i = 0; i < N; i++)
		d[i] = 7;
	nn_attention_fwd(&a, room);
	nn_attention_bwd(&a, &g, room);
	for (size_t i = 0; i < N; i++)
		wrong += d[i] != (i % LD == LD - 1 ? 7 : 0);
	ok(!wrong, "%s: tokens without queries have no gradient (%zu are wrong)", level, wrong);
	free(room);
}

static void check_level(const char *level)
{
	if (nn_cpu_choose(level) < 0) {
		printf("# no %s here\n", level);
		return;
	}
	compare_with_ref(level);
#ifdef NN_DOUBLE
	check_gradients(level);
#else
	check_accuracy(level);
#endif
	check_cutting(level);
	check_extremes(level);
	check_dropout(level);
	check_attention_scratch(level);
	check_attention_unasked(level);
}

int main(void)
{
	const char *wanted = getenv("CP_CPU");

	for (size_t i = 0; i < MAX_ROWS; i++)
		keys[i] = cp_mix64(i + 1);
	printf("# level in force: %s\n", nn_cpu_level());
	if (wanted && !strcmp(wanted, "base"))
		ok(!strcmp(nn_cpu_level(), "base"), "CP_CPU=base is obeyed");
	ok(nn_cpu_choose("v9") < 0, "an unknown level is refused");
	check_level("base");
	check_level("v3");
	check_level("v4");
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
