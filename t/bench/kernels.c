/* How fast the kernels are, one thread, at sizes of a step of TinyBERT and DCNv2: `make bench-kernels` (CP_CPU=base|v3|v4 as ever).
 *
 * With any argument, matrix products alone.  Each line is the best of many short runs: nanoseconds an element, the bytes it reads and writes
 * over that time, or floating-point operations where those count.  Figures are for comparing within one run.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/rng.h"
#include "nn/cpu.h"
#include "nn/gemm.h"
#include "nn/graph_priv.h"
#include "nn/kernels.h"
#include "nn/packed.h"
#include "nn/product.h"

enum { ROWS = 384, COLS = 312, WIDE = 1200, N = ROWS * WIDE, VOCAB = 5376 };
static nn_float *a, *b, *c, *d, *e, *gain, *bias, *stat;
static uint64_t keys[ROWS];
static uint32_t ids[ROWS];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double best(void (*run)(void))
{
	double least = 1e9, start = now();

	for (int i = 0; i < 4 || now() - start < 0.15; i++) {
		double t = now();
		run();
		t = now() - t;
		least = t < least ? t : least;
	}
	return least;
}

/* arrays: how many values an element costs in traffic */
static void elements(const char *name, void (*run)(void), size_t n, double arrays)
{
	double t = best(run);

	printf("%-34s %8.3f ns an element %8.1f GB/s\n", name, t * 1e9 / (double)n, arrays * (double)(n * sizeof *a) / t * 1e-9);
}

static void add(void) { nn_add(b, a, N); }
static void bias_fwd(void) { nn_bias_fwd(b, a, bias, ROWS, WIDE); }
static void bias_bwd(void) { nn_bias_bwd(e, a, ROWS, WIDE); }
static void cross_fwd(void) { nn_cross_fwd(d, a, b, c, N); }
static void relu_fwd(void) { nn_relu_fwd(b, a, N); }
static void relu_bwd(void) { nn_relu_bwd(b, c, a, N); }
static void tanh_fwd(void) { nn_tanh_fwd(b, a, N); }
static void sigmoid_fwd(void) { nn_sigmoid_fwd(b, a, N); }
static void gelu_fwd(void) { nn_gelu_fwd(b, a, N); }
static void gelu_bwd(void) { nn_gelu_bwd(b, c, a, N); }
static void layernorm_fwd(void) { nn_layernorm_fwd(b, stat, stat + ROWS, a, gain, bias, ROWS, COLS, (nn_float)1e-12); }
static void layernorm_bwd(void) { nn_layernorm_bwd(c, d, e, b, a, gain, stat, stat + ROWS, ROWS, COLS); }
static struct nn_residual_norm norm(void)
{
	return (struct nn_residual_norm){ .rows = ROWS, .cols = COLS, .residual = a, .y = d, .gain = gain, .bias = bias, .eps = (nn_float)1e-12, .keys = keys,
					  .site = 1, .p = (nn_float)0.1, .out = b, .s = c, .mean = stat, .rstd = stat + ROWS };
}
static void norm_fwd(void) { struct nn_residual_norm n = norm(); nn_residual_norm_fwd(&n); }
static void norm_bwd(void) { struct nn_residual_norm n = norm(); nn_residual_norm_bwd(&n, &(struct nn_residual_norm_grad){ a, b, d, e, e + COLS }); }
static void batchnorm_fwd(void) { nn_batchnorm_train_fwd(b, stat, stat + WIDE, d, e, a, gain, bias, 256, 512, (nn_float)1e-5, (nn_float)0.1); }
static void batchnorm_bwd(void) { nn_batchnorm_train_bwd(b, d, e, c, a, gain, stat, stat + WIDE, stat + 2 * WIDE, 256, 512); }
static void softmax_fwd(void) { nn_softmax_fwd(b, a, ROWS, COLS); }
static void dropout_fwd(void) { nn_dropout_fwd(b, a, keys, 1, (nn_float)0.1, ROWS, WIDE); }
static void xent_fwd(void) { nn_xent_fwd(stat, stat + ROWS, a, ids, N / VOCAB, VOCAB); }
static void xent_bwd(void) { nn_xent_bwd(b, a, stat + ROWS, ids, 1, N / VOCAB, VOCAB); }
static void gather(void) { nn_gather(b, 32, a, ids, ROWS, 32); }
static void scatter(void) { nn_scatter_add(b, a, 32, ids, ROWS, 32, 0, 1 << 30); }

static const struct nn_adamw rates = { 1e-3, 0.5, 0.9, 0.999, 1e-8, 0.1, 0.001 };
static void adamw(void) { nn_adamw(d, b, c, a, N, &rates); }

static struct nn_attention sequence;
static struct nn_attention_grad sequence_grad;
static void attention_fwd(void) { nn_attention_fwd(&sequence, stat); }
static void attention_bwd(void) { nn_attention_bwd(&sequence, &sequence_grad, stat); }

static void attention(size_t z, size_t K, size_t dh, int drop)
{
	const size_t heads = 12, H = heads * dh, n = z + K;
	char name[64];

	sequence = (struct nn_attention){ .nq = z, .z = z, .n_prompts = K, .dh = dh, .head_end = heads, .scale = (nn_float)(1 / sqrt((double)dh)), .q = a,
					  .k = a + H, .v = a + 2 * H, .ldq = 3 * H, .ld = 3 * H, .pk = d, .pv = d + K * H, .ldp = H, .out = c, .ldo = H,
					  .stat = e, .keys = drop ? keys : NULL, .p = (nn_float)0.1 };
	sequence_grad = (struct nn_attention_grad){ b, b + H, b + 2 * H, d + 4 * K * H, d + 5 * K * H, c, .add_q = 1, .add_kv = 1 };
	snprintf(name, sizeof name, "attention %zu + %zu, 12 x %zu%s", z, K, dh, drop ? ", dropout" : "");
	double products = 2.0 * (double)(z * n * H), fwd = best(attention_fwd), bwd = best(attention_bwd);
	printf("%-34s %8.1f GF/s forward %8.1f backward %8.2f us a token\n", name, 2 * products / fwd * 1e-9, 5 * products / bwd * 1e-9,
	       (fwd + bwd) * 1e6 / (double)z);
}

static nn_float *draw(size_t n)
{
	struct cp_rng r = cp_rng(1, CP_RNG_TEST, 0, 0);
	nn_float *x = cp_xcalloc(n, sizeof *x);

	for (size_t i = 0; i < n; i++)
		x[i] = (nn_float)cp_rng_normal(&r);
	return x;
}

/* A linear layer's three products: y = x W', dx = dy W, dW = dy' x, and what makes the first in scoring, by parts of the rows as there. */
static struct { int ta, tb, m, n, k; const nn_float *a, *b; } product;
static nn_float *result;

static void gemm(void)
{
	int m = product.m, n = product.n, k = product.k;

	nn_gemm(NULL, &(struct nn_gemm){ .m = m, .n = n, .k = k, .a = { product.a, product.ta ? m : k, product.ta },
					 .b = { product.b, product.tb ? k : n, product.tb }, .c = result, .ldc = n }, 1);
}

static struct nn_packed packed;

static void scoring(void)
{
	static const struct nn_epilogue nothing;
	size_t n = (size_t)product.n, k = (size_t)product.k, grain = nn_packed_grain(n * k);

	for (size_t r = 0, m = (size_t)product.m; r < m; r += grain)
		packed.by->rows(result + r * n, n, product.a + r * k, k, packed.w, m - r < grain ? m - r : grain, n, k, &nothing);
}

static void layer(int rows, int out, int in)
{
	size_t r = (size_t)rows, o = (size_t)out, i = (size_t)in;
	nn_float *x = draw(r * i), *w = draw(o * i), *dy = draw(r * o);

	result = cp_xcalloc((r + o) * (o + i), sizeof *result);
	printf("layer %d x %d x %d, GF/s:", rows, out, in);
	for (int part = 0; part < 3; part++) {
		product.ta = part == 2;
		product.tb = part == 0;
		product.m = part == 2 ? out : rows;
		product.n = part == 0 ? out : in;
		product.k = part == 0 ? in : part == 1 ? out : rows;
		product.a = part == 0 ? x : dy;
		product.b = part == 2 ? x : w;
		printf(" %s %.1f", part == 0 ? "forward" : part == 1 ? "dx" : "dW", 2.0 * rows * out * in / best(gemm) * 1e-9);
	}
	if ((packed.by = nn_gemm_product())) {
		struct nn_packs *packs = nn_packs_new(packed.by->per_unit == 2 ? NN_IN_BF16 : NN_IN_F32);
		product.m = rows, product.n = out, product.k = in, product.a = x;
		if (nn_packs_of(packs, &(struct nn_matrix){ w, 1, o, i, 0 }, &packed) == 0)
			printf(" scoring %.1f", 2.0 * rows * out * in / best(scoring) * 1e-9);
		nn_packs_free(packs);
	}
	printf("\n");
	free(x);
	free(w);
	free(dy);
	free(result);
}

/* By each that can multiply here. */
static void layers(void)
{
	static const int shapes[][3] = { { 256, 256, 256 }, { 4096, 256, 256 }, { 256, 512, 512 }, { 256, 1, 512 }, { 384, 312, 312 }, { 384, 1200, 312 },
					 { 384, 312, 1200 }, { 6144, 1200, 312 }, { 6144, 312, 1200 }, { 6144, 1536, 384 } };
	static const struct { enum nn_gemm_precision precision; enum nn_gemm_by by; } all[] = {
		{ NN_PRECISION_F32, NN_GEMM_OPENBLAS }, { NN_PRECISION_F32, NN_GEMM_OWN }, { NN_PRECISION_BF16, NN_GEMM_OWN } };
	struct cp_err err;

	for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
		if (nn_gemm_choose(all[k].precision, all[k].by, &err) < 0)
			continue;
		printf("by %s\n", nn_gemm_info());
		for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
			layer(shapes[i][0], shapes[i][1], shapes[i][2]);
	}
}

/* Gradients grow with every run; set back, so that no kernel is timed on infinities. */
static void fresh(void)
{
	nn_float **all[] = { &a, &b, &c, &d, &e, &gain, &bias, &stat };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		free(*all[i]);
		*all[i] = draw(2 * N);
	}
}

int main(int argc, char **argv)
{
	nn_blas_prepare(argv);
	printf("%s, kernels %s\n", nn_gemm_info(), nn_cpu_level());
	if (argc > 1) {
		layers();
		return 0;
	}
	for (size_t i = 0; i < ROWS; i++) {
		keys[i] = cp_mix64(i);
		ids[i] = (uint32_t)(keys[i] % VOCAB);
	}
	fresh();
	elements("add", add, N, 3);
	elements("bias_fwd", bias_fwd, N, 2);
	elements("bias_bwd", bias_bwd, N, 1);
	elements("relu_fwd", relu_fwd, N, 2);
	elements("relu_bwd", relu_bwd, N, 4);
	elements("cross_fwd", cross_fwd, N, 4);
	fresh();
	elements("tanh_fwd", tanh_fwd, N, 2);
	elements("sigmoid_fwd", sigmoid_fwd, N, 2);
	elements("gelu_fwd", gelu_fwd, N, 2);
	elements("gelu_bwd", gelu_bwd, N, 4);
	elements("dropout_fwd", dropout_fwd, N, 2);
	elements("softmax_fwd", softmax_fwd, ROWS * COLS, 2);
	elements("xent_fwd", xent_fwd, N / VOCAB * VOCAB, 1);
	elements("xent_bwd", xent_bwd, N / VOCAB * VOCAB, 2);
	fresh();
	elements("layernorm_fwd", layernorm_fwd, ROWS * COLS, 2);
	elements("layernorm_bwd", layernorm_bwd, ROWS * COLS, 4);
	elements("residual_norm_fwd", norm_fwd, ROWS * COLS, 4);
	elements("residual_norm_bwd", norm_bwd, ROWS * COLS, 6);
	fresh();
	elements("batchnorm_train_fwd", batchnorm_fwd, 256 * 512, 2);
	elements("batchnorm_train_bwd", batchnorm_bwd, 256 * 512, 4);
	elements("gather", gather, ROWS * 32, 2);
	elements("scatter_add", scatter, ROWS * 32, 3);
	fresh();
	for (size_t i = 0; i < 2 * N; i++)
		c[i] = fabs((double)c[i]);
	elements("adamw", adamw, N, 7);
	fresh();
	attention(20, 5, 26, 0);
	attention(48, 5, 26, 0);
	attention(48, 5, 26, 1);
	attention(60, 1, 32, 1);
	attention(64, 7, 64, 1);
	attention(128, 5, 64, 1);
	layers();
	return 0;
}
