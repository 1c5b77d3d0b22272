/* A static graph of matrix operations, built once for a configuration and run for every batch.
 *
 * Every node is a matrix in row-major order.  How many rows it has may change from batch to batch: a node lies on an axis (rows of the
 * batch, tokens, chosen places, ... numbered by whoever builds the graph; axis 0 has length 1) and has `mult` rows for each unit of it.
 * Columns are fixed.  Nodes run in the order they were made, gradients in the reverse.  Gradients are added (+=), so a node may be used
 * any number of times.
 *
 *     struct nn_graph *g = nn_graph_new(team);
 *     struct nn_node *x = ng_lookup(g, table, &ids, ROWS, 8, -1);          // (B*8, d)
 *     struct nn_node *h = ng_linear(g, ng_view(g, x, 1, 8 * d), w, b, NN_RELU);
 *     struct nn_node *loss = ng_bce(g, ng_linear(g, h, w2, b2, NN_NONE), &labels);
 *     g->len[ROWS] = n;  ids.v = ...;  labels.v = ...;
 *     nn_forward(g, loss);  nn_backward(g, loss);                          // gradients lie in the parameters
 *
 * Memory: the graph owns its nodes; values live in an arena of the batch until the next nn_forward, gradients until nn_backward returns.
 * Threads: an operation divides its own work into tasks that depend on shapes alone; results are the same bits for any team.
 * Shapes that do not fit are our own bugs: they stop the program (assert).
 */
#ifndef NN_GRAPH_H
#define NN_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/team.h"
#include "nn/float.h"
#include "nn/packed.h"
#include "nn/params.h"

#define NN_AXES 8

/* NN_GELU_TANH: GELU as T5 approximates it (kernels.h); SiLU is x sigmoid(x). */
enum nn_act { NN_NONE, NN_RELU, NN_TANH, NN_SIGMOID, NN_GELU, NN_GELU_TANH, NN_SILU };

struct nn_graph;
struct nn_node;

/* One function table an operation.  scratch: bytes to keep from forward to backward. */
struct nn_op {
	const char *name;
	void (*fwd)(struct nn_graph *, struct nn_node *);
	void (*bwd)(struct nn_graph *, struct nn_node *);	/* NULL: no input needs a gradient */
	size_t (*scratch)(struct nn_graph *, const struct nn_node *);
	int borrows;						/* fwd points val at the memory of others */
};

/* Integers fed from outside, one for each row of the node that reads them; set .v before nn_forward. */
struct nn_ids {
	const uint32_t *v;
};
/* Numbers fed from outside. */
struct nn_feed {
	const nn_float *v;
};
/* Ids in bags, and what each weighs: bag i is ids off[i] .. off[i+1]-1. */
struct nn_bags {
	const uint32_t *off;
	const nn_float *weight;		/* one an id */
};
/* How rows of an axis form sequences: sequence s is rows off[s] .. off[s+1]-1. */
struct nn_segs {
	const uint32_t *off;
};

struct nn_node {
	const struct nn_op *op;
	struct nn_node **in;
	int n_in;
	int axis, mult;
	size_t cols;
	nn_float *val, *grad;		/* (rows, cols); of a view: its root's */
	struct nn_node *root;		/* a view shares the memory of root, else NULL */
	int needs_grad;
	int grad_ready;			/* grad holds something: add to it */
	int pooled;			/* grad came from the graph's pool, and returns there */
	int wanted;			/* the target of nn_forward depends on it */
	void *scratch;
	struct nn_param *param;		/* of a weight, and the element of it that the matrix begins with */
	size_t at;
	void *args;			/* what the operation was given at build, and keeps: its own structure, in the graph's memory */
};

struct nn_graph {
	struct cp_team *team;
	struct nn_node **nodes;
	int n_nodes;
	size_t len[NN_AXES];		/* set before nn_forward; len[0] is 1 */
	const uint64_t *keys[NN_AXES];	/* (len[axis]) dropout's keys, one a row (or token); needed when training with dropout */
	int training;			/* dropout and BatchNorm by batch */
	int n_sites;			/* dropout places so far */
	int whole_batch;		/* an operation sees all rows of a batch at once when training: it cannot be computed in parts */
	struct cp_arena arena;		/* values of a batch */
	struct nn_graph_index *index;	/* of the batch's ids, in the arena */
	struct cp_arena nodes_mem;
	struct nn_pool *pool;		/* gradients */
	int by_row;			/* a row's values do not depend on the rows beside it, to the bit (nn_graph_pack) */
	nn_float *room;			/* of a kernel in a graph without a team, kept for the next one */
	size_t room_size;
};

struct nn_graph *nn_graph_new(struct cp_team *);	/* the team is borrowed */
void nn_graph_free(struct nn_graph *);

void nn_forward(struct nn_graph *, struct nn_node *target);
/* loss is (1,1); its gradient is 1.  Adds to the gradients of parameters and of inputs that want one. */
void nn_backward(struct nn_graph *, struct nn_node *loss);
/* The same with `share` in the place of 1: of a batch that is computed in parts, whose gradients add up. */
void nn_backward_share(struct nn_graph *, struct nn_node *loss, nn_float share);

/* From now on the graph only scores, by the parameters as they are: linear maps go through nn_packed_fwd, and every row has the same bits
 * whatever the batch.  A graph without a team then runs in its caller's thread and allocates nothing for a batch no larger than one that has
 * run twice.  -1: a weight is not finite.  Graphs over the same parameters share the set, which is whole once one of them is prepared. */
int nn_graph_pack(struct nn_graph *, struct nn_packs *, struct cp_err *);

static inline size_t nn_rows(const struct nn_graph *g, const struct nn_node *n)
{
	return g->len[n->axis] * (size_t)n->mult;
}

/* --- Leaves ------------------------------------------------------------------------------------------------------------------------ */

/* A parameter as a node; ng_span takes `count` parameters that were added one after another as one matrix of `cols` columns (all of them
 * frozen or none). */
struct nn_node *ng_weight(struct nn_graph *, struct nn_param *);
struct nn_node *ng_span(struct nn_graph *, struct nn_param *first, int count, size_t cols);
/* A matrix (rows,cols) of a parameter's elements from `from_element` on. */
struct nn_node *ng_slice(struct nn_graph *, struct nn_param *, size_t from_element, size_t rows, size_t cols);
/* Values fed from outside, no gradient; with grad: ng_input_grad() after nn_backward. */
struct nn_node *ng_input(struct nn_graph *, int axis, int mult, size_t cols, const struct nn_feed *);
struct nn_node *ng_input_grad(struct nn_graph *, int axis, int mult, size_t cols, const struct nn_feed *, nn_float *grad_out);

/* Row i is row ids[i] of the table (V, d): a parameter.  The row `pad` (-1: none) gets no gradient. */
struct nn_node *ng_lookup(struct nn_graph *, struct nn_param *table, const struct nn_ids *, int axis, int mult, int pad);

/* Row i is the sum over its bag of weight times the row that the id names: a mean of rows, or one row times a number. */
struct nn_node *ng_lookup_bags(struct nn_graph *, struct nn_param *table, const struct nn_ids *, const struct nn_bags *, int axis, int mult,
			       int pad);

/* The same of one place in `places` a row, from a table of its own, whose row 0 is the one that ids call `first`; bags NULL: one id a place. */
struct nn_node *ng_lookup_place(struct nn_graph *, struct nn_param *table, const struct nn_ids *, const struct nn_bags *, int axis, int place,
				int places, size_t first);

/* --- Shapes ------------------------------------------------------------------------------------------------------------------------ */

struct nn_node *ng_view(struct nn_graph *, struct nn_node *, int mult, size_t cols);	/* the same numbers; mult*cols is kept */
struct nn_node *ng_concat(struct nn_graph *, int n, struct nn_node *const *);		/* columns side by side */
struct nn_node *ng_cols(struct nn_graph *, struct nn_node *, size_t from, size_t n);	/* columns from..from+n-1 */
/* Row i of the result is row ids[i] of x; the result lies on (axis, mult). */
struct nn_node *ng_gather(struct nn_graph *, struct nn_node *x, const struct nn_ids *, int axis, int mult);
/* Interleave: for sequence s of segs (over the result's axis): first k rows of a (k a sequence), then its rows of b. */
struct nn_node *ng_prepend(struct nn_graph *, struct nn_node *a, int k, struct nn_node *b, int axis, const struct nn_segs *);
/* Mean over the rows of each sequence, times scale; the result lies on `axis` with one row a sequence. */
struct nn_node *ng_segmean(struct nn_graph *, struct nn_node *, const struct nn_segs *, int axis, double scale);

/* --- Elementwise ------------------------------------------------------------------------------------------------------------------- */

struct nn_node *ng_add(struct nn_graph *, struct nn_node *, struct nn_node *);
struct nn_node *ng_mul(struct nn_graph *, struct nn_node *, struct nn_node *);
struct nn_node *ng_cross(struct nn_graph *, struct nn_node *x, struct nn_node *x0, struct nn_node *h);	/* x + x0*h (DCNv2, eq. 1) */
struct nn_node *ng_scale_rows(struct nn_graph *, struct nn_node *x, struct nn_node *s);	/* row i times s[i]; s has one column */
struct nn_node *ng_mean_groups(struct nn_graph *, struct nn_node *x, size_t group);	/* (n*group columns) -> (group): mean of the n */
struct nn_node *ng_sum_groups(struct nn_graph *, struct nn_node *x, size_t group);	/* their sum */
struct nn_node *ng_bias(struct nn_graph *, struct nn_node *x, struct nn_node *b);	/* b (1,C) to every row */
struct nn_node *ng_scale_cols(struct nn_graph *, struct nn_node *x, struct nn_node *w);	/* w (1,C) times every row */
struct nn_node *ng_lerp(struct nn_graph *, struct nn_node *a, struct nn_node *b, struct nn_node *alpha);	/* alpha*a + (1-alpha)*b; alpha (1,1) */
struct nn_node *ng_activate(struct nn_graph *, struct nn_node *, enum nn_act);
struct nn_node *ng_scale(struct nn_graph *, struct nn_node *, double);	/* every element times a constant */
struct nn_node *ng_softmax(struct nn_graph *, struct nn_node *);			/* over the columns of a row */
/* When training, an element is 0 with probability p, else x / (1 - p); kernels.h has the bits, g->keys of its axis the rows' names. */
struct nn_node *ng_dropout(struct nn_graph *, struct nn_node *, double p);

/* --- Layers ------------------------------------------------------------------------------------------------------------------------ */

/* act(x W^T + b): x (R,K), W (N,K), b (1,N) or NULL. */
struct nn_node *ng_linear(struct nn_graph *, struct nn_node *x, struct nn_node *w, struct nn_node *b, enum nn_act);
/* x W: W (K,N). */
struct nn_node *ng_matmul(struct nn_graph *, struct nn_node *x, struct nn_node *w);
/* LayerNorm(res + dropout(y, p)) over the columns of a row, with gain and bias (1,H); res may be NULL, and then there is no dropout.  (Ba, Kiros and
 * Hinton, arXiv 1607.06450) */
struct nn_node *ng_layernorm(struct nn_graph *, struct nn_node *y, struct nn_node *res, struct nn_node *gain, struct nn_node *bias, double eps,
			     double p);
/* x / sqrt(mean(x^2) + eps) times gain (1,H), over the columns of a row.  (Zhang and Sennrich, NeurIPS 2019, eq. 4) */
struct nn_node *ng_rmsnorm(struct nn_graph *, struct nn_node *x, struct nn_node *gain, double eps);
/* BatchNorm over the rows of the batch (Ioffe and Szegedy, ICML 2015, algorithm 1); running mean and variance are frozen parameters, moved by 0.1 in
 * every forward when training. */
struct nn_node *ng_batchnorm(struct nn_graph *, struct nn_node *x, struct nn_node *gain, struct nn_node *bias, struct nn_param *mean,
			     struct nn_param *var);

/* Multi-head attention of each sequence of q to the sequence of the same number of kv, one of rows_axis each; result (T,H), on q's axis.
 *
 *     softmax(scale (Q [Kp; K]' + bias)) [Vp; V]      dropout on the probabilities
 *
 * With soft prompts Kp, Vp in front (ClickPrompt, section 3.2; prefix-tuning, Li and Liang 2021), and a bias by head and distance: token j of kv has
 * table[bucket(j - t)] for row t of q (Raffel et al., JMLR 2020, section 2.1).  Causal: row t reads rows 0..t. */
struct ng_attention {
	struct nn_node *q, *kv;		/* (T,H), and (T',2H): key and value side by side; or both the same (T,3H): query, key and value */
	const struct nn_segs *of_q, *of_kv;	/* NULL: every unit of rows_axis is a sequence of q's rows a unit */
	int rows_axis, heads;
	double scale;			/* 0: 1/sqrt(dh) */
	double dropout;
	struct nn_node *prompts;	/* (B, K*2L*H), entry ((k*2L + 2l + s)*A + a)*dh + j; NULL: K = 0 */
	int layer, n_layers, n_prompts;	/* l, L, K */
	struct nn_node *table;		/* (buckets, heads); NULL: no bias */
	size_t far;			/* distances from here on share a bucket; more than half as many as there are buckets */
	int causal;
};
struct nn_node *ng_attention(struct nn_graph *, const struct ng_attention *);

/* Of the last forward: the attention that rows paid to the prompts (without prompts: that the rows from `lead` on paid to the first `lead`).  Its sum over
 * rows and heads is added to sum[0], what uniform attention would give to sum[1], and the number of pairs of row and head to sum[2]. */
void ng_attention_paid(struct nn_graph *, struct nn_node *attention, size_t lead, double sum[3]);

/* Which of n buckets a distance falls in: one each up to a half, then ever wider ones; n/2 for either side, or all for what lies behind. */
size_t ng_bucket(ptrdiff_t distance, size_t n, size_t far, int causal);

/* --- Between the groups of columns of a row (fields, each d wide) --------------------------------------------------------------------- */

/* Sum over pairs of groups of their inner product, 1/2 sum_k [(sum_i e_ik)^2 - sum_i e_ik^2]: (R,1).  (Rendle, ICDM 2010, lemma 3.1) */
struct nn_node *ng_fm(struct nn_graph *, struct nn_node *x, size_t d);
/* The inner products of pairs i < j one by one, the upper triangle row by row: (R, F(F-1)/2).  (IPNN; Qu et al., ICDM 2016, section III.B) */
struct nn_node *ng_inner(struct nn_graph *, struct nn_node *x, size_t d);
/* Group i of the result is group which[i] of x, n of them: (R, n d). */
struct nn_node *ng_pick_groups(struct nn_graph *, struct nn_node *x, size_t d, int n, const int *which);
/* Compressed interaction: map o is b_o + sum over h, m of W[o, h H + m] x0[h] * x[m], * elementwise; x0 (R,F d), x (R,H d), W (O, F H),
 * b (1,O), result (R, O d).  (Lian et al., KDD 2018, eq. 6) */
struct nn_node *ng_cin(struct nn_graph *, struct nn_node *x0, struct nn_node *x, struct nn_node *w, struct nn_node *b, size_t d);
/* The next three are FiGNN's (Li et al., CIKM 2019, eq. 2 to 9).
 * y_i = W_i x_i: x (R, G in), w (G, out in), result (R, G out). */
struct nn_node *ng_group_linear(struct nn_graph *, struct nn_node *x, struct nn_node *w);
/* y_i = sum_j w[i,j] x_j: w (R, G G), x (R, G d). */
struct nn_node *ng_mix(struct nn_graph *, struct nn_node *w, struct nn_node *x, size_t groups);
/* w[i,j] = softmax over j != i of LeakyReLU(s_i + t_j), slope 0.01; w[i,i] = 0: s and t (R,G), result (R, G G). */
struct nn_node *ng_pair_softmax(struct nn_graph *, struct nn_node *s, struct nn_node *t);
/* A step of a gated recurrent unit from a = W_i x + b_i and b = W_h h + b_h, (R,3d) each in the order r, u, n:
 *     r = sigmoid(a_r + b_r), u = sigmoid(a_u + b_u), n = tanh(a_n + r * b_n), result (1-u) * n + u * h.  (Cho et al., EMNLP 2014) */
struct nn_node *ng_gru(struct nn_graph *, struct nn_node *a, struct nn_node *b, struct nn_node *h);

/* --- Images: a row is C maps of height x width ------------------------------------------------------------------------------------- */

/* Convolution with kernels k high (odd) and one wide, zeros outside (FGCNN; Liu et al., WWW 2019, section 3.2):
 *     out[o,h,w] = b_o + sum over c, t of W[o, c k + t] x[c, h + t - (k-1)/2, w];
 * W (O, C k), b (1,O), result (R, O height width). */
struct nn_node *ng_conv_height(struct nn_graph *, struct nn_node *x, struct nn_node *w, struct nn_node *b, size_t height, size_t width);
/* The largest of each run of p rows of a map; run o starts at row o p - (height mod p), so that the first may be short; the result is
 * ceil(height / p) high. */
struct nn_node *ng_maxpool_height(struct nn_graph *, struct nn_node *x, size_t height, size_t width, size_t p);
/* BatchNorm of each map over rows and places; gain (1,C) and the rest as of ng_batchnorm. */
struct nn_node *ng_batchnorm_maps(struct nn_graph *, struct nn_node *x, struct nn_node *gain, struct nn_node *bias, struct nn_param *mean,
				  struct nn_param *var);

/* --- Losses, (1,1) ----------------------------------------------------------------------------------------------------------------- */

/* Mean binary cross-entropy of logits z (B,1) against labels (0 or 1). */
struct nn_node *ng_bce(struct nn_graph *, struct nn_node *z, const struct nn_feed *labels);
/* The same with each row's term times its weight, in the mean over B as well; all weigh 1 in a batch for which weights->v is NULL. */
struct nn_node *ng_bce_weighted(struct nn_graph *, struct nn_node *z, const struct nn_feed *labels, const struct nn_feed *weights);

/* Mean cross-entropy of softmax(h W^T + b) against labels, over the rows of h (M,H); W (V,H), b (1,V).
 * With a cut, the softmax runs over the ids cut->ids[0..n-1] only, ascending; every label must be among them.
 * The gradient is taken while the logits are at hand: no more than about four million of them, or
 * 128 rows, at once. */
struct nn_cut {
	const uint32_t *ids;
	size_t n;		/* 0: no cut */
};
struct nn_node *ng_lm_loss(struct nn_graph *, struct nn_node *h, struct nn_node *w, struct nn_node *b, const struct nn_ids *labels,
			   const struct nn_cut *);
/* How many rows of the last forward had their label as the largest logit. */
size_t ng_lm_hits(const struct nn_node *);

/* Contrastive loss of pairs, InfoNCE both ways (van den Oord et al., arXiv 1807.03748): row i of u (R,C) belongs to row i of t (R,C), and to
 * none of the others,
 *     -1/(2R) sum over i of (log softmax_j(S[i,j] / temperature) + log softmax_j(S[j,i] / temperature)) at j = i.
 * S[i,j] = sum over a of max over b of <u_i^a, t_j^b>, a and b the `parts` equal runs of columns of a row; with one part the inner product. */
struct nn_node *ng_info_nce(struct nn_graph *, struct nn_node *u, struct nn_node *t, size_t parts, double temperature);
/* How many rows u_i of the last forward had none closer than t_i. */
size_t ng_info_nce_hits(const struct nn_node *);

/* The sum of x_i weights_i over all elements, the weights fed from outside: its gradient in x is the weights, so that a backward pass begun in
 * another graph goes on in this one. */
struct nn_node *ng_dot(struct nn_graph *, struct nn_node *x, const struct nn_feed *weights);

#endif
