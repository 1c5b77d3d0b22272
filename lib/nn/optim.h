/* Optimisers: one step over all parameters that are not frozen.
 *
 * p a value, g its gradient, m and v its two numbers of state (zero before step 1 but for nn_optimiser_begin), t the step counted from 1, lr the
 * rate of its group:
 *
 *     adamw          p *= 1 - lr wd (unless no_decay);  m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2;
 *                    p -= lr/(1-b1^t) m / (sqrt(v/(1-b2^t)) + eps)                       Loshchilov, Hutter, ICLR 2019
 *     adam           the same without decay                                             Kingma, Ba, ICLR 2015
 *     sparse-adamw   adamw, but rows of a table (by_key) whose gradient is 0 in this step are left alone: neither decay nor moments nor value
 *     adagrad        v += g^2;  p -= lr g / (sqrt(v) + 1e-10)                            Duchi, Hazan, Singer, JMLR 2011
 *     sgd            m = momentum m + g;  p -= lr m                                      Polyak 1964
 *     ftrl           s = (sqrt(v + g^2) - sqrt(v)) / lr;  m += g - s p;  v += g^2;
 *                    p = 0 where |m| <= l1, else -(m - sign(m) l1) / ((beta + sqrt(v))/lr + l2);  where g is 0, nothing
 *                                                                                       McMahan et al., KDD 2013, algorithm 1 (m is its z)
 *
 * adamw, adam, adagrad and sgd are torch's of these names at their defaults.  adamw and adam are dense: every element moves, whether the batch
 * touched it or not.  Only the two adamw decay.  In a table by rows (nn/table.h) those that were not touched make their steps later, to the same
 * bits: nn_params_settle before values or moments are read.
 *
 * Before that, in this order: g += l2 p where a parameter has an l2 (the gradient of l2/2 p^2; over the whole tables, in sparse-adamw over the
 * rows the batch touched), and, with clip > 0, all gradients are scaled by clip/(N + 1e-6) if that is below 1, N being their norm
 * (torch's clip_grad_norm_).  Gradients are zero afterwards.
 *
 *     struct nn_optimiser o = NN_OPTIMISER_DEFAULT;             // AdamW
 *     nn_backward(g, loss);
 *     nn_optimiser_step(ps, &o, lr, t, team);
 *
 * The p of ftrl follows from its state alone: with m = 0, a value forgets at its first gradient where it started.  So what a file gave begins with
 * v = 0 and the m whose p it is, m = -p (beta/lr + l2) - sign(p) l1.  What is drawn afresh forgets its start, as the algorithm has it.
 *
 *     nn_optimiser_begin(ps, &o, lr);                           // once, when files have been read
 *
 * Threads: sums are taken in a fixed order; the result is the same bits for any team.
 */
#ifndef NN_OPTIM_H
#define NN_OPTIM_H

#include <stdint.h>

#include "base/team.h"
#include "nn/params.h"

enum nn_rule { NN_ADAMW, NN_ADAM, NN_SPARSE_ADAMW, NN_ADAGRAD, NN_SGD, NN_FTRL };
#define NN_RULES "adamw|adam|sparse-adamw|adagrad|sgd|ftrl"	/* in this order */

struct nn_optimiser {
	double beta1, beta2, eps, weight_decay;
	const double *group_decay;	/* weight decay of each group, or NULL: weight_decay of all */
	enum nn_rule rule;
	double momentum;		/* sgd */
	double l1, l2, beta;		/* ftrl */
	double clip;			/* 0: no clipping */
};
#define NN_OPTIMISER_DEFAULT { .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .beta = 1 }

/* Before step 1: the state, zero until here, of values that a file gave (loaded), as above; of rules but ftrl it stays zero.  lr as in the steps. */
void nn_optimiser_begin(struct nn_params *, const struct nn_optimiser *, const double *lr);
/* lr[group] is the rate of each group in this step; t >= 1. */
void nn_optimiser_step(struct nn_params *, const struct nn_optimiser *, const double *lr, uint64_t t, struct cp_team *);

#endif
