/* Kernels: pure functions on arrays, forward and backward side by side.
 *
 * No memory is allocated, nothing global is read or written, no thread is started: a kernel does its rows in the calling thread, and who
 * divides work gives every task rows of its own.  Arrays are row-major; shapes stand on the pointers, R rows, C columns.  Forward writes
 * its output; backward ADDS to gradients (+=), so a value used twice needs nothing special.  A backward reads what its signature names and
 * nothing else.  Outputs do not overlap inputs, except where "in place" is said.  Any size may be 0 or odd; no alignment is asked for.
 *
 *     nn_bias_fwd(h, xw, b, rows, cols);
 *     nn_gelu_fwd(y, h, rows * cols);
 *     ...
 *     nn_gelu_bwd(dh, dy, h, rows * cols);       // dh was zeroed by its owner
 *     nn_bias_bwd(db, dh, rows, cols);
 *
 * The names are pointers to functions: they lead to the version for this processor (nn/cpu.h), chosen before main.  Every kernel has a
 * plain twin NAME_ref of the same signature, which is what it means (nn/kernels_ref.h).  All levels sum in a fixed order: same input, same
 * level, same bits.
 *
 * Dropout.  Nothing is stored: whether element j of a row is dropped follows from the row's 64-bit key, a site and j.  The caller makes
 * the keys (cp_rng(seed, CP_RNG_DROPOUT, epoch, row) mixed with the token's place) and gives every dropout of a network a site of its
 * own.  The exact bits: s = mix64(key + G (site + 1)), G = CP_GOLDEN; columns go in blocks of 32, counter i = 16 (j / 32) + j % 16;
 *     x = lo32(s) + i 0x9e3779b9;  x ^= x >> 16;  x *= 0x7feb352d;  x += hi32(s);  x ^= x >> 15;  x *= 0x846ca68b;  x ^= x >> 16;
 * u = the low 16 bits of x for j % 32 < 16, else the high 16.  Dropped where u < t, t = round(65536 p); what is kept is scaled by
 * 65536 / (65536 - t), so the expectation is exact.  keys = NULL or p = 0: no dropout.
 */
#ifndef NN_KERNELS_H
#define NN_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "nn/float.h"
#include "nn/product.h"

/* -- sums and products -- */

/* y += x */
extern void (*nn_add)(nn_float *y /* (n) */, const nn_float *x /* (n) */, size_t n);
/* y += a x */
extern void (*nn_axpy)(nn_float *y /* (n) */, nn_float a, const nn_float *x /* (n) */, size_t n);
/* y = a b, elementwise; in place allowed */
extern void (*nn_mul_fwd)(nn_float *y /* (n) */, const nn_float *a /* (n) */, const nn_float *b /* (n) */, size_t n);
extern void (*nn_mul_bwd)(nn_float *da, nn_float *db, const nn_float *dy, const nn_float *a, const nn_float *b, size_t n);
/* y = x + b, b to every row; in place allowed.  bwd: db += sum over rows of dy (dx += dy is nn_add) */
extern void (*nn_bias_fwd)(nn_float *y /* (R,C) */, const nn_float *x /* (R,C) */, const nn_float *b /* (C) */, size_t rows, size_t cols);
extern void (*nn_bias_bwd)(nn_float *db /* (C) */, const nn_float *dy /* (R,C) */, size_t rows, size_t cols);
/* y = x + x0 h: the last step of a cross layer, x_{l+1} = x_0 (W x_l + b) + x_l (DCN-V2, Wang et al. 2021, eq. 1); in place on x allowed.
 * Backward is nn_mul_bwd of x0 and h, and dx += dy. */
extern void (*nn_cross_fwd)(nn_float *y /* (n) */, const nn_float *x0, const nn_float *h, const nn_float *x, size_t n);

/* y = x W and what follows it, W packed in panels and finite: for scoring (nn/product.h, which has the same in bf16). */
extern void (*nn_packed_fwd)(nn_float *y /* (R,C) by ldy */, size_t ldy, const nn_float *x /* (R,K) by ldx */, size_t ldx, const void *w, size_t rows,
			     size_t cols, size_t depth, const struct nn_epilogue *);

/* y[r] += a (sum of row r of x), and its backward: dx[r,c] += a dy[r] */
extern void (*nn_row_sums_fwd)(nn_float *y /* (R) */, nn_float a, const nn_float *x /* (R,C) by ldx */, size_t ldx, size_t rows, size_t cols);
extern void (*nn_row_sums_bwd)(nn_float *dx /* (R,C) by ldx */, size_t ldx, nn_float a, const nn_float *dy /* (R) */, size_t rows, size_t cols);
/* Products of two sets of vectors, each with each: y[i n + j] = a[i] b[j], elementwise over C (what xDeepFM compresses).  db may be da. */
extern void (*nn_pairs_fwd)(nn_float *y /* (m n,C) by ldy */, size_t ldy, const nn_float *a /* (m,C) */, const nn_float *b /* (n,C) */, size_t m,
			    size_t n, size_t cols);
extern void (*nn_pairs_bwd)(nn_float *da, nn_float *db, const nn_float *dy /* by ldy */, size_t ldy, const nn_float *a, const nn_float *b, size_t m,
			    size_t n, size_t cols);

/* What a product of two matrices is made of: an operand's panels, and the product of two operands (nn/product.h says how, and which bits). */
extern void (*nn_product_pack)(nn_float *packed, const nn_float *x, size_t ld, int along, int lines, size_t outer, size_t depth, size_t from,
			       size_t to);
extern void (*nn_product_tile)(nn_float *c /* (m,n) by ldc */, size_t ldc, const nn_float *a, int lines, const nn_float *b, size_t m, size_t n,
			       size_t units, int add);

/* -- activations; in place allowed where the backward reads y -- */

extern void (*nn_relu_fwd)(nn_float *y, const nn_float *x, size_t n);
extern void (*nn_relu_bwd)(nn_float *dx, const nn_float *dy, const nn_float *y, size_t n);	/* slope at 0: 0 */
extern void (*nn_tanh_fwd)(nn_float *y, const nn_float *x, size_t n);
extern void (*nn_tanh_bwd)(nn_float *dx, const nn_float *dy, const nn_float *y, size_t n);
extern void (*nn_sigmoid_fwd)(nn_float *y, const nn_float *x, size_t n);
extern void (*nn_sigmoid_bwd)(nn_float *dx, const nn_float *dy, const nn_float *y, size_t n);
/* y = x Phi(x) = x/2 (1 + erf(x / sqrt 2)), the exact form (Hendrycks and Gimpel 2016); backward from x */
extern void (*nn_gelu_fwd)(nn_float *y, const nn_float *x, size_t n);
extern void (*nn_gelu_bwd)(nn_float *dx, const nn_float *dy, const nn_float *x, size_t n);

/* y = x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), the form that T5 was trained with (Hendrycks and Gimpel 2016); backward from x */
extern void (*nn_gelu_tanh_fwd)(nn_float *y, const nn_float *x, size_t n);
extern void (*nn_gelu_tanh_bwd)(nn_float *dx, const nn_float *dy, const nn_float *x, size_t n);

/* -- normalisation -- */

/* y = (x - mean) rstd gain + bias over the C columns of a row, rstd = 1 / sqrt(var + eps), biased variance (Ba, Kiros and Hinton 2016).  mean and
 * rstd are kept for the backward.  in place allowed in fwd only where no backward follows. */
extern void (*nn_layernorm_fwd)(nn_float *y /* (R,C) */, nn_float *mean /* (R) */, nn_float *rstd /* (R) */, const nn_float *x /* (R,C) */,
				const nn_float *gain /* (C) */, const nn_float *bias /* (C) */, size_t rows, size_t cols, nn_float eps);
extern void (*nn_layernorm_bwd)(nn_float *dx /* (R,C) */, nn_float *dgain /* (C) */, nn_float *dbias /* (C) */, const nn_float *dy /* (R,C) */,
				const nn_float *x /* (R,C) */, const nn_float *gain, const nn_float *mean, const nn_float *rstd,
				size_t rows, size_t cols);

/* y = x rstd gain, rstd = 1 / sqrt(mean(x^2) + eps): no mean taken off, no bias (Zhang and Sennrich 2019).  rstd is kept. */
extern void (*nn_rmsnorm_fwd)(nn_float *y /* (R,C) */, nn_float *rstd /* (R) */, const nn_float *x /* (R,C) */, const nn_float *gain /* (C) */,
			      size_t rows, size_t cols, nn_float eps);
extern void (*nn_rmsnorm_bwd)(nn_float *dx /* (R,C) */, nn_float *dgain /* (C) */, const nn_float *dy /* (R,C) */, const nn_float *x /* (R,C) */,
			      const nn_float *gain, const nn_float *rstd, size_t rows, size_t cols);

/* s = residual + dropout(y), out = layernorm(s): the end of a transformer's half layer in one pass.  s, mean and rstd are kept for the backward,
 * which reads them, gain and the dropout. */
struct nn_residual_norm {
	size_t rows, cols;
	const nn_float *residual, *y;	/* (R,C) */
	const nn_float *gain, *bias;	/* (C) */
	nn_float eps;
	const uint64_t *keys;		/* (R); NULL: no dropout */
	uint64_t site;
	nn_float p;
	nn_float *out, *s;		/* (R,C); s may be y */
	nn_float *mean, *rstd;		/* (R) */
};
struct nn_residual_norm_grad {
	const nn_float *dout;		/* (R,C) */
	nn_float *dresidual, *dy;	/* += */
	nn_float *dgain, *dbias;	/* (C), += */
};
extern void (*nn_residual_norm_fwd)(const struct nn_residual_norm *);
extern void (*nn_residual_norm_bwd)(const struct nn_residual_norm *, const struct nn_residual_norm_grad *);

/* Batch normalisation over the R rows of each of C columns (Ioffe and Szegedy 2015).  train: by the batch's mean and biased variance,
 * which are kept (mean, rstd), and run_mean, run_var move towards the batch's by `momentum`, the variance unbiased (R = 1: run_var
 * stays).  eval: by run_mean and run_var.  scratch of the backwards: (2,C). */
extern void (*nn_batchnorm_train_fwd)(nn_float *y /* (R,C) */, nn_float *mean /* (C) */, nn_float *rstd /* (C) */, nn_float *run_mean /* (C) */,
				      nn_float *run_var /* (C) */, const nn_float *x /* (R,C) */, const nn_float *gain, const nn_float *bias,
				      size_t rows, size_t cols, nn_float eps, nn_float momentum);
extern void (*nn_batchnorm_train_bwd)(nn_float *dx /* (R,C) */, nn_float *dgain, nn_float *dbias, const nn_float *dy /* (R,C) */,
				      const nn_float *x /* (R,C) */, const nn_float *gain, const nn_float *mean, const nn_float *rstd,
				      nn_float *scratch /* (2,C) */, size_t rows, size_t cols);
extern void (*nn_batchnorm_eval_fwd)(nn_float *y /* (R,C) */, const nn_float *x /* (R,C) */, const nn_float *run_mean, const nn_float *run_var,
				     const nn_float *gain, const nn_float *bias, size_t rows, size_t cols, nn_float eps);
extern void (*nn_batchnorm_eval_bwd)(nn_float *dx /* (R,C) */, nn_float *dgain, nn_float *dbias, const nn_float *dy /* (R,C) */,
				     const nn_float *x /* (R,C) */, const nn_float *run_mean, const nn_float *run_var, const nn_float *gain,
				     size_t rows, size_t cols, nn_float eps);

/* -- softmax, dropout, losses -- */

/* Softmax of each row; in place allowed. */
extern void (*nn_softmax_fwd)(nn_float *y /* (R,C) */, const nn_float *x /* (R,C) */, size_t rows, size_t cols);
extern void (*nn_softmax_bwd)(nn_float *dx /* (R,C) */, const nn_float *dy /* (R,C) */, const nn_float *y /* (R,C) */, size_t rows, size_t cols);

/* See above for the bits; in place allowed. */
extern void (*nn_dropout_fwd)(nn_float *y /* (R,C) */, const nn_float *x /* (R,C) */, const uint64_t *keys /* (R) */, uint64_t site, nn_float p,
			      size_t rows, size_t cols);
extern void (*nn_dropout_bwd)(nn_float *dx /* (R,C) */, const nn_float *dy /* (R,C) */, const uint64_t *keys /* (R) */, uint64_t site, nn_float p,
			      size_t rows, size_t cols);

/* Cross-entropy of softmax rows: loss[r] = log sum_j exp z[r,j] - z[r, target[r]].  lse[r] (the logarithm) is kept. */
extern void (*nn_xent_fwd)(nn_float *loss /* (R) */, nn_float *lse /* (R) */, const nn_float *z /* (R,C) */, const uint32_t *target /* (R) */,
			   size_t rows, size_t cols);
/* dz = scale (softmax(z) - onehot(target)): WRITES dz; in place on z allowed, so that [rows, vocabulary] needs one array. */
extern void (*nn_xent_bwd)(nn_float *dz /* (R,C) */, const nn_float *z /* (R,C) */, const nn_float *lse /* (R) */,
			   const uint32_t *target /* (R) */, nn_float scale, size_t rows, size_t cols);

/* Mean binary cross-entropy with logits, max(z,0) - z y + log(1 + exp(-|z|)).  bwd: dz += dloss (sigmoid(z) - y) / n. */
extern double (*nn_bce_fwd)(const nn_float *z /* (n) */, const nn_float *label /* (n) */, size_t n);
extern void (*nn_bce_bwd)(nn_float *dz /* (n) */, const nn_float *z, const nn_float *label, nn_float dloss, size_t n);

/* -- embedding -- */

/* y[r] = table[id[r]]; row r of y starts at y + r ldy, so several fields may write side by side */
extern void (*nn_gather)(nn_float *y /* (R,C) by ldy */, size_t ldy, const nn_float *table /* (V,C) */, const uint32_t *id /* (R) */, size_t rows,
			 size_t cols);
/* dtable[id[r]] += dy[r] for lo <= id[r] < hi, in order of r: tasks that own ranges of ids give the same bits as one task */
extern void (*nn_scatter_add)(nn_float *dtable /* (V,C) */, const nn_float *dy /* (R,C) by ldy */, size_t ldy, const uint32_t *id /* (R) */,
			      size_t rows, size_t cols, uint32_t lo, uint32_t hi);

/* -- attention -- */

/* Multi-head attention of nq queries over K prompt keys and values and those of z tokens (prompts first), for heads [head, head_end):
 *     P = softmax(scale (q [pk; k]' + bias)),  out = dropout(P) [pv; v].
 * Head a of token t of q lies at q + t ldq + a dh, and so on; prompts at pk + j ldp + a dh.  K = 0: pk and pv are not read.  Dropout of
 * head a uses site + a and the keys of the queries, column j counting prompts first.  A bias depends on head and distance: query t adds
 * bias[a ldb + j - t] to token j.  Causal: query t sees tokens 0 .. t only.  What the backward needs beside the inputs is `stat`.
 *
 *     struct nn_attention a = { .nq = z, .z = z, .n_prompts = K, .dh = 26, .head = 0, .head_end = 12, .scale = 1 / sqrt(26), ... };
 *     nn_attention_fwd(&a, scratch);
 */
struct nn_attention {
	size_t nq, z, n_prompts, dh, head, head_end;	/* nq is z where tokens attend to each other */
	nn_float scale;
	const nn_float *q, *k, *v;	/* (nq, heads dh), rows ldq apart, and (z, heads dh), rows ld apart: one (z, 3H) array or three */
	size_t ldq, ld;
	const nn_float *pk, *pv;	/* (n_prompts, heads dh), rows ldp apart */
	size_t ldp;
	const nn_float *bias;		/* of head 0 at distance 0; from -(nq-1) to z-1; NULL: none */
	size_t ldb;
	int causal;
	nn_float *out;			/* (nq, heads dh), rows ldo apart */
	size_t ldo;
	nn_float *stat;			/* (heads, nq): log of the softmax's denominator, written forward, read backward */
	const uint64_t *keys;		/* (nq) or NULL */
	uint64_t site;
	nn_float p;
};

struct nn_attention_grad {
	nn_float *dq, *dk, *dv;		/* +=; rows apart as the inputs */
	nn_float *dpk, *dpv;		/* +=; rows ldp apart */
	const nn_float *dout;		/* rows ldo apart */
	nn_float *dbias;		/* +=; as bias; not read without one */
	int add_q, add_kv;		/* dq, or dk and dv, are added to; 0: written */
};

#define NN_ATTENTION_BLOCK 64		/* queries that are computed together */

/* nn_floats of scratch that either direction needs, with room for the widest vectors, of 16: scores of a block and their gradients, keys and values
 * transposed, either as rows, queries and out's gradients of a block, dropout's factors (nn/simd/attention.c lays them out). */
static inline size_t nn_attention_scratch(size_t z, size_t n_prompts, size_t dh)
{
	size_t n = z + n_prompts, n_pad = (n + 15) / 16 * 16, d_pad = (dh + 15) / 16 * 16;
	return 2 * NN_ATTENTION_BLOCK * n_pad + 2 * dh * n_pad + n * d_pad + 2 * NN_ATTENTION_BLOCK * d_pad + n_pad + 32;
}

extern void (*nn_attention_fwd)(const struct nn_attention *, nn_float *scratch);
extern void (*nn_attention_bwd)(const struct nn_attention *, const struct nn_attention_grad *, nn_float *scratch);

/* -- optimiser -- */

/* AdamW (Loshchilov and Hutter 2019), one step on n values:
 *     p *= 1 - lr wd;  m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2;  p -= lr/(1-b1^t) m / (sqrt(v/(1-b2^t)) + eps).
 * m and v become 0 where they turn subnormal.  Element by element, so any cutting of a range gives the same bits. */
struct nn_adamw {
	double lr, wd, beta1, beta2, eps;	/* wd = 0 where a tensor does not decay */
	double c1, c2;				/* 1 - beta1^t, 1 - beta2^t; t counts from 1 */
};
extern void (*nn_adamw)(nn_float *p, nn_float *m, nn_float *v, const nn_float *g /* (n) each */, size_t n, const struct nn_adamw *);

/* Many steps at once with g = l2 p (l2 = 0: none): what a row has missed that no id named.  Same bits as nn_adamw step by step. */
struct nn_adamw_step {
	nn_float decay, rate, rc2;		/* 1 - lr wd, lr / c1, 1 / c2 */
	nn_float most;				/* the largest rate from this step on */
	int steady;				/* from this step on, an update that rounds to nothing keeps doing so (nn/table.c) */
	int still;				/* from this step on nothing decays */
};
struct nn_adamw_rule {
	nn_float b1, b2, a1, a2, eps, l2;	/* a1 = 1 - b1, a2 = 1 - b2 */
};
extern void (*nn_adamw_replay)(nn_float *p, nn_float *m, nn_float *v, size_t n, const struct nn_adamw_step *, size_t n_steps,
			       const struct nn_adamw_rule *);

static inline struct nn_adamw_step nn_adamw_step_of(const struct nn_adamw *h)
{
	return (struct nn_adamw_step){ .decay = (nn_float)(1 - h->lr * h->wd), .rate = (nn_float)(h->lr / h->c1), .rc2 = (nn_float)(1 / h->c2) };
}

static inline struct nn_adamw_rule nn_adamw_rule_of(const struct nn_adamw *h, double l2)
{
	return (struct nn_adamw_rule){ (nn_float)h->beta1, (nn_float)h->beta2, (nn_float)(1 - h->beta1), (nn_float)(1 - h->beta2), (nn_float)h->eps,
				       (nn_float)l2 };
}

/* Every kernel by name, for the table of versions and the tests. */
#define NN_KERNELS(K) \
	K(add) K(axpy) K(mul_fwd) K(mul_bwd) K(bias_fwd) K(bias_bwd) K(cross_fwd) K(packed_fwd) \
	K(product_pack) K(product_tile) K(row_sums_fwd) K(row_sums_bwd) K(pairs_fwd) K(pairs_bwd) \
	K(relu_fwd) K(relu_bwd) K(tanh_fwd) K(tanh_bwd) K(sigmoid_fwd) K(sigmoid_bwd) K(gelu_fwd) K(gelu_bwd) \
	K(gelu_tanh_fwd) K(gelu_tanh_bwd) K(rmsnorm_fwd) K(rmsnorm_bwd) K(layernorm_fwd) K(layernorm_bwd) K(residual_norm_fwd) K(residual_norm_bwd) \
	K(batchnorm_train_fwd) K(batchnorm_train_bwd) K(batchnorm_eval_fwd) K(batchnorm_eval_bwd) \
	K(softmax_fwd) K(softmax_bwd) K(dropout_fwd) K(dropout_bwd) K(xent_fwd) K(xent_bwd) K(bce_fwd) K(bce_bwd) \
	K(gather) K(scatter_add) K(attention_fwd) K(attention_bwd) K(adamw) K(adamw_replay)

#endif
