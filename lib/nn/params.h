/* Parameters: one list of named arrays that drives everything (initialisation, the optimiser, checkpoints, printing, loading by name).
 *
 * Values, gradients and both moments are one array each, cut into parameters in the order of adding, without gaps: parameters added one
 * after another can be used as one matrix (query, key and value weights as one (3H,H), ng_span in nn/graph.h).
 *
 *     struct nn_params *ps = nn_params_new();
 *     struct nn_param *w = nn_params_add(ps, "out.weight", 0, 2, (size_t[]){ 1, q });     // group 0
 *     nn_params_alloc(ps, NN_TRAINING);             // values zero; no more may be added
 *     nn_params_init(ps, seed, team);
 */
#ifndef NN_PARAMS_H
#define NN_PARAMS_H

#include <stddef.h>
#include <stdint.h>

#include "base/team.h"
#include "nn/float.h"

#define NN_DIMS 4

/* How a parameter starts. */
enum nn_init {
	NN_INIT_ZERO,
	NN_INIT_ONE,
	NN_INIT_HALF,
	NN_INIT_XAVIER,		/* normal, N(0, 2/(fan_in + fan_out)), fans as PyTorch counts them: of (a,b) b and a, of (a,b,c) b*c and a*c */
	NN_INIT_NORMAL,		/* N(0, init_std^2) */
	NN_INIT_UNIFORM,	/* U(-init_std, init_std) */
};

struct nn_param {
	char *name;
	int n_dims;
	size_t dims[NN_DIMS];
	size_t n;		/* elements */
	size_t offset;		/* in the set's arrays */
	int group;		/* the optimiser's: its own learning rate */
	int no_decay;		/* weight decay is not applied; by default set for one-dimensional ones (biases, norms) */
	double l2;		/* the optimiser adds l2 times the value to its gradient; 0 unless set */
	int frozen;		/* no gradient, no step */
	int loaded;		/* a file gave its values */
	int by_key;		/* an embedding table: its rows belong to feature keys, so lib/train starts and loads them */
	int part;		/* by_key: 0 for rows of all fields, else f for those of the f-th field alone, from 1 */
	enum nn_init init;
	double init_std;
	nn_float *val, *grad;	/* into the set's arrays; grad is NULL when frozen, for a scorer, or where there is a table */
	struct nn_table *table;	/* gradient and steps by row (nn/table.h); NULL: dense */
};

struct nn_params {
	struct nn_param **v;
	int n;
	size_t total;		/* elements of all */
	nn_float *val, *m1, *m2;	/* val is NULL where values are borrowed */
	nn_float *grad;		/* of what has it dense, in order */
};

struct nn_params *nn_params_new(void);
void nn_params_free(struct nn_params *);

struct nn_param *nn_params_add(struct nn_params *, const char *name, int group, int n_dims, const size_t *dims);
struct nn_param *nn_params_find(const struct nn_params *, const char *name);	/* NULL if there is none */

/* Allocate values and, when training, gradients and moments (all zero).  By rows: a table (by_key) has its gradient by the rows touched, not
 * as an array of its own size; the same bits, and other costs. */
enum { NN_SCORING, NN_TRAINING, NN_TRAINING_BY_ROWS };
void nn_params_alloc(struct nn_params *, int purpose);
/* All rows of tables make the steps they have put off: to be called before values or moments are read except by a look-up. */
void nn_params_settle(struct nn_params *, struct cp_team *);

/* Or take the values of another set, which outlives this one, by name: the same parameters seen from a second graph. */
void nn_params_borrow(struct nn_params *, const struct nn_params *from);

/* Give every parameter that no file has loaded its start.  Row i of a tensor is drawn from (seed, CP_RNG_INIT, hash of the name, i), so a
 * tensor's start depends on nothing else. */
void nn_params_init(struct nn_params *, uint64_t seed, struct cp_team *);
/* The n rows of a table from `row` on; row + i, where it is drawn, from (seed, hash of the name, key[i]): a key has the same start wherever its row lies.
 * key NULL: by its place. */
void nn_init_rows(struct nn_param *, size_t row, size_t n, const uint64_t *key, uint64_t seed, struct cp_team *);

#endif
